#pragma once
// View header. What a run folder holds, as plain data.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/specs.h"

namespace anchorscope {

/// Written once at the start of a run.
struct RunHeader {
  std::string configToml;  ///< The whole configuration, as --config reads it.
  std::string dataSpec, methodName, modelName, device;
  std::vector<std::string> classNames;
  RunDeclaration declaration;
  std::string programVersion;
  std::string startedAtUtc;  ///< ISO 8601
  int threads = 1;           ///< CPU threads of training: results depend on it.
  std::int64_t plannedSteps = 0;
};

/// Steps with evidence, ascending and each once; never null. What is recorded later is in another list.
using RecordedSteps = std::shared_ptr<const std::vector<std::int64_t>>;

struct ScalarSeries {
  std::vector<std::int64_t> steps;
  std::vector<double> values;
};

/// Something that happened: parameter change, checkpoint, evaluation, pause, recording thinned out, error.
struct RunEvent {
  std::int64_t step = 0;
  std::string
      kind;  ///< "checkpoint", "parameter", "evaluation", "thinned", "pause", "resume", "error", "note"
  std::string text;
};

/// One scalar of one step.
struct ScalarValue {
  std::string name;
  double value = 0;
};

}  // namespace anchorscope
