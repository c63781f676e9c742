// SSD300 on VGG-16, and a small one of its kind.

#include <algorithm>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/model/model_row.h"
#include "core/model/ssd.h"

namespace anchorscope {
namespace {

constexpr const char* kTorchvision = "torchvision 0.26 ssd300_vgg16";

struct SsdRow {
  ModelInfo info;
  bool small;  ///< Defaults for little images, few cores and random weights.
};

std::string textOf(const DefaultBoxOptions& boxes) {
  std::vector<std::string> scales;
  for (const double scale : boxes.scales)
    scales.push_back(toText(ParamValue(scale)));
  return join(scales, ",");
}

std::vector<ParamSpec> specsOf(const SsdRow& row) {
  const std::string source = row.small ? "ours" : kTorchvision;
  std::vector<ParamSpec> specs = {
      choiceParam("norm", row.small ? "gn" : "none", {"none", "bn", "gn"},
                  "Normalisation behind each convolution of VGG; torchvision's SSD has none.", source),
      intParam("trainable_layers", 5, 0, 5, "",
               "How many stages of VGG train, from the last: 5 all, 4 without the first, ... 0 none.",
               kTorchvision),
      textParam(
          "scales", textOf({}),
          "Side of the square default box of each of the six maps, as part of the input, and of one beyond, "
          "separated by commas.",
          kTorchvision),
      floatParam("prior", 0.01, 1e-6, 0.5, "1",
                 "Score that every class starts with at every box, all together at most one half; "
                 "torchvision starts "
                 "with equal scores.",
                 "Lin et al., ICCV 2017")};
  if (row.small)
    specs.push_back(intParam("width", 16, 16, 128, "",
                             "Channels of the first stage; the others have 2, 4, 8, 8 times.", source));
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  return specs;
}

Result<DefaultBoxOptions> boxesOf(const ParamSet& params) {
  const std::string& text = params.getText("scales");
  DefaultBoxOptions boxes;
  const auto scales = parseNumbers(text);
  if (!scales || scales->size() != boxes.scales.size())
    return makeError(ErrorCode::kUsage, concat("The model option scales is '", text, "'"),
                     concat("Give ", boxes.scales.size(),
                            " parts of the input, separated by commas, such as ", textOf(boxes)));
  std::copy(scales->begin(), scales->end(), boxes.scales.begin());
  ANCHORSCOPE_TRY(boxes.validate());
  return boxes;
}

Result<SsdOptions> optionsOf(const SsdRow& row, const ParamSet& params, int classCount) {
  Result<DefaultBoxOptions> boxes = boxesOf(params);
  if (!boxes) return boxes.error();
  SsdOptions options;
  options.info = row.info;
  options.classCount = classCount;
  options.boxes = *std::move(boxes);
  options.trainableStages = static_cast<int>(params.getInt("trainable_layers"));
  options.prior = params.getFloat("prior");
  if (const std::string& norm = params.getText("norm"); norm != "none")
    options.backbone.norm = normKindOf(norm);
  if (row.small) {
    options.backbone.convs = {1, 1, 1, 1, 1};
    options.backbone.width = params.getInt("width");
  } else {
    options.pixelMean = {0.48235f, 0.45882f, 0.40784f};
    options.pixelStd = {1.0f / 255, 1.0f / 255, 1.0f / 255};
  }
  return options;
}

ModelRow modelOf(const SsdRow& row) {
  const auto traits = [row](const ParamSet& params) -> Result<std::vector<HeadTraits>> {
    const Result<SsdOptions> options = optionsOf(row, params, 1);
    if (!options) return options.error();
    return std::vector{options->traits()};
  };
  const auto evidence = [row](const ParamSet& params, SizePx input) -> Result<ModelEvidence> {
    const Result<SsdOptions> options = optionsOf(row, params, 1);
    if (!options) return options.error();
    ModelEvidence out;
    const auto cells = defaultBoxCells(input);
    for (std::size_t level = 0; level < cells.size(); ++level)
      out.anchors +=
          std::int64_t{1} * cells[level].width * cells[level].height * options->boxes.boxesPerCell(level);
    return out;
  };
  const auto make = [row](const ParamSet& params, int classCount,
                          std::uint64_t seed) -> Result<std::unique_ptr<Detector>> {
    const Result<SsdOptions> options = optionsOf(row, params, classCount);
    if (!options) return options.error();
    return std::unique_ptr<Detector>(std::make_unique<Ssd>(*options, seed));
  };
  return {row.info.name, row.info, [row] { return specsOf(row); }, traits, evidence, make};
}

}  // namespace

std::vector<ModelRow> ssdModels() {
  const std::string what =
      "Default boxes of six maps without a pyramid, scores by a softmax with background. ";
  return {modelOf({{"ssd-small", "SSD on a small VGG",
                    what + "Trains from random weights on a few CPU cores: widths 16 to 256, group norm.",
                    "Ours, from the parts of SSD300"},
                   true}),
          modelOf({{"ssd300-vgg16", "SSD300 VGG-16", what + "Best at inputs of 300 x 300 px.",
                    "Liu et al., ECCV 2016; structure and tensor names of torchvision 0.26"},
                   false})};
}

}  // namespace anchorscope
