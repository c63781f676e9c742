#pragma once
// MuSu's assignment as the specification reads: one object after another, plain
// loops, float64.

#include "core/ops/musu.h"

namespace anchorscope {

/// Like assignMusu, pairs included, on CPU tensors; slow and obvious. Decisions are taken in float64.
MusuResult oracleMusu(const MusuInputs& inputs, const MusuOptions& options);

}  // namespace anchorscope
