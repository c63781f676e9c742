#include "core/model/layers.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/model/batch_norm.h"
#include "core/model/group_norm.h"

namespace anchorscope {
namespace {

constexpr double kNormEps = 1e-5;
constexpr double kBatchMomentum = 0.1;
constexpr std::int64_t kSmallestStridedPointwiseInput = 16;

/// FNV-1a, so that a name's stream is the same on every platform.
std::uint64_t hashOf(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char letter : name)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  return hash;
}

at::Tensor randomConvWeight(const Conv::Shape& shape, ConvInit init, at::Generator generator) {
  at::Tensor weight = at::empty({shape.out, shape.in, shape.kernel, shape.kernel}, at::kFloat);
  const auto area = static_cast<double>(shape.kernel * shape.kernel);
  switch (init) {
    case ConvInit::kKaimingFanOut:
      weight.normal_(0, std::sqrt(2.0 / (static_cast<double>(shape.out) * area)), std::move(generator));
      break;
    case ConvInit::kKaimingLinear: {
      const double bound = std::sqrt(3.0 / (static_cast<double>(shape.in) * area));
      weight.uniform_(-bound, bound, std::move(generator));
      break;
    }
    case ConvInit::kXavier: {
      const double bound = std::sqrt(6.0 / (static_cast<double>(shape.in + shape.out) * area));
      weight.uniform_(-bound, bound, std::move(generator));
      break;
    }
    case ConvInit::kNormal001:
      weight.normal_(0, 0.01, std::move(generator));
      break;
    case ConvInit::kZero:
      weight.zero_();
      break;
  }
  return weight;
}

}  // namespace

NormKind normKindOf(const std::string& name) {
  if (name == "frozen_bn") return NormKind::kFrozenBatch;
  if (name == "bn") return NormKind::kBatch;
  ANCHORSCOPE_CHECK(name == "gn", "norm '", name, "'");
  return NormKind::kGroup;
}

at::Tensor StateList::addParameter(const std::string& name, at::Tensor value, bool trainable,
                                   ParameterRole::Kind kind) {
  value.set_requires_grad(trainable);
  entries_.push_back({name, value, false, kind});
  return value;
}

at::Tensor StateList::addBuffer(const std::string& name, at::Tensor value) {
  entries_.push_back({name, value, true, {}});
  return value;
}

at::Generator StateList::generatorOf(const std::string& name) const {
  Random stream = Random::of(seed_, RandomPurpose::kInit, {hashOf(name)});
  return at::detail::createCPUGenerator(stream.next());
}

std::vector<NamedTensor> StateList::parameters() const {
  std::vector<NamedTensor> list;
  for (const Entry& entry : entries_) {
    if (!entry.isBuffer) list.push_back({entry.name, entry.tensor});
  }
  return list;
}

std::vector<ParameterRole::Kind> StateList::parameterKinds() const {
  std::vector<ParameterRole::Kind> kinds;
  for (const Entry& entry : entries_) {
    if (!entry.isBuffer) kinds.push_back(entry.kind);
  }
  return kinds;
}

std::vector<NamedTensor> StateList::buffers() const {
  std::vector<NamedTensor> list;
  for (const Entry& entry : entries_) {
    if (entry.isBuffer) list.push_back({entry.name, entry.tensor});
  }
  return list;
}

std::vector<NamedTensor> StateList::all() const {
  std::vector<NamedTensor> list;
  for (const Entry& entry : entries_)
    list.push_back({entry.name, entry.tensor});
  return list;
}

void StateList::replace(const Entry& entry, const at::Tensor& value) {
  const at::Tensor& tensor = entry.tensor;
  tensor.mutable_grad().reset();
  tensor.set_data(value);
}

void StateList::moveTo(at::Device device, bool channelsLast) {
  const at::NoGradGuard noGrad;
  for (const Entry& entry : entries_) {
    const auto format = channelsLast && entry.tensor.dim() == 4 ? at::MemoryFormat::ChannelsLast
                                                                : at::MemoryFormat::Contiguous;
    replace(entry, entry.tensor.detach().to(device).contiguous(format));
  }
}

void StateList::toDtype(at::ScalarType dtype) {
  const at::NoGradGuard noGrad;
  for (const Entry& entry : entries_) {
    if (entry.tensor.is_floating_point()) replace(entry, entry.tensor.detach().to(dtype));
  }
}

Conv::Conv(StateList& state, const std::string& name, Shape shape, ConvInit init, bool trainable)
    : kernel_(shape.kernel),
      stride_(shape.stride),
      padding_(shape.padding.value_or(shape.kernel / 2)),
      dilation_(shape.dilation) {
  ANCHORSCOPE_CHECK(shape.kernel > 1 || shape.stride == 1 || shape.in >= kSmallestStridedPointwiseInput, name,
                    ": strided 1x1 convolution of ", shape.in, " channels");
  const std::string weightName = name + ".weight";
  weight_ =
      state.addParameter(weightName, randomConvWeight(shape, init, state.generatorOf(weightName)), trainable);
  if (shape.bias)
    bias_ = state.addParameter(name + ".bias", at::zeros({shape.out}, at::kFloat), trainable,
                               ParameterRole::Kind::kBias);
}

at::Tensor Conv::operator()(const at::Tensor& input) const {
  if (goesAsProduct(input)) return pointwise(input);
  return at::conv2d(input, weight_, bias_, {stride_, stride_}, {padding_, padding_}, {dilation_, dilation_});
}

bool Conv::goesAsProduct(const at::Tensor& input) const {
  const bool onePixel = kernel_ == 1 && padding_ == 0;  // of a window
  return onePixel && input.is_cpu() && input.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         (stride_ > 1 || at::autocast::is_autocast_enabled(at::kCPU));
}

at::Tensor Conv::pointwise(const at::Tensor& input) const {
  const at::Tensor kept =
      stride_ == 1 ? input : input.slice(2, 0, std::nullopt, stride_).slice(3, 0, std::nullopt, stride_);
  // A view without a stride, a copy of what is kept with one.
  const at::Tensor pixels = kept.permute({0, 2, 3, 1}).reshape({-1, kept.size(1)});
  return at::linear(pixels, weight_.flatten(1), bias_)
      .view({kept.size(0), kept.size(2), kept.size(3), weight_.size(0)})
      .permute({0, 3, 1, 2});
}

Linear::Linear(StateList& state, const std::string& name, std::int64_t in, std::int64_t out, ConvInit init) {
  const std::string weightName = name + ".weight";
  weight_ = state.addParameter(
      weightName, randomConvWeight({in, out}, init, state.generatorOf(weightName)).view({out, in}));
  bias_ = state.addParameter(name + ".bias", at::zeros({out}, at::kFloat), true, ParameterRole::Kind::kBias);
}

Norm::Norm(StateList& state, const std::string& name, NormKind kind, std::int64_t channels, double weight,
           bool trainable)
    : kind_(kind) {
  const bool learn = trainable && kind != NormKind::kFrozenBatch;
  weight_ = state.addParameter(name + ".weight", at::full({channels}, weight, at::kFloat), learn,
                               ParameterRole::Kind::kNorm);
  bias_ = state.addParameter(name + ".bias", at::zeros({channels}, at::kFloat), learn,
                             ParameterRole::Kind::kNorm);
  if (kind == NormKind::kInstance) {
    groups_ = channels;
    return;
  }
  if (kind == NormKind::kGroup) {
    // Groups of at least 4 channels, at most the 32 groups of Wu & He 2018.
    groups_ = std::clamp<std::int64_t>(channels / 4, 1, 32);
    while (channels % groups_ != 0)
      --groups_;
    return;
  }
  runningMean_ = state.addBuffer(name + ".running_mean", at::zeros({channels}, at::kFloat));
  runningVar_ = state.addBuffer(name + ".running_var", at::ones({channels}, at::kFloat));
  if (kind == NormKind::kBatch) {
    batchCount_ = state.addBuffer(name + ".num_batches_tracked", at::zeros({}, at::kLong));
  }
}

at::Tensor Norm::ofEachMap(const at::Tensor& input) const {
  if (kind_ == NormKind::kInstance && input.size(2) * input.size(3) == 1) {
    const auto perChannel = [&](const at::Tensor& values) { return values.view({1, -1, 1, 1}); };
    return (input - input.mean({2, 3}, true)) * perChannel(weight_) + perChannel(bias_);
  }
  return groupNorm(input, groups_, weight_, bias_, kNormEps);
}

at::Tensor Norm::run(const at::Tensor& input, bool training, const at::Tensor& residual, bool rectify) const {
  if (kind_ == NormKind::kGroup || kind_ == NormKind::kInstance) {
    at::Tensor value = ofEachMap(input);
    if (residual.defined()) value.add_(residual);
    return rectify ? value.relu_() : value;
  }
  const bool batchStatistics = training && kind_ == NormKind::kBatch;
  if (batchStatistics) {
    const at::NoGradGuard noGrad;
    batchCount_.add_(1);
  }
  return batchNorm(input,
                   {weight_, bias_, runningMean_, runningVar_, batchStatistics, kBatchMomentum, kNormEps},
                   residual, rectify);
}

}  // namespace anchorscope
