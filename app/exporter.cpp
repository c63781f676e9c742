#include "app/exporter.h"

#include <QMetaObject>
#include <chrono>
#include <utility>

namespace anchorscope {

Exporter::~Exporter() = default;  // a future of std::async waits for its thread

void Exporter::start(std::function<Result<FigureReport>()> write,
                     std::function<void(const Result<FigureReport>&)> written) {
  std::erase_if(threads_, [](const std::future<void>& thread) {
    return thread.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  ++busy_;
  threads_.push_back(std::async(std::launch::async,
                                [this, write = std::move(write), written = std::move(written)]() mutable {
                                  Result<FigureReport> result = write();
                                  QMetaObject::invokeMethod(
                                      this,
                                      [this, written = std::move(written), result = std::move(result)] {
                                        --busy_;
                                        written(result);
                                      },
                                      Qt::QueuedConnection);
                                }));
}

}  // namespace anchorscope
