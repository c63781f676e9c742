// Training speed of the whole step (loader, forward, loss, backward, update) and what evidence costs in it.
// Without arguments a Google Benchmark program; with `--steps-only MODE N WARMUP THREADS` it prints the
// median step time in milliseconds, for bench_torchvision.py to set against torchvision's, and with `--costs`
// what the step spends its time on, for bench_step_costs.py.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/evidence/difference.h"
#include "core/ops/scalars_scope.h"
#include "core/session/pacing.h"
#include "core/trainer/precision.h"
#include "core/trainer/presets.h"
#include "core/trainer/trainer.h"
#include "tests/benchmarks/step_costs.h"
#include "tests/benchmarks/timing.h"

namespace anchorscope {
namespace {

using testing::median;

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void set(RunConfig& config, const char* key, const std::string& value) {
  const Status status = applySetting(config, key, value);
  ANCHORSCOPE_CHECK(status.ok(), status.ok() ? "" : status.error().text());
}

std::unique_ptr<Trainer> prepare(RunConfig config) {
  auto trainer = Trainer::prepare(std::move(config), {});
  ANCHORSCOPE_CHECK(trainer.ok(), trainer.ok() ? "" : trainer.error().text());
  return *std::move(trainer);
}

double stepMs(Trainer& trainer) {
  const Clock::time_point start = Clock::now();
  const Status status = trainer.step();
  ANCHORSCOPE_CHECK(status.ok(), status.ok() ? "" : status.error().text());
  trainer.takeReports(true);
  return millisecondsSince(start);
}

/// Where and on how much a step is measured.
struct Load {
  std::string threads = "1", device = "cpu", size = "320", batch = "1";
};

/// torchvision's retinanet_resnet50_fpn with its own assignment, losses and optimizer.
RunConfig torchvisionsRun(const std::string& mode, const Load& load) {
  auto config = makeRunConfig("max_iou", "retinanet-r50");
  ANCHORSCOPE_CHECK(config.ok(), "configuration");
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, std::string>>{{"train.size", load.size},
                                                        {"train.batch", load.batch},
                                                        {"train.optimizer", "sgd"},
                                                        {"train.lr", "0.0001"},
                                                        {"train.clip_grad", "0"},
                                                        {"train.device", load.device},
                                                        {"train.threads", load.threads},
                                                        {"model.norm", "bn"}})
    set(*config, key, value);
  set(*config, "train.precision", mode.rfind("bf16", 0) == 0 ? "bf16" : "fp32");
  set(*config, "train.channels_last", mode.find("channels_last") != std::string::npos ? "true" : "false");
  return *config;
}

/// Why this machine does not compute as the mode says; empty where it does.
std::string refusalOf(const std::string& mode) {
  const auto precision = resolvePrecision(mode.rfind("bf16", 0) == 0 ? "bf16" : "fp32", at::Device(at::kCPU));
  return precision.ok() ? "" : precision.error().message;
}

int printStepTime(const char* mode, int steps, int warmup, const Load& load) {
  const auto trainer = prepare(torchvisionsRun(mode, load));
  std::vector<double> times;
  for (int step = 0; step < warmup + steps; ++step) {
    const double time = stepMs(*trainer);
    if (step >= warmup) times.push_back(time);
  }
  std::printf("%.6f\n", median(times));
  return 0;
}

/// What a step costs and how near it comes to this machine's own matrix product, as JSON for
/// bench_step_costs.py.
int printCosts(const char* mode, int steps, int warmup, const char* threads) {
  const auto trainer = prepare(torchvisionsRun(mode, {threads}));
  for (int step = 0; step < warmup; ++step)
    stepMs(*trainer);
  const double peak = matrixProductPeak(std::string(mode).rfind("bf16", 0) == 0);
  const StepCosts costs = costsOf(steps, [&] { stepMs(*trainer); });
  std::printf("{\"step_ms\": %.6f, \"gflop\": %.6f, \"peak_gflops\": %.6f, \"costs\": [", costs.stepMs,
              costs.gflop, peak);
  for (std::size_t i = 0; i < costs.largest.size(); ++i)
    std::printf("%s[\"%s\", %.6f, %.6f]", i == 0 ? "" : ", ", costs.largest[i].name.c_str(),
                costs.largest[i].ms, costs.largest[i].gflop);
  std::printf("]}\n");
  return 0;
}

/// The demo with its 4 probes captured as the session paces them, against the same steps without capture. The
/// two take turns in blocks, so that what else the machine does hits both.
void stepsWithCapture(benchmark::State& state) {
  auto config = presetConfig("demo");
  ANCHORSCOPE_CHECK(config.ok(), "configuration");
  const auto trainer = prepare(*config);
  for (int step = 0; step < 20; ++step)
    stepMs(*trainer);
  const double budget = config->train.getFloat("capture_budget");
  double plain = 0, captured = 0;
  CapturePacer pacer(budget);
  for (auto _ : state) {
    constexpr int kBlock = 120;
    const Clock::time_point start = Clock::now();
    for (int step = 0; step < kBlock; ++step)
      stepMs(*trainer);
    plain += millisecondsSince(start);
    const Clock::time_point capturedStart = Clock::now();
    for (int step = 0; step < kBlock; ++step) {
      pacer.addStep(stepMs(*trainer));
      if (pacer.due(trainer->stepsDone())) {
        const Clock::time_point captureStart = Clock::now();
        benchmark::DoNotOptimize(trainer->capture().take());
        pacer.addCapture(trainer->stepsDone(), millisecondsSince(captureStart));
      }
    }
    captured += millisecondsSince(capturedStart);
  }
  state.counters["ratio"] = plain / captured;
  state.counters["aim"] = 0.97;
  state.SetLabel("demo training with capture of 4 probes at the default budget against none");
}

/// What a step computes for its curves alone (some thirty numbers, the gradient's magnitudes among them), in
/// the demo.
void scalarsOfTheStep(benchmark::State& state) {
  auto config = presetConfig("demo");
  ANCHORSCOPE_CHECK(config.ok(), "configuration");
  const auto trainer = prepare(*config);
  for (int step = 0; step < 20; ++step)
    stepMs(*trainer);
  double all = 0, scalars = 0;
  for (auto _ : state) {
    const StepCosts costs = costsOf(100, [&] { stepMs(*trainer); });
    all += costs.stepMs;
    for (const StepCost& cost : costs.largest)
      if (cost.name == kScalarsScope) scalars += cost.ms;
  }
  state.counters["ratio"] = (all - scalars) / all;
  state.counters["aim"] = 0.98;
  state.SetLabel("demo training without the scalars of each step against with them");
}

/// An option of a variant is dragged while training pauses: from its text to the frame with its differences,
/// at 208,392 anchors, against the bound of 100 ms, and against a capture from the image on.
void variantsAskedAgain(benchmark::State& state, const std::vector<std::string>& values) {
  auto config = presetConfig("demo");
  ANCHORSCOPE_CHECK(config.ok(), "configuration");
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, std::string>>{{"train.size", "1120"},
                                                        {"train.batch", "1"},
                                                        {"train.threads", "2"},
                                                        {"train.probe_count", "1"},
                                                        {"model.scales_per_octave", "4"},
                                                        {"model.ratios", "0.5,1"}})
    set(*config, key, value);
  const auto trainer = prepare(*config);
  const Status asked = trainer->ask(values.front());  // so that the outputs are kept
  ANCHORSCOPE_CHECK(asked.ok(), asked.ok() ? "" : asked.error().text());
  const auto own = trainer->capture().take();
  std::vector<double> times, whole;
  for (auto _ : state) {
    const std::string& value = values[times.size() % values.size()];
    times.push_back(1e3 * testing::seconds([&] {
                      const Status status = trainer->ask(value);
                      ANCHORSCOPE_CHECK(status.ok(), status.ok() ? "" : status.error().text());
                      auto frames = own;
                      std::erase_if(frames, [](const auto& frame) { return frame->variant != nullptr; });
                      for (auto& frame : trainer->captureVariants().take())
                        frames.push_back(std::move(frame));
                      benchmark::DoNotOptimize(withDifferences(std::move(frames)));
                    }));
    whole.push_back(1e3 * testing::seconds([&] { benchmark::DoNotOptimize(trainer->capture().take()); }));
  }
  state.counters["ratio"] = 100 / median(times);
  state.counters["aim"] = 1;
  state.counters["whole_capture"] = median(whole) / median(times);
  state.SetLabel("what if, " + values.front() + " and others at " +
                 std::to_string(own.front()->stages.front()->candidates->count()) +
                 " anchors: bound of 100 ms / time until it is answered");
}

BENCHMARK_CAPTURE(variantsAskedAgain, musu, std::vector<std::string>{"t=0.2", "t=0.25", "t=0.3"})
    ->Iterations(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(variantsAskedAgain, atss, std::vector<std::string>{"atss", "atss topk=5", "atss topk=7"})
    ->Iterations(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(scalarsOfTheStep)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK(stepsWithCapture)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  constexpr int kRefused = 3;  // as step_program.py knows it
  if (argc == 6) {
    if (const std::string refusal = anchorscope::refusalOf(argv[2]); !refusal.empty()) {
      std::fprintf(stderr, "%s\n", refusal.c_str());
      return kRefused;
    }
  }
  if (argc == 6 && std::strcmp(argv[1], "--steps-only") == 0)
    return anchorscope::printStepTime(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), {argv[5]});
  if (argc == 6 && std::strcmp(argv[1], "--costs") == 0)
    return anchorscope::printCosts(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), argv[5]);
  if (argc == 9 && std::strcmp(argv[1], "--steps-only") == 0)
    return anchorscope::printStepTime(argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                                      {argv[5], argv[6], argv[7], argv[8]});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
