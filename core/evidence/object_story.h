#pragma once
// View header. Why an object is starved, contested or well served, told from what the method published: how
// many candidates reached it, to whom it lost which, and what the nearest ones lacked. Works for every
// method.

#include <cstdint>
#include <string>
#include <vector>

#include "core/evidence/decision.h"

namespace anchorscope {

enum class ObjectState {
  kUnknown,    ///< The method told no decisions about pairs.
  kIgnored,    ///< Crowd or difficult: not trained on.
  kStarved,    ///< No candidate trains on it for any head.
  kContested,  ///< For some head other objects have at least as many of the candidates that reached it as it.
  kServed
};

/// "starved", "contested" ...
const char* stateName(ObjectState state);

struct HeadStory {
  std::string head;
  int taken = 0, lost = 0;
};

/// Of one pyramid level, or of all candidates where they are on no grid.
struct LevelStory {
  int level = -1;    ///< Index into CandidateSet::levels; -1: no grid.
  std::string name;  ///< "P4"; empty without a grid.
  int considered = 0, reached = 0, taken = 0;
};

/// Another object that has candidates which reached this one.
struct Rival {
  std::int32_t object = -1;
  int lost = 0;                 ///< Candidates, each counted once.
  std::int32_t candidate = -1;  ///< One of them, that with the smallest index.
};

/// How many candidates failed at a test before any other.
struct Obstacle {
  std::string test;
  int failed = 0;
};

/// A considered candidate that did not reach the object.
struct NearMiss {
  std::int32_t candidate = -1;
  /// The failed test that it came closest to, by its margin relative to the larger of value and bound.
  DecisionRow lacked;
  int others = 0;            ///< Tests beside it that failed or were not reached.
  std::int32_t winner = -1;  ///< The object that has it for some head; -1: none.
};

struct ObjectStory {
  std::int32_t object = -1;
  ObjectState state = ObjectState::kUnknown;
  int considered = 0;  ///< Pairs the method considered, with those that were not kept.
  int omitted = 0;     ///< Of them not kept: nothing below counts them.
  /// Candidates that the object has, or would have but for another object: those of its bag, and those that
  /// failed no test other than one whose bound is the winner's own value.
  int reached = 0;
  int taken = 0;  ///< For some head.
  int lost = 0;   ///< Reached, but another object's for some head.
  std::vector<HeadStory> heads;
  std::vector<LevelStory> levels;   ///< Those with considered candidates, finest first.
  std::vector<Rival> rivals;        ///< Most first; ties: the smaller object.
  std::vector<Obstacle> obstacles;  ///< Most first; ties: in the tests' order.
  /// The fewest tests missing first, then the smallest relative margin, then the smaller candidate.
  std::vector<NearMiss> misses;
  std::vector<CandidateLoss> losses;  ///< Of the candidates that it has for some head, together.
  std::string summary;                ///< One to three sentences for people.
};

/// Tells an object's story with at most `mostMisses` misses. Of an object that is not there: kUnknown and
/// empty.
ObjectStory explainObject(const StageEvidence& evidence, std::int32_t object, std::size_t mostMisses = 12);
/// Every object's, in their order.
std::vector<ObjectStory> explainObjects(const StageEvidence& evidence, std::size_t mostMisses = 0);

}  // namespace anchorscope
