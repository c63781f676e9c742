// Parts of a stage's candidates, by condition and in groups: by hand, and against every candidate asked
// alone.

#include "core/evidence/groups.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Levels of 16, 4 and 1 candidates, three objects of two classes, the third ignored.
constexpr std::size_t kCandidates = 21;

void add(StageEvidence& evidence, const char* name, ColorScale scale, std::vector<float> values) {
  Channel channel;
  channel.spec = channelOf(name, name, "1", "d", "s", scale);
  channel.values = std::move(values);
  evidence.channels.push_back(std::move(channel));
}

StageEvidence emptyStage() {
  StageEvidence evidence;
  auto image = std::make_shared<ProbeImage>();
  image->name = std::string(1, 'a');  // g++ 12 takes the assignment of "a" for an overflow
  image->objects.resize(3);
  image->objects[0].classIndex = 1;
  image->objects[2].ignored = true;
  evidence.image = image;
  evidence.classNames = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"x", "y"});
  auto candidates = std::make_shared<CandidateSet>();
  candidates->levels = {{8, 4, 4, 1, 0}, {16, 2, 2, 1, 16}, {32, 1, 1, 1, 20}};
  candidates->boxesInInput.resize(kCandidates, Box{0, 0, 8, 8});
  evidence.candidates = candidates;
  DecisionSpec decision;
  decision.outcomes = {{"classification", "assigned_cls", "", ""}, {"regression", "assigned_reg", "", ""}};
  evidence.decisions = {decision};
  return evidence;
}

StageEvidence randomStage(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto values = [&](auto distribution, double undefined) {
    std::bernoulli_distribution isUndefined(undefined);
    std::vector<float> out(kCandidates);
    for (float& value : out)
      value = isUndefined(random) ? kNaN : static_cast<float>(distribution(random));
    return out;
  };
  StageEvidence stage = emptyStage();
  const std::uniform_int_distribution<int> winner(-2, 2);
  const std::uniform_real_distribution<double> share(0, 1);
  add(stage, "assigned_cls", ColorScale::kClassification, values(winner, 0));
  add(stage, "assigned_reg", ColorScale::kRegression, values(winner, 0.1));
  add(stage, "cls_score_object", ColorScale::kClassification, values(share, 0.2));
  add(stage, "iou", ColorScale::kRegression, values(share, 0));
  add(stage, "loss.cls", ColorScale::kClassification, values(share, 0.1));
  add(stage, "loss.loc", ColorScale::kRegression, values(share, 0.3));
  return stage;
}

double sumOf(const StageEvidence& stage, const char* name) {
  double sum = 0;
  for (const float value : stage.channel(name)->values)
    if (!std::isnan(value)) sum += static_cast<double>(value);
  return sum;
}

constexpr GroupBy kEveryWay[] = {GroupBy::kRole, GroupBy::kLevel, GroupBy::kClass, GroupBy::kObject,
                                 GroupBy::kImage};

TEST(Groups, TogetherCostWhatTheStageDoesHoweverTheyAreMade) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const StageEvidence stage = randomStage(seed);
    for (const GroupBy by : kEveryWay) {
      const GroupTable table = groupsOf(stage, by);
      ASSERT_EQ(table.losses.size(), 2u);
      for (std::size_t l = 0; l < 2; ++l) {
        double sum = 0;
        for (const CandidateGroup& group : table.groups)
          sum += group.losses[l];
        const double whole = sumOf(stage, l == 0 ? "loss.cls" : "loss.loc");
        EXPECT_NEAR(sum, whole, 1e-12) << groupByName(by);
        EXPECT_DOUBLE_EQ(table.all.losses[l], whole);
      }
    }
  }
}

TEST(Groups, CountTheCandidatesOfTheirCondition) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const StageEvidence stage = randomStage(seed);
    CandidateCondition good;
    good.ranges = {{"iou", 0.5f, 1.f}};
    const CandidateSubset half = *subsetOf(stage, good);
    for (const GroupBy by : kEveryWay) {
      for (const CandidateGroup& group : groupsOf(stage, by, &half).groups) {
        const auto its = subsetOf(stage, group.condition);
        ASSERT_TRUE(its) << group.name;
        EXPECT_EQ(group.candidates, its->count) << groupByName(by) << ' ' << group.name;
        EXPECT_EQ(group.inSubset, subsetOf(stage, group.condition.with(good))->count) << group.name;
      }
    }
  }
}

TEST(Groups, PartCandidatesByRoleAndLevel) {
  const StageEvidence stage = randomStage(3);
  for (const GroupBy by : {GroupBy::kRole, GroupBy::kLevel, GroupBy::kImage}) {
    std::int64_t candidates = 0, positives = 0;
    for (const CandidateGroup& group : groupsOf(stage, by).groups) {
      candidates += group.candidates;
      positives += group.positives;
    }
    EXPECT_EQ(candidates, static_cast<std::int64_t>(kCandidates));
    EXPECT_EQ(positives, groupsOf(stage, by).all.positives);
  }
}

TEST(Groups, GiveALossToTheObjectThatItsOwnHeadLearns) {
  StageEvidence stage = emptyStage();
  std::vector<float> cls(kCandidates, -1), reg(kCandidates, -1), clsLoss(kCandidates, 0),
      locLoss(kCandidates, 0), score(kCandidates, kNaN), iou(kCandidates, 0);
  cls[0] = 0, reg[0] = 1, clsLoss[0] = 3, locLoss[0] = 5, score[0] = 0.25f, iou[0] = 0.5f;
  cls[1] = 0, reg[1] = -1, clsLoss[1] = 7, score[1] = 0.75f, iou[1] = 1;
  cls[20] = -2, clsLoss[20] = 11;
  clsLoss[5] = 13;
  add(stage, "assigned_cls", ColorScale::kClassification, cls);
  add(stage, "assigned_reg", ColorScale::kRegression, reg);
  add(stage, "cls_score_object", ColorScale::kClassification, score);
  add(stage, "iou", ColorScale::kRegression, iou);
  add(stage, "loss.cls", ColorScale::kClassification, clsLoss);
  add(stage, "loss.loc", ColorScale::kRegression, locLoss);

  const GroupTable objects = groupsOf(stage, GroupBy::kObject);
  ASSERT_EQ(objects.groups.size(), 5u);  // three objects, background, ignored
  EXPECT_EQ(objects.groups[0].losses, (std::vector<double>{10, 0}));
  EXPECT_EQ(objects.groups[1].losses, (std::vector<double>{0, 5}));
  EXPECT_EQ(objects.groups[3].losses, (std::vector<double>{13, 0}));
  EXPECT_EQ(objects.groups[4].losses, (std::vector<double>{11, 0}));
  EXPECT_EQ(objects.groups[0].candidates, 2);
  EXPECT_EQ(objects.groups[1].candidates, 1) << "the candidate is the other object's for the other head";
  EXPECT_EQ(objects.groups[3].candidates, 18);
  EXPECT_DOUBLE_EQ(objects.groups[0].score, 0.5);
  EXPECT_DOUBLE_EQ(objects.groups[0].iou, 0.75);
  EXPECT_TRUE(std::isnan(objects.groups[2].score));
  const GroupTable classes = groupsOf(stage, GroupBy::kClass);
  EXPECT_EQ(classes.groups[1].name, "y");
  EXPECT_EQ(classes.groups[1].losses, (std::vector<double>{10, 0}));
  EXPECT_EQ(groupsOf(stage, GroupBy::kLevel).groups[2].losses, (std::vector<double>{11, 0}));
}

TEST(Groups, OfImagesAddUpToTheirsAndSayWhatOneLacks) {
  auto a = std::make_shared<StageEvidence>(randomStage(1)),
       b = std::make_shared<StageEvidence>(randomStage(2));
  b->channels.pop_back();  // loss.loc
  const GroupTable table = groupsOfImages({a, b});
  ASSERT_EQ(table.groups.size(), 2u);
  EXPECT_DOUBLE_EQ(table.all.losses[0], sumOf(*a, "loss.cls") + sumOf(*b, "loss.cls"));
  EXPECT_DOUBLE_EQ(table.all.losses[1], sumOf(*a, "loss.loc"));
  EXPECT_TRUE(std::isnan(table.groups[1].losses[1]));
  EXPECT_EQ(table.all.candidates, 2 * static_cast<std::int64_t>(kCandidates));
}

TEST(Subset, IsInsideAnOutlineAndARange) {
  StageEvidence stage = emptyStage();
  std::vector<float> x(kCandidates), y(kCandidates);
  for (std::size_t i = 0; i < kCandidates; ++i) {
    x[i] = static_cast<float>(i % 5);
    y[i] = static_cast<float>(i / 5);
  }
  y[7] = kNaN;
  add(stage, "x", ColorScale::kSequential, x);
  add(stage, "y", ColorScale::kSequential, y);
  CandidateCondition condition;
  // Below the line x + y = 3.5.
  condition.area = ChannelArea{"x", "y", {{-0.5f, -0.5f}, {4, -0.5f}, {-0.5f, 4}}};
  EXPECT_EQ(subsetOf(stage, condition)->count, 9) << "1 + 2 + 3 + 4, less the undefined one";
  condition.ranges = {{"y", 1, 1}};
  EXPECT_EQ(subsetOf(stage, condition)->count, 2);
  condition.area->outline.clear();
  EXPECT_EQ(subsetOf(stage, condition)->count, 0);
}

TEST(Subset, IsNoneWhereTheStageLacksWhatItNames) {
  const StageEvidence stage = randomStage(5);
  CandidateCondition condition;
  EXPECT_EQ(subsetOf(stage, condition)->count, static_cast<std::int64_t>(kCandidates));
  condition.ranges = {{"of another method", 0, 1}};
  EXPECT_FALSE(subsetOf(stage, condition));
  condition = {};
  condition.level = 3;
  EXPECT_FALSE(subsetOf(stage, condition));
  StageEvidence silent = stage;
  silent.decisions.clear();
  condition = {};
  condition.role = CandidateRole::kPositive;
  EXPECT_FALSE(subsetOf(silent, condition));
  condition = {};
  condition.object = 9;
  EXPECT_EQ(subsetOf(stage, condition)->count, 0) << "nobody learns an object that there is not";
}

TEST(Subset, IsOfThoseThatAreNamedOneByOne) {
  const StageEvidence stage = randomStage(5);
  CandidateCondition condition;
  EXPECT_FALSE(condition.isOfImage());
  condition.candidates = {17, 3, 3, -1, 999};
  EXPECT_TRUE(condition.isOfImage());
  EXPECT_FALSE(condition.isEmpty());
  const auto subset = subsetOf(stage, condition);
  ASSERT_TRUE(subset);
  EXPECT_EQ(subset->count, 2);
  EXPECT_EQ(subset->inside[3], 1);
  EXPECT_EQ(subset->inside[17], 1);
  condition.level = 0;  // the first 16
  EXPECT_EQ(subsetOf(stage, condition)->count, 1);
  CandidateCondition later;
  later.candidates = {5};
  EXPECT_EQ(condition.with(later).candidates, later.candidates);
  EXPECT_EQ(condition.with(CandidateCondition()).candidates, condition.candidates);
}

TEST(Subset, OfTwoConditionsTheLaterOneSaysWhatBothName) {
  CandidateCondition a, b;
  a.ranges = {{"iou", 0, 0.5f}, {"cls_score", 0, 1}};
  a.level = 1;
  b.ranges = {{"iou", 0.25f, 1}};
  b.role = CandidateRole::kPositive;
  const CandidateCondition both = a.with(b);
  EXPECT_EQ(both.ranges, (std::vector<ChannelRange>{{"cls_score", 0, 1}, {"iou", 0.25f, 1}}));
  EXPECT_EQ(both.level, 1);
  EXPECT_EQ(both.role, CandidateRole::kPositive);
  EXPECT_FALSE(both.isEmpty());
  EXPECT_TRUE(CandidateCondition().isEmpty());
}

}  // namespace
}  // namespace anchorscope
