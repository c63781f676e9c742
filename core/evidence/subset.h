#pragma once
// View header. A part of a stage's candidates, named by what they have: what is brushed in one view and
// highlighted in all.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// What training does with a candidate: an object for some head; else ignored by some head; else background.
enum class CandidateRole { kPositive, kBackground, kIgnored };

/// Values of a channel in [low, high]; what is undefined (NaN) is outside.
struct ChannelRange {
  std::string channel;
  float low = 0, high = 0;
  bool operator==(const ChannelRange&) const = default;
};

/// A plane of two channels and an outline in it, whose last point is joined to its first; inside is what a
/// ray crosses it an odd number of times from.
struct ChannelArea {
  std::string x, y;
  std::vector<std::pair<float, float>> outline;
  bool operator==(const ChannelArea&) const = default;
};

/// All that is named holds; nothing named: every candidate.
struct CandidateCondition {
  std::vector<ChannelRange> ranges;
  std::optional<ChannelArea> area;
  std::optional<CandidateRole> role;
  std::optional<int> level;              ///< Index into CandidateSet::levels.
  std::optional<int> ofClass;            ///< Some head learns an object of this class.
  std::optional<std::int32_t> object;    ///< Some head learns this one.
  std::vector<std::int32_t> candidates;  ///< One of these; empty: of any.

  bool isEmpty() const { return *this == CandidateCondition(); }
  /// What is named means something in one image alone.
  bool isOfImage() const { return object || !candidates.empty(); }
  /// Both hold; of what both name the later one is meant.
  CandidateCondition with(const CandidateCondition& later) const;
  bool operator==(const CandidateCondition&) const = default;
};

struct CandidateSubset {
  std::vector<std::uint8_t> inside;  ///< N: 1 or 0.
  std::int64_t count = 0;            ///< Of those inside.
};

/// None where the stage lacks what the condition names: a channel of candidates, the level, who learns what.
/// One pass per condition.
std::optional<CandidateSubset> subsetOf(const StageEvidence& stage, const CandidateCondition& condition);

/// N: what training does with each; empty where no decision tells.
std::vector<CandidateRole> rolesOf(const StageEvidence& stage);

}  // namespace anchorscope
