// Each kind of watchpoint: a made case in which it must speak, and one in which it must not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/watch/watch_list.h"
#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Frames = std::vector<std::shared_ptr<const ProbeFrame>>;

WatchList watching(const std::string& text) {
  auto list = WatchList::make(text, {"loss.total", "loss.cls", "train.grad_norm"});
  EXPECT_TRUE(list) << list.error().text();
  return *std::move(list);
}

/// At which of the values of loss.total, counted from 0, it speaks.
std::vector<std::size_t> hitsAt(const std::string& text, const std::vector<double>& losses,
                                const char* scalar = "loss.total") {
  WatchList list = watching(text);
  std::vector<std::size_t> hits;
  for (std::size_t i = 0; i < losses.size(); ++i)
    if (!list.see({{"loss.cls", 1}, {scalar, losses[i]}}).empty()) hits.push_back(i);
  return hits;
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(NonFinite, SpeaksWhereAScalarIsNoNumberAndNotOfLargeOnes) {
  EXPECT_THAT(hitsAt("non_finite", {1, 1e30, kNan, kNan, 1, std::numeric_limits<double>::infinity()}),
              ElementsAre(2, 5))
      << "what goes on is told once";
  EXPECT_THAT(hitsAt("non_finite", {1, 1e300, -1e300, 0}), IsEmpty());
}

TEST(LossSpike, SpeaksFarAboveTheMedianAndNotOfASlope) {
  EXPECT_THAT(hitsAt("loss_spike", {1, 1, 1, 1, 1, 4.5, 1, 1}), ElementsAre(5));
  EXPECT_THAT(hitsAt("loss_spike", {1, 1, 1, 1, 1, 3.9, 1, 1}), IsEmpty());
  EXPECT_THAT(hitsAt("loss_spike factor=2", {1, 1, 1, 1, 1, 3.9, 1, 1}), ElementsAre(5));
  EXPECT_THAT(hitsAt("loss_spike", {1, 1, 1, 1, 9}), IsEmpty()) << "four steps have no median to speak of";
  std::vector<double> rising;
  for (int i = 0; i < 200; ++i)
    rising.push_back(1 + 0.1 * i);
  EXPECT_THAT(hitsAt("loss_spike window=20", rising), IsEmpty());
  EXPECT_THAT(hitsAt("loss_spike scalar=loss.cls", {1, 1, 1, 1, 1, 9}, "loss.total"), IsEmpty());
}

TEST(GradientNorm, SpeaksAboveItsBoundAndNotAtIt) {
  EXPECT_THAT(hitsAt("gradient_norm above=5", {1, 5, 5.1, 6, 4, 7}, "train.grad_norm"), ElementsAre(2, 5));
  EXPECT_THAT(hitsAt("gradient_norm above=5", {1, 5, 5}, "train.grad_norm"), IsEmpty());
}

TEST(Expression, SpeaksWhereItBecomesTrueAndNotWhileItIsFalse) {
  EXPECT_THAT(hitsAt("expression loss.total > 2 && loss.cls == 1", {1, 3, 4, 1, 3}), ElementsAre(1, 4));
  EXPECT_THAT(hitsAt("expression loss.total > 2 && loss.cls == 2", {1, 3, 4, 1, 3}), IsEmpty());
  WatchList list = watching("expression loss.total > 2");
  const auto reports = list.see({{"loss.total", 3}});
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].watch, "expression loss.total > 2");
  EXPECT_EQ(reports[0].hit.what, "loss.total is 3");
}

/// Three objects; the first has this many positives, the others two each.
Frames served(int positives, std::int64_t step = 1) {
  MadeStage stage("a.png", step, 3);
  std::size_t candidate = 0;
  for (int i = 0; i < positives; ++i)
    stage.learn(candidate++, 0);
  for (const float object : {1.f, 1.f, 2.f, 2.f})
    stage.learn(candidate++, object);
  return {stage.frame()};
}

TEST(UnservedObject, SpeaksOfAnObjectThatNothingLearnsAndNotOfServedOnes) {
  WatchList list = watching("unserved_object");
  EXPECT_TRUE(list.looksAt(WatchSource::kProbes));
  EXPECT_FALSE(list.looksAt(WatchSource::kBatch));
  EXPECT_THAT(list.see(WatchSource::kProbes, served(1)), IsEmpty());
  const auto reports = list.see(WatchSource::kProbes, served(0));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].hit.where.image, "a.png");
  EXPECT_EQ(reports[0].hit.where.object, 0);
  EXPECT_THAT(list.see(WatchSource::kProbes, served(0)), IsEmpty()) << "told already";
  EXPECT_THAT(list.see(WatchSource::kProbes, served(1)), IsEmpty());
  EXPECT_THAT(list.see(WatchSource::kProbes, served(0)), SizeIs(1)) << "it had one again";
  EXPECT_THAT(list.see(std::vector<ScalarValue>{{"loss.total", 1}}), IsEmpty());
}

TEST(UnservedObject, OfBatchesEachIsNews) {
  WatchList list = watching("unserved_object of=batch");
  EXPECT_TRUE(list.looksAt(WatchSource::kBatch));
  EXPECT_THAT(list.see(WatchSource::kBatch, served(0)), SizeIs(1));
  EXPECT_THAT(list.see(WatchSource::kBatch, served(0)), SizeIs(1));
  EXPECT_THAT(list.see(WatchSource::kProbes, served(0)), IsEmpty()) << "it looks at batches";
}

TEST(UnservedObject, IgnoredObjectsNeedNoPositives) {
  MadeStage stage("a.png", 1, 2);
  stage.learn(0, 0);
  stage.objects[1].ignored = true;
  WatchList list = watching("unserved_object");
  EXPECT_THAT(list.see(WatchSource::kProbes, {stage.frame()}), IsEmpty());
}

TEST(PositivesJump, SpeaksOfManyMoreOrFewerAndNotOfAFew) {
  WatchList list = watching("positives_jump factor=3 least=5");
  EXPECT_THAT(list.see(WatchSource::kProbes, served(4)), IsEmpty()) << "there was nothing before";
  EXPECT_THAT(list.see(WatchSource::kProbes, served(8)), IsEmpty()) << "twice as many";
  auto reports = list.see(WatchSource::kProbes, served(30));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].hit.where.object, 0);
  EXPECT_THAT(reports[0].hit.what, HasSubstr("30 positives, 8"));
  EXPECT_THAT(list.see(WatchSource::kProbes, served(10)), SizeIs(1)) << "a third";
  WatchList few = watching("positives_jump factor=3 least=5");
  EXPECT_THAT(few.see(WatchSource::kProbes, served(1)), IsEmpty());
  EXPECT_THAT(few.see(WatchSource::kProbes, served(4)), IsEmpty()) << "four times as many, but three more";
}

}  // namespace
}  // namespace anchorscope::testing
