#include "core/evidence/decision.h"

#include <cmath>
#include <cstdio>
#include <limits>

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Where a decision's numbers stand: in a row of a pair table, or in the channels at a candidate.
struct Numbers {
  const StageEvidence& evidence;
  const PairTable* table;  ///< Null: the channels.
  std::int64_t at;         ///< Row or candidate; -1: there is none.

  /// NaN where there is none.
  float operator[](const std::string& name) const {
    if (at < 0 || name.empty()) return kNan;
    const auto place = static_cast<std::size_t>(at);
    if (table) {
      const int column = table->columnIndex(name);
      return column < 0 ? kNan : table->columns[static_cast<std::size_t>(column)][place];
    }
    const Channel* channel = evidence.channel(name);
    return channel && place < channel->values.size() ? channel->values[place] : kNan;
  }
};

std::string shortNumber(float value) {
  char buffer[32];
  const bool large = std::abs(value) >= 1000 && std::abs(value) < 1e6F;
  std::snprintf(buffer, sizeof buffer, large ? "%.0f" : "%.3g", static_cast<double>(value));
  return buffer;
}

int bagSizeOf(const PairTable& table, std::int32_t object) {
  const int member = table.columnIndex(table.spec.memberColumn);
  if (member < 0) return 0;
  int count = 0;
  const auto [first, last] = table.rowsOfObject(object);
  for (std::size_t row = first; row < last; ++row)
    count += table.columns[static_cast<std::size_t>(member)][row] > 0 ? 1 : 0;
  return count;
}

std::int32_t winnerOf(const StageEvidence& evidence, const OutcomeSpec& spec, std::int32_t anchor) {
  const Channel* channel = evidence.channel(spec.winnerChannel);
  if (!channel || anchor < 0 || static_cast<std::size_t>(anchor) >= channel->values.size()) return -1;
  const float value = channel->values[static_cast<std::size_t>(anchor)];
  return std::isnan(value) ? -1 : static_cast<std::int32_t>(value);
}

std::string sentence(const DecisionOutcome& outcome) {
  const std::string weight =
      std::isnan(outcome.weight) ? "" : " (" + outcome.measure + " " + shortNumber(outcome.weight) + ")";
  switch (outcome.kind) {
    case DecisionOutcome::Kind::kTaken:
      if (outcome.rank >= 0)
        return "Taken for " + outcome.head + " at rank " + std::to_string(outcome.rank) + " of " +
               std::to_string(outcome.bagSize) + weight + ".";
      return "Taken for " + outcome.head + weight + ".";
    case DecisionOutcome::Kind::kLost: {
      std::string text = "For " + outcome.head + " it went to object " + std::to_string(outcome.winner);
      if (!std::isnan(outcome.winnerWeight) && !std::isnan(outcome.weight))
        text += ": " + outcome.measure + " " + shortNumber(outcome.winnerWeight) + " against " +
                shortNumber(outcome.weight);
      return text + ".";
    }
    case DecisionOutcome::Kind::kIgnored:
      return "Ignored for " + outcome.head + ": neither positive nor negative.";
    case DecisionOutcome::Kind::kDropped:
      return "Background for " + outcome.head + ".";
  }
  return {};
}

std::vector<DecisionRow> tell(const DecisionSpec& spec, const Numbers& numbers) {
  std::vector<DecisionRow> rows;
  bool reached = true;
  for (const TestSpec& test : spec.tests) {
    DecisionRow out;
    out.name = test.name;
    out.description = test.description;
    out.relation = test.relation;
    out.value = numbers[test.valueColumn];
    out.bound = test.boundColumn.empty() ? test.bound.value_or(kNan) : numbers[test.boundColumn];
    const float passed = numbers[test.passedColumn];
    if (!reached) {
      out.verdict = TestVerdict::kNotReached;
    } else if (std::isnan(passed)) {
      out.verdict = TestVerdict::kNotApplicable;
    } else {
      out.verdict = passed > 0 ? TestVerdict::kPassed : TestVerdict::kFailed;
      if (passed <= 0 && test.gate) reached = false;
    }
    const float noted = numbers[test.noteColumn];
    if (!std::isnan(noted) && noted != 0) out.note = test.note;
    rows.push_back(std::move(out));
  }
  return rows;
}

/// Why a pair has no row where the bound on pairs left some out.
std::string boundReason(const PairTable& table, std::int32_t object, const std::string& absentReason) {
  std::string text = "of this object's pairs the members and the nearest " +
                     std::to_string(table.missesPerObject) + " misses are kept (train.evidence_pairs), " +
                     std::to_string(table.omittedOf(object)) + " are not";
  if (!absentReason.empty()) text += "; or " + absentReason;
  return text;
}

}  // namespace

std::string heldRelation(const DecisionRow& row) {
  if (row.relation.empty() || std::isnan(row.value) || std::isnan(row.bound)) return {};
  std::string asked = row.relation == "\u2265" ? ">=" : row.relation == "\u2264" ? "<=" : row.relation;
  const float value = row.value, bound = row.bound;
  if (asked == ">=") return value >= bound ? ">=" : "<";
  if (asked == ">") return value > bound ? ">" : "<=";
  if (asked == "<=") return value <= bound ? "<=" : ">";
  if (asked == "<") return value < bound ? "<" : ">=";
  if (asked == "=") return value == bound ? "=" : value < bound ? "<" : ">";
  return asked;
}

Decision explain(const StageEvidence& evidence, std::int32_t anchor, std::int32_t object) {
  Decision decision;
  decision.anchor = anchor;
  decision.object = object;
  for (const DecisionSpec& spec : evidence.decisions) {
    if (spec.pairTable.empty()) {
      for (DecisionRow& told : tell(spec, {evidence, nullptr, anchor}))
        decision.rows.push_back(std::move(told));
      continue;
    }
    const PairTable* table = evidence.pairTable(spec.pairTable);
    if (!table) continue;
    const std::int64_t row = table->row(anchor, object);
    // A pair that is not there was either never considered, or left out by the bound on pairs: that cannot be
    // told apart.
    const bool unrecorded = row < 0 && table->omittedOf(object) > 0;
    const std::string reason =
        unrecorded ? boundReason(*table, object, spec.absentReason) : spec.absentReason;
    if (row >= 0) {
      decision.considered = true;
      for (DecisionRow& told : tell(spec, {evidence, table, row}))
        decision.rows.push_back(std::move(told));
    } else if (!spec.tests.empty()) {
      DecisionRow absent;
      absent.name = spec.tests.front().name;
      absent.description = spec.tests.front().description;
      absent.value = absent.bound = kNan;
      absent.verdict = unrecorded ? TestVerdict::kNotApplicable : TestVerdict::kFailed;
      absent.note = reason;
      decision.rows.push_back(std::move(absent));
    }
    for (const OutcomeSpec& outcomeSpec : spec.outcomes) {
      DecisionOutcome outcome;
      outcome.head = outcomeSpec.head;
      outcome.winner = winnerOf(evidence, outcomeSpec, anchor);
      outcome.measure = outcomeSpec.weightColumn;
      outcome.weight = Numbers{evidence, table, row}[outcomeSpec.weightColumn];
      outcome.winnerWeight =
          outcome.winner >= 0
              ? Numbers{evidence, table, table->row(anchor, outcome.winner)}[outcomeSpec.weightColumn]
              : kNan;
      const float rank = Numbers{evidence, table, row}[outcomeSpec.rankColumn];
      outcome.rank = std::isnan(rank) ? -1 : static_cast<int>(rank);
      outcome.bagSize = bagSizeOf(*table, object);
      outcome.kind = object >= 0 && outcome.winner == object ? DecisionOutcome::Kind::kTaken
                     : outcome.winner >= 0                   ? DecisionOutcome::Kind::kLost
                     : outcome.winner == -2                  ? DecisionOutcome::Kind::kIgnored
                                                             : DecisionOutcome::Kind::kDropped;
      if (!decision.summary.empty()) decision.summary += ' ';
      decision.summary += sentence(outcome);
      decision.outcomes.push_back(std::move(outcome));
    }
    if (row < 0 && !reason.empty())
      decision.summary = (unrecorded ? "Not kept: " : "Not considered: ") + reason + ". " + decision.summary;
  }
  return decision;
}

std::int32_t mostRelevantObject(const StageEvidence& evidence, std::int32_t anchor) {
  for (const DecisionSpec& spec : evidence.decisions)
    for (const OutcomeSpec& outcome : spec.outcomes)
      if (const std::int32_t winner = winnerOf(evidence, outcome, anchor); winner >= 0) return winner;
  std::int32_t best = -1;
  float bestWeight = -1;
  for (const DecisionSpec& spec : evidence.decisions) {
    const PairTable* table = evidence.pairTable(spec.pairTable);
    if (!table) continue;
    for (std::size_t object = 0; object < evidence.image->objects.size(); ++object) {
      const std::int64_t row = table->row(anchor, static_cast<std::int32_t>(object));
      if (row < 0) continue;
      for (const OutcomeSpec& outcome : spec.outcomes) {
        const float weight = Numbers{evidence, table, row}[outcome.weightColumn];
        if (!std::isnan(weight) && weight > bestWeight) {
          bestWeight = weight;
          best = static_cast<std::int32_t>(object);
        }
      }
    }
  }
  if (best >= 0 || anchor < 0 || static_cast<std::size_t>(anchor) >= evidence.candidates->count())
    return best;
  const Box anchorInImage = evidence.image->inputFromImage.inverse().map(
      evidence.candidates->boxesInInput[static_cast<std::size_t>(anchor)]);
  float bestIou = 0;
  for (std::size_t object = 0; object < evidence.image->objects.size(); ++object) {
    const float overlap = iou(anchorInImage, evidence.image->objects[object].boxInImage);
    if (overlap > bestIou) {
      bestIou = overlap;
      best = static_cast<std::int32_t>(object);
    }
  }
  return best;
}

}  // namespace anchorscope
