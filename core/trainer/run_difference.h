#pragma once
// View header. In what two recorded runs differ: method, detector, data, every option that matters, where and
// with what they ran.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// One thing of which two runs have other values.
struct RunDifference {
  std::string key;   ///< As on the command line: "run.method", "train.lr", "method.tau_cls".
  std::string help;  ///< What it is, one sentence; may be empty.
  std::string a, b;  ///< As text; empty: the run has no such option, or it does not matter there.
  bool operator==(const RunDifference&) const = default;
};

/// From what both recorded about themselves: first the run ("run.": method, model, data, validation, device,
/// threads, version), then "train.", "method.", "model." and "data.", each in the order of the first run's
/// options, then those that the second alone has. Options that do not matter with the others' values
/// (ParamSet::applies) count as not there. Places of files (out) and the time of the start are no difference.
/// Fails as fromToml does where a configuration cannot be read.
Result<std::vector<RunDifference>> runDifferences(const RunHeader& a, const RunHeader& b);

}  // namespace anchorscope
