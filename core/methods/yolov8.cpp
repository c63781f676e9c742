#include "core/methods/recipe.h"

namespace anchorscope {

Recipe yolov8Recipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "yolov8";
  recipe.info.title = "YOLOv8: task-aligned, with distributions";
  recipe.info.description =
      "Task-aligned assignment by CIoU and the root of the score; class scores learn the alignment by cross "
      "entropy, boxes by "
      "CIoU, and distances as distributions.";
  recipe.info.source =
      "YOLOv8; assignment, losses and normalisers as mmyolo 0.6.0 YOLOv8Head, not multiplied by the batch's "
      "size. Ours: on the "
      "heads of this program";
  rules.assigners = {"task_aligned"};
  rules.clsLosses = {"bce", "soft_focal"};
  rules.boxLosses = {"ciou", "giou"};
  rules.furtherBoxLosses = {"dfl"};
  rules.clsNormalizer = "sum_of_weights";
  rules.locNormalizer = "sum_of_weights_min_1";
  rules.lossSource = "mmyolo 0.6.0 YOLOv8Head";
  recipe.overrides = {{"lambda_cls", 0.5, "mmyolo 0.6.0 YOLOv8 configuration"},
                      {"lambda_reg", 7.5, "mmyolo 0.6.0 YOLOv8 configuration"},
                      {"tal_convention", std::string("mmyolo"), "mmyolo 0.6.0"},
                      {"tal_topk", std::int64_t{10}, "mmyolo 0.6.0 YOLOv8 configuration"},
                      {"tal_alpha", 0.5, "mmyolo 0.6.0 YOLOv8 configuration"},
                      {"tal_overlap", std::string("ciou"), "mmyolo 0.6.0 YOLOv8 configuration"},
                      {"dfl_weight", 1.5, "mmyolo 0.6.0 YOLOv8 configuration: mean over the sides"},
                      {"dfl_margin", 0.01, "mmyolo 0.6.0"}};
  return recipe;
}

}  // namespace anchorscope
