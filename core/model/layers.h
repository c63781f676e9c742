#pragma once
// Internal header (ATen). The layers detectors are made of, and the list of their tensors under state_dict
// names.

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/detector.h"

namespace anchorscope {

/// How a convolution's weights are drawn.
enum class ConvInit {
  kKaimingFanOut,  ///< Normal, std sqrt(2 / (out * kh * kw)): He et al. 2015, as torchvision's ResNets.
  kKaimingLinear,  ///< Uniform, variance 1 / (in * kh * kw): as torchvision's pyramids.
  kXavier,         ///< Uniform, variance 2 / ((in + out) * kh * kw): as torchvision's SSD.
  kNormal001,      ///< Normal, std 0.01: RetinaNet's heads (Lin et al. 2017).
  kZero
};

enum class NormKind { kFrozenBatch, kBatch, kGroup, kInstance };

/// "frozen_bn", "bn" or "gn"; anything else is a bug.
NormKind normKindOf(const std::string& name);

/// Every tensor of a detector, in state_dict order. Random weights depend on (seed, tensor name) only, so
/// that an option that adds tensors leaves the others' values alone; they are drawn on the CPU.
class StateList {
 public:
  explicit StateList(std::uint64_t seed) : seed_(seed) {}

  /// Registers a tensor and returns it; every copy of the handle stays the same tensor through moveTo and
  /// toDtype.
  at::Tensor addParameter(const std::string& name, at::Tensor value, bool trainable = true,
                          ParameterRole::Kind kind = ParameterRole::Kind::kWeight);
  at::Tensor addBuffer(const std::string& name, at::Tensor value);

  /// A generator for the random values of the tensor `name`.
  at::Generator generatorOf(const std::string& name) const;

  std::vector<NamedTensor> parameters() const;
  std::vector<ParameterRole::Kind> parameterKinds() const;  ///< Of parameters(), in their order.
  std::vector<NamedTensor> buffers() const;
  std::vector<NamedTensor> all() const;

  void moveTo(at::Device device, bool channelsLast);
  void toDtype(at::ScalarType dtype);

 private:
  struct Entry {
    std::string name;
    at::Tensor tensor;
    bool isBuffer = false;
    ParameterRole::Kind kind = ParameterRole::Kind::kWeight;
  };
  void replace(const Entry& entry, const at::Tensor& value);

  std::uint64_t seed_;
  std::vector<Entry> entries_;
};

/// 2-d convolution, square kernel, padding kernel / 2 unless said otherwise.
class Conv {
 public:
  struct Shape {
    std::int64_t in = 0, out = 0, kernel = 1, stride = 1;
    bool bias = false;
    std::optional<std::int64_t> padding = {};
    std::int64_t dilation = 1;
  };

  Conv() = default;
  /// Registers `name`.weight and `name`.bias (zeros). Strided 1x1 convolutions need 16 input channels: with
  /// fewer, the channels_last backward pass of oneDNN in LibTorch 2.11 corrupts memory.
  Conv(StateList& state, const std::string& name, Shape shape, ConvInit init, bool trainable = true);

  at::Tensor operator()(const at::Tensor& input) const;
  const at::Tensor& bias() const { return bias_; }

 private:
  /// Whether the product of pixels and weights is the faster form of this 1x1 convolution in channels_last
  /// on the CPU (LibTorch 2.11, gradients included): by a third in bf16, by a quarter with a stride, where
  /// oneDNN walks over what it leaves out. In float32 without a stride there is nothing to gain.
  bool goesAsProduct(const at::Tensor& input) const;
  at::Tensor pointwise(const at::Tensor& input) const;

  at::Tensor weight_, bias_;
  std::int64_t kernel_ = 1, stride_ = 1, padding_ = 0, dilation_ = 1;
};

/// Fully connected.
class Linear {
 public:
  Linear() = default;
  /// Registers `name`.weight [out,in], drawn as a 1x1 convolution's, and `name`.bias (zeros).
  Linear(StateList& state, const std::string& name, std::int64_t in, std::int64_t out, ConvInit init);

  at::Tensor operator()(const at::Tensor& input) const { return at::linear(input, weight_, bias_); }

 private:
  at::Tensor weight_, bias_;
};

/// Normalisation of channels: by batch statistics, frozen statistics, groups of them, or each by itself over
/// the map of one image (Ulyanov et al. 2016). A map of one pixel gives the bias then (ours; torch's instance
/// norm raises an error).
class Norm {
 public:
  Norm() = default;
  /// Registers weight (filled with `weight`), bias, and what the kind needs besides.
  Norm(StateList& state, const std::string& name, NormKind kind, std::int64_t channels, double weight = 1,
       bool trainable = true);

  /// `training` matters to kBatch only: batch statistics, and the running ones move by momentum 0.1.
  at::Tensor operator()(const at::Tensor& input, bool training) const {
    return run(input, training, {}, false);
  }
  /// relu(norm(input) + residual), the residual left out where it is undefined; for batch norms in one pass.
  at::Tensor rectified(const at::Tensor& input, bool training, const at::Tensor& residual = {}) const {
    return run(input, training, residual, true);
  }

 private:
  at::Tensor run(const at::Tensor& input, bool training, const at::Tensor& residual, bool rectify) const;
  at::Tensor ofEachMap(const at::Tensor& input) const;  ///< kGroup and kInstance.

  NormKind kind_ = NormKind::kBatch;
  std::int64_t groups_ = 1;
  at::Tensor weight_, bias_, runningMean_, runningVar_, batchCount_;
};

}  // namespace anchorscope
