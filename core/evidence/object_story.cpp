#include "core/evidence/object_story.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "core/base/counted.h"
#include "core/evidence/decision_reader.h"
#include "core/evidence/level_name.h"

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// The margin in shares of the larger of value and bound, as a distance; infinite where there is no margin.
double relativeShortfall(const TestAnswer& answer) {
  if (std::isnan(answer.margin)) return std::numeric_limits<double>::infinity();
  if (answer.margin == 0) return 0;
  const double size =
      std::max(std::abs(static_cast<double>(answer.value)), std::abs(static_cast<double>(answer.bound)));
  return std::abs(static_cast<double>(answer.margin)) / size;
}

/// A head's columns and channel, found once.
struct Head {
  const OutcomeSpec* spec;
  const Channel* winners;
  const DecisionReader::Values* weights;

  std::int32_t winner(std::int32_t candidate) const {
    const float value = winners ? DecisionReader::at(&winners->values, candidate) : kNan;
    return std::isnan(value) ? -1 : static_cast<std::int32_t>(value);
  }
};

/// A miss that is still to be put into words.
struct Miss {
  std::size_t row;
  int missing;  ///< Tests failed or not reached.
  double shortfall;
  std::int32_t candidate;
  bool operator<(const Miss& other) const {
    return std::tie(missing, shortfall, candidate) <
           std::tie(other.missing, other.shortfall, other.candidate);
  }
};

class Teller {
 public:
  Teller(const StageEvidence& evidence, const DecisionSpec& spec, const DecisionReader& reader,
         const CandidateLosses& losses, ObjectStory& story)
      : evidence_(evidence),
        spec_(spec),
        reader_(reader),
        losses_(losses),
        table_(*reader.table()),
        story_(story) {
    for (const OutcomeSpec& outcome : spec.outcomes) {
      heads_.push_back(
          {&outcome, evidence.channel(outcome.winnerChannel), reader.column(outcome.weightColumn)});
      story.heads.push_back({outcome.head, 0, 0});
    }
    members_ = reader.column(table_.spec.memberColumn);
    for (const TestSpec& test : spec.tests)
      values_.push_back(reader.column(test.valueColumn));
    obstacles_.assign(spec.tests.size(), 0);
  }

  void tell(std::size_t mostMisses) {
    const auto [first, last] = table_.rowsOfObject(story_.object);
    story_.omitted = table_.omittedOf(story_.object);
    story_.considered = static_cast<int>(last - first) + story_.omitted;
    for (std::size_t row = first; row < last; ++row)
      tellRow(row);
    for (std::size_t i = 0; i < obstacles_.size(); ++i)
      if (obstacles_[i] > 0) story_.obstacles.push_back({spec_.tests[i].name, obstacles_[i]});
    std::stable_sort(story_.obstacles.begin(), story_.obstacles.end(),
                     [](const Obstacle& a, const Obstacle& b) { return a.failed > b.failed; });
    for (auto& [level, counts] : levels_)
      story_.levels.push_back(std::move(counts));
    for (const auto& [object, rival] : rivals_)
      story_.rivals.push_back(rival);
    std::stable_sort(story_.rivals.begin(), story_.rivals.end(),
                     [](const Rival& a, const Rival& b) { return a.lost > b.lost; });
    const std::size_t kept = std::min(mostMisses, misses_.size());
    std::partial_sort(misses_.begin(), misses_.begin() + static_cast<std::ptrdiff_t>(kept), misses_.end());
    misses_.resize(kept);
    for (const Miss& miss : misses_)
      story_.misses.push_back(inWords(miss));
    story_.losses = losses_.of(taken_);
  }

 private:
  void tellRow(std::size_t row) {
    const std::int32_t candidate = table_.candidate[row];
    reader_.read(static_cast<std::int64_t>(row), answers_);
    bool taken = false;
    std::int32_t other = -1;
    for (const Head& head : heads_) {
      const std::int32_t winner = head.winner(candidate);
      taken = taken || winner == story_.object;
      if (winner >= 0 && winner != story_.object && other < 0) other = winner;
    }
    int missing = 0, firstFailed = -1;
    double shortfall = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      const TestAnswer& answer = answers_[i];
      if (spec_.tests[i].role != TestRole::kRequired) continue;
      if (answer.verdict == TestVerdict::kNotReached) ++missing;
      if (answer.verdict != TestVerdict::kFailed) continue;
      ++missing;
      shortfall = std::min(shortfall, relativeShortfall(answer));
      if (firstFailed < 0) firstFailed = static_cast<int>(i);
    }
    const bool reached = reader_.reaches(answers_);
    std::vector<std::int32_t> lostTo;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      const std::int32_t winner = heads_[i].winner(candidate);
      const float weight = DecisionReader::at(heads_[i].weights, static_cast<std::int64_t>(row));
      if (winner == story_.object) {
        ++story_.heads[i].taken;
      } else if (reached && winner >= 0 && weight != 0) {
        ++story_.heads[i].lost;
        if (std::find(lostTo.begin(), lostTo.end(), winner) == lostTo.end()) lostTo.push_back(winner);
      }
    }
    for (const std::int32_t winner : lostTo)
      ++rivals_.try_emplace(winner, Rival{winner, 0, candidate}).first->second.lost;
    const bool lost = !lostTo.empty();
    LevelStory& level = levelOf(candidate);
    ++level.considered;
    level.reached += reached ? 1 : 0;
    level.taken += taken ? 1 : 0;
    story_.reached += reached ? 1 : 0;
    story_.taken += taken ? 1 : 0;
    story_.lost += lost ? 1 : 0;
    if (taken) taken_.push_back(candidate);
    if (taken || reached) return;
    if (firstFailed >= 0) ++obstacles_[static_cast<std::size_t>(firstFailed)];
    misses_.push_back({row, missing, shortfall, candidate});
  }

  NearMiss inWords(const Miss& miss) {
    NearMiss told;
    told.candidate = miss.candidate;
    for (const Head& head : heads_)
      if (const std::int32_t winner = head.winner(miss.candidate); winner >= 0 && told.winner < 0)
        told.winner = winner;
    reader_.read(static_cast<std::int64_t>(miss.row), answers_);
    int nearest = -1;
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (answers_[i].verdict != TestVerdict::kFailed || spec_.tests[i].role != TestRole::kRequired) continue;
      if (nearest < 0 ||
          relativeShortfall(answers_[i]) < relativeShortfall(answers_[static_cast<std::size_t>(nearest)]))
        nearest = static_cast<int>(i);
    }
    told.others = miss.missing;
    if (nearest < 0) return told;
    told.others -= 1;
    told.lacked =
        reader_.told(static_cast<std::size_t>(nearest), answers_[static_cast<std::size_t>(nearest)]);
    return told;
  }

  LevelStory& levelOf(std::int32_t candidate) {
    const CandidateSet* set = evidence_.candidates.get();
    int index = -1;
    if (set && set->onGrid() && candidate >= 0 && static_cast<std::size_t>(candidate) < set->count())
      index = set->address(static_cast<std::size_t>(candidate)).level;
    LevelStory& level = levels_[index];
    if (level.considered == 0) {
      level.level = index;
      if (index >= 0) level.name = levelName(set->levels[static_cast<std::size_t>(index)].stride);
    }
    return level;
  }

  const StageEvidence& evidence_;
  const DecisionSpec& spec_;
  const DecisionReader& reader_;
  const CandidateLosses& losses_;
  const PairTable& table_;
  ObjectStory& story_;
  std::vector<Head> heads_;
  const DecisionReader::Values* members_;
  std::vector<const DecisionReader::Values*> values_;
  std::vector<TestAnswer> answers_;
  std::vector<int> obstacles_;
  std::map<int, LevelStory> levels_;
  std::map<std::int32_t, Rival> rivals_;
  std::vector<std::int32_t> taken_;
  std::vector<Miss> misses_;
};

bool starved(const StageEvidence& evidence, const ObjectStory& story) {
  const ObjectColumn* column = evidence.objectColumn(kStarvedColumn);
  const float told = column ? DecisionReader::at(&column->values, story.object) : kNan;
  return std::isnan(told) ? story.taken == 0 : told > 0;
}

std::string headsText(const ObjectStory& story, int HeadStory::*count) {
  std::string text;
  for (const HeadStory& head : story.heads)
    text += (text.empty() ? "" : " and ") + std::to_string(head.*count) + " for " + head.head;
  return text;
}

std::string rivalsText(const ObjectStory& story) {
  constexpr std::size_t kNamed = 1;
  std::string text;
  for (std::size_t i = 0; i < story.rivals.size() && i < kNamed; ++i)
    text += (text.empty() ? "Object " : ", object ") + std::to_string(story.rivals[i].object) + " has " +
            std::to_string(story.rivals[i].lost) + (i == 0 ? " that reached it" : "");
  if (story.rivals.size() > kNamed)
    text +=
        ", " + counted(static_cast<std::int64_t>(story.rivals.size() - kNamed), "more object") + " the rest";
  return text.empty() ? text : text + ".";
}

std::string obstaclesText(const ObjectStory& story) {
  constexpr std::size_t kNamed = 2;
  std::string text;
  for (std::size_t i = 0; i < story.obstacles.size() && i < kNamed; ++i)
    text += (text.empty() ? "" : ", ") + std::to_string(story.obstacles[i].failed) + " fail " +
            story.obstacles[i].test;
  return text;
}

std::string summaryOf(const StageEvidence& evidence, const DecisionSpec& spec, const ObjectStory& story) {
  const std::string noun = evidence.stage.candidate;
  if (story.state == ObjectState::kIgnored) return "Ignored (crowd or difficult): nothing trains on it.";
  std::string text;
  if (story.state == ObjectState::kStarved) {
    text = "Starved: no " + noun + " trains on it.";
    if (story.considered == 0) return text + " None was considered: " + spec.absentReason + ".";
    text += " " + std::to_string(story.considered) + " considered, " + std::to_string(story.reached) +
            " reached it";
    if (const std::string failed = obstaclesText(story); !failed.empty()) text += ": " + failed;
    text += ".";
  } else {
    text = story.state == ObjectState::kContested ? "Contested: it has " : "Well served: it has ";
    text += headsText(story, &HeadStory::taken) + " of " + counted(story.reached, noun) + " that reached it.";
  }
  if (const std::string rivals = rivalsText(story); !rivals.empty()) text += " " + rivals;
  if (story.omitted > 0)
    text += " " + counted(story.omitted, "more pair") + (story.omitted == 1 ? " was" : " were") +
            " not kept (train.evidence_pairs).";
  return text;
}

ObjectState stateOf(const StageEvidence& evidence, const ObjectStory& story) {
  if (evidence.image->objects[static_cast<std::size_t>(story.object)].ignored) return ObjectState::kIgnored;
  if (starved(evidence, story)) return ObjectState::kStarved;
  const bool contested = std::any_of(story.heads.begin(), story.heads.end(), [](const HeadStory& head) {
    return head.lost > 0 && head.lost >= head.taken;
  });
  return contested ? ObjectState::kContested : ObjectState::kServed;
}

/// Of the objects first to last - 1.
std::vector<ObjectStory> tellStories(const StageEvidence& evidence, std::int32_t first, std::int32_t last,
                                     std::size_t mostMisses) {
  std::vector<ObjectStory> stories;
  const auto spec =
      std::find_if(evidence.decisions.begin(), evidence.decisions.end(), [&](const DecisionSpec& decision) {
        return !decision.pairTable.empty() && evidence.pairTable(decision.pairTable);
      });
  const bool told = spec != evidence.decisions.end();
  const std::optional<DecisionReader> reader =
      told ? std::optional<DecisionReader>(std::in_place, evidence, *spec) : std::nullopt;
  const CandidateLosses losses(evidence);
  for (std::int32_t object = first; object < last; ++object) {
    ObjectStory& story = stories.emplace_back();
    story.object = object;
    if (!told) continue;
    Teller(evidence, *spec, *reader, losses, story).tell(mostMisses);
    story.state = stateOf(evidence, story);
    story.summary = summaryOf(evidence, *spec, story);
  }
  return stories;
}

}  // namespace

const char* stateName(ObjectState state) {
  switch (state) {
    case ObjectState::kUnknown:
      return "unknown";
    case ObjectState::kIgnored:
      return "ignored";
    case ObjectState::kStarved:
      return "starved";
    case ObjectState::kContested:
      return "contested";
    case ObjectState::kServed:
      return "served";
  }
  return "";
}

ObjectStory explainObject(const StageEvidence& evidence, std::int32_t object, std::size_t mostMisses) {
  if (object < 0 || static_cast<std::size_t>(object) >= evidence.image->objects.size()) return {};
  return std::move(tellStories(evidence, object, object + 1, mostMisses).front());
}

std::vector<ObjectStory> explainObjects(const StageEvidence& evidence, std::size_t mostMisses) {
  return tellStories(evidence, 0, static_cast<std::int32_t>(evidence.image->objects.size()), mostMisses);
}

}  // namespace anchorscope
