#include "widgets/source/statistics_reading.h"

#include <QMetaObject>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

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
  std::thread thread;

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

  template <typename Post>
  void run(const std::string& folder, StatisticsReading* reading, const Post& post) {
    auto opened = openRun(folder, LostRows::kLookLater);
    if (!opened) return post([reading, error = opened.error()] { emit reading->failed(error); });
    const std::shared_ptr<RunReader> run = *opened;
    auto made = StatisticsReader::make(*run);
    if (!made) return post([reading, error = made.error()] { emit reading->failed(error); });
    std::map<std::string, std::size_t> told;
    std::size_t problemsTold = 0;
    const auto tell = [&] {
      post([reading, parts = newParts(made->series(), told), done = made->done(), steps = made->steps()] {
        emit reading->arrived(parts, done, steps);
      });
      const std::vector<std::string>& problems = made->problems();
      if (problems.size() > problemsTold) {
        post([reading, news = std::vector<std::string>(
                           problems.begin() + static_cast<std::ptrdiff_t>(problemsTold), problems.end())] {
          emit reading->problemsFound(news);
        });
        problemsTold = problems.size();
      }
    };
    do {
      if (const Status refreshed = run->refresh(); !refreshed)
        post([reading, error = refreshed.error()] { emit reading->failed(error); });
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
    : QObject(parent), work_(std::make_unique<Work>()) {
  const auto post = [this](auto report) {
    QMetaObject::invokeMethod(this, std::move(report), Qt::QueuedConnection);
  };
  work_->thread =
      std::thread([this, post, folder = folder.toStdString()] { work_->run(folder, this, post); });
}

StatisticsReading::~StatisticsReading() {
  {
    const std::lock_guard lock(work_->mutex);
    work_->stop = true;
  }
  work_->changed.notify_all();
  work_->thread.join();
}

void StatisticsReading::refresh() {
  {
    const std::lock_guard lock(work_->mutex);
    work_->refresh = true;
  }
  work_->changed.notify_all();
}

}  // namespace anchorscope
