// What the curves of a million steps cost the thread that draws.

#include <benchmark/benchmark.h>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <utility>
#include <vector>

#include "tests/benchmarks/timing.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kSteps = 1'000'000;
constexpr int kRounds = 7;

double wave(std::int64_t step) {
  const auto at = static_cast<double>(step);
  return 1 + std::sin(at / 1e3) + 0.3 * std::sin(1.7 * at);
}

/// CPU time of this thread: the view itself waits between two replots.
double threadMs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

class Curves {
 public:
  explicit Curves(const CurveLimits& limits) {
    view_.resize(1200, 216);
    view_.history() = ScalarStore(limits);
    ScalarSeries series;
    for (std::int64_t step = 0; step < kSteps; ++step) {
      series.steps.push_back(step);
      series.values.push_back(wave(step));
    }
    view_.history().append("loss.cls", series);
    view_.history().append("loss.loc", series);
    QObject::connect(view_.findChild<QCustomPlot*>(), &QCustomPlot::afterReplot, [this] { ++replots_; });
    view_.show();
    replotMs();
  }
  double replotMs() {
    for (int i = 0; i < 10; ++i)
      QCoreApplication::processEvents();  // of what was drawn before nothing is left
    const int before = replots_;
    const double start = threadMs();
    view_.historyChanged();
    while (replots_ == before)
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    return threadMs() - start;
  }

 private:
  int replots_ = 0;
  CurvesView view_;
};

void replot(benchmark::State& state) {
  const auto median = [](std::vector<double> times) {
    std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
    return times[kRounds / 2];
  };
  double all = 0, kept = 0;
  for (auto _ : state) {
    Curves every(CurveLimits::none()), usual{CurveLimits()};
    std::vector<double> everyMs, usualMs;
    for (int round = 0; round < kRounds; ++round) {
      everyMs.push_back(every.replotMs());
      usualMs.push_back(usual.replotMs());
    }
    all = median(everyMs);
    kept = median(usualMs);
    state.SetIterationTime(kept / 1000);
  }
  state.counters["every_value_ms"] = all;
  state.counters["view_ms"] = kept;
  state.counters["ratio"] = all / kept;
  state.counters["aim"] = 10;
  state.SetLabel("a replot of two curves of a million steps: every value / as the window keeps them");
}
BENCHMARK(replot)->Name("curves/replot")->Iterations(1)->UseManualTime();

/// What is asked of a million exact values, by looking at each and as the series answers it.
void askAll(benchmark::State& state, const std::function<double(const CurveSeries&)>& walk,
            const std::function<double(const CurveSeries&)>& ask) {
  CurveSeries series(CurveLimits::none());
  for (std::int64_t step = 0; step < kSteps; ++step)
    series.append(step, wave(step));
  const auto microseconds = [&](const std::function<double(const CurveSeries&)>& work, int times) {
    std::vector<double> rounds;
    for (int round = 0; round < kRounds; ++round)
      rounds.push_back(1e6 / times * testing::seconds([&] {
                         for (int i = 0; i < times; ++i)
                           benchmark::DoNotOptimize(work(series));
                       }));
    return testing::median(rounds);
  };
  double walked = 0, asked = 0;
  for (auto _ : state) {
    walked = microseconds(walk, 1);
    asked = microseconds(ask, 1000);
    state.SetIterationTime(asked / 1e6);
  }
  state.counters["every_value_us"] = walked;
  state.counters["series_us"] = asked;
  state.counters["ratio"] = walked / asked;
}

void extremes(benchmark::State& state) {
  askAll(
      state,
      [](const CurveSeries& series) {
        CurveBlock all;
        for (const CurvePoint& point : series.points())
          all.add(point);
        return all.highest.value;
      },
      [](const CurveSeries& series) { return series.extremes(1, kSteps - 2).highest.value; });
  state.SetLabel("lowest and highest of a million values: walked / asked");
}
BENCHMARK(extremes)->Name("curves/extremes")->Iterations(1)->UseManualTime();

void drawn(benchmark::State& state) {
  constexpr std::int64_t kTogether = 1024;  // some thousand points for a view of all
  askAll(
      state,
      [](const CurveSeries& series) {
        double sum = 0;
        CurveBlock block;
        for (const CurvePoint& point : series.points()) {
          block.add(point);
          if (block.count == kTogether) sum += std::exchange(block, {}).highest.value;
        }
        return sum;
      },
      [](const CurveSeries& series) { return series.drawn(kTogether).back().value; });
  state.SetLabel("a million values drawn as extremes of 1024 each: walked / asked");
}
BENCHMARK(drawn)->Name("curves/drawn")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace anchorscope
