#pragma once
// Internal header. Short forms of the declarations that assigners make.

#include <optional>
#include <string>
#include <utility>

#include "core/evidence/specs.h"

namespace anchorscope {

/// A column of real numbers.
inline ColumnSpec realColumn(std::string name, std::string title, std::string unit, std::string description,
                             ColorScale scale = ColorScale::kSequential) {
  return {std::move(name), std::move(title), std::move(unit), std::move(description), false, scale};
}

/// A column of ranks, indices or flags.
inline ColumnSpec wholeColumn(std::string name, std::string title, std::string description) {
  return {std::move(name), std::move(title), "", std::move(description), true, ColorScale::kSequential};
}

/// A test whose bound is a column of the pair table; later tests are told even when it fails.
inline TestSpec testOfColumn(std::string name, std::string description, std::string valueColumn,
                             std::string relation, std::string boundColumn, std::string passedColumn) {
  TestSpec test;
  test.name = std::move(name);
  test.description = std::move(description);
  test.valueColumn = std::move(valueColumn);
  test.relation = std::move(relation);
  test.boundColumn = std::move(boundColumn);
  test.passedColumn = std::move(passedColumn);
  test.gate = false;
  return test;
}

/// The same with a fixed bound.
inline TestSpec testOfBound(std::string name, std::string description, std::string valueColumn,
                            std::string relation, double bound, std::string passedColumn) {
  TestSpec test = testOfColumn(std::move(name), std::move(description), std::move(valueColumn),
                               std::move(relation), "", std::move(passedColumn));
  test.bound = static_cast<float>(bound);
  return test;
}

}  // namespace anchorscope
