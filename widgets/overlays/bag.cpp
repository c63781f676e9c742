#include "widgets/overlays/bag.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anchorscope {

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

float cell(const PairTable& table, int column, std::size_t row) {
  return column < 0 ? kNan : table.columns[static_cast<std::size_t>(column)][row];
}

}  // namespace

const PairTable* mainPairTable(const ProbeFrame& frame) {
  for (const DecisionSpec& decision : frame.decisions)
    if (const PairTable* table = frame.pairTable(decision.pairTable)) return table;
  return frame.pairTables.empty() ? nullptr : &frame.pairTables.front();
}

int weightColumn(const ProbeFrame& frame, const PairTable& table, ColorScale head) {
  for (const DecisionSpec& decision : frame.decisions) {
    if (decision.pairTable != table.spec.name) continue;
    for (const OutcomeSpec& outcome : decision.outcomes) {
      const int column = outcome.weightColumn.empty() ? -1 : table.columnIndex(outcome.weightColumn);
      if (column >= 0 && table.spec.columns[static_cast<std::size_t>(column)].scale == head) return column;
    }
  }
  return -1;
}

int qualityColumn(const ProbeFrame& frame, const PairTable& table, ColorScale head) {
  const int weight = weightColumn(frame, table, head);
  for (std::size_t i = 0; i < table.spec.columns.size(); ++i)
    if (table.spec.columns[i].scale == head && !table.spec.columns[i].integer &&
        static_cast<int>(i) != weight)
      return static_cast<int>(i);
  return -1;
}

Bag bagOf(const ProbeFrame& frame, int object) {
  Bag bag;
  const PairTable* table = mainPairTable(frame);
  if (!table || object < 0) return bag;
  const int member = table->columnIndex(table->spec.memberColumn);
  const int classification = weightColumn(frame, *table, ColorScale::kClassification);
  const int regression = weightColumn(frame, *table, ColorScale::kRegression);
  const int score = qualityColumn(frame, *table, ColorScale::kClassification);
  const int overlap = qualityColumn(frame, *table, ColorScale::kRegression);
  float bestScore = -std::numeric_limits<float>::infinity(), bestOverlap = bestScore;
  const auto [first, last] = table->rowsOfObject(object);
  for (std::size_t row = first; row < last; ++row) {
    if (member >= 0 && !(cell(*table, member, row) > 0)) continue;
    const BagMember entry{table->anchor[row], cell(*table, classification, row),
                          cell(*table, regression, row)};
    bag.members.push_back(entry);
    if (entry.classificationWeight > bag.largestClassification)
      bag.largestClassification = entry.classificationWeight;
    if (entry.regressionWeight > bag.largestRegression) bag.largestRegression = entry.regressionWeight;
    if (cell(*table, score, row) > bestScore) {
      bestScore = cell(*table, score, row);
      bag.bestClassificationAnchor = entry.anchor;
    }
    if (cell(*table, overlap, row) > bestOverlap) {
      bestOverlap = cell(*table, overlap, row);
      bag.bestRegressionAnchor = entry.anchor;
    }
  }
  if (!bag.bestClassificationAnchor || !bag.bestRegressionAnchor ||
      bag.bestClassificationAnchor == bag.bestRegressionAnchor) {
    bag.bestClassificationAnchor.reset();
    bag.bestRegressionAnchor.reset();
  }
  return bag;
}

}  // namespace anchorscope
