#include "core/conformance/registered_losses.h"

#include <c10/core/GradMode.h>

namespace anchorscope::conformance {

void setOptions(const ReferenceCase& reference, const OptionNames& names, ParamSet& params) {
  for (const auto& [option, param] : names) {
    if (!reference.has(param)) continue;
    const auto& value = reference.params.at(param);
    const bool whole = params.find(option) != nullptr && params.find(option)->type == ParamType::kInt;
    setOption(params, option,
              value.is_boolean() ? (value.get<bool>() ? "true" : "false")
              : whole            ? std::to_string(reference.integer(param))
                                 : toText(ParamValue(reference.number(param))));
  }
}

OffsetStage stageOfOffsets(const at::Tensor& pred, const at::Tensor& target) {
  OffsetStage stage;
  const std::int64_t count = target.size(0);
  const at::Tensor centre = at::full({count, 2}, 0.5, target.options());
  stage.anchors.boxes = at::cat({centre - 0.5, centre + 0.5}, 1);
  stage.anchors.strides = at::ones({count}, target.options());
  stage.anchors.offsets = BoxOffsets::kSideDistances;
  stage.outputs.offsets = pred.unsqueeze(0);
  stage.objects = at::cat({centre - target.slice(1, 0, 2), centre + target.slice(1, 2, 4)}, 1).unsqueeze(0);
  stage.matched = at::arange(count, target.options().dtype(at::kLong)).unsqueeze(0);
  return stage;
}

void placeState(const std::vector<NamedTensor>& state, at::Device device) {
  const c10::NoGradGuard noGrad;
  for (const NamedTensor& named : state)
    named.tensor.set_data(named.tensor.to(device));
}

}  // namespace anchorscope::conformance
