#pragma once
// View header. The learning rate as a pure function of the step.

#include <cstddef>
#include <cstdint>

#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

/// Learning rate of the step with this index (0 = first) under the options of trainParams(): linear warm-up,
/// then constant, step or cosine. With steps = 0 there is no end, and cosine and shares in lr_steps count as
/// constant.
double learningRate(const ParamSet& train, std::int64_t step);

/// Steps of an epoch of so many images: one for each `accumulate` batches of `batch` images, not whole.
double stepsPerEpoch(std::size_t imagesPerEpoch, const ParamSet& train);

/// Sets `steps` and stretches what is told in steps with it, so that the course over the whole run keeps its
/// shape: the warm-up (at least 1 step if there was one) and the step numbers of lr_steps and
/// planned_changes, whose shares stay. From a run without end nothing is stretched; its warm-up is cut to the
/// new length. Where `steps` was in epochs of unknown size, the new length is that many: epochs become steps
/// of it, and numbers of steps stay. kUsage for a bad lr_steps.
Status stretchSchedule(ParamSet& train, std::int64_t steps);

/// Checks what ranges cannot: that lr_steps is a list of positive numbers or epochs.
Status checkSchedule(const ParamSet& train);

}  // namespace anchorscope
