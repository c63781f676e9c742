// Looking at recorded runs: opening one of a million steps, what a look at a growing one costs, and one
// moment of four probes with 201,600 anchors each; and finding what is wrong with one.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/findings/run_findings.h"
#include "tests/benchmarks/recorded_runs.h"

namespace anchorscope {
namespace {

using benchmarks::DenseRun;
using benchmarks::kProbes;
using benchmarks::LongRun;
using benchmarks::must;
using benchmarks::probeName;
using benchmarks::take;

using Steps = std::vector<std::int64_t>;

constexpr int kRounds = 5;

template <typename Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// The whole way against the short one, by turns.
template <typename Whole, typename Short>
void compare(benchmark::State& state, Whole whole, Short shorter, double aim, const char* label) {
  double slow = 1e12, fast = 1e12;
  for (auto _ : state) {
    for (int round = 0; round < kRounds; ++round) {
      slow = std::min(slow, milliseconds(whole));
      fast = std::min(fast, milliseconds(shorter));
    }
    state.SetIterationTime(fast / 1000);
  }
  state.counters["whole_ms"] = slow;
  state.counters["short_ms"] = fast;
  state.counters["ratio"] = slow / fast;
  state.counters["aim"] = aim;
  state.SetLabel(label);
}

void open(benchmark::State& state) {
  const std::string folder = LongRun::shared().folder();
  compare(
      state, [&] { take(openRun(folder)); }, [&] { take(openRun(folder, LostRows::kLookLater)); }, 1.5,
      "opening a run of a million steps: with a look for lost rows / leaving it for later");
}
BENCHMARK(open)->Name("store/open")->Iterations(1)->UseManualTime();

void poll(benchmark::State& state) {
  LongRun& run = LongRun::shared();
  const auto reader = take(openRun(run.folder(), LostRows::kLookLater));
  compare(
      state,
      [&] {
        const auto again = take(openRun(run.folder(), LostRows::kLookLater));
        Steps steps;
        for (const std::string& probe : again->probeNames()) {
          const Steps own = again->recordedSteps(probe);
          steps.insert(steps.end(), own.begin(), own.end());
        }
        std::sort(steps.begin(), steps.end());
        steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
        benchmark::DoNotOptimize(steps.data());
        run.grow();
      },
      [&] {
        must(reader->refresh());
        benchmark::DoNotOptimize(reader->recordedSteps()->data());
      },
      50, "steps with evidence of a growing run of a million: all read / those that came since");
}
BENCHMARK(poll)->Name("store/poll")->Iterations(1)->UseManualTime();

void moment(benchmark::State& state) {
  DenseRun& run = DenseRun::shared();
  const RunReader& reader = run.reader();
  compare(
      state,
      [&] {
        const std::int64_t step = run.nextStep();
        for (int probe = 0; probe < kProbes; ++probe)
          take(reader.frame(probeName(probe), step));
      },
      [&] {
        const std::int64_t step = run.nextStep();
        take(reader.frame(probeName(0), step));
        for (int probe = 1; probe < kProbes; ++probe)
          take(reader.summary(probeName(probe), step));
      },
      2.5,
      "a moment of 4 probes of 201,600 anchors: all whole / one whole, of the others what thumbnails tell");
}
BENCHMARK(moment)->Name("store/moment")->Iterations(1)->UseManualTime();

void findings(benchmark::State& state) {
  const auto reader = take(openRun(LongRun::shared().folder(), LostRows::kLookLater));
  // As findingsOfRun chooses them of four probes.
  const auto moments = [&](const std::string& probe) {
    const Steps all = reader->recordedSteps(probe);
    Steps some;
    for (std::size_t i = 0; i < 8; ++i)
      some.push_back(all[i * (all.size() - 1) / 7]);
    return some;
  };
  compare(
      state,
      [&] {
        for (const std::string& probe : reader->probeNames())
          for (const std::int64_t step : moments(probe))
            take(reader->frame(probe, step));
        for (const std::string& name : Inspection::scalarNames())
          take(reader->scalar(name));
      },
      [&] { benchmark::DoNotOptimize(take(findingsOfRun(*reader, nullptr)).findings.data()); }, 0.5,
      "a run of a million steps: reading what findings rest on / finding them, reading included");
}
BENCHMARK(findings)->Name("store/findings")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace anchorscope

BENCHMARK_MAIN();
