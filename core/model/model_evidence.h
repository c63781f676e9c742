#pragma once
// View header. How much a detector publishes of an image, known from its options; no tensors.

#include <cstdint>
#include <string>

#include "core/base/geometry.h"
#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

struct ModelEvidence {
  std::int64_t anchors = 0;  ///< Of all levels.
  std::int64_t regions = 0;  ///< Candidates of a second stage, at most; 0 without one.
  std::int64_t cells = 0;    ///< Values of all feature-map channels together (LIP's importance maps).
};

/// Of one image at this input size, by a detector with these options (of modelParams(name)).
Result<ModelEvidence> modelEvidence(const std::string& name, const ParamSet& params, SizePx input);

}  // namespace anchorscope
