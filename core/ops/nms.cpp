#include "core/ops/nms.h"

#include <c10/core/GradMode.h>

#include "core/ops/dispatch.h"

namespace anchorscope {
namespace {

/// Visits boxes in order and drops what a kept box of the same label overlaps by more than the threshold.
template <typename T>
void nmsOnCpu(const T* boxes, const std::int64_t* labels, std::int64_t count, double iouThreshold,
              bool* keep) {
  std::vector<T> x1, y1, x2, y2;  // kept boxes, by coordinate, of every label
  std::unordered_map<std::int64_t, std::vector<std::size_t>> keptOfLabel;
  const T threshold = static_cast<T>(iouThreshold);
  for (std::int64_t i = 0; i < count; ++i) {
    const T* box = boxes + 4 * i;
    std::vector<std::size_t>& rivals = keptOfLabel[labels[i]];
    bool kept = true;
    for (const std::size_t j : rivals) {
      if (boxmath::iou(x1[j], y1[j], x2[j], y2[j], box[0], box[1], box[2], box[3]) > threshold) {
        kept = false;
        break;
      }
    }
    keep[i] = kept;
    if (!kept) continue;
    rivals.push_back(x1.size());
    x1.push_back(box[0]);
    y1.push_back(box[1]);
    x2.push_back(box[2]);
    y2.push_back(box[3]);
  }
}

at::Tensor standing(const at::Tensor& sorted, const at::Tensor& labels, double iouThreshold) {
  const std::int64_t count = sorted.size(0);
  const auto* label = labels.const_data_ptr<std::int64_t>();
  at::Tensor keep = at::empty({count}, sorted.options().dtype(at::kBool));
  const c10::DeviceGuard guard(sorted.device());
  withFloatType(sorted, [&](auto zero) {
    using T = decltype(zero);
    if (usesKernels(sorted)) {
      const std::int64_t words = (count + 63) / 64;
      at::Tensor mask = at::empty({count * words}, sorted.options().dtype(at::kLong));
      requireLaunched(kernels::nms(sorted.const_data_ptr<T>(), label, count, iouThreshold,
                                   reinterpret_cast<std::uint64_t*>(mask.data_ptr<std::int64_t>()),
                                   keep.data_ptr<bool>(), streamOf(sorted)),
                      "nms");
    } else {
      nmsOnCpu(sorted.const_data_ptr<T>(), label, count, iouThreshold, keep.data_ptr<bool>());
    }
  });
  return keep;
}

}  // namespace

at::Tensor batchedNms(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& labels,
                      double iouThreshold) {
  ANCHORSCOPE_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && isFloating(boxes), "boxes are ", boxes.sizes());
  ANCHORSCOPE_CHECK(scores.dim() == 1 && scores.size(0) == boxes.size(0), "scores are ", scores.sizes());
  ANCHORSCOPE_CHECK(scores.device() == boxes.device(), "boxes and scores are on different devices");
  ANCHORSCOPE_CHECK(labels.dim() == 1 && labels.size(0) == boxes.size(0) && labels.scalar_type() == at::kLong,
                    "labels are ", labels.sizes());
  const c10::NoGradGuard noGradient;
  const std::int64_t count = boxes.size(0);
  if (count == 0) return at::empty({0}, boxes.options().dtype(at::kLong));

  // NaN sorts as the largest number in ATen; here it comes last.
  const at::Tensor ranked = at::where(at::isnan(scores), at::full({}, -INFINITY, scores.options()), scores);
  const at::Tensor order = std::get<1>(at::sort(ranked, /*stable=*/true, 0, /*descending=*/true));
  const at::Tensor sorted = boxes.index_select(0, order).contiguous();
  return order.masked_select(standing(sorted, labels.index_select(0, order).contiguous(), iouThreshold));
}

at::Tensor standingBoxes(const at::Tensor& boxes, const at::Tensor& labels, double iouThreshold) {
  ANCHORSCOPE_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && isFloating(boxes), "boxes are ", boxes.sizes());
  ANCHORSCOPE_CHECK(labels.dim() == 1 && labels.size(0) == boxes.size(0) &&
                        labels.scalar_type() == at::kLong && labels.device() == boxes.device(),
                    "labels are ", labels.sizes());
  const c10::NoGradGuard noGradient;
  return standing(boxes.contiguous(), labels.contiguous(), iouThreshold);
}

}  // namespace anchorscope
