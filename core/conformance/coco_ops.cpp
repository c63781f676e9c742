// coco.*: masks as COCO writes them.

#include "core/conformance/method_cases.h"
#include "core/conformance/network_cases.h"
#include "core/conformance/op_table.h"
#include "core/data/segmentation.h"

namespace anchorscope::conformance {
namespace {

at::Tensor wholeNumber(std::uint64_t value) {
  return at::scalar_tensor(static_cast<std::int64_t>(value), at::kLong);
}

at::Tensor tensorOf(const RunMask& mask) {
  std::vector<std::uint8_t> pixels = pixelsOf(mask);
  return at::from_blob(pixels.data(), {mask.size.height, mask.size.width}, at::kByte).to(at::kBool);
}

RunMask maskOf(const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.to(at::kByte).contiguous();
  return maskOfPixels(bytes.const_data_ptr<std::uint8_t>(),
                      {static_cast<int>(bytes.size(1)), static_cast<int>(bytes.size(0))});
}

void describe(const RunMask& mask, Outputs& outputs) {
  const MaskExtent extent = extentOf(mask);
  outputs["mask"] = tensorOf(mask);
  outputs["area"] = wholeNumber(extent.area);
  outputs["bbox_xywh"] = at::tensor(
      {static_cast<double>(extent.left), static_cast<double>(extent.top),
       static_cast<double>(extent.right - extent.left), static_cast<double>(extent.bottom - extent.top)},
      at::kDouble);
}

std::vector<std::uint64_t> wholeNumbers(const ReferenceCase& reference, const std::string& name) {
  std::vector<std::uint64_t> values;
  for (const double value : reference.numbers(name)) {
    if (!(value >= 0 && value < 1e15)) throw MalformedCase("the parameter '" + name + "' is out of range");
    values.push_back(static_cast<std::uint64_t>(value));
  }
  return values;
}

Outputs runPolygons(const ReferenceCase& reference, at::Device) {  // CPU code on every device, as all here
  const auto list = reference.params.find("polygons");
  if (list == reference.params.end() || !list->is_array()) throw MalformedCase("there are no 'polygons'");
  std::vector<Polygon> polygons;
  for (const auto& polygon : *list) {
    polygons.emplace_back();
    for (const auto& coordinate : polygon) {
      if (!coordinate.is_number()) throw MalformedCase("a coordinate of 'polygons' is no number");
      polygons.back().push_back(coordinate.get<double>());
    }
  }
  const SizePx size = imageSizeOf(reference);
  const RunMask mask = unwrapped(maskOfPolygons(polygons, size));
  Outputs outputs;
  describe(mask, outputs);
  outputs["rle_counts"] =
      at::tensor(std::vector<std::int64_t>(mask.runs.begin(), mask.runs.end()), at::kLong);
  std::vector<std::int64_t> areas;
  for (const Polygon& polygon : polygons)
    areas.push_back(static_cast<std::int64_t>(extentOf(unwrapped(maskOfPolygons({polygon}, size))).area));
  outputs["area_per_polygon"] = at::tensor(areas, at::kLong);
  return outputs;
}

Outputs runRuns(const ReferenceCase& reference, at::Device) {
  const SizePx size = imageSizeOf(reference);
  const RunMask mask = unwrapped(maskOfRuns(wholeNumbers(reference, "counts"), size));
  const std::string text = reference.text("compressed");
  if (unwrapped(maskOfRuns(unwrapped(runsFromText(text)), size)) != mask || textOfRuns(mask.runs) != text)
    return {};  // nothing is given of a mask that its two forms do not agree on
  Outputs outputs;
  describe(mask, outputs);
  return outputs;
}

Outputs runMaskIou(const ReferenceCase& reference, at::Device) {
  const at::Tensor &detections = reference.input("det_masks"), &objects = reference.input("gt_masks"),
                   &crowd = reference.input("gt_crowd");
  at::Tensor iou = at::empty({detections.size(0), objects.size(0)}, at::kDouble);
  for (std::int64_t d = 0; d < detections.size(0); ++d)
    for (std::int64_t g = 0; g < objects.size(0); ++g)
      iou[d][g] = maskIou(maskOf(detections[d]), maskOf(objects[g]), crowd[g].item<bool>());
  return {{"iou", iou}};
}

}  // namespace

std::vector<OpEntry> cocoOps() {
  return {{"coco.mask_iou", runMaskIou}, {"coco.polygon_to_mask", runPolygons}, {"coco.rle", runRuns}};
}

}  // namespace anchorscope::conformance
