#include "core/evidence/bag.h"

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

const PairTable* mainPairTable(const StageEvidence& evidence) {
  for (const DecisionSpec& decision : evidence.decisions)
    if (const PairTable* table = evidence.pairTable(decision.pairTable)) return table;
  return evidence.pairTables.empty() ? nullptr : &evidence.pairTables.front();
}

int weightColumn(const StageEvidence& evidence, const PairTable& table, ColorScale head) {
  for (const DecisionSpec& decision : evidence.decisions) {
    if (decision.pairTable != table.spec.name) continue;
    for (const OutcomeSpec& outcome : decision.outcomes) {
      const int column = outcome.weightColumn.empty() ? -1 : table.columnIndex(outcome.weightColumn);
      if (column >= 0 && table.spec.columns[static_cast<std::size_t>(column)].scale == head) return column;
    }
  }
  return -1;
}

int qualityColumn(const StageEvidence& evidence, const PairTable& table, ColorScale head) {
  const int weight = weightColumn(evidence, table, head);
  for (std::size_t i = 0; i < table.spec.columns.size(); ++i)
    if (table.spec.columns[i].scale == head && !table.spec.columns[i].integer &&
        static_cast<int>(i) != weight)
      return static_cast<int>(i);
  return -1;
}

Bag bagOf(const StageEvidence& evidence, int object) {
  Bag bag;
  const PairTable* table = mainPairTable(evidence);
  if (!table || object < 0) return bag;
  const int member = table->columnIndex(table->spec.memberColumn);
  const int classification = weightColumn(evidence, *table, ColorScale::kClassification);
  const int regression = weightColumn(evidence, *table, ColorScale::kRegression);
  const int score = qualityColumn(evidence, *table, ColorScale::kClassification);
  const int overlap = qualityColumn(evidence, *table, ColorScale::kRegression);
  float bestScore = -std::numeric_limits<float>::infinity(), bestOverlap = bestScore;
  const auto [first, last] = table->rowsOfObject(object);
  for (std::size_t row = first; row < last; ++row) {
    if (member >= 0 && !(cell(*table, member, row) > 0)) continue;
    const BagMember entry{table->candidate[row], cell(*table, classification, row),
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
