// Faster R-CNN and Mask R-CNN on every backbone of backbones().

#include "core/base/check.h"
#include "core/evidence/frame.h"
#include "core/model/backbones.h"
#include "core/model/faster_rcnn.h"
#include "core/model/model_row.h"

namespace anchorscope {
namespace {

struct TwoStageRow {
  ModelInfo info;
  const BackboneRow* backbone;
  bool masks;
};

/// A whole number with a default for big and one for small networks.
ParamSpec countParam(const TwoStageRow& row, const char* name, std::int64_t full, std::int64_t small,
                     std::int64_t least, std::int64_t most, const char* help) {
  return intParam(name, row.backbone->small ? small : full, least, most, "", help,
                  row.backbone->small ? "ours" : "torchvision 0.26");
}

std::vector<ParamSpec> specsOf(const TwoStageRow& row) {
  const bool small = row.backbone->small;
  const std::string source = small ? "ours" : "torchvision 0.26";
  std::vector<ParamSpec> specs = {
      backboneNormParam(*row.backbone, source),
      trainableLayersParam(),
      countParam(row, "fpn_channels", 256, 64, 16, 1024,
                 "Channels of the pyramid and of the proposals' head."),
      countParam(row, "box_head_width", 1024, 128, 16, 4096,
                 "Numbers that the second stage makes of each region, in two layers."),
      floatParam("anchor_scale", small ? 4 : 8, 0.25, 64, "strides", "Side of the square anchor of a level.",
                 source),
      ratiosParam(small ? "1" : "0.5,1,2", source),
      floatParam("prior", small ? 0.01 : 0.5, 1e-6, 0.5, "1",
                 "Score that every anchor starts with; the second stage starts with equal scores.",
                 small ? "Lin et al., ICCV 2017" : "torchvision 0.26"),
      countParam(row, "proposals_per_level", 2000, 300, 1, 20000,
                 "While training: the best anchors of each level, by score, that enter suppression."),
      countParam(row, "proposals", 2000, 100, 1, 20000,
                 "While training: the best boxes of all levels, after suppression, that the second stage "
                 "looks at, beside the objects' own."),
      countParam(row, "eval_proposals_per_level", 1000, 300, 1, 20000,
                 "The same where nothing is learnt: probes and evaluation."),
      countParam(row, "eval_proposals", 1000, 100, 1, 20000, "The same where nothing is learnt."),
      floatParam("proposal_nms_iou", 0.7, 0, 1, "1",
                 "A proposal that overlaps a better one of its level by more is dropped.",
                 "torchvision 0.26"),
      intParam("region_cells", 7, 1, 32, "",
               "Rows and columns of the map that RoIAlign makes of each region.", "torchvision 0.26"),
      boolParam(
          "roi_aligned", false,
          "RoIAlign with pixel centres at +0.5 (mmdet, Detectron2); off: torchvision's, at whole numbers.",
          "torchvision 0.26")};
  if (row.masks) {
    specs.push_back(countParam(row, "mask_channels", 256, 32, 8, 1024, "Channels of the head of masks."));
    specs.push_back(countParam(row, "mask_depth", 4, 2, 0, 8,
                               "3x3 convolutions of the head of masks before it doubles the map."));
    specs.push_back(intParam("mask_cells", 14, 1, 56, "",
                             "Rows and columns of the map that RoIAlign makes of each region for its mask, "
                             "which has twice as many.",
                             "torchvision 0.26"));
  }
  for (ParamSpec& spec : row.backbone->shapeParams(source))
    specs.push_back(std::move(spec));
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  return specs;
}

Result<FasterRcnnOptions> optionsOf(const TwoStageRow& row, const ParamSet& params, int classCount) {
  Result<std::vector<double>> ratios = ratiosOf(params);
  if (!ratios) return std::move(ratios).error();
  FasterRcnnOptions options;
  options.info = row.info;
  options.classCount = classCount;
  options.backbone = row.backbone->shapeOf(params);
  options.norm = normKindOf(params.getText("norm"));
  options.trainableStages = static_cast<int>(params.getInt("trainable_layers"));
  options.channels = params.getInt("fpn_channels");
  options.boxHeadWidth = params.getInt("box_head_width");
  options.prior = params.getFloat("prior");
  options.anchors.octaveBaseScale = params.getFloat("anchor_scale");
  options.anchors.ratios = *std::move(ratios);
  ANCHORSCOPE_TRY(options.anchors.validate());
  const double nmsIou = params.getFloat("proposal_nms_iou");
  options.whileTraining = {params.getInt("proposals_per_level"), params.getInt("proposals"), nmsIou};
  options.otherwise = {params.getInt("eval_proposals_per_level"), params.getInt("eval_proposals"), nmsIou};
  options.cells.rows = options.cells.columns = params.getInt("region_cells");
  options.cells.aligned = params.getBool("roi_aligned");
  if (row.masks) {
    MaskHeadOptions masks;
    masks.channels = params.getInt("mask_channels");
    masks.depth = static_cast<int>(params.getInt("mask_depth"));
    masks.cells.rows = masks.cells.columns = params.getInt("mask_cells");
    masks.cells.aligned = options.cells.aligned;
    options.masks = masks;
  }
  return options;
}

Result<std::vector<HeadTraits>> traitsOf(const TwoStageRow& row, const ParamSet& params) {
  const Result<FasterRcnnOptions> options = optionsOf(row, params, 1);
  if (!options) return options.error();
  return std::vector{options->proposalTraits(), options->regionTraits()};
}

Result<ModelEvidence> evidenceOf(const TwoStageRow& row, const ParamSet& params, SizePx input) {
  const Result<FasterRcnnOptions> options = optionsOf(row, params, 1);
  if (!options) return options.error();
  ModelEvidence out;
  for (const int stride : options->anchors.strides)
    out.anchors += CellGrid::of(stride, input).count() * options->anchors.anchorsPerCell();
  out.regions = options->otherwise.most;
  out.cells = backboneCells(options->backbone, input);
  return out;
}

ModelRow modelOf(const TwoStageRow& row) {
  return {
      row.info.name,
      row.info,
      [row] { return specsOf(row); },
      [row](const ParamSet& params) { return traitsOf(row, params); },
      [row](const ParamSet& params, SizePx input) { return evidenceOf(row, params, input); },
      [row](const ParamSet& params, int classCount, std::uint64_t seed) -> Result<std::unique_ptr<Detector>> {
        const Result<FasterRcnnOptions> options = optionsOf(row, params, classCount);
        if (!options) return options.error();
        return std::unique_ptr<Detector>(std::make_unique<FasterRcnn>(*options, seed));
      }};
}

}  // namespace

std::vector<ModelRow> twoStageModels() {
  std::vector<ModelRow> all;
  for (const bool masks : {false, true}) {
    const std::string name = masks ? "Mask R-CNN" : "Faster R-CNN";
    for (const BackboneRow& backbone : backbones())
      all.push_back(modelOf(
          {{concat(masks ? "mask-rcnn-" : "faster-rcnn-", backbone.name),
            concat(name, backbone.small ? " on " : " ", backbone.title),
            concat("Anchors propose regions, and a second stage looks at what lies in each",
                   masks ? ", also at which of its pixels are the object. " : ". ", backbone.description),
            backbone.small ? concat("Ours, from the parts of ", name)
            : masks        ? "He et al., ICCV 2017; structure and tensor names of torchvision 0.26"
                           : "Ren et al., NeurIPS 2015; structure and tensor names of torchvision 0.26"},
           &backbone,
           masks}));
  }
  return all;
}

}  // namespace anchorscope
