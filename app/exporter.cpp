#include "app/exporter.h"

#include <QMetaObject>
#include <exception>
#include <utility>

#include "core/session/thrown.h"

namespace anchorscope {

Exporter::~Exporter() {
  for (Job& job : jobs_)  // all, before the first is waited for
    job.thread.request_stop();
}

void Exporter::cancel() {
  for (Job& job : jobs_) {
    job.file.cancelled = true;
    job.thread.request_stop();
  }
  emit changed();
}

void Exporter::start(const QString& path, Write write,
                     std::function<void(const Result<FigureReport>&)> written) {
  const JobAt job = jobs_.emplace(jobs_.end());
  job->file.path = path;
  job->thread =
      std::jthread([this, job, write = std::move(write), written = std::move(written)](
                       const std::stop_token& stop) mutable { work(stop, job, write, std::move(written)); });
  emit changed();
}

void Exporter::work(const std::stop_token& stop, JobAt job, const Write& write,
                    std::function<void(const Result<FigureReport>&)> written) {
  FigureProgress progress;
  progress.stop = stop;
  progress.done = [this, job, shown = 0](double share) mutable {
    const int percent = static_cast<int>(100 * share);
    if (std::exchange(shown, percent) == percent) return;
    QMetaObject::invokeMethod(this, [this, job, share] {
      job->file.done = share;
      emit changed();
    });
  };
  Result<FigureReport> result = FigureReport();
  try {
    result = write(progress);
  } catch (...) {
    result = errorFromThrown(std::current_exception());
  }
  QMetaObject::invokeMethod(this, [this, job, written = std::move(written), result = std::move(result)] {
    jobs_.erase(job);  // its thread has nothing left to do
    emit changed();
    written(result);
  });
}

std::vector<Exporter::File> Exporter::files() const {
  std::vector<File> out;
  for (const Job& job : jobs_)
    out.push_back(job.file);
  return out;
}

}  // namespace anchorscope
