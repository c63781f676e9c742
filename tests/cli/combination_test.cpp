// Choices that do not go together, and values out of range: one message with what to do, exit code 2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CombinationTest, AHeadThatCannotTakeThisMethodIsRefusedWithWhatToDo) {
  const TemporaryFolder folder;
  const Outcome outcome = run({"train", "--data", "demo", "--method", "max_iou", "--model", "fcos-small",
                               "--out", (folder / "run").string()});
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("max_iou with fcos-small"));
  EXPECT_THAT(outcome.err, HasSubstr("centerness"));
  EXPECT_THAT(outcome.err, HasSubstr("Set model.centerness to false"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("\nDetails"))) << "one message";
}

TEST(CombinationTest, PointsAreRefusedByAMethodOfAnchorBoxes) {
  const TemporaryFolder folder;
  const Outcome outcome = run({"train", "--data", "demo", "--method", "atss", "--model", "fcos-small",
                               "--out", (folder / "run").string()});
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("atss with fcos-small"));
  EXPECT_THAT(outcome.err, HasSubstr("points"));
}

TEST(CombinationTest, AValueOutOfRangeNamesTheValidOnes) {
  const Outcome range = run({"train", "--data", "demo", "--set", "method.beta=7"});
  EXPECT_EQ(range.exit, 2);
  EXPECT_THAT(range.err, HasSubstr("'beta' cannot be '7'"));
  EXPECT_THAT(range.err, HasSubstr("from 0 to 1"));
  const Outcome choice = run({"train", "--data", "demo", "--set", "method.threshold=best"});
  EXPECT_EQ(choice.exit, 2);
  EXPECT_THAT(choice.err, HasSubstr("mean_std, max_ratio, top_k, absolute"));
  const Outcome name = run({"train", "--data", "demo", "--set", "method.betta=0.5"});
  EXPECT_EQ(name.exit, 2);
  EXPECT_THAT(name.err, HasSubstr("beta"));
}

TEST(CombinationTest, TheListsSayWhenAnOptionMatters) {
  const Outcome outcome = run({"methods", "musu"});
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Only with cls_loss="));
  const Outcome models = run({"models", "retina-small"});
  EXPECT_THAT(models.out, HasSubstr("Only with downsampling=lip"));
  const auto json = jsonOf(run({"models", "retina-small", "--json"}));
  bool told = false;
  for (const auto& option : json[0]["options"])
    if (option["name"] == "lip_logits")
      told = option["only_with"]["option"] == "downsampling" && option["only_with"]["values"][0] == "lip";
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace anchorscope::testing
