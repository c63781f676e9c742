#include "core/model/dense_head.h"

#include <ATen/core/grad_mode.h>

#include "core/base/check.h"

namespace anchorscope {

HeadTower::HeadTower(StateList& state, const std::string& prefix, const TowerOptions& options) {
  const bool flat = options.names == TowerNames::kFlat;
  const int step = options.norm ? 3 : 2;  // convolution, norm, ReLU
  for (int i = 0; i < options.depth; ++i) {
    const std::string convName = flat ? concat(prefix, "conv.", step * i) : concat(prefix, "conv.", i, ".0");
    const bool bias = !options.norm || options.biasBesideNorm;
    convs_.emplace_back(state, convName, Conv::Shape{options.channels, options.channels, 3, 1, bias},
                        options.init);
    if (!options.norm) continue;
    const std::string normName =
        flat ? concat(prefix, "conv.", step * i + 1) : concat(prefix, "conv.", i, ".1");
    norms_.emplace_back(state, normName, NormKind::kGroup, options.channels);
  }
}

at::Tensor HeadTower::operator()(const at::Tensor& features, bool training) const {
  at::Tensor value = features;
  for (std::size_t i = 0; i < convs_.size(); ++i) {
    value = convs_[i](value);
    value = norms_.empty() ? value.relu_() : norms_[i].rectified(value, training);
  }
  return value;
}

HeadOutput::HeadOutput(StateList& state, const std::string& name, std::int64_t channels, int anchorsPerCell,
                       std::int64_t valuesPerAnchor, ConvInit init, std::int64_t kernel)
    : conv_(state, name, {channels, anchorsPerCell * valuesPerAnchor, kernel, 1, true}, init),
      valuesPerAnchor_(valuesPerAnchor) {}

at::Tensor HeadOutput::operator()(const at::Tensor& features) const {
  // In channels_last this permutation is the memory order, and the reshape a view.
  return conv_(features).permute({0, 2, 3, 1}).reshape({features.size(0), -1, valuesPerAnchor_});
}

void HeadOutput::fillBias(double value) {
  const at::NoGradGuard noGrad;
  conv_.bias().fill_(value);
}

void HeadOutput::fillBias(const std::vector<double>& values) {
  const at::NoGradGuard noGrad;
  ANCHORSCOPE_CHECK(static_cast<std::int64_t>(values.size()) == valuesPerAnchor_, values.size(),
                    " biases of ", valuesPerAnchor_, " values");
  conv_.bias().view({-1, valuesPerAnchor_}).copy_(at::tensor(values, at::kDouble));
}

}  // namespace anchorscope
