// A class whose loss dwarfs the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Ten objects, the last two of class 1, each learnt at one anchor; those of class 1 with this loss, others
/// with 1.
MadeStage ten(float loss) {
  MadeStage stage("a.png", 100, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    stage.objects[i].classIndex = i < 8 ? 0 : 1;
    stage.learn(i, static_cast<float>(i)).channel("loss.cls").values[i] = i < 8 ? 1 : loss;
  }
  return stage;
}

TEST(ClassLoss, SpeaksOfAFifthOfTheObjectsWithFourFifthsOfTheLoss) {
  Facts facts;
  facts.classNames = {"cell", "platelet"};
  const auto found = findingsOf("class_loss", {ten(17).frame()}, facts);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("Class platelet has 81 %"));
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 8}, ObjectRef{"a.png", 9}));
}

TEST(ClassLoss, IsSilentBelowThatAndAboutTheBackground) {
  MadeStage stage = ten(15);
  stage.channel("loss.cls").values[50] = 1000;
  EXPECT_TRUE(findingsOf("class_loss", {stage.frame()}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
