#include "core/model/pyramid.h"

#include "core/base/check.h"

namespace anchorscope {

FeaturePyramid::FeaturePyramid(StateList& state, const std::string& prefix,
                               std::array<std::int64_t, 3> inChannels, std::int64_t channels, int levels) {
  ANCHORSCOPE_CHECK(levels >= 3 && levels <= 5, "levels ", levels);
  for (std::size_t i = 0; i < inner_.size(); ++i) {
    inner_[i] = Conv(state, concat(prefix, "inner_blocks.", i, ".0"), {inChannels[i], channels, 1, 1, true},
                     ConvInit::kKaimingLinear);
  }
  for (std::size_t i = 0; i < layer_.size(); ++i) {
    layer_[i] = Conv(state, concat(prefix, "layer_blocks.", i, ".0"), {channels, channels, 3, 1, true},
                     ConvInit::kKaimingLinear);
  }
  for (int level = 3; level < levels; ++level) {
    extra_.emplace_back(state, concat(prefix, "extra_blocks.p", level + 3),
                        Conv::Shape{channels, channels, 3, 2, true}, ConvInit::kKaimingLinear);
  }
}

std::vector<at::Tensor> FeaturePyramid::operator()(const std::array<at::Tensor, 3>& maps) const {
  std::array<at::Tensor, 3> out;
  at::Tensor merged = inner_[2](maps[2]);
  out[2] = layer_[2](merged);
  for (std::size_t i = 2; i-- > 0;) {
    at::Tensor lateral = inner_[i](maps[i]);
    merged = lateral.add_(at::upsample_nearest2d(merged, lateral.sizes().slice(2)));
    out[i] = layer_[i](merged);
  }
  std::vector<at::Tensor> levels(out.begin(), out.end());
  for (std::size_t i = 0; i < extra_.size(); ++i) {
    levels.push_back(extra_[i](i == 0 ? levels.back() : at::relu(levels.back())));
  }
  return levels;
}

}  // namespace anchorscope
