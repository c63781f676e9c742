#include "core/session/course.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/store/csv.h"
#include "core/store/run_reader.h"

namespace anchorscope {

void CourseComparison::differs(Difference difference) {
  ++differences;
  if (!first || difference.step < first->step) first = std::move(difference);
}

void CourseComparison::compare(const std::string& name, const ScalarSeries& one, const ScalarSeries& other) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const auto stepOf = [](const ScalarSeries& series, std::size_t at) {
    return at < series.steps.size() ? series.steps[at] : kEnd;
  };
  for (std::size_t a = 0, b = 0;;) {
    const std::int64_t stepA = stepOf(one, a), stepB = stepOf(other, b), step = std::min(stepA, stepB);
    if (step == kEnd || step > lastStep) return;
    const bool counts = step >= firstStep;
    if (stepA != stepB) {
      if (counts) ++(stepA < stepB ? onlyExpected : onlyGot);
      ++(stepA < stepB ? a : b);
      continue;
    }
    const double x = one.values[a++], y = other.values[b++];
    if (!counts) continue;
    ++scalars;
    if (x != y && !(std::isnan(x) && std::isnan(y))) differs({step, name, x, y});
  }
}

void CourseComparison::compare(const Course& one, const Course& other) {
  static const ScalarSeries kNone;
  const auto in = [](const Course& course, const std::string& name) -> const ScalarSeries& {
    const auto found = course.find(name);
    return found == course.end() ? kNone : found->second;
  };
  std::set<std::string> names;
  for (const Course* course : {&one, &other})
    for (const auto& [name, series] : *course)
      names.insert(name);
  for (const std::string& name : names)
    compare(name, in(one, name), in(other, name));
}

Result<CourseComparison> compareRuns(RunReader& expected, RunReader& got, std::int64_t firstStep,
                                     std::int64_t lastStep) {
  CourseComparison out;
  out.expected = concat("what is recorded in '", expected.folder(), "'");
  out.got = concat("recorded in '", got.folder(), "'");
  out.firstStep = firstStep;
  out.lastStep = lastStep;
  std::set<std::string> names;
  for (RunReader* run : {&expected, &got})
    for (std::string& name : run->scalarNames())
      names.insert(std::move(name));
  for (const std::string& name : names) {
    const auto one = expected.scalar(name), other = got.scalar(name);
    if (!one) return one.error();
    if (!other) return other.error();
    const auto alone = std::pair(out.onlyExpected, out.onlyGot);
    out.compare(name, *one, *other);
    if (name.starts_with("eval.")) std::tie(out.onlyExpected, out.onlyGot) = alone;
  }
  return out;
}

std::string comparedText(const CourseComparison& comparison) {
  std::string text = concat(counted(comparison.lastStep - comparison.firstStep + 1, "step"), ", ",
                            counted(comparison.scalars, "scalar"));
  if (comparison.tensors > 0)
    text += concat(", ", counted(comparison.tensors, "tensor"), " of the state after step ",
                   comparison.stateStep);
  text += " compared";
  if (const std::int64_t alone = comparison.onlyExpected + comparison.onlyGot; alone > 0)
    text += concat("; ", counted(alone, "scalar"), " stood on one side alone");
  return text;
}

std::string verdictText(const CourseComparison& comparison) {
  if (comparison.scalars == 0) return "nothing could be compared";
  if (!comparison.first) return "the same to the last bit";
  const auto& first = *comparison.first;
  return concat(counted(comparison.differences, "difference"), ", the first at step ", first.step, ": ",
                first.name, " is ", csvNumber(first.got), ", was ", csvNumber(first.expected));
}

}  // namespace anchorscope
