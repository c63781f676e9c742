// Local importance-based pooling, forward and backward, against the two average pools it is usually written
// with, at the seven places of LIP-ResNet-50. Both sides' results are compared before anything is measured.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <malloc.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/ops/lip.h"
#include "tests/benchmarks/timing.h"
#include "tests/support/two_average_pools.h"

namespace anchorscope {
namespace {

using testing::lipPoolTwoAverages;
using testing::median;
using testing::seconds;

constexpr std::int64_t kBatch = 2;
constexpr LipWindow kWindow{3, 2, 1};

struct Place {
  std::int64_t channels, side;
};

/// Images of 320 x 320: the stem, then block input and shortcut of layers 2 to 4.
const std::vector<Place> kPlaces{{64, 160}, {128, 80}, {256, 80}, {256, 40},
                                 {512, 40}, {512, 20}, {1024, 20}};

struct Inputs {
  at::Tensor x, logit, upstream;
};

Inputs makeInputs(const Place& place, at::MemoryFormat layout) {
  const auto random = [&](std::int64_t side) {
    return at::randn({kBatch, place.channels, side, side}).contiguous(layout);
  };
  // Features behind a ReLU; logits as the official gate gives them, in (0, 12).
  return {random(place.side).relu_().requires_grad_(),
          at::sigmoid(random(place.side)).mul_(12).requires_grad_(), random(kWindow.outputs(place.side))};
}

using Form = at::Tensor (*)(const at::Tensor&, const at::Tensor&, const LipWindow&);

void forwardAndBackward(Form form, const Inputs& inputs) {
  inputs.x.mutable_grad().reset();
  inputs.logit.mutable_grad().reset();
  form(inputs.x, inputs.logit, kWindow).backward(inputs.upstream);
}

bool agree(const Inputs& inputs) {
  forwardAndBackward(lipPool, inputs);
  const at::Tensor gradX = inputs.x.grad(), gradLogit = inputs.logit.grad();
  forwardAndBackward(lipPoolTwoAverages, inputs);
  return at::allclose(lipPool(inputs.x, inputs.logit, kWindow),
                      lipPoolTwoAverages(inputs.x, inputs.logit, kWindow), 1e-4, 1e-5) &&
         at::allclose(gradX, inputs.x.grad(), 1e-4, 1e-5) &&
         at::allclose(gradLogit, inputs.logit.grad(), 1e-4, 1e-4);
}

std::string nameOf(at::MemoryFormat layout) {
  return layout == at::MemoryFormat::ChannelsLast ? "channels_last" : "NCHW";
}

/// Both sides take turns, so that what else the machine does hits both.
void timed(benchmark::State& state, const std::vector<Place>& places, at::MemoryFormat layout, int threads,
           const std::string& what) {
  const int threadsBefore = at::get_num_threads();
  at::set_num_threads(threads > 0 ? threads : threadsBefore);
  at::manual_seed(7);
  std::vector<Inputs> all;
  bool same = true;
  for (const Place& place : places) {
    all.push_back(makeInputs(place, layout));
    same = same && agree(all.back());
  }
  if (!same) state.SkipWithError("the two sides disagree");
  std::vector<double> ours, theirs;
  const auto run = [&](Form form) {
    return seconds([&] {
      for (const Inputs& inputs : all)
        forwardAndBackward(form, inputs);
    });
  };
  for (auto _ : state) {
    ours.push_back(run(lipPool));
    theirs.push_back(run(lipPoolTwoAverages));
    state.SetIterationTime(ours.back());
  }
  if (same) {
    state.counters["ratio"] = median(theirs) / median(ours);
    state.counters["aim"] = 2;
    state.counters["threads"] = at::get_num_threads();
    state.SetLabel("LIP forward + backward, " + what + ", " + nameOf(layout) + ", float32, " +
                   std::to_string(at::get_num_threads()) +
                   (at::get_num_threads() == 1 ? " thread" : " threads") +
                   ": fused against two average pools");
  }
  at::set_num_threads(threadsBefore);
}

/// What LibTorch's CPU allocator hands out and takes back on this thread while installed.
class AllocatedBytes final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override {
    now_ += bytes;
    most_ = std::max(most_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t now() const { return now_; }
  std::int64_t most() const { return most_; }

 private:
  std::int64_t now_ = 0, most_ = 0;
};

struct Memory {
  double keptMiB;  // left by the forward pass for the backward pass, besides x, the logits and y
  double mostMiB;  // the most at one time, besides x, the logits and the upstream gradient
};

Memory measured(Form form, const Inputs& inputs) {
  inputs.x.mutable_grad().reset();
  inputs.logit.mutable_grad().reset();
  constexpr double kMiB = 1 << 20;
  const auto bytes = std::make_shared<AllocatedBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
  const at::Tensor y = form(inputs.x, inputs.logit, kWindow);
  const double kept = static_cast<double>(bytes->now()) - static_cast<double>(y.nbytes());
  y.backward(inputs.upstream);
  return {kept / kMiB, static_cast<double>(bytes->most()) / kMiB};
}

void memory(benchmark::State& state, at::MemoryFormat layout, bool kept) {
  at::manual_seed(7);
  // The places one after the other: what they keep adds up, the rest is given back.
  double ours = 0, theirs = 0;
  for (const Place& place : kPlaces) {
    const Inputs inputs = makeInputs(place, layout);
    const Memory fused = measured(lipPool, inputs), pools = measured(lipPoolTwoAverages, inputs);
    ours = kept ? ours + fused.keptMiB : std::max(ours, fused.mostMiB);
    theirs = kept ? theirs + pools.keptMiB : std::max(theirs, pools.mostMiB);
  }
  for (auto _ : state)
    state.SetIterationTime(1e-9);  // nothing is timed here
  state.counters["ratio"] = theirs / ours;
  state.counters["aim"] = 1;
  state.counters["fusedMiB"] = ours;
  state.counters["poolsMiB"] = theirs;
  const auto text = [](double mebibytes) {
    return std::to_string(static_cast<int>(mebibytes + 0.5)) + " MiB";
  };
  state.SetLabel(
      std::string("LIP memory, ") +
      (kept ? "kept for the backward pass by the 7 places" : "highest at the largest of the 7 places") +
      " besides inputs" + (kept ? " and output, " : ", ") + nameOf(layout) + ": " + text(ours) + " against " +
      text(theirs) + " with two average pools");
}

void registerAll() {
  const auto add = [](const std::string& name, const auto& body, int iterations) {
    benchmark::RegisterBenchmark(name.c_str(), body)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(iterations);
  };
  for (const at::MemoryFormat layout : {at::MemoryFormat::ChannelsLast, at::MemoryFormat::Contiguous}) {
    for (const int threads : {1, 0}) {
      add(
          "lipAllPlaces/" + nameOf(layout) + (threads == 1 ? "/1thread" : "/allThreads"),
          [=](benchmark::State& state) {
            timed(state, kPlaces, layout, threads, "the 7 places of R50 at 320 px");
          },
          15);
    }
    for (const Place& place : kPlaces) {
      const std::string what = std::to_string(place.channels) + " x " + std::to_string(place.side) + " x " +
                               std::to_string(place.side);
      add(
          "lipPlace/" + nameOf(layout) + "/" + std::to_string(place.channels) + "x" +
              std::to_string(place.side),
          [=](benchmark::State& state) { timed(state, {place}, layout, 1, what); }, 9);
    }
    for (const bool kept : {true, false}) {
      add(
          "lipMemory/" + nameOf(layout) + (kept ? "/kept" : "/highest"),
          [=](benchmark::State& state) { memory(state, layout, kept); }, 1);
    }
  }
}

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  // As the program does (core/trainer/device.cpp): freed blocks are kept, so that neither side pays for fresh
  // pages.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  benchmark::Initialize(&argc, argv);
  anchorscope::registerAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
