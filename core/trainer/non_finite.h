#pragma once
// Internal header (ATen). Which image made a step's loss not finite, found by making its batches again.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/data/loader.h"
#include "core/ops/pixels.h"
#include "core/trainer/batch_loss.h"
#include "core/trainer/input_buffers.h"

namespace anchorscope {

/// Why a step was not finite.
struct NonFiniteStory {
  std::string
      culpritImage;  ///< The first image whose own loss is not finite, else the one of the largest loss.
  Error error;       ///< kNumeric, with every term of the culprit's loss.
};

/// The batches of one step: a batch depends on the seed and its position alone, so none need be kept.
struct StepBatches {
  std::int64_t step = 0;
  std::int64_t firstPosition = 0, count = 0;  ///< In the loader's batches.
};

/// How a step computes the loss of a batch.
struct LossOfStep {
  Learner learner;
  const PixelNormalization& normalization;
  InputBuffers& inputs;
  std::int64_t minObjects = 0;  ///< See targetTensors().
};

/// Looks at the images of a step one by one, with the present weights in evaluation mode. `batches` stands at
/// the step's first batch and is read until the culprit is found, at most `step.count` times; where that
/// fails, the story says so and is of the images before.
NonFiniteStory explainNonFinite(const LossOfStep& loss, const StepBatches& step, const Dataset& dataset,
                                Loader& batches);

}  // namespace anchorscope
