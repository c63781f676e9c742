#include "widgets/source/statistics_reading.h"

#include <QMetaObject>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <utility>

#include "widgets/source/ended_threads.h"

namespace anchorscope {
namespace {

constexpr std::chrono::milliseconds kTellEvery{150};

/// Of each series the values after those that were told.
std::vector<StatisticSeries> newParts(const std::vector<StatisticSeries>& series,
                                      std::map<std::string, std::size_t>& told) {
  std::vector<StatisticSeries> parts;
  for (const StatisticSeries& its : series) {
    std::size_t& from = told[its.name];
    if (from == its.steps.size()) continue;
    StatisticSeries part = its;
    part.steps.erase(part.steps.begin(), part.steps.begin() + static_cast<std::ptrdiff_t>(from));
    part.values.erase(part.values.begin(), part.values.begin() + static_cast<std::ptrdiff_t>(from));
    from = its.steps.size();
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

struct StatisticsReading::Work {
  std::mutex mutex;
  std::condition_variable changed;
  bool stop = false, refresh = false;
  std::mutex telling;                    // so that nothing is told any more once its owner is gone
  StatisticsReading* reading = nullptr;  // its owner, while it is there
  std::future<void> thread;

  /// `report(owner)`, on its thread.
  template <typename Report>
  void post(Report report) {
    const std::lock_guard lock(telling);
    if (reading)
      QMetaObject::invokeMethod(
          reading, [its = reading, report = std::move(report)] { report(*its); }, Qt::QueuedConnection);
  }
  bool stopped() {
    const std::lock_guard lock(mutex);
    return stop;
  }
  /// Until there is something to do; false when it ends.
  bool wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return stop || refresh; });
    refresh = false;
    return !stop;
  }

  void run(const std::string& folder) {
    const auto fail = [this](const Error& error) {
      post([error](StatisticsReading& its) { emit its.failed(error); });
    };
    auto opened = openRun(folder, LostRows::kLookLater);
    if (!opened) return fail(opened.error());
    const std::shared_ptr<RunReader> run = *opened;
    auto made = StatisticsReader::make(*run);
    if (!made) return fail(made.error());
    std::map<std::string, std::size_t> told;
    std::size_t problemsTold = 0;
    const auto tell = [&] {
      post([parts = newParts(made->series(), told), done = made->done(),
            steps = made->steps()](StatisticsReading& its) { emit its.arrived(parts, done, steps); });
      const std::vector<std::string>& problems = made->problems();
      if (problems.size() > problemsTold) {
        post([news = std::vector<std::string>(problems.begin() + static_cast<std::ptrdiff_t>(problemsTold),
                                              problems.end())](StatisticsReading& its) {
          emit its.problemsFound(news);
        });
        problemsTold = problems.size();
      }
    };
    do {
      if (const Status refreshed = run->refresh(); !refreshed) fail(refreshed.error());
      made->refresh();
      auto last = std::chrono::steady_clock::now();
      while (!stopped() && made->readNext()) {
        const auto now = std::chrono::steady_clock::now();
        if (now - last < kTellEvery) continue;
        tell();
        last = now;
      }
      tell();
    } while (wait());
  }
};

StatisticsReading::StatisticsReading(const QString& folder, QObject* parent)
    : QObject(parent), work_(std::make_shared<Work>()) {
  work_->reading = this;
  work_->thread =
      std::async(std::launch::async, [work = work_, folder = folder.toStdString()] { work->run(folder); });
}

StatisticsReading::~StatisticsReading() {
  {
    const std::lock_guard lock(work_->telling);
    work_->reading = nullptr;
  }
  {
    const std::lock_guard lock(work_->mutex);
    work_->stop = true;
  }
  work_->changed.notify_all();
  leaveToItsEnd(std::move(work_->thread));
}

void StatisticsReading::refresh() {
  {
    const std::lock_guard lock(work_->mutex);
    work_->refresh = true;
  }
  work_->changed.notify_all();
}

}  // namespace anchorscope
