#include "app/workspace/findings_reader.h"

#include <QMetaObject>
#include <exception>
#include <utility>

#include "core/session/thrown.h"
#include "core/store/run_reader.h"
#include "core/trainer/inspect_run.h"

namespace anchorscope {

Result<FindingsReader::Found> FindingsReader::readFolder(const std::string& folder,
                                                         const std::function<bool(double)>& progress) {
  auto run = openRun(folder, LostRows::kLookLater);
  if (!run) return std::move(run).error();
  auto report = inspectRun(**run, progress);
  if (!report) return std::move(report).error();
  for (const std::string& problem : (*run)->takeProblems())
    report->leftOut.push_back(problem);
  Found found{*std::move(report), (*run)->lastStep(),
              static_cast<std::int64_t>((*run)->recordedSteps()->size())};
  for (const std::string& probe : (*run)->probeNames())
    found.probeSteps[probe] = (*run)->recordedSteps(probe);
  return found;
}

FindingsReader::FindingsReader(Read read, QObject* parent) : QObject(parent), read_(std::move(read)) {}

FindingsReader::~FindingsReader() {
  for (Job& job : jobs_)  // all, before the first is waited for
    job.thread.request_stop();
}

void FindingsReader::start(const QString& folder) {
  cancel();
  reading_ = ++last_;
  Job& job = jobs_.emplace_back();
  job.number = reading_;
  job.thread = std::jthread([this, number = job.number, folder = folder.toStdString()](
                                const std::stop_token& stop) { work(stop, number, folder); });
  emit progressed(0);
}

void FindingsReader::cancel() {
  reading_ = 0;
  for (Job& job : jobs_)
    job.thread.request_stop();
}

void FindingsReader::work(const std::stop_token& stop, int number, const std::string& folder) {
  const auto progress = [this, &stop, number, shown = -1](double share) mutable {
    const int permille = static_cast<int>(1000 * share);
    if (std::exchange(shown, permille) != permille)
      QMetaObject::invokeMethod(this, [this, number, share] {
        if (number == reading_) emit progressed(share);
      });
    return !stop.stop_requested();
  };
  Result<Found> result = Found();
  try {
    result = read_(folder, progress);
  } catch (...) {
    result = errorFromThrown(std::current_exception());
  }
  QMetaObject::invokeMethod(this, [this, number, result = std::move(result)] { end(number, result); });
}

void FindingsReader::end(int number, const Result<Found>& result) {
  // Its thread has nothing left to do.
  jobs_.remove_if([number](const Job& job) { return job.number == number; });
  if (number != reading_) return;
  reading_ = 0;
  if (result)
    emit found(*result);
  else
    emit failed(result.error());
}

}  // namespace anchorscope
