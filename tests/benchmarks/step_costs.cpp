#include "tests/benchmarks/step_costs.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>

namespace anchorscope {
namespace {

using Clock = std::chrono::steady_clock;

struct Watch {
  std::map<std::string, StepCost> costs;
  int whole = 0;        ///< Begun and not ended, of those that stand with all that they call.
  double insideMs = 0;  ///< Of the operators that have ended since the one around them began.
};
std::optional<Watch> watch;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Started : at::ObserverContext {
  Clock::time_point start;
  double insideBefore = 0;
  bool whole = false;  ///< With all that it calls.
  std::string name;
};

double product(c10::IntArrayRef sizes) {
  double all = 1;
  for (const std::int64_t size : sizes)
    all *= static_cast<double>(size);
  return all;
}

/// Operations of one convolution whose output has `outputs` elements.
double convolutionFlop(double outputs, const at::Tensor& weight) {
  return 2 * outputs * product(weight.sizes().slice(1));
}

struct Convolution {
  std::string kernel;  ///< "3x3"
  double flop = 0;
};

Convolution convolutionOf(const at::RecordFunction& function, bool backward) {
  const auto inputs = function.inputs();
  const at::Tensor& weight = inputs[backward ? 2 : 1].toTensor();
  const std::string kernel = std::to_string(weight.size(2)) + "x" + std::to_string(weight.size(3));
  if (backward) {
    const std::vector<bool> wanted =
        inputs[10].toBoolList().vec();  // the gradient of input, of weight, of bias
    const double gradients = (wanted[0] ? 1 : 0) + (wanted[1] ? 1 : 0);
    return {kernel, gradients * convolutionFlop(static_cast<double>(inputs[0].toTensor().numel()), weight)};
  }
  const at::Tensor& input = inputs[0].toTensor();
  const std::vector<std::int64_t> strides = inputs[3].toIntVector(), padding = inputs[4].toIntVector();
  double outputs = static_cast<double>(input.size(0) * weight.size(0));
  for (std::size_t i = 0; i < 2; ++i) {
    const auto axis = static_cast<std::int64_t>(i) + 2;
    outputs *= static_cast<double>((input.size(axis) + 2 * padding[i] - weight.size(axis)) / strides[i] + 1);
  }
  return {kernel, convolutionFlop(outputs, weight)};
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  auto started = std::make_unique<Started>();
  const char* name = function.name();
  started->name = std::strncmp(name, "aten::", 6) == 0 ? name + 6 : name;
  // A convolution's operators call one another: all of its time and work stands under the outermost. So does
  // what a step computes for its curves.
  const bool backward = started->name == "convolution_backward";
  if (backward || started->name == "convolution") {
    const Convolution own = convolutionOf(function, backward);
    started->name = (backward ? "convolution " + own.kernel + ", gradients" : "convolution " + own.kernel);
    watch->costs[started->name].gflop += own.flop * 1e-9;
    started->whole = true;
  }
  // Pointwise convolutions in bf16 are products of matrices (core/model/layers.cpp).
  if (const int first = started->name == "mm" ? 0 : started->name == "addmm" ? 1 : -1; first >= 0) {
    const auto inputs = function.inputs().slice(static_cast<std::size_t>(first));
    const at::Tensor &left = inputs[0].toTensor(), &right = inputs[1].toTensor();
    watch->costs[started->name].gflop +=
        2e-9 * static_cast<double>(left.numel()) * static_cast<double>(right.size(1));
  }
  if (function.scope() == at::RecordScope::USER_SCOPE) started->whole = true;
  watch->whole += started->whole ? 1 : 0;
  started->insideBefore = watch->insideMs;
  watch->insideMs = 0;
  started->start = Clock::now();
  return started;
}

void end(const at::RecordFunction&, at::ObserverContext* context) {
  const auto* started = static_cast<const Started*>(context);
  const double all = millisecondsSince(started->start);
  watch->whole -= started->whole ? 1 : 0;
  if (watch->whole == 0) watch->costs[started->name].ms += all - (started->whole ? 0 : watch->insideMs);
  watch->insideMs = started->insideBefore + all;
}

}  // namespace

StepCosts costsOf(int count, const std::function<void()>& step) {
  watch.emplace();
  const at::CallbackHandle handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                     .needsInputs(true)
                                     .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION,
                                              at::RecordScope::USER_SCOPE}));
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < count; ++i)
    step();
  StepCosts costs;
  costs.stepMs = millisecondsSince(start) / count;
  at::removeCallback(handle);
  double inside = 0;
  for (const auto& [name, own] : watch->costs) {
    costs.largest.push_back({name, own.ms / count, own.gflop / count});
    costs.gflop += own.gflop / count;
    inside += own.ms / count;
  }
  costs.largest.push_back({"outside operators", costs.stepMs - inside, 0});
  std::stable_sort(costs.largest.begin(), costs.largest.end(),
                   [](const StepCost& a, const StepCost& b) { return a.ms > b.ms; });
  watch.reset();
  return costs;
}

double matrixProductPeak(bool bf16) {
  constexpr std::int64_t kSide = 2048;
  constexpr int kTries = 8;
  const at::NoGradGuard noGrad;
  const auto options = at::TensorOptions().dtype(bf16 ? at::kBFloat16 : at::kFloat);
  const at::Tensor a = at::randn({kSide, kSide}, options), b = at::randn({kSide, kSide}, options);
  at::Tensor out = at::empty({kSide, kSide}, options);
  double best = 1e30;
  for (int i = 0; i < kTries; ++i) {
    const Clock::time_point start = Clock::now();
    at::mm_out(out, a, b);
    best = std::min(best, millisecondsSince(start));
  }
  return 2.0 * kSide * kSide * kSide / best * 1e-6;
}

}  // namespace anchorscope
