#pragma once
// View header. What a run folder holds, as plain data.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/specs.h"

namespace anchorscope {

/// Where a run was forked from: another run at one of its checkpoints.
struct RunParent {
  std::string folder;      ///< Absolute, as it was then.
  std::string id;          ///< Empty: that run had none.
  std::int64_t step = -1;  ///< Of the checkpoint; -1: there is no parent.
  bool operator==(const RunParent&) const = default;
};

/// Written once at the start of a run, and anew when it goes on.
struct RunHeader {
  std::string configToml;  ///< The whole configuration, as --config reads it.
  std::string dataSpec, methodName, modelName, device;
  std::vector<std::string> classNames;
  RunDeclaration declaration;
  std::string programVersion;
  std::string startedAtUtc;  ///< ISO 8601
  int threads = 1;           ///< CPU threads of training: results depend on it.
  std::int64_t plannedSteps = 0;
  std::string id;  ///< 32 hexadecimal digits of this run alone; empty in older traces.
  RunParent parent;
  /// The configuration before the first entry of the journal, of a fork that of the run it descends from.
  /// Empty in older traces.
  std::string firstConfigToml;
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

/// An entry of the journal: an option that changed while the run was trained, or where it went on. All of
/// them, made again in this order, lead from the first configuration to the present one.
struct ParameterChange {
  std::int64_t step = 0;      ///< Steps done by then: it holds from the next one.
  std::string key;            ///< Full: "train.lr", "method.beta", "run.data".
  std::string before, after;  ///< As a configuration has them.
  /// File name, below checkpoints/, of the state at that step: empty where none was written.
  std::string checkpoint = {};
  /// Why, where it was not simply asked for: "undone", "redone", "continued", "forked", "replayed",
  /// "planned".
  std::string cause = {};
  bool operator==(const ParameterChange&) const = default;
};

/// One scalar of one step.
struct ScalarValue {
  std::string name;
  double value = 0;
};

}  // namespace anchorscope
