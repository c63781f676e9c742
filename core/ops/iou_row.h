#pragma once
// The IoU of one box with many, vectorised for the processor the program runs on. No ATen.

#include <cstdint>

namespace anchorscope {

/// one: 4 values; x1, y1, x2, y2: `count` values each -> out[count], by boxmath::iou; true when any
/// of them is above 0. The result does not
/// depend on the processor. out must not overlap the inputs.
bool iouRow(const float* one, const float* x1, const float* y1, const float* x2, const float* y2,
            std::int64_t count, float* out);
bool iouRow(const double* one, const double* x1, const double* y1, const double* x2, const double* y2,
            std::int64_t count, double* out);

}  // namespace anchorscope
