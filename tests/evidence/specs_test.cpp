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

}  // namespace
}  // namespace anchorscope
