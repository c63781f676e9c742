#pragma once
// Internal header (ATen). Feature pyramid (Lin et al., CVPR 2017) under torchvision's names.

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <vector>

#include "core/model/layers.h"

namespace anchorscope {

/// Three maps in, `levels` (3 to 5) maps of one width out: P3, P4, P5 from lateral 1x1 convolutions and
/// nearest upsampling, then P6 by a strided convolution of P5 and P7 of relu(P6).
class FeaturePyramid {
 public:
  FeaturePyramid(StateList& state, const std::string& prefix, std::array<std::int64_t, 3> inChannels,
                 std::int64_t channels, int levels);

  std::vector<at::Tensor> operator()(const std::array<at::Tensor, 3>& maps) const;

 private:
  std::array<Conv, 3> inner_, layer_;
  std::vector<Conv> extra_;
};

}  // namespace anchorscope
