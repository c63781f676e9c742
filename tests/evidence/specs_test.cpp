#include "core/evidence/specs.h"

#include <gtest/gtest.h>

#include "core/base/check.h"

namespace anchorscope {
namespace {

EvidenceDeclaration declares(const std::string& channel, const std::string& title) {
  EvidenceDeclaration declaration;
  ChannelSpec spec;
  spec.name = channel;
  spec.title = title;
  declaration.channels.push_back(spec);
  return declaration;
}

TEST(EvidenceDeclaration, MergesWhatIsNewAndKeepsWhatIsEqual) {
  EvidenceDeclaration all = declares("iou", "IoU");
  all.merge(declares("iou", "IoU"));
  all.merge(declares("score", "Score"));
  ASSERT_EQ(all.channels.size(), 2u);
  EXPECT_EQ(all.channel("score")->title, "Score");
  EXPECT_EQ(all.channel("none"), nullptr);
}

TEST(EvidenceDeclaration, OneNameWithTwoMeaningsIsABug) {
  EvidenceDeclaration all = declares("iou", "IoU");
  EXPECT_THROW(all.merge(declares("iou", "another title")), CheckFailure);
}

TEST(EvidenceDeclaration, MergesTablesScalarsColumnsAndDecisions) {
  EvidenceDeclaration first, second;
  first.pairTables.push_back({"pairs", "", "", "", {}, "", "", false});
  second.pairTables.push_back({"other", "", "", "", {}, "", "", false});
  second.scalars.push_back({"loss", "", "", "", "", {}});
  second.objectColumns.push_back({"starved", "", "", "", ""});
  second.decisions.push_back({"other", "", {}, {}});
  first.merge(second);
  first.merge(second);
  EXPECT_EQ(first.pairTables.size(), 2u);
  EXPECT_NE(first.pairTable("other"), nullptr);
  EXPECT_NE(first.scalar("loss"), nullptr);
  EXPECT_EQ(first.objectColumns.size(), 1u);
  EXPECT_EQ(first.decisions.size(), 1u);
}

TEST(RunDeclaration, KeepsWhatStagesCallByTheSameNameApart) {
  EvidenceDeclaration rpn = declares("iou", "IoU of anchors"), roi = declares("iou", "IoU of proposals");
  rpn.scalars.push_back({"rpn.loss", "", "", "", "", {}});
  roi.scalars.push_back({"roi.loss", "", "", "", "", {}});
  RunDeclaration run(rpn, {"rpn", "Region proposals", "anchor", ""});
  EXPECT_TRUE(run.laterStages.empty());
  ASSERT_EQ(run.stages().size(), 1u);
  run.addStage({"roi", "Regions", "proposal", "anchor"}, roi);
  EXPECT_EQ(run.channel("iou")->title, "IoU of anchors");
  EXPECT_NE(run.scalar("rpn.loss"), nullptr);
  EXPECT_NE(run.scalar("roi.loss"), nullptr);
  const auto stages = run.stages();
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages[0].stage.name, "rpn");
  EXPECT_EQ(stages[1].stage.candidate, "proposal");
  EXPECT_EQ(stages[1].evidence.channel("iou")->title, "IoU of proposals");
  for (const StageDeclaration& stage : stages)
    EXPECT_TRUE(stage.evidence.scalars.empty()) << "scalars are the run's";
}

TEST(RunDeclaration, AScalarOfTwoMeaningsIsABug) {
  EvidenceDeclaration first, second;
  first.scalars.push_back({"loss", "", "1", "", "", {}});
  second.scalars.push_back({"loss", "", "px", "", "", {}});
  RunDeclaration run(first);
  EXPECT_THROW(run.addStage({}, second), CheckFailure);
}

}  // namespace
}  // namespace anchorscope
