#pragma once
// View header. What one run of a comparison gave: its numbers, taken from its record, and the file that keeps
// them beside it.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

enum class RunOutcome { kFinished, kDiverged, kFailed };

/// One line of the table. A number that there is nothing to measure for is missing.
struct ComparisonResult {
  std::string label, preset;
  std::int64_t seed = 0;
  RunOutcome outcome = RunOutcome::kFinished;
  std::int64_t step = 0;                  ///< Where it ended.
  std::string reason;                     ///< Why it did not finish.
  std::map<std::string, double> numbers;  ///< By the keys of comparisonColumns().
  std::int64_t timedSteps = 0;  ///< What steps_per_second was measured on; fewer than `step` when continued.
  double seconds = 0;   ///< Wall time of the last program that worked on it: data, training, evaluation.
  std::string machine;  ///< "AMD EPYC 9R14, 2 cores; CPU · 1 thread"
  std::string budget, configToml, programVersion;
  std::vector<std::string> problems;               ///< Errors that did not end the run.
  std::map<std::string, std::int64_t> badRecords;  ///< Of the data: how many of which kind.
};

/// A number of the table.
struct ComparisonColumn {
  std::string key, title;
  int decimals = 3;
  bool inTable = true;  ///< False: in the CSV files only.
};

/// In the table's order.
std::span<const ComparisonColumn> comparisonColumns();

/// FOLDER/comparison_result.json of a run's folder.
std::string resultPath(const std::string& runFolder);

Status writeResult(const std::string& runFolder, const ComparisonResult& result);
/// None when there is no such file; kBadData naming it when it cannot be understood.
Result<std::optional<ComparisonResult>> readResult(const std::string& runFolder);

/// The numbers of a recorded run of `steps` steps: the evaluation of its last step, the positives per object
/// over the last quarter of the steps (sum over sum), and scoreIouCorrelation() of the probes at the last
/// step. What is not recorded is missing; kNotFound without any evaluation at the last step.
Result<std::map<std::string, double>> recordedNumbers(const std::string& runFolder, std::int64_t steps);

}  // namespace anchorscope
