#pragma once
// View header. The scalars that an evaluation gives, declared.

#include <vector>

#include "core/evidence/specs.h"

namespace anchorscope {

/// "eval.ap" ... COCO's numbers, "eval.tide.loc" ... what each kind of error costs.
std::vector<ScalarSpec> evaluationScalarSpecs();

}  // namespace anchorscope
