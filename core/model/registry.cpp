// The detectors by name: one line per detector in kModels.
#include <charconv>

#include "core/base/check.h"
#include "core/model/detector.h"
#include "core/model/model_info.h"
#include "core/model/retinanet.h"

namespace anchorscope {
namespace {

/// One registered detector: what people read, its backbone, and where its defaults differ.
struct ModelRow {
  ModelInfo info;
  ResNetShape backbone;
  bool small = false;  ///< Defaults for little images, few cores and random weights.
};

const std::string kTorchvisionSource =
    "Lin et al., ICCV 2017; structure and tensor names of torchvision 0.26";

const std::vector<ModelRow>& models() {
  static const std::vector<ModelRow> rows = {
      {{"retina-small", "RetinaNet on a small residual network",
        "Trains from random weights on a few CPU cores: widths 16 to 128, group norm, 1 anchor per location.",
        "Ours, from the parts of RetinaNet"},
       {{1, 1, 1, 1}, false, 16, 3},
       true},
      {{"retinanet-r18", "RetinaNet ResNet-18 FPN", "Basic blocks 2-2-2-2.", kTorchvisionSource},
       {{2, 2, 2, 2}, false}},
      {{"retinanet-r34", "RetinaNet ResNet-34 FPN", "Basic blocks 3-4-6-3.", kTorchvisionSource},
       {{3, 4, 6, 3}, false}},
      {{"retinanet-r50", "RetinaNet ResNet-50 FPN",
        "Bottleneck blocks 3-4-6-3; torchvision's retinanet_resnet50_fpn.", kTorchvisionSource},
       {{3, 4, 6, 3}, true}},
      {{"retinanet-r101", "RetinaNet ResNet-101 FPN", "Bottleneck blocks 3-4-23-3.", kTorchvisionSource},
       {{3, 4, 23, 3}, true}},
  };
  return rows;
}

Result<const ModelRow*> findModel(const std::string& name) {
  std::vector<std::string> names;
  for (const ModelRow& row : models()) {
    if (row.info.name == name) return &row;
    names.push_back(row.info.name);
  }
  return makeError(ErrorCode::kUsage, concat("There is no model '", name, "'"),
                   concat("Choose one of: ", join(nearestNames(name, names), ", ")));
}

std::vector<ParamSpec> specsOf(const ModelRow& row) {
  const bool small = row.small;
  const std::string source = small ? "ours" : "torchvision 0.26";
  std::vector<ParamSpec> specs = {
      choiceParam(
          "norm", small ? "gn" : "bn", {"frozen_bn", "bn", "gn"},
          "Normalisation of the backbone: frozen batch norm (for pretrained weights and small batches), "
          "trained batch norm, or group norm.",
          source),
      intParam("trainable_layers", 5, 0, 5, "",
               "How many backbone stages train, from the last: 5 all, 4 without the stem, ... 0 none.",
               "torchvision 0.26"),
      intParam("fpn_channels", small ? 64 : 256, 16, 1024, "", "Channels of the pyramid and the heads.",
               source),
      intParam("levels", small ? 4 : 5, 3, 5, "", "Pyramid levels, of strides 8, 16, 32, 64, 128.", source),
      intParam("head_depth", small ? 2 : 4, 0, 8, "", "3x3 convolutions in each head before the last one.",
               source),
      choiceParam("head_norm", "none", {"none", "gn"}, "Normalisation inside the heads.", source),
      floatParam("prior", 0.01, 1e-6, 0.5, "1", "Score that every class starts with at every anchor.",
                 "Lin et al., ICCV 2017"),
      floatParam("anchor_scale", 4, 0.25, 64, "strides", "Side of the smallest square anchor of a level.",
                 "Lin et al., ICCV 2017"),
      intParam("scales_per_octave", small ? 1 : 3, 1, 8, "", "Anchor sizes per location and ratio.", source),
      textParam("ratios", small ? "1" : "0.5,1,2", "Anchor height / width ratios, separated by commas.",
                source),
      choiceParam(
          "anchor_convention", small ? "mmdet" : "torchvision", {"torchvision", "mmdet"},
          "torchvision rounds anchors to whole pixels and takes floor(image / map) as step, mmdet neither.",
          source),
      choiceParam(
          "box_convention", "torchvision", {"torchvision", "mmdet"},
          "Limits of decoded sizes: torchvision limits growth, mmdet also shrinking, to a factor of 62.5.",
          "torchvision 0.26"),
      floatParam("center_scale", small ? 0.1 : 1, 1e-3, 10, "anchor sizes",
                 "Centre offsets are the box head's outputs times this.",
                 small ? "mmdet 3.3.0 ATSS" : source),
      floatParam("size_scale", small ? 0.2 : 1, 1e-3, 10, "1",
                 "Log-size offsets are the box head's outputs times this.",
                 small ? "mmdet 3.3.0 ATSS" : source),
  };
  if (small) {
    specs.push_back(intParam("width", row.backbone.width, 16, 256, "",
                             "Channels of the stem; stages have 1, 2, 4, 8 times.", source));
  }
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  return specs;
}

Result<std::vector<double>> parseRatios(const std::string& text) {
  std::vector<double> ratios;
  const char* position = text.data();
  const char* const end = position + text.size();
  while (true) {
    while (position != end && *position == ' ')
      ++position;
    double value = 0;
    const auto [next, code] = std::from_chars(position, end, value);
    position = next;
    while (code == std::errc{} && position != end && *position == ' ')
      ++position;
    const bool separated = position == end || *position == ',';
    if (code != std::errc{} || !separated || !(value >= 0.01 && value <= 100)) {
      return makeError(
          ErrorCode::kUsage, concat("The model option ratios is '", text, "'"),
          "Give height / width ratios between 0.01 and 100, separated by commas, such as 0.5,1,2");
    }
    ratios.push_back(value);
    if (position == end) return ratios;
    ++position;
  }
}

}  // namespace

const std::vector<ModelInfo>& modelInfos() {
  static const std::vector<ModelInfo> infos = [] {
    std::vector<ModelInfo> list;
    for (const ModelRow& row : models())
      list.push_back(row.info);
    return list;
  }();
  return infos;
}

Result<ParamSet> modelParams(const std::string& name) {
  const Result<const ModelRow*> row = findModel(name);
  if (!row) return row.error();
  return ParamSet(specsOf(**row));
}

Result<HeadTraits> modelTraits(const std::string& name, const ParamSet& params) {
  const Result<const ModelRow*> row = findModel(name);
  if (!row) return row.error();
  const Result<std::vector<double>> ratios = parseRatios(params.getText("ratios"));
  if (!ratios) return ratios.error();
  const auto scales = static_cast<int>(params.getInt("scales_per_octave"));
  return HeadTraits{false, scales * static_cast<int>(ratios->size()), false};
}

Result<std::unique_ptr<Detector>> makeDetector(const std::string& name, const ParamSet& params,
                                               int classCount, std::uint64_t seed) {
  const Result<const ModelRow*> found = findModel(name);
  if (!found) return found.error();
  const ModelRow& row = **found;
  if (classCount < 1) {
    return makeError(ErrorCode::kUsage, "A detector needs at least one class",
                     "Give a data set that names its classes");
  }
  Result<std::vector<double>> ratios = parseRatios(params.getText("ratios"));
  if (!ratios) return std::move(ratios).error();

  RetinaNetOptions options;
  options.info = row.info;
  options.classCount = classCount;
  options.backbone = row.backbone;
  if (row.small) options.backbone.width = params.getInt("width");
  options.norm = normKindOf(params.getText("norm"));
  options.trainableStages = static_cast<int>(params.getInt("trainable_layers"));
  options.channels = params.getInt("fpn_channels");
  options.headDepth = static_cast<int>(params.getInt("head_depth"));
  options.headNorm = params.getText("head_norm") == "gn";
  options.headInit = row.small ? ConvInit::kKaimingFanOut : ConvInit::kNormal001;
  options.prior = params.getFloat("prior");
  options.anchors.convention = params.getText("anchor_convention") == "torchvision"
                                   ? AnchorConvention::kTorchvision
                                   : AnchorConvention::kMmdet;
  options.anchors.strides.clear();
  for (int level = 0; level < params.getInt("levels"); ++level)
    options.anchors.strides.push_back(8 << level);
  options.anchors.octaveBaseScale = params.getFloat("anchor_scale");
  options.anchors.scalesPerOctave = static_cast<int>(params.getInt("scales_per_octave"));
  options.anchors.ratios = *std::move(ratios);
  ANCHORSCOPE_TRY(options.anchors.validate());
  options.coder = params.getText("box_convention") == "torchvision"
                      ? BoxCoder::torchvision()
                      : BoxCoder::mmdet({0, 0, 0, 0}, {1, 1, 1, 1});
  options.centerScale = params.getFloat("center_scale");
  options.sizeScale = params.getFloat("size_scale");
  return std::unique_ptr<Detector>(std::make_unique<RetinaNet>(options, seed));
}

}  // namespace anchorscope
