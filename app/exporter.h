#pragma once
// Files that take their time to draw and write, on threads of their own.

#include <QObject>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "widgets/figure/figure.h"

namespace anchorscope {

/// GUI thread only.
class Exporter : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;
  /// Waits until what was begun is written; its end is told to nobody any more.
  ~Exporter() override;

  /// `write` on a thread of its own; `written` here, with what it gave.
  void start(std::function<Result<FigureReport>()> write,
             std::function<void(const Result<FigureReport>&)> written);
  bool isBusy() const { return busy_ > 0; }

 private:
  std::vector<std::future<void>> threads_;
  int busy_ = 0;
};

}  // namespace anchorscope
