#include "core/ops/masks.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/ops/dispatch.h"
#include "core/ops/parallel.h"
#include "core/ops/roi_align.h"

namespace anchorscope {
namespace {

/// Zeros around a mask, so that its edge is interpolated, too.
constexpr std::int64_t kBorder = 1;

/// Where a pixel of a resized line takes from, of `count` values.
struct LinePlace {
  std::int64_t low, high;
  double part;
};

LinePlace placeOf(std::int64_t pixel, std::int64_t pixels, std::int64_t count) {
  const double at = std::max(
      (static_cast<double>(pixel) + 0.5) * static_cast<double>(count) / static_cast<double>(pixels) - 0.5,
      0.0);
  const std::int64_t low = std::min(static_cast<std::int64_t>(at), count - 1);
  return {low, std::min(low + 1, count - 1), at - static_cast<double>(low)};
}

/// One mask with its border [side,side], onto the pixels first .. last of an image.
template <typename T>
void paste(const T* mask, std::int64_t side, const std::int64_t* box, SizePx image, T* out) {
  const std::int64_t width = std::max<std::int64_t>(box[2] - box[0] + 1, 1),
                     height = std::max<std::int64_t>(box[3] - box[1] + 1, 1);
  const std::int64_t left = std::max<std::int64_t>(box[0], 0),
                     right = std::min<std::int64_t>(box[0] + width, image.width);
  const std::int64_t top = std::max<std::int64_t>(box[1], 0),
                     bottom = std::min<std::int64_t>(box[1] + height, image.height);
  for (std::int64_t y = top; y < bottom; ++y) {
    const LinePlace row = placeOf(y - box[1], height, side);
    for (std::int64_t x = left; x < right; ++x) {
      const LinePlace column = placeOf(x - box[0], width, side);
      const auto between = [&](std::int64_t of) {
        return mask[of * side + column.low] * (1 - column.part) + mask[of * side + column.high] * column.part;
      };
      out[y * image.width + x] =
          static_cast<T>(between(row.low) * (1 - row.part) + between(row.high) * row.part);
    }
  }
}

}  // namespace

at::Tensor projectMasks(const at::Tensor& masks, const at::Tensor& boxes, const at::Tensor& object,
                        std::int64_t side) {
  ANCHORSCOPE_CHECK(masks.dim() == 3, "masks are ", masks.sizes());
  const c10::NoGradGuard noGradient;
  return roiAlign(masks.to(boxes.scalar_type()).unsqueeze(1), 1, boxes, object, {side, side, 0, false})
      .squeeze(1);
}

at::Tensor maskLossRows(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& classes) {
  ANCHORSCOPE_CHECK(logits.dim() == 4 && targets.dim() == 3 && classes.dim() == 1 &&
                        classes.size(0) == logits.size(0) && targets.size(0) == logits.size(0) &&
                        targets.sizes().slice(1) == logits.sizes().slice(2),
                    "logits ", logits.sizes(), ", targets ", targets.sizes());
  const at::Tensor index = classes.view({-1, 1, 1, 1}).expand({-1, 1, logits.size(2), logits.size(3)});
  return at::binary_cross_entropy_with_logits(logits.gather(1, index).squeeze(1), targets, {}, {},
                                              at::Reduction::None)
      .flatten(1)
      .mean(1);
}

at::Tensor pastedBoxes(const at::Tensor& boxes, std::int64_t side) {
  ANCHORSCOPE_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && isFloating(boxes), "boxes are ", boxes.sizes());
  constexpr double kFar = 1 << 24;
  const double growth = static_cast<double>(side + 2 * kBorder) / static_cast<double>(side);
  const at::Tensor first = boxes.slice(1, 0, 2), second = boxes.slice(1, 2, 4);
  const at::Tensor center = (first + second) * 0.5, half = (second - first) * 0.5 * growth;
  return at::nan_to_num(at::cat({center - half, center + half}, 1), 0.0).clamp(-kFar, kFar).to(at::kLong);
}

at::Tensor pasteMasks(const at::Tensor& masks, const at::Tensor& boxes, SizePx image) {
  ANCHORSCOPE_CHECK(masks.dim() == 3 && masks.size(1) == masks.size(2) && masks.size(0) == boxes.size(0) &&
                        isFloating(masks),
                    "masks are ", masks.sizes());
  const c10::NoGradGuard noGradient;
  const at::Tensor places = pastedBoxes(boxes.detach(), masks.size(1)).cpu().contiguous();
  const at::Tensor bordered =
      at::constant_pad_nd(masks.detach().cpu(), {kBorder, kBorder, kBorder, kBorder}, 0).contiguous();
  const std::int64_t side = bordered.size(1), area = std::int64_t{1} * image.width * image.height;
  at::Tensor out = at::zeros({masks.size(0), image.height, image.width}, bordered.options());
  withFloatType(out, [&](auto zero) {
    using T = decltype(zero);
    const T* const values = bordered.const_data_ptr<T>();
    const std::int64_t* const box = places.const_data_ptr<std::int64_t>();
    T* const pixels = out.mutable_data_ptr<T>();
    parallelFor(0, masks.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t k = begin; k < end; ++k)
        paste(values + k * side * side, side, box + 4 * k, image, pixels + k * area);
    });
  });
  return out;
}

}  // namespace anchorscope
