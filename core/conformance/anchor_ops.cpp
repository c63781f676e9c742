// anchors.*

#include "core/base/check.h"
#include "core/conformance/op_table.h"
#include "core/ops/anchors.h"

namespace anchorscope::conformance {
namespace {

int positiveInt(double value, const std::string& name) {
  if (!(value >= 1) || value > 1 << 20)
    throw MalformedCase(concat("the parameter '", name, "' holds ", value));
  return static_cast<int>(value);
}

Outputs runRetinaAnchors(const ReferenceCase& reference, at::Device device) {
  RetinaAnchorOptions options;
  const std::string convention = reference.text("convention");
  if (convention == "mmdet") {
    options.convention = AnchorConvention::kMmdet;
  } else if (convention != "torchvision") {
    throw UnsupportedCase(concat("there is no anchor convention '", convention, "'"));
  }
  options.strides.clear();
  for (const double stride : reference.numbers("strides"))
    options.strides.push_back(positiveInt(stride, "strides"));
  options.octaveBaseScale = reference.number("octave_base_scale", options.octaveBaseScale);
  if (reference.has("scales_per_octave")) {
    options.scalesPerOctave = positiveInt(reference.number("scales_per_octave"), "scales_per_octave");
  }
  if (reference.has("ratios")) options.ratios = reference.numbers("ratios");
  if (const Status status = options.validate(); !status) throw MalformedCase(status.error().message);
  const std::vector<double> image = reference.numbers("image", 2);
  const SizePx size{positiveInt(image[1], "image"), positiveInt(image[0], "image")};

  const AnchorSet set = makeRetinaAnchors(options, size, device);
  std::vector<std::int64_t> counts, steps;
  for (const LevelLayout& level : set.levels)
    counts.push_back(level.anchorCount());
  for (const auto& step : retinaAnchorSteps(options, size))
    steps.insert(steps.end(), step.begin(), step.end());
  return {{"anchors", set.boxes},
          {"num_per_level", at::tensor(counts)},
          {"strides_hw", at::tensor(steps).reshape({-1, 2})}};
}

}  // namespace

std::vector<OpEntry> anchorOps() {
  return {{"anchors.retinanet", runRetinaAnchors}};
}

}  // namespace anchorscope::conformance
