// Looking at recorded runs: opening one of a million steps, what a look at a growing one costs, and one
// moment of four probes with 201,600 anchors each.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using Steps = std::vector<std::int64_t>;

constexpr std::int64_t kSteps = 1'000'000, kFrameEvery = 20, kMoments = 6;
constexpr int kRounds = 5, kProbes = 4;

template <typename Value>
Value take(Result<Value> result) {
  if (!result) std::abort();
  return *std::move(result);
}

void must(const Status& status) {
  if (!status) std::abort();
}

template <typename Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::string probeName(int probe) {
  return "image-" + std::to_string(probe) + ".jpg";
}

/// The same evidence as another probe's and of another step.
std::shared_ptr<const ProbeFrame> asOf(const ProbeFrame& frame, int probe, std::int64_t step) {
  auto out = std::make_shared<ProbeFrame>(frame);
  auto image = std::make_shared<ProbeImage>(*frame.image);
  image->name = probeName(probe);
  out->image = std::move(image);
  out->step = step;
  return out;
}

/// A run of a million steps with small evidence every so many.
class LongRun {
 public:
  static LongRun& shared() {
    static LongRun run;
    return run;
  }
  std::string folder() const { return (home_ / "long").string(); }
  /// One more step with evidence, committed.
  void grow() {
    record(next_);
    must(writer_->flush());
  }

 private:
  LongRun() {
    testing::SyntheticFrameOptions small;
    small.imageSize = small.inputSize = {64, 64};
    small.objectCount = 1;
    const auto whole = testing::makeSyntheticFrame(small);
    ProbeFrame frame;
    frame.image = whole->image;
    frame.anchors = whole->anchors;
    for (int probe = 0; probe < kProbes; ++probe)
      frames_.push_back(asOf(frame, probe, 0));
    writer_ = take(createRun(folder(), RunHeader(), Overwrite::kNo));
    for (std::int64_t step = 0; step < kSteps; ++step) {
      record(step);
      if (step % 200 == 0) must(writer_->flush());
    }
    must(writer_->flush());
  }
  void record(std::int64_t step) {
    const double value = 1 + std::sin(static_cast<double>(step) / 1000);
    StepRecord record{step, {{"loss.cls", value}, {"loss.loc", value / 3}}, {}};
    if (step % kFrameEvery == 0)
      for (int probe = 0; probe < kProbes; ++probe)
        record.frames.push_back(asOf(*frames_[static_cast<std::size_t>(probe)], probe, step));
    writer_->record(std::move(record));
    next_ = (step / kFrameEvery + 1) * kFrameEvery;
  }

  testing::TemporaryFolder home_;
  std::vector<std::shared_ptr<const ProbeFrame>> frames_;
  std::unique_ptr<RunWriter> writer_;
  std::int64_t next_ = 0;
};

/// A few moments of large probes.
class DenseRun {
 public:
  static DenseRun& shared() {
    static DenseRun run;
    return run;
  }
  RunReader& reader() { return *reader_; }
  std::int64_t nextStep() { return at_ = (at_ + 1) % kMoments; }

 private:
  DenseRun() {
    const std::string folder = (home_ / "dense").string();
    const auto frame = testing::makeDenseSyntheticFrame();
    {
      auto writer = take(createRun(folder, RunHeader(), Overwrite::kNo));
      for (std::int64_t step = 0; step < kMoments; ++step) {
        StepRecord record{step, {}, {}};
        for (int probe = 0; probe < kProbes; ++probe)
          record.frames.push_back(asOf(*frame, probe, step));
        writer->record(std::move(record));
        must(writer->flush());
      }
    }
    reader_ = take(openRun(folder));
    for (int probe = 0; probe < kProbes; ++probe)
      take(reader_->frame(probeName(probe), 0));  // what all moments share is read once
  }
  testing::TemporaryFolder home_;
  std::shared_ptr<RunReader> reader_;
  std::int64_t at_ = 0;
};

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
      3,
      "a moment of 4 probes of 201,600 anchors: all whole / one whole, of the others what thumbnails tell");
}
BENCHMARK(moment)->Name("store/moment")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace anchorscope

BENCHMARK_MAIN();
