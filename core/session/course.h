#pragma once
// View header. Whether two courses of the same steps are one: every scalar of every step, to the last bit.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/store/run_types.h"

namespace anchorscope {

class RunReader;

/// Scalars by name, each by step.
using Course = std::map<std::string, ScalarSeries>;

struct CourseComparison {
  struct Difference {
    std::int64_t step = 0;
    std::string name;              ///< Of a scalar, or of a tensor of the state.
    double expected = 0, got = 0;  ///< Of a tensor its first element that differs.
  };
  std::string expected, got;                   ///< What was compared, for people.
  std::int64_t firstStep = 0, lastStep = -1;   ///< What is outside of them is passed over.
  std::int64_t scalars = 0;                    ///< Values that both have.
  std::int64_t onlyExpected = 0, onlyGot = 0;  ///< Values that one has alone.
  std::int64_t tensors = 0;                    ///< Of the state after stateStep; 0: not compared.
  std::int64_t stateStep = -1;
  std::int64_t differences = 0;     ///< Values that are not the same; NaN is the same as NaN.
  std::optional<Difference> first;  ///< The earliest of them, by name within a step.

  void compare(const std::string& name, const ScalarSeries& one, const ScalarSeries& other);
  void compare(const Course& one, const Course& other);
  void differs(Difference difference);
  bool identical() const { return scalars > 0 && differences == 0; }
};

/// What two runs have recorded of these steps. Evaluations, which may be asked for at any time, count as far
/// as both have made them.
Result<CourseComparison> compareRuns(RunReader& expected, RunReader& got, std::int64_t firstStep,
                                     std::int64_t lastStep);

/// "100 steps, 2300 scalars compared", and what stood on one side alone.
std::string comparedText(const CourseComparison& comparison);
/// "the same to the last bit", or how many differences there are, and the first.
std::string verdictText(const CourseComparison& comparison);

}  // namespace anchorscope
