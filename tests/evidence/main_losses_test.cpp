#include "core/evidence/main_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MainLosses, AreThoseOfClassesAndBoxes) {
  EXPECT_THAT(mainLosses({"loss.total", "loss.cls", "loss.loc", "loss.cls_fg", "loss.quality", "objects"}),
              ElementsAre("loss.cls", "loss.loc"));
}

TEST(MainLosses, OfSeveralStagesAreThoseOfEach) {
  EXPECT_THAT(mainLosses({"loss.total", "rpn.loss.total", "rpn.loss.cls", "rpn.loss.cls_fg", "rpn.loss.loc",
                          "roi.loss.cls", "roi.loss.loc", "roi.loss.mask"}),
              ElementsAre("rpn.loss.cls", "rpn.loss.loc", "roi.loss.cls", "roi.loss.loc"));
}

TEST(MainLosses, OfAJointLossAreItsOwn) {
  EXPECT_THAT(mainLosses({"loss.total", "loss.positive", "loss.negative", "loss.cls_normalizer"}),
              ElementsAre("loss.positive", "loss.negative"));
}

TEST(MainLosses, WhereThereIsNothingElseTheTotalIsIt) {
  EXPECT_THAT(mainLosses({"train.lr", "loss.total"}), ElementsAre("loss.total"));
  EXPECT_THAT(mainLosses({"train.lr"}), IsEmpty());
}

TEST(MainLosses, AreCalledByTheirHeadAndTheirStage) {
  EXPECT_EQ(lossLabel("loss.cls"), "cls");
  EXPECT_EQ(lossLabel("rpn.loss.cls"), "rpn cls");
}

}  // namespace
}  // namespace anchorscope
