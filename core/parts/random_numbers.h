#pragma once
// Internal header (ATen). Random choices of a step's parts: the same on every device, with any number of
// threads, and when a step is done again.

#include <ATen/ATen.h>

#include <cstdint>

#include "core/parts/part.h"

namespace anchorscope {

/// Which choice is made, so that two parts of a step draw different numbers.
enum class RandomChoice : std::uint32_t { kPositives = 1, kNegatives, kFill };

/// [shape] float32 in [0,1), multiples of 2^-24, from the run's seed, the step and its batch, and the
/// element's place (in row-major order). No generator is used, and the device is not waited for.
at::Tensor randomNumbers(const StepContext& step, RandomChoice choice, at::IntArrayRef shape,
                         at::Device device);

}  // namespace anchorscope
