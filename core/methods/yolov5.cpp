#include "core/methods/recipe.h"

namespace anchorscope {

Recipe yolov5Recipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "yolov5";
  recipe.info.title = "YOLOv5: sides alike";
  recipe.info.description =
      "No IoU and no prediction: an object is learnt, on every level, at the base anchors whose sides are "
      "like its own, in the "
      "cell of its centre and the nearest neighbours. An anchor may learn several objects.";
  recipe.info.source =
      "YOLOv5; the assignment as mmyolo 0.6.0 YOLOv5Head. Ours: on the heads of this program; losses over "
      "all levels alike, "
      "where YOLOv5 takes the mean of each and weighs it; YOLOv7's candidates with assigner yolov7";
  rules.assigners = {"yolov5_ratio", "yolov7"};
  rules.clsLosses = {"bce", "focal"};
  rules.boxLosses = {"giou", "iou"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "mmyolo 0.6.0 YOLOv5Head; normalisers ours";
  return recipe;
}

}  // namespace anchorscope
