#include "core/evidence/track.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Channel channelWith(const char* name, const char* unit, std::vector<float> values) {
  Channel channel;
  channel.spec.name = name;
  channel.spec.title = name;
  channel.spec.unit = unit;
  channel.values = std::move(values);
  return channel;
}

/// Five anchors in a row and two objects; the one head learns `winners`.
std::shared_ptr<const ProbeFrame> moment(std::int64_t step, std::vector<float> winners,
                                         std::vector<float> iou = {.1f, .2f, .3f, .4f, kNan}) {
  StageEvidence frame;
  frame.step = step;
  auto image = std::make_shared<ProbeImage>();
  image->name = "cells";
  image->objects = {{{0, 0, 20, 10}, 0, false}, {{20, 0, 40, 10}, 1, false}};
  frame.image = image;
  auto anchors = std::make_shared<CandidateSet>();
  anchors->levels = {{8, 1, 5, 1, 0}};
  anchors->boxesInInput.resize(5, {0, 0, 10, 10});
  frame.candidates = anchors;
  frame.channels = {channelWith("winner", "", std::move(winners)), channelWith("iou", "1", std::move(iou))};
  frame.predictedBoxesInInput.resize(5, {1, 2, 3, static_cast<float>(step)});
  frame.objectColumns = {{{"positives", "Positives", "anchors", "", ""}, {7, static_cast<float>(step)}}};
  DecisionSpec decision;
  decision.outcomes = {{"regression", "winner", "", ""}};
  frame.decisions = {decision, decision};  // a head stands once, however often it is declared
  return ProbeFrame::of(std::move(frame));
}

Track trackOf(const TrackSubject& subject, const std::vector<std::shared_ptr<const ProbeFrame>>& moments) {
  Tracker tracker(subject);
  for (const auto& each : moments)
    if (const Status added = tracker.add(*each); !added) throw std::runtime_error(added.error().text());
  return tracker.track();
}

/// Who learns object 0: {0, 1}, {0, 1}, {1, 2}, nobody.
std::vector<std::shared_ptr<const ProbeFrame>> fourMoments() {
  return {moment(0, {0, 0, -1, 1, -1}), moment(4, {0, 0, -1, 1, kNan}), moment(8, {-1, 0, 0, 1, -2}),
          moment(12, {-1, -1, -1, 1, -1})};
}

TEST(Tracker, AnObjectsFlipRateAndStabilityAsWorkedByHand) {
  const Track track = trackOf({"", -1, 0}, fourMoments());
  ASSERT_EQ(track.heads.size(), 1U);
  EXPECT_EQ(track.heads[0].head, "regression");
  // Of {0, 1, 2} the two of {0, 2} differ; of {1, 2} both go.
  EXPECT_DOUBLE_EQ(track.heads[0].flipRate, (0 + 2.0 / 3 + 1) / 3);
  // Three anchors at four moments: 6 of 12.
  EXPECT_DOUBLE_EQ(track.heads[0].stability, 0.5);
  const std::vector<double>& change = track.column("change.regression")->values;
  EXPECT_TRUE(std::isnan(change.at(0)));
  EXPECT_EQ(std::vector<double>(change.begin() + 1, change.end()), (std::vector<double>{0, 2.0 / 3, 1}));
  EXPECT_EQ(track.column("candidates.regression")->values, (std::vector<double>{2, 2, 2, 0}));
}

TEST(Tracker, AnObjectThatNothingChangesForIsStable) {
  const Track track = trackOf({"", -1, 1}, fourMoments());
  EXPECT_EQ(track.heads.at(0).flipRate, 0);
  EXPECT_EQ(track.heads.at(0).stability, 1);
  EXPECT_EQ(track.column("positives")->values, (std::vector<double>{0, 4, 8, 12}));
  EXPECT_TRUE(track.boxesInInput.empty());
}

TEST(Tracker, ACandidatesFlipRateAndStabilityAsWorkedByHand) {
  const Track track = trackOf({"", 2, -1}, fourMoments());
  // Background, background, object 0, background.
  EXPECT_DOUBLE_EQ(track.heads.at(0).flipRate, 2.0 / 3);
  EXPECT_DOUBLE_EQ(track.heads.at(0).stability, 3.0 / 4);
  EXPECT_EQ(track.address, "anchor 2 \u00b7 P3 (0, 2)");
  EXPECT_EQ(track.steps, (std::vector<std::int64_t>{0, 4, 8, 12}));
  EXPECT_EQ(track.column("winner")->values, (std::vector<double>{-1, -1, 0, -1}));
  ASSERT_EQ(track.boxesInInput.size(), 4U);
  EXPECT_EQ(track.boxesInInput[2].y2, 8);
  // What is not defined is background, which ignored is not.
  const Track last = trackOf({"", 4, -1}, fourMoments());
  EXPECT_DOUBLE_EQ(last.heads.at(0).flipRate, 2.0 / 3);
  EXPECT_DOUBLE_EQ(last.heads.at(0).stability, 3.0 / 4);
}

TEST(Tracker, AnObjectsMeansAreOverThoseThatLearnIt) {
  const Track track = trackOf({"", -1, 0}, {moment(0, {0, -1, 0, -1, 0}), moment(1, {-1, -1, -1, -1, 0}),
                                            moment(2, {1, 1, 1, 1, 1})});
  const std::vector<double>& mean = track.column("mean.iou")->values;
  EXPECT_NEAR(mean.at(0), 0.2, 1e-7);  // of 0.1 and 0.3; the third has none
  EXPECT_TRUE(std::isnan(mean.at(1)));
  EXPECT_TRUE(std::isnan(mean.at(2)));
  EXPECT_EQ(track.column("mean.winner"), nullptr) << "an index has no mean";
}

TEST(Tracker, OneMomentHasNoFlipRateAndNobodyNoStability) {
  const Track one = trackOf({"", -1, 0}, {moment(3, {-1, -1, -1, -1, -1})});
  EXPECT_TRUE(std::isnan(one.heads.at(0).flipRate));
  EXPECT_TRUE(std::isnan(one.heads.at(0).stability));
  const Track candidate = trackOf({"", 0, -1}, {moment(3, {-1, -1, -1, -1, -1})});
  EXPECT_TRUE(std::isnan(candidate.heads.at(0).flipRate));
  EXPECT_EQ(candidate.heads.at(0).stability, 1);
}

TEST(Tracker, APairHasItsRowsWhereThereAreAny) {
  const auto withRow = [](std::int64_t step, std::int32_t object) {
    auto frame = std::make_shared<StageEvidence>(*moment(step, {0, 0, 0, 0, 0})->stages[0]);
    PairTable table;
    table.spec.name = "pairs";
    table.spec.columns = {{"rank", "Rank", "", "", true, {}}};
    table.candidate = {3};
    table.object = {object};
    table.columns = {{static_cast<float>(step)}};
    frame->pairTables = {table};
    return ProbeFrame::of(*frame);
  };
  const Track track =
      trackOf({"", 3, 1}, {withRow(1, 1), withRow(2, 0), withRow(5, 1), moment(6, {0, 0, 0, 0, 0})});
  const std::vector<double>& rank = track.column("pairs.rank")->values;
  ASSERT_EQ(rank.size(), 4U);
  EXPECT_EQ(rank[0], 1);
  EXPECT_TRUE(std::isnan(rank[1]));
  EXPECT_EQ(rank[2], 5);
  EXPECT_TRUE(std::isnan(rank[3])) << "a moment without the table";
  // A column that comes later was not there before.
  const Track late = trackOf({"", 3, 1}, {moment(0, {0, 0, 0, 0, 0}), withRow(1, 1)});
  EXPECT_TRUE(std::isnan(late.column("pairs.rank")->values.at(0)));
  EXPECT_EQ(late.column("pairs.rank")->values.at(1), 1);
}

TEST(Tracker, CandidatesOfOneStepAreToldApartByTheirOrigin) {
  const auto made = [](std::int64_t step, std::vector<float> winners, std::vector<std::int32_t> origins) {
    auto frame = std::make_shared<StageEvidence>(*moment(step, std::move(winners))->stages[0]);
    auto candidates = std::make_shared<CandidateSet>();
    candidates->boxesInInput.resize(5);
    candidates->origins = std::move(origins);
    frame->candidates = candidates;
    frame->stage.candidate = "proposal";
    frame->stage.origin = "anchor";
    return ProbeFrame::of(*frame);
  };
  const auto first = made(0, {0, -1, -1, -1, -1}, {90, 91, 92, 93, -1}),
             other = made(1, {-1, -1, 0, -1, -1}, {80, 81, 90, 83, -1});
  const Track track = trackOf({"", -1, 0}, {first, other});
  EXPECT_EQ(track.heads.at(0).flipRate, 0) << "the same anchor at another place in the list";
  EXPECT_EQ(track.heads.at(0).stability, 1);
  Tracker candidate({"", 2, -1});
  const Status refused = candidate.add(*first);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().text().find("anchor it was made from"), std::string::npos);
}

TEST(Tracker, WhatIsNotThereIsSaid) {
  const auto codeOf = [](const TrackSubject& subject) {
    Tracker tracker(subject);
    const Status status = tracker.add(*moment(0, {0, 0, 0, 0, 0}));
    EXPECT_TRUE(tracker.track().steps.empty());
    return status ? ErrorCode::kInternal : status.error().code;
  };
  EXPECT_EQ(codeOf({"", 5, -1}), ErrorCode::kNotFound);
  EXPECT_EQ(codeOf({"", -1, 2}), ErrorCode::kNotFound);
  EXPECT_EQ(codeOf({"roi", -1, 0}), ErrorCode::kNotFound);
  EXPECT_EQ(codeOf({"", -1, -1}), ErrorCode::kUsage);
}

TEST(Track, KeepsTheColumnsThatAreNamed) {
  Track track = trackOf({"", 0, -1}, fourMoments());
  const Status unknown = track.keepColumns({"iou", "io"});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().text().find("There are: winner, iou"), std::string::npos)
      << unknown.error().text();
  EXPECT_EQ(track.columns.size(), 2U);
  ASSERT_TRUE(track.keepColumns({"iou"}));
  ASSERT_EQ(track.columns.size(), 1U);
  EXPECT_EQ(track.columns[0].name, "iou");
}

}  // namespace
}  // namespace anchorscope
