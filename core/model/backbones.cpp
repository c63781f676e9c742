#include "core/model/backbones.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/evidence/frame.h"

namespace anchorscope {

const std::vector<BackboneRow>& backbones() {
  static const std::vector<BackboneRow> rows = {
      {"small",
       "a small residual network",
       "Trains from random weights on a few CPU cores: widths 16 to 128, group norm.",
       {{1, 1, 1, 1}, false, 16, 3},
       true},
      {"r18", "ResNet-18 FPN", "Basic blocks 2-2-2-2.", {{2, 2, 2, 2}, false}},
      {"r34", "ResNet-34 FPN", "Basic blocks 3-4-6-3.", {{3, 4, 6, 3}, false}},
      {"r50", "ResNet-50 FPN", "Bottleneck blocks 3-4-6-3.", {{3, 4, 6, 3}, true}},
      {"r101", "ResNet-101 FPN", "Bottleneck blocks 3-4-23-3.", {{3, 4, 23, 3}, true}},
  };
  return rows;
}

std::vector<ParamSpec> BackboneRow::shapeParams(const std::string& source) const {
  std::vector<ParamSpec> specs;
  if (small)
    specs.push_back(intParam("width", shape.width, 16, 128, "",
                             "Channels of the stem; stages have 1, 2, 4, 8 times.", source));
  for (ParamSpec& spec : shape.downsamplingParams())
    specs.push_back(std::move(spec));
  return specs;
}

ResNetShape BackboneRow::shapeOf(const ParamSet& params) const {
  ResNetShape chosen = shape;
  if (small) chosen.width = params.getInt("width");
  chosen.downsampling = downsamplingOf(params);
  return chosen;
}

ParamSpec backboneNormParam(const BackboneRow& backbone, const std::string& source) {
  return choiceParam(
      "norm", backbone.small ? "gn" : "bn", {"frozen_bn", "bn", "gn"},
      "Normalisation of the backbone: frozen batch norm (for pretrained weights and small batches), "
      "trained batch norm, or group norm.",
      source);
}

ParamSpec trainableLayersParam() {
  return intParam("trainable_layers", 5, 0, 5, "",
                  "How many backbone stages train, from the last: 5 all, 4 without the stem, ... 0 none.",
                  "torchvision 0.26");
}

ParamSpec ratiosParam(const std::string& defaults, const std::string& source) {
  return textParam("ratios", defaults, "Anchor height / width ratios, separated by commas.", source);
}

Result<std::vector<double>> ratiosOf(const ParamSet& params) {
  const std::string& text = params.getText("ratios");
  auto ratios = parseNumbers(text);
  const auto fits = [](double ratio) { return ratio >= 0.01 && ratio <= 100; };
  if (!ratios || ratios->empty() || !std::all_of(ratios->begin(), ratios->end(), fits))
    return makeError(ErrorCode::kUsage, concat("The model option ratios is '", text, "'"),
                     "Give height / width ratios between 0.01 and 100, separated by commas, such as 0.5,1,2");
  return *std::move(ratios);
}

std::int64_t backboneCells(const ResNetShape& shape, SizePx input) {
  if (shape.downsampling.kind != DownsamplingKind::kLip) return 0;
  // LIP's importance and gate saturation of every pixel of the pooled maps and the entropy of every window,
  // at the stem and twice (convolution and shortcut) in each of three stages.
  std::int64_t cells = 0;
  for (const int stride : {2, 4, 8, 16}) {
    const std::int64_t pixels = CellGrid::of(stride, input).count(),
                       windows = CellGrid::of(2 * stride, input).count();
    cells += (stride == 2 ? 1 : 2) * (2 * pixels + windows);
  }
  return cells;
}

}  // namespace anchorscope
