#pragma once
// Internal header (ATen). Feature pyramid (Lin et al., CVPR 2017) under torchvision's names.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/model/layers.h"

namespace anchorscope {

/// Where levels beyond the backbone's come from.
enum class TopLevels {
  kConvs,  ///< A strided convolution of the last level, and another of its ReLU: P6, P7 of RetinaNet.
  kPool    ///< Every second pixel of the last level, as Faster R-CNN's.
};

/// A backbone's maps in, `levels` maps of one width out: of each map a lateral 1x1 convolution, nearest
/// upsampling of the coarser ones added, and a 3x3 convolution; then the levels beyond.
class FeaturePyramid {
 public:
  /// levels: as many as inChannels and at most two more; with kPool one more.
  FeaturePyramid(StateList& state, const std::string& prefix, at::IntArrayRef inChannels,
                 std::int64_t channels, int levels, TopLevels top = TopLevels::kConvs);

  std::vector<at::Tensor> operator()(at::TensorList maps) const;

 private:
  std::vector<Conv> inner_, layer_, extra_;
  bool pools_ = false;
};

}  // namespace anchorscope
