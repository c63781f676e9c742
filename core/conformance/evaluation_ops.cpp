// eval.*

#include "core/base/check.h"
#include "core/conformance/op_table.h"
#include "core/eval/coco_ap.h"

namespace anchorscope::conformance {
namespace {

at::Tensor column(const ReferenceCase& reference, const std::string& name, at::ScalarType dtype,
                  std::int64_t rows) {
  at::Tensor tensor = reference.input(name).to(dtype).contiguous();
  if (tensor.dim() < 1 || tensor.size(0) != rows)
    throw MalformedCase(concat("the input '", name, "' has not ", rows, " rows"));
  return tensor;
}

at::Tensor boxColumn(const ReferenceCase& reference, const std::string& name, std::int64_t rows) {
  at::Tensor tensor = column(reference, name, at::kDouble, rows);
  if (tensor.dim() != 2 || tensor.size(1) != 4)
    throw MalformedCase(concat("the input '", name, "' is not [rows,4]"));
  return tensor;
}

std::int64_t rowCount(const ReferenceCase& reference, const std::string& name) {
  const at::Tensor& tensor = reference.input(name);
  if (tensor.dim() != 1) throw MalformedCase(concat("the input '", name, "' is not a row"));
  return tensor.size(0);
}

/// Throws unless every entry is in [0, bound).
void requireBelow(const at::Tensor& indices, std::int64_t bound, const std::string& name) {
  if (indices.numel() == 0) return;
  if (indices.min().item<std::int64_t>() < 0 || indices.max().item<std::int64_t>() >= bound) {
    throw MalformedCase(concat("the input '", name, "' holds an index outside 0..", bound - 1));
  }
}

at::Tensor rowOf(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble);
}

Outputs runCocoAp(const ReferenceCase& reference, at::Device) {  // evaluation is CPU code on every device
  const std::int64_t images = reference.integer("num_images"), classes = reference.integer("num_classes");
  if (images < 0 || classes < 0 || classes > 1 << 20)
    throw MalformedCase("num_images or num_classes is out of range");
  const std::vector<double> limits = reference.numbers("max_dets", 3);
  const std::int64_t objectCount = rowCount(reference, "gt_image"),
                     detectionCount = rowCount(reference, "det_image");

  const at::Tensor gtImage = column(reference, "gt_image", at::kLong, objectCount);
  const at::Tensor gtClass = column(reference, "gt_class", at::kLong, objectCount);
  const at::Tensor gtBox = boxColumn(reference, "gt_xywh", objectCount);
  const at::Tensor gtArea = column(reference, "gt_area", at::kDouble, objectCount);
  const at::Tensor gtCrowd = column(reference, "gt_crowd", at::kBool, objectCount);
  requireBelow(gtImage, images, "gt_image");
  requireBelow(gtClass, classes, "gt_class");
  std::vector<EvalObject> objects;
  for (std::int64_t i = 0; i < objectCount; ++i) {
    const double* box = gtBox.const_data_ptr<double>() + 4 * i;
    objects.push_back({gtImage.const_data_ptr<std::int64_t>()[i],
                       static_cast<int>(gtClass.const_data_ptr<std::int64_t>()[i]), box[0], box[1], box[2],
                       box[3], gtArea.const_data_ptr<double>()[i], gtCrowd.const_data_ptr<bool>()[i]});
  }

  const at::Tensor detImage = column(reference, "det_image", at::kLong, detectionCount);
  const at::Tensor detClass = column(reference, "det_class", at::kLong, detectionCount);
  const at::Tensor detBox = boxColumn(reference, "det_xywh", detectionCount);
  const at::Tensor detScore = column(reference, "det_score", at::kDouble, detectionCount);
  requireBelow(detImage, images, "det_image");
  requireBelow(detClass, classes, "det_class");
  std::vector<EvalDetection> detections;
  for (std::int64_t i = 0; i < detectionCount; ++i) {
    const double* box = detBox.const_data_ptr<double>() + 4 * i;
    detections.push_back({detImage.const_data_ptr<std::int64_t>()[i],
                          static_cast<int>(detClass.const_data_ptr<std::int64_t>()[i]), box[0], box[1],
                          box[2], box[3], detScore.const_data_ptr<double>()[i]});
  }

  const CocoAp result =
      evaluateCocoAp(images, static_cast<int>(classes), objects, detections,
                     {static_cast<int>(limits[0]), static_cast<int>(limits[1]), static_cast<int>(limits[2])});
  std::vector<double> precision;
  for (const auto& curve : result.precisionIou50PerClass)
    precision.insert(precision.end(), curve.begin(), curve.end());
  return {{"stats", rowOf({result.stats.begin(), result.stats.end()})},
          {"ap_per_class", rowOf(result.apPerClass)},
          {"ap50_per_class", rowOf(result.ap50PerClass)},
          {"ar100_per_class", rowOf(result.ar100PerClass)},
          {"precision_iou50_all_maxdet100", rowOf(precision).reshape({-1, 101})}};
}

}  // namespace

std::vector<OpEntry> evaluationOps() {
  return {{"eval.coco_ap", runCocoAp}};
}

}  // namespace anchorscope::conformance
