#pragma once
// View header. The methods that can be chosen, with their options and sources; no tensors.

#include <string>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/base/result.h"
#include "core/evidence/specs.h"

namespace anchorscope {

/// What people read about a method.
struct MethodInfo {
  std::string name;         ///< "musu", "max_iou"
  std::string title;        ///< "MuSu: mutual supervision"
  std::string description;  ///< The idea in a few lines.
  std::string source;       ///< Paper or implementation, and what of it is this project's reconstruction.
};

/// Every registered method, in registry order.
const std::vector<MethodInfo>& methodInfos();

/// A method's options with defaults, or kUsage with the nearest names. Options are flat: "beta", "cls_loss",
/// "tau_reg".
Result<ParamSet> methodParams(const std::string& name);

/// Why a detector whose stages have heads like these cannot be trained by the method with these options (of
/// methodParams(name)); empty: it can. Options without prefix are the method's.
std::vector<OptionConflict> methodConflicts(const std::string& name, const ParamSet& params,
                                            const std::vector<HeadTraits>& heads);

/// What a method publishes with its default options, of stages that have every further output there is.
Result<RunDeclaration> methodDeclaration(const std::string& name);

}  // namespace anchorscope
