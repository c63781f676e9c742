// The dense detectors: every head of heads() on every backbone of backbones().
#include <algorithm>
#include <optional>

#include "core/base/check.h"
#include "core/evidence/frame.h"
#include "core/model/backbones.h"
#include "core/model/dense_detector.h"
#include "core/model/model_row.h"

namespace anchorscope {
namespace {

/// Defaults of the options of anchors.
struct AnchorDefaults {
  double scale;
  int scalesPerOctave;
  const char* ratios;
  const char* convention;
  const char* boxConvention;
  double centerScale, sizeScale;
};

/// Defaults of the options of points.
struct PointDefaults {
  const char* convention;
  double offset;
  const char* distances;
};

/// Where a head's defaults depend on how big the network is.
struct HeadDefaults {
  std::string source;
  bool towerNorm;
  bool levelScales;
  std::optional<AnchorDefaults> anchors;  ///< Exactly one of the two.
  std::optional<PointDefaults> points;
};

/// A kind of heads.
struct HeadRow {
  const char* name;
  const char* smallName;  ///< Before "-small".
  const char* title;
  const char* description;
  const char* source;
  TowerNames towerNames;
  bool biasBesideNorm;
  bool extras;  ///< Has options for a centerness output and for learned scales.
  HeadDefaults full, small;
};

const std::vector<HeadRow>& heads() {
  static const std::vector<HeadRow> rows = {
      {"retinanet",
       "retina",
       "RetinaNet",
       "Anchor boxes of several shapes per location.",
       "Lin et al., ICCV 2017; structure and tensor names of torchvision 0.26",
       TowerNames::kNested,
       false,
       false,
       {"torchvision 0.26",
        false,
        false,
        AnchorDefaults{4, 3, "0.5,1,2", "torchvision", "torchvision", 1, 1},
        {}},
       {"ours", false, false, AnchorDefaults{4, 1, "1", "mmdet", "torchvision", 0.1, 0.2}, {}}},
      {"fcos",
       "fcos",
       "FCOS",
       "Points without anchors: one per location, whose distances to the four sides of its box are learned.",
       "Tian et al., ICCV 2019; structure and tensor names of torchvision 0.26",
       TowerNames::kFlat,
       true,
       true,
       {"torchvision 0.26", true, false, {}, PointDefaults{"torchvision", 0, "relu"}},
       {"ours", false, true, {}, PointDefaults{"mmdet", 0.5, "exp"}}},
      {"atss",
       "atss",
       "ATSS head",
       "One square anchor per location, a learned scale per level and a centerness output.",
       "Zhang et al., CVPR 2020; defaults of mmdet 3.3.0, tensor names in the manner of torchvision's FCOS",
       TowerNames::kFlat,
       false,
       true,
       {"mmdet 3.3.0 ATSS", true, true, AnchorDefaults{8, 1, "1", "mmdet", "mmdet", 0.1, 0.2}, {}},
       {"ours", false, true, AnchorDefaults{4, 1, "1", "mmdet", "torchvision", 0.1, 0.2}, {}}},
  };
  return rows;
}

/// A head on a backbone.
struct DenseRow {
  ModelInfo info;
  const HeadRow* head;
  const BackboneRow* backbone;

  const HeadDefaults& defaults() const { return backbone->small ? head->small : head->full; }
};

void appendAnchorOptions(std::vector<ParamSpec>& specs, const AnchorDefaults& defaults,
                         const std::string& source) {
  specs.push_back(floatParam("anchor_scale", defaults.scale, 0.25, 64, "strides",
                             "Side of the smallest square anchor of a level.",
                             source == "ours" ? "Lin et al., ICCV 2017" : source));
  specs.push_back(intParam("scales_per_octave", defaults.scalesPerOctave, 1, 8, "",
                           "Anchor sizes per location and ratio.", source));
  specs.push_back(ratiosParam(defaults.ratios, source));
  specs.push_back(choiceParam(
      "anchor_convention", defaults.convention, {"torchvision", "mmdet"},
      "torchvision rounds anchors to whole pixels and takes floor(image / map) as step, mmdet neither.",
      source));
  specs.push_back(choiceParam(
      "box_convention", defaults.boxConvention, {"torchvision", "mmdet"},
      "Limits of decoded sizes: torchvision limits growth, mmdet also shrinking, to a factor of 62.5.",
      source == "ours" ? "torchvision 0.26" : source));
  const std::string scaleSource = source == "ours" ? "mmdet 3.3.0 ATSS" : source;
  specs.push_back(floatParam("center_scale", defaults.centerScale, 1e-3, 10, "anchor sizes",
                             "Centre offsets are the box head's outputs times this.", scaleSource));
  specs.push_back(floatParam("size_scale", defaults.sizeScale, 1e-3, 10, "1",
                             "Log-size offsets are the box head's outputs times this.", scaleSource));
}

void appendPointOptions(std::vector<ParamSpec>& specs, const PointDefaults& defaults,
                        const std::string& source) {
  specs.push_back(choiceParam(
      "point_convention", defaults.convention, {"torchvision", "mmdet"},
      "Step between points: torchvision takes floor(image / map), mmdet the level's stride.", source));
  specs.push_back(
      floatParam("point_offset", defaults.offset, 0, 1, "steps",
                 "Where the first point of a row or column lies: torchvision's FCOS has 0, mmdet's "
                 "0.5, the middle of the cell.",
                 source));
  specs.push_back(intParam(
      "distance_bins", 0, 0, 64, "",
      "Learn each distance as a distribution over so many whole strides, 0, 1, ..., whose mean counts; "
      "0: as one number. GFL: 17, YOLOv8: 16.",
      "GFL (NeurIPS 2020)"));
  specs.push_back(choiceParam(
      "distances", defaults.distances, {"relu", "exp", "exp_px"},
      "How the box head's output x becomes a distance to a side. relu: max(0, x) strides (torchvision, mmdet "
      "with norm_on_bbox); exp: e^x strides (ours); exp_px: e^x px (Tian et al.).",
      source));
}

std::vector<ParamSpec> specsOf(const DenseRow& row) {
  const bool small = row.backbone->small;
  const HeadDefaults& defaults = row.defaults();
  const std::string& source = defaults.source;
  std::vector<ParamSpec> specs = {
      backboneNormParam(*row.backbone, source),
      trainableLayersParam(),
      intParam("fpn_channels", small ? 64 : 256, 16, 1024, "", "Channels of the pyramid and the heads.",
               source),
      intParam("levels", small ? 4 : 5, 3, 5, "", "Pyramid levels, of strides 8, 16, 32, 64, 128.", source),
      intParam("head_depth", small ? 2 : 4, 0, 8, "", "3x3 convolutions in each head before the last one.",
               source),
      choiceParam("head_norm", defaults.towerNorm ? "gn" : "none", {"none", "gn"},
                  "Normalisation inside the heads.", source),
      floatParam("prior", 0.01, 1e-6, 0.5, "1", "Score that every class starts with at every anchor.",
                 "Lin et al., ICCV 2017"),
  };
  if (defaults.anchors) appendAnchorOptions(specs, *defaults.anchors, source);
  if (defaults.points) appendPointOptions(specs, *defaults.points, source);
  if (row.head->extras) {
    specs.push_back(boolParam("level_scales", defaults.levelScales,
                              "Multiply the box head's outputs by a learned number per level.", source));
    specs.push_back(boolParam("centerness", true,
                              "A third output per location that says how good its box is; detections are "
                              "ranked by it and the class score.",
                              source));
    specs.push_back(onlyWhen(
        choiceParam("quality_output", kCenternessOutput, {kCenternessOutput, kIouOutput, kObjectnessOutput},
                    "What the third output says: how central the location is in its object, how much the "
                    "predicted box "
                    "overlaps it (PAA, OTA), or whether there is an object at all, which the class score is "
                    "multiplied by "
                    "(YOLOX, AutoAssign).",
                    source),
        "centerness", {"true"}));
    specs.push_back(
        onlyWhen(choiceParam("centerness_branch", "regression", {"regression", "classification"},
                             "The tower that the centerness output sits on: torchvision's FCOS and "
                             "mmdet's ATSS have the regression tower, the FCOS paper and mmdet's "
                             "FCOS the classification tower.",
                             small ? "torchvision 0.26" : source),
                 "centerness", {"true"}));
  }
  for (ParamSpec& spec : row.backbone->shapeParams(source))
    specs.push_back(std::move(spec));
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  return specs;
}

AnchorConvention anchorConventionOf(const std::string& name) {
  return name == "torchvision" ? AnchorConvention::kTorchvision : AnchorConvention::kMmdet;
}

Result<AnchorBoxes> anchorBoxesOf(const ParamSet& params, const std::vector<int>& strides) {
  Result<std::vector<double>> ratios = ratiosOf(params);
  if (!ratios) return std::move(ratios).error();
  AnchorBoxes boxes;
  boxes.anchors = {anchorConventionOf(params.getText("anchor_convention")), strides,
                   params.getFloat("anchor_scale"), static_cast<int>(params.getInt("scales_per_octave")),
                   *std::move(ratios)};
  ANCHORSCOPE_TRY(boxes.anchors.validate());
  boxes.coder = params.getText("box_convention") == "torchvision"
                    ? BoxCoder::torchvision()
                    : BoxCoder::mmdet({0, 0, 0, 0}, {1, 1, 1, 1});
  boxes.centerScale = params.getFloat("center_scale");
  boxes.sizeScale = params.getFloat("size_scale");
  return boxes;
}

Points pointsOf(const ParamSet& params, const std::vector<int>& strides) {
  const std::string& distances = params.getText("distances");
  return {{anchorConventionOf(params.getText("point_convention")), strides, params.getFloat("point_offset")},
          distances == "relu"  ? DistanceForm::kRelu
          : distances == "exp" ? DistanceForm::kExp
                               : DistanceForm::kExpPixels};
}

CenternessBranch centernessOf(const ParamSet& params) {
  if (!params.getBool("centerness")) return CenternessBranch::kNone;
  return params.getText("centerness_branch") == "regression" ? CenternessBranch::kRegression
                                                             : CenternessBranch::kClassification;
}

Result<DenseDetectorOptions> optionsOf(const DenseRow& row, const ParamSet& params, int classCount) {
  const bool small = row.backbone->small;
  DenseDetectorOptions options;
  options.info = row.info;
  options.classCount = classCount;
  options.backbone = row.backbone->shapeOf(params);
  options.norm = normKindOf(params.getText("norm"));
  options.trainableStages = static_cast<int>(params.getInt("trainable_layers"));
  options.tower = {params.getInt("fpn_channels"),
                   static_cast<int>(params.getInt("head_depth")),
                   params.getText("head_norm") == "gn",
                   row.head->biasBesideNorm,
                   row.head->towerNames,
                   small ? ConvInit::kKaimingFanOut : ConvInit::kNormal001};
  options.prior = params.getFloat("prior");
  std::vector<int> strides;
  for (int level = 0; level < params.getInt("levels"); ++level)
    strides.push_back(8 << level);
  if (row.defaults().points) {
    options.locations = pointsOf(params, strides);
    options.distanceBins = static_cast<int>(params.getInt("distance_bins"));
  } else {
    Result<AnchorBoxes> boxes = anchorBoxesOf(params, strides);
    if (!boxes) return std::move(boxes).error();
    options.locations = *std::move(boxes);
  }
  if (row.head->extras) {
    options.centerness = centernessOf(params);
    options.qualityOutput = params.getText("quality_output");
    options.levelScales = params.getBool("level_scales");
  }
  return options;
}

Result<std::vector<HeadTraits>> traitsOf(const DenseRow& row, const ParamSet& params) {
  const Result<DenseDetectorOptions> options = optionsOf(row, params, 1);
  if (!options) return options.error();
  return std::vector{options->traits()};
}

Result<ModelEvidence> evidenceOf(const DenseRow& row, const ParamSet& params, SizePx input) {
  const Result<DenseDetectorOptions> options = optionsOf(row, params, 1);
  if (!options) return options.error();
  ModelEvidence out;
  for (const int stride : options->strides())
    out.anchors += CellGrid::of(stride, input).count() * options->traits().anchorsPerCell;
  out.cells = backboneCells(options->backbone, input);
  return out;
}

Result<std::unique_ptr<Detector>> makeDense(const DenseRow& row, const ParamSet& params, int classCount,
                                            std::uint64_t seed) {
  const Result<DenseDetectorOptions> options = optionsOf(row, params, classCount);
  if (!options) return options.error();
  return std::unique_ptr<Detector>(std::make_unique<DenseDetector>(*options, seed));
}

ModelRow modelOf(const DenseRow& row) {
  return {row.info.name,
          row.info,
          [row] { return specsOf(row); },
          [row](const ParamSet& params) { return traitsOf(row, params); },
          [row](const ParamSet& params, SizePx input) { return evidenceOf(row, params, input); },
          [row](const ParamSet& params, int classCount, std::uint64_t seed) {
            return makeDense(row, params, classCount, seed);
          }};
}

}  // namespace

std::vector<ModelRow> denseModels() {
  std::vector<ModelRow> all;
  for (const HeadRow& head : heads()) {
    for (const BackboneRow& backbone : backbones()) {
      const std::string name = concat(backbone.small ? head.smallName : head.name, "-", backbone.name);
      const std::string source =
          backbone.small ? concat("Ours, from the parts of ", head.title) : std::string(head.source);
      all.push_back(modelOf({{name, concat(head.title, backbone.small ? " on " : " ", backbone.title),
                              concat(head.description, " ", backbone.description), source},
                             &head,
                             &backbone}));
    }
  }
  return all;
}

}  // namespace anchorscope
