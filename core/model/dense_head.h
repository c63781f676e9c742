#pragma once
// Internal header (ATen). What the heads of dense detectors are built from: towers of convolutions shared by
// all levels, and last convolutions that give a fixed number of values per anchor.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/model/layers.h"

namespace anchorscope {

/// How a tower's tensors are named.
enum class TowerNames {
  kNested,  ///< conv.I.0 and norm conv.I.1, as in torchvision's RetinaNet.
  kFlat     ///< conv.K, counting convolutions, norms and ReLUs, as in torchvision's FCOS.
};

struct TowerOptions {
  std::int64_t channels = 256;
  int depth = 4;      ///< 3x3 convolutions.
  bool norm = false;  ///< Group norm after each of them.
  bool biasBesideNorm = false;
  TowerNames names = TowerNames::kNested;
  ConvInit init = ConvInit::kNormal001;
};

/// Convolutions that keep the shape, each followed by its norm and a ReLU.
class HeadTower {
 public:
  HeadTower(StateList& state, const std::string& prefix, const TowerOptions& options);

  /// [B,channels,H,W] to the same shape; the input itself with depth 0.
  at::Tensor operator()(const at::Tensor& features, bool training) const;

 private:
  std::vector<Conv> convs_;
  std::vector<Norm> norms_;
};

/// The last convolution of a head.
class HeadOutput {
 public:
  HeadOutput() = default;
  HeadOutput(StateList& state, const std::string& name, std::int64_t channels, int anchorsPerCell,
             std::int64_t valuesPerAnchor, ConvInit init = ConvInit::kNormal001, std::int64_t kernel = 3);

  /// [B,channels,H,W] -> [B, H*W*anchorsPerCell, valuesPerAnchor], order row, column, anchor.
  at::Tensor operator()(const at::Tensor& features) const;

  void fillBias(double value);
  /// The same values for each anchor.
  void fillBias(const std::vector<double>& values);

 private:
  Conv conv_;
  std::int64_t valuesPerAnchor_ = 1;
};

}  // namespace anchorscope
