#include "core/model/mask_head.h"

#include <cmath>

#include "core/base/check.h"

namespace anchorscope {

MaskHead::MaskHead(StateList& state, const std::string& prefix, std::int64_t in, std::int64_t channels,
                   int depth, int classCount) {
  for (int i = 0; i < depth; ++i)
    convs_.emplace_back(state, concat(prefix, "mask_head.", i, ".0"),
                        Conv::Shape{i == 0 ? in : channels, channels, 3, 1, true}, ConvInit::kKaimingFanOut);
  // A kernel of 2 with a stride of 2: every output pixel has one input pixel.
  const std::string up = prefix + "mask_predictor.conv5_mask";
  const std::int64_t from = depth > 0 ? channels : in;
  at::Tensor weight = at::empty({from, channels, 2, 2}, at::kFloat);
  weight.normal_(0, std::sqrt(2.0 / static_cast<double>(from * 4)), state.generatorOf(up + ".weight"));
  upWeight_ = state.addParameter(up + ".weight", weight);
  upBias_ =
      state.addParameter(up + ".bias", at::zeros({channels}, at::kFloat), true, ParameterRole::Kind::kBias);
  logits_ = Conv(state, prefix + "mask_predictor.mask_fcn_logits", {channels, classCount + 1, 1, 1, true},
                 ConvInit::kKaimingFanOut);
}

at::Tensor MaskHead::operator()(const at::Tensor& pooled) const {
  at::Tensor x = pooled;
  for (const Conv& conv : convs_)
    x = at::relu(conv(x));
  x = at::relu(at::conv_transpose2d(x, upWeight_, upBias_, {2, 2}));
  const at::Tensor logits = logits_(x);
  return logits.narrow(1, 1, logits.size(1) - 1);
}

}  // namespace anchorscope
