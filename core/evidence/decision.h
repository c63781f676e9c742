#pragma once
// "Why?" for an (anchor, object) pair, told from what the method published. Works for every method.

#include <cstdint>
#include <string>
#include <vector>

#include "core/evidence/candidate_losses.h"
#include "core/evidence/frame.h"

namespace anchorscope {

enum class TestVerdict { kPassed, kFailed, kNotReached, kNotApplicable };

/// One row of a decision.
struct DecisionRow {
  std::string name;
  std::string description;
  float value = 0;  ///< NaN when there is none.
  std::string relation;
  float bound = 0;  ///< NaN when there is none.
  /// How far the value is on the passing side of the bound, below 0 where it falls short, in `unit`; NaN when
  /// there is none, or the test failed for more than the two numbers say.
  float margin = 0;
  std::string unit;  ///< Of value, bound and margin; "1" or empty: a pure number.
  TestVerdict verdict = TestVerdict::kNotReached;
  TestRole role = TestRole::kRequired;
  std::string note;
};

/// The relation between a row's value and its bound as the numbers have it: the test's own where that holds,
/// else its contrary ("<" for a failed ">="). Empty when there is no value, bound or relation.
std::string heldRelation(const DecisionRow& row);

/// How one head ended for the pair.
struct DecisionOutcome {
  enum class Kind { kTaken, kLost, kDropped, kIgnored };
  std::string head;
  Kind kind = Kind::kDropped;
  std::int32_t winner = -1;  ///< The object that has the anchor for this head; -1 background, -2 ignored.
  std::string measure;  ///< Name of the pair column the objects compete with: "w_reg", "iou"; may be empty.
  float weight = 0;     ///< This pair's weight; NaN when it has none.
  float winnerWeight = 0;  ///< The winner's weight for this anchor; NaN when it has none.
  int rank = -1;
  int bagSize = 0;
};

struct Decision {
  std::int32_t anchor = -1, object = -1;
  bool considered = false;  ///< The method has a row for this pair.
  std::vector<DecisionRow> rows;
  std::vector<DecisionOutcome> outcomes;
  std::vector<CandidateLoss> losses;  ///< Of the candidate, whatever the object.
  /// For people: how each head ended, what the pair lacked, whether it was drawn, what it costs.
  std::string summary;
};

/// Tells the decision about a pair; empty rows when the frame holds no decision spec.
Decision explain(const StageEvidence& evidence, std::int32_t anchor, std::int32_t object);

/// The object that an anchor's story is best told for: the winner of any head, else the one whose pair row
/// has the largest value in the outcome's weight column, else the one with the largest overlap; -1 without
/// objects.
std::int32_t mostRelevantObject(const StageEvidence& evidence, std::int32_t anchor);

}  // namespace anchorscope
