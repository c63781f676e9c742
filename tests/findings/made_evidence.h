#pragma once
// Evidence made by hand for the rules: a small pyramid, objects and what learns them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/findings/inspection.h"

namespace anchorscope::testing {

/// Two levels over 64 x 64 px, one square anchor per cell: 64 of stride 8 (16 px wide), then 16 of stride 16
/// (32 px).
CandidateSet twoLevels();

/// A stage over twoLevels() whose decision tells of one head, "classification". Nothing is learnt at first.
class MadeStage {
 public:
  /// Objects of class 0 unless set.
  MadeStage(std::string image, std::int64_t step, std::size_t objectCount);

  StageEvidence evidence;
  std::vector<ObjectRecord> objects;

  /// The head learns the object at the candidate.
  MadeStage& learn(std::size_t candidate, float object);
  /// The candidate is in the object's bag; rows in order of objects, then candidates.
  MadeStage& member(std::int32_t candidate, std::int32_t object);
  Channel& channel(const std::string& name);
  std::shared_ptr<const ProbeFrame> frame();
};

/// One image of 64 x 64 px with twoLevels(): objects where they lie in it.
std::shared_ptr<PlacedData> placed(const std::vector<Box>& boxes, const std::string& image = "a.png");

/// What the rule of this name says.
std::vector<Finding> findingsOf(const std::string& rule,
                                const std::vector<std::shared_ptr<const ProbeFrame>>& frames,
                                Facts facts = {});
/// Of one rule, asked about boxes alone: see placed().
std::vector<Finding> findingsOfBoxes(const std::string& rule, const std::vector<Box>& boxes);

}  // namespace anchorscope::testing
