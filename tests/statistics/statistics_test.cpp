// Each statistic on evidence made by hand.

#include "core/statistics/statistic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Two levels of 4 and 1 cells, 16 px and 64 px wide; a small and a large object, and an ignored one.
class Stage {
 public:
  explicit Stage(std::int64_t step = 0) {
    auto image = std::make_shared<ProbeImage>();
    image->name = "a";
    image->objects = {{{0, 0, 20, 20}, 0, false}, {{0, 0, 100, 100}, 1, false}, {{50, 50, 60, 60}, 0, true}};
    evidence.image = image;
    evidence.step = step;
    auto candidates = std::make_shared<CandidateSet>();
    candidates->levels = {{8, 2, 2, 1, 0}, {16, 1, 1, 1, 4}};
    candidates->boxesInInput = {
        {0, 0, 16, 16}, {3, 4, 19, 20}, {0, 8, 16, 24}, {8, 8, 24, 24}, {0, 0, 64, 64}};
    evidence.candidates = candidates;
    DecisionSpec decision;
    decision.pairTable = "pairs";
    decision.outcomes = {{"classification", "assigned_cls", "w_cls", ""},
                         {"regression", "assigned_reg", "w_reg", ""}};
    evidence.decisions = {decision};
  }
  Stage& channel(const char* name, ColorScale scale, std::vector<float> values) {
    Channel channel;
    channel.spec = channelOf(name, name, "1", "d", "s", scale);
    channel.values = std::move(values);
    evidence.channels.push_back(std::move(channel));
    return *this;
  }
  Stage& winners(std::vector<float> cls, std::vector<float> reg) {
    channel("assigned_cls", ColorScale::kClassification, std::move(cls));
    return channel("assigned_reg", ColorScale::kRegression, std::move(reg));
  }
  /// p, q, w_cls, w_reg, member of pairs in the order of objects, then candidates.
  Stage& pair(std::int32_t candidate, std::int32_t object, std::array<float, 5> values) {
    if (evidence.pairTables.empty()) {
      PairTable& table = evidence.pairTables.emplace_back();
      table.spec.name = "pairs";
      table.spec.columns = {realColumn("p", "p", "1", "d", ColorScale::kClassification),
                            realColumn("q", "q", "1", "d", ColorScale::kRegression),
                            realColumn("w_cls", "w", "1", "d", ColorScale::kClassification),
                            realColumn("w_reg", "w", "1", "d", ColorScale::kRegression),
                            memberColumn("anchor")};
      table.spec.memberColumn = "member";
      table.columns.resize(5);
    }
    PairTable& table = evidence.pairTables.front();
    table.candidate.push_back(candidate);
    table.object.push_back(object);
    for (std::size_t i = 0; i < 5; ++i)
      table.columns[i].push_back(values[i]);
    return *this;
  }
  StageEvidence evidence;
};

class Measured {
 public:
  explicit Measured(const std::string& statistic) {
    for (const Statistic& each : statistics())
      if (each.name == statistic) meter_ = each.make();
  }
  /// What it gives of a step with these stages, by name.
  std::map<std::string, double> of(const std::vector<Stage>& stages) {
    for (const Stage& stage : stages)
      meter_->see(stage.evidence);
    std::map<std::string, double> out;
    for (const StatisticValue& value : meter_->finishStep()) {
      EXPECT_FALSE(value.title.empty());
      out[value.name] = value.value;
    }
    return out;
  }

 private:
  std::unique_ptr<Meter> meter_;
};

using Values = std::map<std::string, double>;

TEST(Statistics, AreDescribedAndNamedOnce) {
  std::set<std::string> names;
  for (const Statistic& statistic : statistics()) {
    EXPECT_TRUE(names.insert(statistic.name).second) << statistic.name;
    EXPECT_FALSE(statistic.title.empty() || statistic.unit.empty() || statistic.description.empty() ||
                 statistic.source.empty() || statistic.needs.empty())
        << statistic.name;
  }
  EXPECT_GE(names.size(), 8u);
}

TEST(Statistics, GiveNothingOfAStageThatLacksEverything) {
  Stage bare;
  bare.evidence.decisions.clear();
  for (const Statistic& statistic : statistics())
    EXPECT_EQ(Measured(statistic.name).of({bare}), Values{}) << statistic.name;
}

TEST(Statistics, CountPositivesPerObjectLevelAndSize) {
  Stage stage;
  stage.winners({0, 0, -1, -2, 1}, {0, -1, -1, 2, 0});
  EXPECT_EQ(Measured("positives").of({stage}),
            (Values{{"classification", 1.5}, {"regression", 1}, {"starved", 0}}));
  EXPECT_EQ(Measured("level_positives").of({stage}), (Values{{"P3", 0.75}, {"P4", 0.25}}));
  // The small object at three candidates, the large one at one; the ignored one does not count.
  EXPECT_EQ(Measured("size_positives").of({stage}), (Values{{"small", 3}, {"large", 1}}));
  Stage none;
  none.winners({-1, -1, -1, -1, 1}, {-1, -1, -1, -1, -1});
  EXPECT_EQ(Measured("positives").of({none})["starved"], 0.5);
  EXPECT_EQ(Measured("positives").of({stage, none})["starved"], 0.25);
}

TEST(Statistics, TellHowEvenlyABagsWeightIsSpread) {
  Stage stage;
  stage.pair(0, 0, {0, 0, 0.3f, 0.5f, 1}).pair(1, 0, {0, 0, 0.3f, 0, 1}).pair(2, 0, {0, 0, 9, 9, 0});
  const Values values = Measured("bag_entropy").of({stage});
  EXPECT_NEAR(values.at("members"), std::log(2.0), 1e-12);
  EXPECT_NEAR(values.at("classification"), std::log(2.0), 1e-12);
  EXPECT_EQ(values.at("regression"), 0);
  Stage unweighed;
  unweighed.pair(0, 0, {0, 0, kNaN, kNaN, 1});
  EXPECT_EQ(Measured("bag_entropy").of({unweighed}), (Values{{"members", 0}}));
}

TEST(Statistics, TellWhatShareOfPositivesChanged) {
  Measured flips("flip_rate");
  Stage first(1), second(2), third(3);
  first.winners({0, 0, -1, 1, 1}, {-1, -1, -1, -1, -1});
  second.winners({0, -1, 0, 1, 1}, {-1, -1, -1, -1, 0});
  third.winners({0, -1, 0, 1, 1}, {-1, -1, -1, -1, 0});
  EXPECT_EQ(flips.of({first}), Values{}) << "nothing to compare with";
  // Object 0: two of three are not in both; object 1: none. Regression: object 0 all, object 1 none.
  EXPECT_EQ(flips.of({second}), (Values{{"classification", 1.0 / 3}, {"regression", 0.5}}));
  EXPECT_EQ(flips.of({third}), (Values{{"classification", 0}, {"regression", 0}}));
}

TEST(Statistics, TellWhetherScoresAndBoxesAgree) {
  Stage stage;
  stage.winners({0, 0, 0, -1, -1}, {-1, -1, -1, -1, -1});
  stage.channel("cls_score_object", ColorScale::kClassification, {0.1f, 0.2f, 0.3f, 0, 0});
  stage.evidence.predictedBoxesInInput = {{0, 0, 20, 5}, {0, 0, 20, 10}, {0, 0, 20, 20}, {}, {}};
  EXPECT_EQ(Measured("score_iou").of({stage}), (Values{{"", 1}}));
  stage.evidence.channels.back().values = {0.3f, 0.2f, 0.1f, 0, 0};
  EXPECT_EQ(Measured("score_iou").of({stage}), (Values{{"", -1}}));
}

TEST(Statistics, TellWhetherADetectionsScoreIsItsOverlap) {
  Stage stage;
  stage.evidence.predictions = {{{0, 0, 20, 20}, 0, 1.0f, 0},    // overlap 1
                                {{0, 0, 20, 10}, 0, 0.95f, 1},   // 0.5
                                {{0, 0, 20, 20}, 1, 0.25f, 2}};  // of another class: 400 of 10,000
  const Values values = Measured("calibration").of({stage});
  EXPECT_NEAR(values.at("iou.0.9"), 0.75, 1e-6);
  EXPECT_NEAR(values.at("iou.0.2"), 0.04, 1e-6);
  EXPECT_NEAR(values.at("error"), (std::abs(1.95 - 1.5) + std::abs(0.25 - 0.04)) / 3, 1e-6);
  EXPECT_EQ(values.size(), 3u);
}

TEST(Statistics, TellHowFarTheBestScoredIsFromTheBestPlaced) {
  Stage stage;
  stage.pair(0, 0, {0.9f, 0.5f, 0, 0, 1})
      .pair(1, 0, {0.4f, 0.75f, 0, 0, 1})
      .pair(2, 0, {1, 1, 0, 0, 0})  // not in the bag
      .pair(4, 1, {0.2f, 0.3f, 0, 0, 1});
  const Values values = Measured("mutual_distance").of({stage});
  // Middles (8, 8) and (11, 12) are 5 px apart, the object is 20 px large; the other object has but one.
  EXPECT_NEAR(values.at("distance"), 0.5 * 5 / 20, 1e-6);
  EXPECT_NEAR(values.at("iou_lost"), 0.5 * 0.25, 1e-6);
  EXPECT_EQ(values.at("same"), 0.5);
}

}  // namespace
}  // namespace anchorscope
