#pragma once
// View header. The bag of an object as a picture needs it, found through the declarations: no method is known
// here.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// One anchor of a bag. Weights are NaN where the method has none for the head.
struct BagMember {
  std::int32_t anchor = -1;
  float classificationWeight = 0, regressionWeight = 0;
};

struct Bag {
  std::vector<BagMember> members;  ///< By anchor.
  float largestClassification = 0, largestRegression = 0;
  /// Member with the best classification score and with the best localisation, where both are recorded and
  /// differ.
  std::optional<std::int32_t> bestClassificationAnchor, bestRegressionAnchor;
};

/// The pair table a decision is told from, else the first one; null when the frame has none.
const PairTable* mainPairTable(const StageEvidence& evidence);

/// Column of a head's weight in the table: the decision's outcome of that colour, -1 when there is none.
int weightColumn(const StageEvidence& evidence, const PairTable& table, ColorScale head);

/// Column of a head's raw quality (score, IoU): the first real-valued column of the head's colour that is not
/// its weight; -1.
int qualityColumn(const StageEvidence& evidence, const PairTable& table, ColorScale head);

/// The rows of the object's bag (all its rows when the table names no member column).
Bag bagOf(const StageEvidence& evidence, int object);

}  // namespace anchorscope
