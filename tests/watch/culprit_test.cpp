#include "core/watch/culprit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const ProbeFrame> lossAt(const std::string& image, std::size_t candidate, float loss) {
  MadeStage stage(image, 1, 2);
  stage.learn(candidate, 1);
  auto& values = stage.channel("loss.cls").values;
  values.assign(stage.evidence.candidates->count(), 0.f);
  values[candidate] = loss;
  values[candidate + 1] = loss / 2;
  return stage.frame();
}

TEST(Culprit, IsTheImageOfTheLargestLossAndItsCostliestCandidates) {
  const std::vector<std::shared_ptr<const ProbeFrame>> frames{lossAt("a", 3, 9), lossAt("b", 5, 1)};
  WatchPlace place = costliest(frames, {1, 2});
  EXPECT_EQ(place.image, "b") << "as normalised, whatever single candidates lose";
  EXPECT_THAT(place.candidates, ElementsAre(5, 6));
  EXPECT_EQ(place.object, 1);
  EXPECT_EQ(costliest(frames, {2, 2}).image, "a") << "of equal ones the first";
  EXPECT_EQ(costliest(frames, {2, std::numeric_limits<double>::quiet_NaN()}).image, "b");
  EXPECT_EQ(costliest({}, {}), WatchPlace());
}

TEST(Culprit, ALossThatIsNoNumberIsTheLargest) {
  MadeStage stage("a", 1, 2);
  stage.learn(7, 1).learn(2, 0);
  auto& values = stage.channel("loss.cls").values;
  values.assign(stage.evidence.candidates->count(), 0.f);
  values[2] = 5;
  values[7] = std::numeric_limits<float>::quiet_NaN();
  const double none = std::numeric_limits<double>::quiet_NaN();
  const WatchPlace place = costliest({stage.frame()}, {none});
  EXPECT_THAT(place.candidates, ElementsAre(7, 2));
  EXPECT_EQ(place.object, 1);
}

TEST(Culprit, OfAnObjectTheCandidatesAreThoseThatLearnIt) {
  MadeStage stage("a", 1, 2);
  stage.learn(4, 1).learn(9, 1).learn(5, 0);
  const auto frame = stage.frame();
  WatchPlace place{"a", frame->stages[0]->stage.name, 1, {}};
  addCandidates(place, {frame});
  EXPECT_THAT(place.candidates, ElementsAre(4, 9));
  WatchPlace elsewhere{"b", frame->stages[0]->stage.name, 1, {}};
  addCandidates(elsewhere, {frame});
  EXPECT_THAT(elsewhere.candidates, IsEmpty());
}

}  // namespace
}  // namespace anchorscope::testing
