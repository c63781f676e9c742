#include "core/watch/evidence_condition.h"

#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using Kind = EvidenceCondition::Kind;

TEST(EvidenceCondition, IsOfAnObjectOrOfACandidate) {
  MadeStage stage("a.png", 1, 2);
  stage.learn(7, 1);
  const std::vector<std::shared_ptr<const ProbeFrame>> frames{stage.frame()};
  const std::string name = stage.evidence.stage.name;
  EXPECT_TRUE((EvidenceCondition{Kind::kStarved, "a.png", name, 0, -1}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kStarved, "a.png", name, 1, -1}.holds(frames)));
  EXPECT_TRUE((EvidenceCondition{Kind::kServed, "a.png", "", 1, -1}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kServed, "a.png", name, 0, -1}.holds(frames)));
  EXPECT_TRUE((EvidenceCondition{Kind::kChosen, "a.png", name, -1, 7}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kChosen, "a.png", name, -1, 8}.holds(frames)));
  EXPECT_TRUE((EvidenceCondition{Kind::kDropped, "a.png", name, -1, 8}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kDropped, "a.png", name, -1, 7}.holds(frames)));
}

TEST(EvidenceCondition, OfWhatIsNotThereNothingHolds) {
  MadeStage stage("a.png", 1, 1);
  const std::vector<std::shared_ptr<const ProbeFrame>> frames{stage.frame()};
  EXPECT_FALSE((EvidenceCondition{Kind::kStarved, "b.png", "", 0, -1}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kStarved, "a.png", "roi", 0, -1}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kStarved, "a.png", "", 5, -1}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{Kind::kDropped, "a.png", "", -1, 1'000'000}.holds(frames)));
  EXPECT_FALSE((EvidenceCondition{}.holds({})));
}

}  // namespace
}  // namespace anchorscope::testing
