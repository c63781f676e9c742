#include "core/model/batch_norm.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/model/norm_rows.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kLayout = at::MemoryFormat::ChannelsLast;
/// What one task sums up: the result must not depend on who does it.
constexpr std::int64_t kRowsPerTask = 512, kChannelsPerTask = 256;
constexpr std::int64_t kElementsPerTask = 16384;  // of passes that sum nothing

/// The map's memory as rows of channels.
struct Rows {
  std::int64_t count, channels;
  explicit Rows(const at::Tensor& map) : count(map.numel() / map.size(1)), channels(map.size(1)) {}
};

template <typename T>
const T* readOnly(const at::Tensor& map) {
  return map.defined() ? static_cast<const T*>(map.const_data_ptr()) : nullptr;
}
template <typename T>
T* writable(const at::Tensor& map) {
  return map.defined() ? static_cast<T*>(map.mutable_data_ptr()) : nullptr;
}

/// Calls run(zero) with a value of the type that norm_rows.h has for the map's dtype.
template <typename Run>
void withStoredType(const at::Tensor& map, const Run& run) {
  map.scalar_type() == at::kFloat ? run(float{}) : run(std::uint16_t{});
}

template <typename T>
T* shifted(T* pointer, std::int64_t elements) {
  return pointer == nullptr ? nullptr : pointer + elements;
}

/// Two sums per channel over all rows, [2 C] float64: sum(block, offset of its first element, first channel,
/// first [channels], second [channels]) adds up a block.
template <typename Sum>
std::vector<double> sumsOf(const Rows& rows, const Sum& sum) {
  const std::int64_t rowTasks = (rows.count + kRowsPerTask - 1) / kRowsPerTask,
                     channelTasks = (rows.channels + kChannelsPerTask - 1) / kChannelsPerTask,
                     width = 2 * rows.channels;
  std::vector<double> partial(static_cast<std::size_t>(rowTasks * width));
  parallelFor(0, rowTasks * channelTasks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t row = task / channelTasks * kRowsPerTask,
                         channel = task % channelTasks * kChannelsPerTask;
      const NormBlock block{std::min(kRowsPerTask, rows.count - row),
                            std::min(kChannelsPerTask, rows.channels - channel), rows.channels};
      double* const first = partial.data() + task / channelTasks * width + channel;
      sum(block, row * rows.channels + channel, channel, first, first + rows.channels);
    }
  });
  for (std::int64_t task = 1; task < rowTasks; ++task)
    for (std::int64_t i = 0; i < width; ++i)
      partial[static_cast<std::size_t>(i)] += partial[static_cast<std::size_t>(task * width + i)];
  partial.resize(static_cast<std::size_t>(width));
  return partial;
}

/// Calls body(block, offset of its first element) for blocks of whole rows, in parallel.
template <typename Body>
void forRows(const Rows& rows, const Body& body) {
  const std::int64_t grain = std::max<std::int64_t>(1, kElementsPerTask / rows.channels);
  parallelFor(0, rows.count, grain, [&](std::int64_t begin, std::int64_t end) {
    body(NormBlock{end - begin, rows.channels, rows.channels}, begin * rows.channels);
  });
}

/// Mean and 1 / deviation of each channel, [2,C] float64; moves the running statistics.
at::Tensor batchMoments(const at::Tensor& input, const BatchNormState& state) {
  const Rows rows(input);
  // Deviations from each channel's first value: sums of squares far from zero would cancel.
  std::vector<float> pivot(static_cast<std::size_t>(rows.channels));
  std::vector<double> sums;
  withStoredType(input, [&](auto zero) {
    using T = decltype(zero);
    const T* const x = readOnly<T>(input);
    const at::Tensor first = input.as_strided({rows.channels}, {1}).to(at::kFloat);
    std::copy_n(first.const_data_ptr<float>(), rows.channels, pivot.begin());
    sums = sumsOf(
        rows, [&](const NormBlock& block, std::int64_t at, std::int64_t channel, double* sum,
                  double* squares) { normMomentRows(block, x + at, pivot.data() + channel, sum, squares); });
  });
  at::Tensor moments = at::empty({2, rows.channels}, at::kDouble);
  auto* const mean = moments.mutable_data_ptr<double>();
  auto* const inverse = mean + rows.channels;
  auto* const runningMean = state.runningMean.mutable_data_ptr<float>();
  auto* const runningVariance = state.runningVariance.mutable_data_ptr<float>();
  const auto count = static_cast<double>(rows.count);
  const auto moved = [&](float running, double now) {
    return static_cast<float>((1 - state.momentum) * running + state.momentum * now);
  };
  for (std::int64_t c = 0; c < rows.channels; ++c) {
    const double meanDeviation = sums[static_cast<std::size_t>(c)] / count;
    const double variance = std::max(
        sums[static_cast<std::size_t>(rows.channels + c)] / count - meanDeviation * meanDeviation, 0.0);
    mean[c] = pivot[static_cast<std::size_t>(c)] + meanDeviation;
    inverse[c] = 1 / std::sqrt(variance + state.epsilon);
    runningMean[c] = moved(runningMean[c], mean[c]);
    runningVariance[c] = moved(runningVariance[c], variance * count / std::max(count - 1, 1.0));
  }
  return moments;
}

at::Tensor runningMoments(const BatchNormState& state) {
  return at::stack({state.runningMean.detach().to(at::kDouble),
                    at::rsqrt(state.runningVariance.detach().to(at::kDouble) + state.epsilon)});
}

class ChannelsLastBatchNorm : public torch::autograd::Function<ChannelsLastBatchNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& residual,
                            const BatchNormState& state, bool rectify) {
    const Rows rows(input);
    const at::Tensor moments = state.batchStatistics ? batchMoments(input, state) : runningMoments(state);
    const auto* const mean = moments.const_data_ptr<double>();
    const auto* const inverse = mean + rows.channels;
    std::vector<float> factors(static_cast<std::size_t>(2 * rows.channels));
    float *const scale = factors.data(), *const shift = scale + rows.channels;
    const at::Tensor plainWeight = weight.contiguous(), plainBias = bias.contiguous();
    for (std::int64_t c = 0; c < rows.channels; ++c) {
      const double factor = inverse[c] * plainWeight.const_data_ptr<float>()[c];
      scale[c] = static_cast<float>(factor);
      shift[c] = static_cast<float>(plainBias.const_data_ptr<float>()[c] - mean[c] * factor);
    }
    at::Tensor output = at::empty_like(input);
    withStoredType(input, [&](auto zero) {
      using T = decltype(zero);
      const T *const x = readOnly<T>(input), *const added = readOnly<T>(residual.value_or(at::Tensor()));
      T* const y = writable<T>(output);
      forRows(rows, [&](const NormBlock& block, std::int64_t at) {
        normForwardRows(block, x + at, scale, shift, shifted(added, at), rectify, y + at);
      });
    });
    context->save_for_backward({state.batchStatistics ? input : at::Tensor(), rectify ? output : at::Tensor(),
                                plainWeight, moments});
    context->saved_data["residual"] = residual.has_value();
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &output = saved[1], &weight = saved[2], &moments = saved[3];
    const bool wantsResidual = context->saved_data["residual"].toBool() && context->needs_input_grad(3);
    const at::Tensor given = output.defined() ? output : input.defined() ? input : upstreams[0];
    const at::Tensor upstream = upstreams[0].to(given.scalar_type()).contiguous(kLayout);
    const Rows rows(upstream);
    const auto channels = static_cast<std::size_t>(rows.channels);
    const auto* const mean = moments.const_data_ptr<double>();
    const auto* const inverse = mean + rows.channels;

    at::Tensor gradient = at::empty_like(upstream);
    at::Tensor residualGradient = wantsResidual ? at::empty_like(upstream) : at::Tensor();
    at::Tensor parameterGradients;
    withStoredType(upstream, [&](auto zero) {
      using T = decltype(zero);
      const T *const up = readOnly<T>(upstream), *const x = readOnly<T>(input),
                     *const y = readOnly<T>(output);
      std::vector<float> slopes(3 * channels);
      const NormSlopes its{slopes.data(), slopes.data() + channels, slopes.data() + 2 * channels};
      std::vector<double> sums;
      if (input.defined()) {
        std::vector<float> means(mean, mean + channels);
        sums = sumsOf(rows, [&](const NormBlock& block, std::int64_t at, std::int64_t channel,
                                double* products, double* own) {
          normGradientSumRows(block, up + at, x + at, shifted(y, at), means.data() + channel, products, own);
        });
        parameterGradients = at::empty({2, rows.channels}, at::kFloat);
      }
      // With x' = (x - mean) inverse and g = upstream weight: inverse (g - mean(g) - x' mean(g x')).
      const auto count = static_cast<double>(rows.count);
      for (std::size_t c = 0; c < channels; ++c) {
        const double factor = inverse[c] * weight.const_data_ptr<float>()[c];
        slopes[c] = static_cast<float>(factor);
        if (!input.defined()) continue;
        // The sums were taken around the mean as a float32.
        const double sum = sums[channels + c];
        const double product = (sums[c] + (static_cast<float>(mean[c]) - mean[c]) * sum) * inverse[c];
        slopes[channels + c] = static_cast<float>(-factor * inverse[c] * product / count);
        slopes[2 * channels + c] =
            static_cast<float>(factor * (mean[c] * inverse[c] * product - sum) / count);
        parameterGradients.mutable_data_ptr<float>()[c] = static_cast<float>(product);
        parameterGradients.mutable_data_ptr<float>()[channels + c] = static_cast<float>(sum);
      }
      T* const to = writable<T>(gradient);
      T* const toResidual = writable<T>(residualGradient);
      forRows(rows, [&](const NormBlock& block, std::int64_t at) {
        normBackwardRows(block, up + at, shifted(x, at), shifted(y, at), its, to + at,
                         shifted(toResidual, at));
      });
    });
    const auto parameter = [&](std::int64_t row) {
      return parameterGradients.defined() ? parameterGradients[row] : at::Tensor();
    };
    return {gradient, parameter(0), parameter(1), residualGradient, at::Tensor(), at::Tensor()};
  }
};

bool isRowsOf(const at::Tensor& map, at::ScalarType dtype) {
  return map.dim() == 4 && map.is_cpu() && map.scalar_type() == dtype && map.is_contiguous(kLayout);
}

bool goesByRows(const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual) {
  if (input.numel() == 0 || !isRowsOf(input, input.scalar_type())) return false;
  if (input.scalar_type() != at::kFloat && input.scalar_type() != at::kBFloat16) return false;
  if (residual.defined() && (!isRowsOf(residual, input.scalar_type()) || residual.sizes() != input.sizes()))
    return false;
  for (const at::Tensor& own : {state.weight, state.bias, state.runningMean, state.runningVariance})
    if (own.scalar_type() != at::kFloat || !own.is_contiguous()) return false;
  const bool trained =
      c10::GradMode::is_enabled() && (state.weight.requires_grad() || state.bias.requires_grad());
  return state.batchStatistics || !trained;
}

}  // namespace

at::Tensor batchNorm(const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual,
                     bool rectify) {
  if (goesByRows(input, state, residual)) {
    const std::optional<at::Tensor> added = residual.defined() ? std::optional(residual) : std::nullopt;
    return ChannelsLastBatchNorm::apply(input, state.weight, state.bias, added, state, rectify);
  }
  at::Tensor value =
      at::batch_norm(input, state.weight, state.bias, state.runningMean, state.runningVariance,
                     state.batchStatistics, state.momentum, state.epsilon, /*cudnn_enabled=*/true);
  if (residual.defined()) value.add_(residual);
  return rectify ? value.relu_() : value;
}

}  // namespace anchorscope
