#pragma once
// View header. What other methods are asked about the outputs that the run's own learns from: train.variants
// as text, and what it means.

#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// A method with its options, beside the run's own.
struct AskedVariant {
  std::shared_ptr<const Variant> variant;  ///< Its name: "atss", "t = 0.2", "fcos, top_k = 9".
  std::string method;
  ParamSet params;
};

/// Reads a run's train.variants: variants separated by ";", each the name of a method (absent: the run's own,
/// with its present options), then options as name=value, separated by spaces. kUsage names the variant and
/// what is wrong with it; two that ask the same are one too many. Whether heads can be trained so is
/// conflictsOf's.
Result<std::vector<AskedVariant>> askedVariants(const RunConfig& config);
/// The same of another text than the run's own.
Result<std::vector<AskedVariant>> askedVariants(const RunConfig& config, const std::string& text);

}  // namespace anchorscope
