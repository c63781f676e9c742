// Batch norm, sum and ReLU over the maps of a ResNet-50, forward and backward, against ATen's operators.

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "core/model/batch_norm.h"
#include "core/trainer/device.h"

namespace anchorscope {
namespace {

using Clock = std::chrono::steady_clock;

struct Place {
  std::int64_t channels, side;
  int count;
  bool residual;
};

/// At 320 px.
const std::vector<Place> kPlaces = {{64, 160, 1, false}, {64, 80, 6, false},  {256, 80, 3, true},
                                    {128, 40, 8, false}, {512, 40, 4, true},  {256, 20, 12, false},
                                    {1024, 20, 6, true}, {512, 10, 6, false}, {2048, 10, 3, true}};

at::Tensor byOperators(const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual) {
  at::Tensor value = at::batch_norm(input, state.weight, state.bias, state.runningMean, state.runningVariance,
                                    state.batchStatistics, state.momentum, state.epsilon, true);
  if (residual.defined()) value.add_(residual);
  return value.relu_();
}

struct Task {
  at::Tensor input, residual, upstream;
  BatchNormState state;
  int count;
};

std::vector<Task> makeTasks(at::ScalarType dtype, bool batchStatistics) {
  std::vector<Task> tasks;
  for (const Place& place : kPlaces) {
    const auto map = [&] {
      return at::randn({1, place.channels, place.side, place.side})
          .to(dtype)
          .contiguous(at::MemoryFormat::ChannelsLast);
    };
    Task task{map().set_requires_grad(true), {}, map(), {}, place.count};
    if (place.residual) task.residual = map().set_requires_grad(true);
    task.state.batchStatistics = batchStatistics;
    task.state.weight = at::ones({place.channels}).set_requires_grad(batchStatistics);
    task.state.bias = at::zeros({place.channels}).set_requires_grad(batchStatistics);
    task.state.runningMean = at::zeros({place.channels});
    task.state.runningVariance = at::ones({place.channels});
    tasks.push_back(std::move(task));
  }
  return tasks;
}

template <typename Norm>
double secondsOf(const std::vector<Task>& tasks, const Norm& norm) {
  const Clock::time_point start = Clock::now();
  for (const Task& task : tasks) {
    for (int i = 0; i < task.count; ++i) {
      norm(task.input, task.state, task.residual).backward(task.upstream);
      for (const at::Tensor& leaf : {task.input, task.residual})
        if (leaf.defined()) leaf.mutable_grad() = at::Tensor();
    }
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void batchNormPasses(benchmark::State& state, at::ScalarType dtype, bool batchStatistics) {
  keepFreedMemory();  // as a trainer does: fresh pages for every map would be half of the time
  const std::vector<Task> tasks = makeTasks(dtype, batchStatistics);
  double ours = 0, operators = 0;
  const auto own = [](const at::Tensor& input, const BatchNormState& norm, const at::Tensor& residual) {
    return batchNorm(input, norm, residual, true);
  };
  secondsOf(tasks, own);
  secondsOf(tasks, byOperators);
  for (auto _ : state) {
    const double time = secondsOf(tasks, own);
    state.SetIterationTime(time);
    ours += time;
    operators += secondsOf(tasks, byOperators);
  }
  state.counters["ratio"] = operators / ours;
  state.counters["aim"] = 1;
  state.SetLabel(std::string("batch norm, sum and ReLU of ResNet-50's maps at 320 px, forward + backward, ") +
                 (batchStatistics ? "batch statistics, " : "frozen, ") +
                 (dtype == at::kFloat ? "fp32" : "bf16") + ": against ATen's operators");
}

#define ANCHORSCOPE_BENCHMARK_NORM(name, dtype, batchStatistics)   \
  BENCHMARK_CAPTURE(batchNormPasses, name, dtype, batchStatistics) \
      ->Iterations(10)                                             \
      ->UseManualTime()                                            \
      ->Unit(benchmark::kMillisecond)
ANCHORSCOPE_BENCHMARK_NORM(fp32, at::kFloat, true);
ANCHORSCOPE_BENCHMARK_NORM(bf16, at::kBFloat16, true);
ANCHORSCOPE_BENCHMARK_NORM(frozenFp32, at::kFloat, false);
ANCHORSCOPE_BENCHMARK_NORM(frozenBf16, at::kBFloat16, false);

}  // namespace
}  // namespace anchorscope
