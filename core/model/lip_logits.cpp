#include "core/model/lip_logits.h"

namespace anchorscope {

LipLogit::LipLogit(StateList& state, const std::string& prefix, std::int64_t in, std::int64_t channels,
                   std::int64_t kernel, bool trainable)
    : conv_(state, prefix + "conv", {in, channels, kernel, 1, false}, ConvInit::kZero, trainable),
      norm_(state, prefix + "bn", NormKind::kInstance, channels, 1, trainable) {}

at::Tensor LipLogit::operator()(const at::Tensor& input) const {
  const at::Tensor value = conv_(input);
  const at::Tensor wide = value.to(at::promote_types(value.scalar_type(), at::kFloat));
  return at::sigmoid(norm_(wide, false)) * kLipGateScale;
}

LipTrunk::LipTrunk(StateList& state, const std::string& prefix, std::int64_t in, std::int64_t width,
                   bool trainable) {
  conv1_ = Conv(state, prefix + "conv1", {in, width, 1, 1, false}, ConvInit::kKaimingFanOut, trainable);
  norm1_ = Norm(state, prefix + "bn1", NormKind::kInstance, width, 1, trainable);
  conv2_ = Conv(state, prefix + "conv2", {width, width, 3, 1, false}, ConvInit::kKaimingFanOut, trainable);
  norm2_ = Norm(state, prefix + "bn2", NormKind::kInstance, width, 1, trainable);
}

at::Tensor LipTrunk::operator()(const at::Tensor& input) const {
  const at::Tensor narrow = norm1_.rectified(conv1_(input), false);
  return norm2_.rectified(conv2_(narrow), false);
}

}  // namespace anchorscope
