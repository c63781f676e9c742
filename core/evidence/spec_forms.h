#pragma once
// View header. Short forms of declarations (core/evidence/specs.h), for whoever makes them.

#include <optional>
#include <string>
#include <utility>

#include "core/evidence/specs.h"

namespace anchorscope {

/// A channel of one value per anchor. min, max: its range by definition.
inline ChannelSpec channelOf(std::string name, std::string title, std::string unit, std::string description,
                             std::string source, ColorScale scale = ColorScale::kSequential,
                             std::optional<float> min = {}, std::optional<float> max = {},
                             Sense sense = Sense::kNeutral) {
  ChannelSpec spec;
  spec.name = std::move(name);
  spec.title = std::move(title);
  spec.unit = std::move(unit);
  spec.description = std::move(description);
  spec.source = std::move(source);
  spec.scale = scale;
  spec.min = min;
  spec.max = max;
  spec.sense = sense;
  return spec;
}

/// A number per step.
inline ScalarSpec scalarOf(std::string name, std::string title, std::string unit, std::string description,
                           std::string source, ColorScale scale = ColorScale::kSequential) {
  return {std::move(name),        std::move(title),  std::move(unit),
          std::move(description), std::move(source), scale};
}

/// A column of real numbers.
inline ColumnSpec realColumn(std::string name, std::string title, std::string unit, std::string description,
                             ColorScale scale = ColorScale::kSequential) {
  return {std::move(name), std::move(title), std::move(unit), std::move(description), false, scale};
}

/// A column of ranks, indices or flags.
inline ColumnSpec wholeColumn(std::string name, std::string title, std::string description,
                              ColorScale scale = ColorScale::kSequential) {
  return {std::move(name), std::move(title), "", std::move(description), true, scale};
}

/// Whether a pair trains, as column "member", which showMembersFirst() makes a table's. noun: "anchor".
inline ColumnSpec memberColumn(const std::string& noun) {
  return wholeColumn("member", "Positive", "1 when the " + noun + " trains on this object.");
}

enum class Order { kAscending, kDescending };

/// An object's rows are shown first that train, in the order of another column.
inline void showMembersFirst(PairTableSpec& spec, std::string sortColumn, Order order) {
  spec.memberColumn = "member";
  spec.sortColumn = std::move(sortColumn);
  spec.sortDescending = order == Order::kDescending;
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

/// The same test, as one between the objects that want a candidate.
inline TestSpec conflict(TestSpec test) {
  test.role = TestRole::kConflict;
  return test;
}

/// The same test, as one that decides nothing.
inline TestSpec information(TestSpec test) {
  test.role = TestRole::kInformation;
  return test;
}

/// The same test, after whose failure no further one is told.
inline TestSpec gate(TestSpec test) {
  test.gate = true;
  return test;
}

}  // namespace anchorscope
