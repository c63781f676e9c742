#pragma once
// View header. Runs reference-value files ("goldens") through the product's own code: `anchorscope-cli
// conformance`.

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

enum class ConformanceVerdict { kPassed, kFailed, kNotSupported, kUnreadable };

/// One reference file's outcome on one device.
struct ConformanceOutcome {
  std::string file, op, device;
  ConformanceVerdict verdict = ConformanceVerdict::kNotSupported;
  double largestError =
      0;  ///< max |got - expected| / (atol + rtol |expected|) over all compared floats; > 1 fails.
  std::string worstOutput;  ///< The expected key it occurred in.
  std::size_t valuesCompared = 0;
  std::vector<std::string>
      notCompared;      ///< Expected keys this program does not expose; never silently empty.
  std::string message;  ///< Why it failed or could not be read.
};

/// All .json files below the paths (files or folders), in path order.
Result<std::vector<std::string>> findReferenceFiles(const std::vector<std::string>& paths);

/// Runs one file on "cpu" or "cuda:0". Never throws for bad files.
ConformanceOutcome runReferenceFile(const std::string& path, const std::string& device);

/// The ops that are supported, sorted.
std::vector<std::string> supportedOps();

}  // namespace anchorscope
