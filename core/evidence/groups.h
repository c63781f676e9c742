#pragma once
// View header. A stage's candidates in groups: how many, what they score, what they cost. Of each loss the
// groups together cost what the stage does.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/frame.h"
#include "core/evidence/subset.h"

namespace anchorscope {

enum class GroupBy {
  kRole,    ///< Positive, background, ignored.
  kLevel,   ///< Pyramid level; where there is no grid one group of all.
  kClass,   ///< Of the object that is learnt; background and ignored apart.
  kObject,  ///< The object that is learnt; background and ignored apart.
  kImage    ///< One group per stage that was given.
};
/// "role", "level" ...
const char* groupByName(GroupBy by);

struct CandidateGroup {
  std::string name;              ///< "P4", "RBC", "object 3", "background"
  std::int32_t key = -1;         ///< Level, class, object, or place of the stage; -1: none of them.
  CandidateCondition condition;  ///< Which candidates those are; empty for an image.
  /// That the condition holds for: by class and object a candidate that two heads learn for two of them
  /// counts for both, so that the groups may have more than there are.
  std::int64_t candidates = 0;
  std::int64_t inSubset = 0;   ///< Of them in the given subset.
  std::int64_t positives = 0;  ///< Of them learnt for an object by some head.
  double score = 0, iou = 0;   ///< Means over the positives of "cls_score_object" and "iou"; NaN: none.
  /// Of each loss the sum over candidates that its own head counts to this group, before it is normalised.
  std::vector<double> losses;
};

struct GroupTable {
  GroupBy by = GroupBy::kRole;
  std::vector<ChannelSpec> losses;  ///< The "loss." channels, in their order.
  std::vector<CandidateGroup> groups;
  CandidateGroup all;  ///< Every candidate.
};

/// kImage: the one stage is the one group. `subset` may be null. A loss in the colour of classification is
/// counted by the object that the head of that colour learns, any other by the box head's; where only one
/// head tells, by that. One pass per loss; tens of thousands of candidates take under a millisecond.
GroupTable groupsOf(const StageEvidence& stage, GroupBy by, const CandidateSubset* subset = nullptr);

/// A group per image. Losses are those of the first; what a stage lacks is NaN.
GroupTable groupsOfImages(const std::vector<std::shared_ptr<const StageEvidence>>& stages);

}  // namespace anchorscope
