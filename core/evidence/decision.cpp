#include "core/evidence/decision.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "core/base/counted.h"
#include "core/evidence/decision_reader.h"

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

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

std::string weightText(const DecisionOutcome& outcome) {
  return std::isnan(outcome.weight) ? std::string()
                                    : " (" + outcome.measure + " " + shortNumberText(outcome.weight) + ")";
}

std::string sentence(const DecisionOutcome& outcome, std::int32_t object) {
  switch (outcome.kind) {
    case DecisionOutcome::Kind::kTaken: {
      std::string text = "Taken for " + outcome.head + " by object " + std::to_string(object);
      if (outcome.rank >= 0)
        text += " at rank " + std::to_string(outcome.rank) + " of " + std::to_string(outcome.bagSize);
      return text + weightText(outcome) + ".";
    }
    case DecisionOutcome::Kind::kLost: {
      std::string text = "Lost for " + outcome.head + " to object " + std::to_string(outcome.winner);
      if (std::isnan(outcome.winnerWeight)) return text + ".";
      text += ", which has " + outcome.measure + " " + shortNumberText(outcome.winnerWeight);
      if (!std::isnan(outcome.weight)) text += " against " + shortNumberText(outcome.weight);
      return text + ".";
    }
    case DecisionOutcome::Kind::kIgnored:
      return "Ignored for " + outcome.head + ": neither positive nor negative.";
    case DecisionOutcome::Kind::kDropped:
      return "Background for " + outcome.head + ".";
  }
  return {};
}

/// "It fails IoU threshold (0.38 < 0.41, 0.03 short) and 1 more test."; empty where nothing failed.
std::string failureSentence(const std::vector<DecisionRow>& rows) {
  std::string text;
  int more = 0;
  for (const DecisionRow& row : rows) {
    if (row.verdict != TestVerdict::kFailed || row.role == TestRole::kInformation) continue;
    if (!text.empty()) {
      ++more;
      continue;
    }
    text = "It fails " + row.name;
    if (const std::string compared = comparisonText(row); !compared.empty() && !std::isnan(row.margin)) {
      const std::string unit = unitOf(0, row.unit);
      text += " (" + compared + ", " + shortNumberText(-row.margin) + (unit.empty() ? "" : " " + unit) +
              " short)";
    }
  }
  if (more > 0) text += " and " + counted(more, "more test", "more tests");
  return text.empty() ? text : text + ".";
}

/// Of a decision about candidates: whether they were drawn, or why not.
std::string drawnSentence(const std::vector<DecisionRow>& rows) {
  std::string passed;
  for (const DecisionRow& row : rows) {
    if (row.verdict == TestVerdict::kFailed)
      return "Not sampled: it fails " + row.name + " (" + comparisonText(row) + ").";
    if (row.verdict == TestVerdict::kPassed && passed.empty())
      passed = "Sampled: it passes " + row.name + " (" + comparisonText(row) + ").";
  }
  return passed;
}

std::string lossSentence(const std::vector<CandidateLoss>& losses) {
  std::string text;
  for (const CandidateLoss& loss : losses) {
    if (std::isnan(loss.value) || loss.value == 0) continue;
    const std::string unit = unitOf(0, loss.unit);
    text += (text.empty() ? "" : "; ") + loss.title + " " + shortNumberText(loss.value) +
            (unit.empty() ? "" : " " + unit);
    if (!std::isnan(loss.share)) text += ", " + shortNumberText(100 * loss.share) + " % of the image's";
  }
  return text.empty() ? text : text + ".";
}

void addSentence(std::string& text, const std::string& sentence) {
  if (!text.empty() && !sentence.empty()) text += ' ';
  text += sentence;
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
  std::string drawn;
  for (const DecisionSpec& spec : evidence.decisions) {
    const DecisionReader reader(evidence, spec);
    if (spec.pairTable.empty()) {
      std::vector<DecisionRow> rows = reader.tell(anchor);
      addSentence(drawn, drawnSentence(rows));
      std::move(rows.begin(), rows.end(), std::back_inserter(decision.rows));
      continue;
    }
    const PairTable* table = reader.table();
    if (!table) continue;
    const std::int64_t row = table->row(anchor, object);
    // A pair that is not there was either never considered, or left out by the bound on pairs: that cannot be
    // told apart.
    const bool unrecorded = row < 0 && table->omittedOf(object) > 0;
    const std::string reason =
        unrecorded ? boundReason(*table, object, spec.absentReason) : spec.absentReason;
    std::vector<DecisionRow> rows;
    if (row >= 0) {
      decision.considered = true;
      rows = reader.tell(row);
    } else if (!spec.tests.empty()) {
      DecisionRow absent;
      absent.name = spec.tests.front().name;
      absent.description = spec.tests.front().description;
      absent.value = absent.bound = absent.margin = kNan;
      absent.verdict = unrecorded ? TestVerdict::kNotApplicable : TestVerdict::kFailed;
      absent.note = reason;
      rows.push_back(std::move(absent));
    }
    bool taken = false;
    for (const OutcomeSpec& outcomeSpec : spec.outcomes) {
      const DecisionReader::Values* weights = reader.column(outcomeSpec.weightColumn);
      DecisionOutcome outcome;
      outcome.head = outcomeSpec.head;
      outcome.winner = winnerOf(evidence, outcomeSpec, anchor);
      outcome.measure = outcomeSpec.weightColumn;
      outcome.weight = DecisionReader::at(weights, row);
      outcome.winnerWeight =
          outcome.winner >= 0 ? DecisionReader::at(weights, table->row(anchor, outcome.winner)) : kNan;
      const float rank = DecisionReader::at(reader.column(outcomeSpec.rankColumn), row);
      outcome.rank = std::isnan(rank) ? -1 : static_cast<int>(rank);
      outcome.bagSize = bagSizeOf(*table, object);
      outcome.kind = object >= 0 && outcome.winner == object ? DecisionOutcome::Kind::kTaken
                     : outcome.winner >= 0                   ? DecisionOutcome::Kind::kLost
                     : outcome.winner == -2                  ? DecisionOutcome::Kind::kIgnored
                                                             : DecisionOutcome::Kind::kDropped;
      taken = taken || outcome.kind == DecisionOutcome::Kind::kTaken;
      addSentence(decision.summary, sentence(outcome, object));
      decision.outcomes.push_back(std::move(outcome));
    }
    if (row >= 0 && !taken) addSentence(decision.summary, failureSentence(rows));
    if (row < 0 && !reason.empty())
      decision.summary = (unrecorded ? "Not kept: " : "Not considered: ") + reason + ". " + decision.summary;
    std::move(rows.begin(), rows.end(), std::back_inserter(decision.rows));
  }
  addSentence(decision.summary, drawn);
  if (anchor >= 0) decision.losses = CandidateLosses(evidence).of({anchor});
  addSentence(decision.summary, lossSentence(decision.losses));
  return decision;
}

std::int32_t mostRelevantObject(const StageEvidence& evidence, std::int32_t anchor) {
  for (const DecisionSpec& spec : evidence.decisions)
    for (const OutcomeSpec& outcome : spec.outcomes)
      if (const std::int32_t winner = winnerOf(evidence, outcome, anchor); winner >= 0) return winner;
  std::int32_t best = -1;
  float bestWeight = -1;
  for (const DecisionSpec& spec : evidence.decisions) {
    const DecisionReader reader(evidence, spec);
    const PairTable* table = reader.table();
    if (!table) continue;
    for (std::size_t object = 0; object < evidence.image->objects.size(); ++object) {
      const std::int64_t row = table->row(anchor, static_cast<std::int32_t>(object));
      if (row < 0) continue;
      for (const OutcomeSpec& outcome : spec.outcomes) {
        const float weight = DecisionReader::at(reader.column(outcome.weightColumn), row);
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
