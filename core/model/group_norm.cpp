#include "core/model/group_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kLayout = at::MemoryFormat::ChannelsLast;
constexpr std::int64_t kRowsPerPartialSum = 64;  // short float sums, added up in double
constexpr std::int64_t kChannelsPerTask = 32;

struct Sizes {
  std::int64_t batch, channels, pixels, groups;
  std::int64_t groupChannels() const { return channels / groups; }
};

Sizes sizesOf(const at::Tensor& input, std::int64_t groups) {
  return {input.size(0), input.size(1), input.size(2) * input.size(3), groups};
}

/// Calls body(image, first channel, end of channels) for blocks of whole groups, in parallel.
template <typename Body>
void forBlocks(const Sizes& sizes, const Body& body) {
  const std::int64_t groupsPerBlock = std::max<std::int64_t>(1, kChannelsPerTask / sizes.groupChannels());
  const std::int64_t blocks = (sizes.groups + groupsPerBlock - 1) / groupsPerBlock;
  parallelFor(0, sizes.batch * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t group = task % blocks * groupsPerBlock;
      const std::int64_t endGroup = std::min(group + groupsPerBlock, sizes.groups);
      body(task / blocks, group * sizes.groupChannels(), endGroup * sizes.groupChannels());
    }
  });
}

/// Adds up two quantities per channel over pixels: body(pixel's row, channel offset, first, second) for a row
/// of channels.
template <typename Row>
void sumOverPixels(std::int64_t pixels, std::int64_t channels, double* first, double* second,
                   const Row& addRow) {
  std::vector<float> partial(static_cast<std::size_t>(2 * channels));
  float* const a = partial.data();
  float* const b = a + channels;
  for (std::int64_t begin = 0; begin < pixels; begin += kRowsPerPartialSum) {
    std::fill(partial.begin(), partial.end(), 0.0f);
    const std::int64_t end = std::min(begin + kRowsPerPartialSum, pixels);
    for (std::int64_t pixel = begin; pixel < end; ++pixel)
      addRow(pixel, a, b);
    for (std::int64_t c = 0; c < channels; ++c) {
      first[c] += a[c];
      second[c] += b[c];
    }
  }
}

/// y = x * scale + shift per channel; moments [B,groups,2] receives each group's mean and 1 / deviation.
template <typename T>
void forwardPass(const at::Tensor& input, const Sizes& sizes, const float* weight, const float* bias,
                 double epsilon, at::Tensor& output, at::Tensor& moments) {
  const T* const x = input.const_data_ptr<T>();
  T* const y = output.mutable_data_ptr<T>();
  double* const saved = moments.mutable_data_ptr<double>();
  forBlocks(sizes, [&](std::int64_t image, std::int64_t begin, std::int64_t end) {
    const std::int64_t width = end - begin, stride = sizes.channels;
    const T* const from = x + image * sizes.pixels * stride + begin;
    T* const to = y + image * sizes.pixels * stride + begin;
    std::vector<double> sums(static_cast<std::size_t>(2 * width));
    // Deviations from each channel's first value: sums of squares far from zero would cancel.
    std::vector<float> pivots(static_cast<std::size_t>(width));
    for (std::int64_t c = 0; c < width; ++c)
      pivots[static_cast<std::size_t>(c)] = static_cast<float>(from[c]);
    const float* const pivot = pivots.data();
    sumOverPixels(sizes.pixels, width, sums.data(), sums.data() + width,
                  [&](std::int64_t pixel, float* sum, float* squares) {
                    const T* const row = from + pixel * stride;
                    for (std::int64_t c = 0; c < width; ++c) {
                      const float deviation = static_cast<float>(row[c]) - pivot[c];
                      sum[c] += deviation;
                      squares[c] += deviation * deviation;
                    }
                  });
    std::vector<float> factors(static_cast<std::size_t>(2 * width));
    float* const scale = factors.data();
    float* const shift = scale + width;
    const std::int64_t groupChannels = sizes.groupChannels();
    const auto count = static_cast<double>(groupChannels * sizes.pixels);
    for (std::int64_t first = 0; first < width; first += groupChannels) {
      double mean = 0, variance = 0;
      for (std::int64_t c = first; c < first + groupChannels; ++c) {
        mean += pivot[c] / static_cast<double>(groupChannels) + sums[static_cast<std::size_t>(c)] / count;
      }
      for (std::int64_t c = first; c < first + groupChannels; ++c) {
        const double shiftToMean = pivot[c] - mean;
        variance += (sums[static_cast<std::size_t>(width + c)] +
                     2 * shiftToMean * sums[static_cast<std::size_t>(c)]) /
                        count +
                    shiftToMean * shiftToMean / static_cast<double>(groupChannels);
      }
      const double inverse = 1 / std::sqrt(std::max(variance, 0.0) + epsilon);
      double* const slot = saved + 2 * (image * sizes.groups + (begin + first) / groupChannels);
      slot[0] = mean;
      slot[1] = inverse;
      for (std::int64_t c = first; c < first + groupChannels; ++c) {
        scale[c] = static_cast<float>(inverse * weight[begin + c]);
        shift[c] = static_cast<float>(bias[begin + c] - mean * inverse * weight[begin + c]);
      }
    }
    for (std::int64_t pixel = 0; pixel < sizes.pixels; ++pixel) {
      const T* const row = from + pixel * stride;
      T* const out = to + pixel * stride;
      for (std::int64_t c = 0; c < width; ++c)
        out[c] = static_cast<T>(static_cast<float>(row[c]) * scale[c] + shift[c]);
    }
  });
}

/// With x' = (x - mean) * inverse, D elements per group and g = upstream * weight:
/// dx = inverse * (g - mean(g) - x' mean(g x')). parameterSums [B,2,C] receives sum(upstream x') and
/// sum(upstream).
template <typename T>
void backwardPass(const at::Tensor& input, const at::Tensor& upstream, const Sizes& sizes,
                  const float* weight, const at::Tensor& moments, at::Tensor& inputGradient,
                  at::Tensor& parameterSums) {
  const T* const x = input.const_data_ptr<T>();
  const T* const up = upstream.const_data_ptr<T>();
  T* const gradient = inputGradient.mutable_data_ptr<T>();
  const double* const saved = moments.const_data_ptr<double>();
  double* const parameters = parameterSums.mutable_data_ptr<double>();
  forBlocks(sizes, [&](std::int64_t image, std::int64_t begin, std::int64_t end) {
    const std::int64_t width = end - begin, stride = sizes.channels;
    const std::int64_t start = image * sizes.pixels * stride + begin;
    std::vector<double> sums(static_cast<std::size_t>(2 * width));
    const std::int64_t groupChannels = sizes.groupChannels();
    const double* const momentsHere = saved + 2 * (image * sizes.groups + begin / groupChannels);
    std::vector<float> means(static_cast<std::size_t>(width));
    for (std::int64_t c = 0; c < width; ++c) {
      means[static_cast<std::size_t>(c)] = static_cast<float>(momentsHere[2 * (c / groupChannels)]);
    }
    const float* const meanOf = means.data();
    sumOverPixels(sizes.pixels, width, sums.data(), sums.data() + width,
                  [&](std::int64_t pixel, float* products, float* sum) {
                    const T* const values = x + start + pixel * stride;
                    const T* const ups = up + start + pixel * stride;
                    for (std::int64_t c = 0; c < width; ++c) {
                      const auto upValue = static_cast<float>(ups[c]);
                      products[c] += upValue * (static_cast<float>(values[c]) - meanOf[c]);
                      sum[c] += upValue;
                    }
                  });
    std::vector<float> factors(static_cast<std::size_t>(3 * width));
    float* const ofUpstream = factors.data();
    float* const ofInput = ofUpstream + width;
    float* const constant = ofInput + width;
    const auto count = static_cast<double>(groupChannels * sizes.pixels);
    for (std::int64_t first = 0; first < width; first += groupChannels) {
      const double mean = momentsHere[2 * (first / groupChannels)];
      const double inverse = momentsHere[2 * (first / groupChannels) + 1];
      double meanOfG = 0, meanOfGx = 0;
      for (std::int64_t c = first; c < first + groupChannels; ++c) {
        const double sum = sums[static_cast<std::size_t>(width + c)];
        const double normalized = (sums[static_cast<std::size_t>(c)] - (mean - meanOf[c]) * sum) * inverse;
        double* const slotOfImage = parameters + image * 2 * stride + begin + c;
        slotOfImage[0] = normalized;
        slotOfImage[stride] = sum;
        meanOfG += sum * weight[begin + c] / count;
        meanOfGx += normalized * weight[begin + c] / count;
      }
      for (std::int64_t c = first; c < first + groupChannels; ++c) {
        ofUpstream[c] = static_cast<float>(inverse * weight[begin + c]);
        ofInput[c] = static_cast<float>(-inverse * inverse * meanOfGx);
        constant[c] = static_cast<float>(inverse * (mean * inverse * meanOfGx - meanOfG));
      }
    }
    for (std::int64_t pixel = 0; pixel < sizes.pixels; ++pixel) {
      const T* const values = x + start + pixel * stride;
      const T* const ups = up + start + pixel * stride;
      T* const out = gradient + start + pixel * stride;
      for (std::int64_t c = 0; c < width; ++c) {
        out[c] = static_cast<T>(static_cast<float>(ups[c]) * ofUpstream[c] +
                                static_cast<float>(values[c]) * ofInput[c] + constant[c]);
      }
    }
  });
}

class ChannelsLastGroupNorm : public torch::autograd::Function<ChannelsLastGroupNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, std::int64_t groups,
                            const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
    const Sizes sizes = sizesOf(input, groups);
    const at::Tensor plainWeight = weight.contiguous(), plainBias = bias.contiguous();
    at::Tensor output = at::empty_like(input);
    at::Tensor moments = at::empty({sizes.batch, groups, 2}, at::kDouble);
    const auto run = [&](auto zero) {
      forwardPass<decltype(zero)>(input, sizes, plainWeight.const_data_ptr<float>(),
                                  plainBias.const_data_ptr<float>(), epsilon, output, moments);
    };
    input.scalar_type() == at::kFloat ? run(float{}) : run(at::BFloat16{});
    context->save_for_backward({input, plainWeight, moments});
    context->saved_data["groups"] = groups;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& input = saved[0];
    const Sizes sizes = sizesOf(input, context->saved_data["groups"].toInt());
    const at::Tensor upstream = upstreams[0].to(input.scalar_type()).contiguous(kLayout);
    at::Tensor gradient = at::empty_like(input);
    at::Tensor parameterSums = at::empty({sizes.batch, 2, sizes.channels}, at::kDouble);
    const auto run = [&](auto zero) {
      backwardPass<decltype(zero)>(input, upstream, sizes, saved[1].const_data_ptr<float>(), saved[2],
                                   gradient, parameterSums);
    };
    input.scalar_type() == at::kFloat ? run(float{}) : run(at::BFloat16{});
    const at::Tensor sums = parameterSums.sum(0).to(at::kFloat);
    return {gradient, at::Tensor(), sums[0], sums[1], at::Tensor()};
  }
};

/// A map [B,C,H,W] in channels_last order on a GPU, whose own group norm would turn it to the other order and
/// give it back so: moments and one multiplication per element, both in the order of memory. Sums are float32
/// at least.
at::Tensor channelsLastOnDevice(const at::Tensor& input, std::int64_t groups, const at::Tensor& weight,
                                const at::Tensor& bias, double epsilon) {
  const std::int64_t batch = input.size(0), channels = input.size(1), height = input.size(2),
                     width = input.size(3);
  const std::vector<std::int64_t> perGroup{1, 1, groups, channels / groups};
  const at::Tensor wide = input.to(at::promote_types(input.scalar_type(), at::kFloat))
                              .permute({0, 2, 3, 1});  // as it lies in memory
  const at::Tensor values = wide.reshape({batch, height * width, groups, channels / groups});
  const auto [variance, mean] =
      at::var_mean(values, at::IntArrayRef{1, 3}, /*unbiased=*/false, /*keepdim=*/true);
  const at::Tensor factor = at::rsqrt(variance + epsilon) * weight.view(perGroup);
  const at::Tensor offset = bias.view(perGroup) - mean * factor;
  return at::addcmul(offset, values, factor)
      .view({batch, height, width, channels})
      .permute({0, 3, 1, 2})
      .to(input.scalar_type());
}

}  // namespace

at::Tensor groupNorm(const at::Tensor& input, std::int64_t groups, const at::Tensor& weight,
                     const at::Tensor& bias, double epsilon) {
  const bool last =
      input.dim() == 4 && input.numel() > 0 && input.is_contiguous(kLayout) && !input.is_contiguous();
  if (last && !input.is_cpu()) return channelsLastOnDevice(input, groups, weight, bias, epsilon);
  const bool here = last && weight.scalar_type() == at::kFloat && bias.scalar_type() == at::kFloat &&
                    (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
  return here ? ChannelsLastGroupNorm::apply(input, groups, weight, bias, epsilon)
              : at::group_norm(input, groups, weight, bias, epsilon, true);
}

}  // namespace anchorscope
