#pragma once
// View header. An evaluation as scalars of its step, as which it is recorded, and back.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/session/session.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// "eval.ap" ... for COCO's numbers; "eval.ap/NAME" and "eval.ap50/NAME" for each class.
std::vector<ScalarValue> evaluationScalars(const EvaluationEvent& evaluation);

bool isEvaluationScalar(const std::string& name);
/// Whether a scalar is a single class's.
bool isClassScalar(const std::string& name);

/// The evaluation of a step, from the names of a run's scalars in any order and their values at that step
/// (nothing where a scalar has none). Classes in the order of their names; none in runs that did not record
/// them yet.
EvaluationEvent evaluationOf(std::int64_t step, const std::vector<std::string>& scalarNames,
                             const std::function<std::optional<double>(const std::string& name)>& value);

}  // namespace anchorscope
