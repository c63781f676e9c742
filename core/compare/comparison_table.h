#pragma once
// View header. The results of a comparison as Markdown and CSV.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/compare/comparison_plan.h"
#include "core/compare/comparison_result.h"

namespace anchorscope {

/// Mean and spread over the seeds of one method.
struct MeanAndSpread {
  std::size_t count = 0;
  double mean = 0;
  double deviation = 0;  ///< Sample standard deviation (n - 1); 0 for fewer than 2 values.
};
MeanAndSpread meanAndSpread(std::span<const double> values);

/// What stands below the table besides what the results say themselves.
struct ComparisonNotes {
  std::string budget, data, command;
};

/// One row per method in the order of the plan, with mean ± sample standard deviation over its finished runs,
/// then notes: what was measured how, the budget, the data, machine and times, runs that did not finish and
/// why, and in what the methods' configurations differ. A missing number is an em dash. `results`: of any of
/// the planned runs.
std::string comparisonMarkdown(const std::vector<PlannedRun>& plan,
                               const std::vector<ComparisonResult>& results, const ComparisonNotes& notes);

/// RFC 4180: one line per result, every column of comparisonColumns(); a missing number is an empty field.
std::string comparisonCsv(const std::vector<ComparisonResult>& results);

/// One line per method: runs planned and finished, then mean, deviation and count of every column.
std::string comparisonSummaryCsv(const std::vector<PlannedRun>& plan,
                                 const std::vector<ComparisonResult>& results);

}  // namespace anchorscope
