#include "core/model/pyramid.h"

#include "core/base/check.h"

namespace anchorscope {

FeaturePyramid::FeaturePyramid(StateList& state, const std::string& prefix, at::IntArrayRef inChannels,
                               std::int64_t channels, int levels, TopLevels top)
    : pools_(top == TopLevels::kPool) {
  const int maps = static_cast<int>(inChannels.size());
  ANCHORSCOPE_CHECK(pools_ ? levels == maps + 1 : levels >= maps && levels <= maps + 2, "levels ", levels,
                    " of ", maps, " maps");
  for (int i = 0; i < maps; ++i) {
    inner_.emplace_back(state, concat(prefix, "inner_blocks.", i, ".0"),
                        Conv::Shape{inChannels[static_cast<std::size_t>(i)], channels, 1, 1, true},
                        ConvInit::kKaimingLinear);
  }
  for (int i = 0; i < maps; ++i) {
    layer_.emplace_back(state, concat(prefix, "layer_blocks.", i, ".0"),
                        Conv::Shape{channels, channels, 3, 1, true}, ConvInit::kKaimingLinear);
  }
  for (int level = maps; level < levels && !pools_; ++level) {
    extra_.emplace_back(state, concat(prefix, "extra_blocks.p", level + 3),
                        Conv::Shape{channels, channels, 3, 2, true}, ConvInit::kKaimingLinear);
  }
}

std::vector<at::Tensor> FeaturePyramid::operator()(at::TensorList maps) const {
  ANCHORSCOPE_CHECK(maps.size() == inner_.size(), maps.size(), " maps, not ", inner_.size());
  const std::size_t last = maps.size() - 1;
  std::vector<at::Tensor> levels(maps.size());
  at::Tensor merged = inner_[last](maps[last]);
  levels[last] = layer_[last](merged);
  for (std::size_t i = last; i-- > 0;) {
    at::Tensor lateral = inner_[i](maps[i]);
    merged = lateral.add_(at::upsample_nearest2d(merged, lateral.sizes().slice(2)));
    levels[i] = layer_[i](merged);
  }
  for (std::size_t i = 0; i < extra_.size(); ++i) {
    levels.push_back(extra_[i](i == 0 ? levels.back() : at::relu(levels.back())));
  }
  if (pools_) levels.push_back(at::max_pool2d(levels.back(), {1, 1}, {2, 2}));
  return levels;
}

}  // namespace anchorscope
