#pragma once
// Internal header (ATen). What a training step will need, told before the first one.

#include <cstdint>

#include "core/base/geometry.h"
#include "core/base/result.h"
#include "core/methods/method_set.h"
#include "core/model/detector.h"
#include "core/trainer/moving_statistics.h"

namespace anchorscope {

struct StepSize {
  std::int64_t batch = 1;
  SizePx input;
  std::int64_t objects = 0, ignored = 0;  ///< Rows per image.
  bool bf16 = false;
  bool averaged = false;  ///< An average of the weights is kept.
};

/// Memory that is free for this process, bytes: on the CPU what the system and the process's group of
/// processes (a container) still give, on a GPU what its driver and allocator have left. 0 when unknown.
std::int64_t availableMemoryBytes(at::Device device);

/// What forward pass, loss and the optimizer's state will hold at once, bytes: measured on one small image
/// and scaled to the step's size, which every part of a step is proportional to. Changes no weights and no
/// statistics (`statistics`: those of the detector and the method).
std::int64_t estimateStepBytes(Detector& detector, MethodSet& methods, MovingStatistics& statistics,
                               const StepSize& size);

/// kDevice when a step needs more than `available` bytes, with both numbers. Steps so small that any machine
/// has room for them are not measured.
Status checkStepMemory(Detector& detector, MethodSet& methods, MovingStatistics& statistics,
                       const StepSize& size, std::int64_t available);

/// The same of what an evaluation holds at once for one batch (size.objects and .ignored do not count).
std::int64_t estimateEvaluationBytes(Detector& detector, const StepSize& size);
Status checkEvaluationMemory(Detector& detector, const StepSize& size, std::int64_t available);

}  // namespace anchorscope
