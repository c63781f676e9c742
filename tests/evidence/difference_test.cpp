// What two methods decide otherwise: by hand, and against a count of every candidate.

#include "core/evidence/difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Two levels of 2 x 2 and 1 cells, two objects of the classes 1 and 0.
StageEvidence evidenceOf(std::vector<float> cls, std::vector<float> reg) {
  StageEvidence evidence;
  auto image = std::make_shared<ProbeImage>();
  image->name = "a";
  image->objects.resize(2);
  image->objects[0].classIndex = 1;
  image->objects[1].classIndex = 0;
  evidence.image = image;
  evidence.step = 3;
  evidence.classNames = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"x", "y"});
  auto candidates = std::make_shared<CandidateSet>();
  candidates->levels = {{8, 2, 2, 1, 0}, {16, 1, 1, 1, 4}};
  candidates->boxesInInput.resize(5, Box{0, 0, 8, 8});
  evidence.candidates = candidates;
  const auto add = [&](const char* name, std::vector<float> values) {
    Channel channel;
    channel.spec = channelOf(name, name, "1", "d", "s");
    channel.values = std::move(values);
    evidence.channels.push_back(std::move(channel));
  };
  add("assigned_cls", std::move(cls));
  add("assigned_reg", std::move(reg));
  return evidence;
}

TEST(Difference, IsCountedByObjectLevelAndClass) {
  const StageEvidence before = evidenceOf({0, -1, 1, -2, 0}, {-1, -1, -1, -1, -1}),
                      after = evidenceOf({0, 1, 0, -1, -2}, {-1, -1, -1, -1, -1});
  const auto differences = assignmentDifferences(before, after);
  ASSERT_EQ(differences.size(), 2u);
  const AssignmentDifference& cls = differences[0];
  EXPECT_EQ(cls.head, "cls");
  // The same, added to 1, moved from 1 to 0, ignored to background, removed from 0.
  ASSERT_EQ(cls.change.size(), 5u);
  EXPECT_TRUE(std::isnan(cls.change[0]) && std::isnan(cls.change[3]));
  EXPECT_EQ(cls.change[1], 1);
  EXPECT_EQ(cls.change[2], 0);
  EXPECT_EQ(cls.change[4], -1);
  EXPECT_EQ(cls.all, (ChangeCounts{1, 1, 1}));
  EXPECT_EQ(cls.perObject, (std::vector<ChangeCounts>{{1, 1, 0}, {1, 1, 0}}));
  EXPECT_EQ(cls.perClass, (std::vector<ChangeCounts>{{1, 1, 0}, {1, 1, 0}}));
  EXPECT_EQ(cls.perLevel, (std::vector<ChangeCounts>{{1, 0, 1}, {0, 1, 0}}));
  EXPECT_EQ(differences[1].all, ChangeCounts());
}

TEST(Difference, OfAnythingIsWhatCountingEveryCandidateGives) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> winner(-2, 1);
  for (int round = 0; round < 50; ++round) {
    const auto any = [&] {
      std::vector<float> values(5);
      for (float& value : values)
        value = static_cast<float>(winner(random));
      return values;
    };
    const std::vector<float> a = any(), b = any();
    const AssignmentDifference got = assignmentDifferences(evidenceOf(a, a), evidenceOf(b, b))[0];
    ChangeCounts all;
    std::vector<ChangeCounts> perObject(2);
    for (std::size_t i = 0; i < 5; ++i) {
      all.added += a[i] < 0 && b[i] >= 0 ? 1 : 0;
      all.removed += a[i] >= 0 && b[i] < 0 ? 1 : 0;
      all.moved += a[i] >= 0 && b[i] >= 0 && a[i] != b[i] ? 1 : 0;
      for (int object = 0; object < 2; ++object) {
        const auto o = static_cast<float>(object);
        perObject[static_cast<std::size_t>(object)].added += a[i] != o && b[i] == o ? 1 : 0;
        perObject[static_cast<std::size_t>(object)].removed += a[i] == o && b[i] != o ? 1 : 0;
      }
    }
    EXPECT_EQ(got.all, all);
    EXPECT_EQ(got.perObject, perObject);
    std::int64_t levels = 0;
    for (const ChangeCounts& level : got.perLevel)
      levels += level.added + level.removed + level.moved;
    EXPECT_EQ(levels, all.added + all.removed + all.moved);

    // Who has the variant alone counts the same.
    StageEvidence variant = evidenceOf(b, b);
    variant.variant = std::make_shared<const Variant>(Variant{"other", {}});
    const auto frames = withDifferences({ProbeFrame::of(evidenceOf(a, a)), ProbeFrame::of(variant)});
    const AssignmentDifference told = differencesIn(*frames[1]->stages[0])[0];
    EXPECT_EQ(told.all, got.all);
    EXPECT_EQ(told.perObject, got.perObject);
    EXPECT_EQ(told.perLevel, got.perLevel);
    EXPECT_EQ(told.perClass, got.perClass);
  }
}

TEST(Difference, WhatCannotBeComparedIsNot) {
  const StageEvidence one = evidenceOf({0, 0, 0, 0, 0}, {0, 0, 0, 0, 0});
  StageEvidence other = one;
  auto image = std::make_shared<ProbeImage>(*one.image);
  image->name = "b";
  other.image = image;
  EXPECT_TRUE(assignmentDifferences(one, other).empty());
  other = one;
  auto fewer = std::make_shared<CandidateSet>(*one.candidates);
  fewer->levels.pop_back();
  fewer->boxesInInput.pop_back();
  other.candidates = fewer;
  EXPECT_TRUE(assignmentDifferences(one, other).empty());
  EXPECT_TRUE(assignmentDifferences(StageEvidence(), StageEvidence()).empty());
  // Values that are no objects are nobody's.
  EXPECT_EQ(assignmentDifferences(evidenceOf({kNaN, 7, -9, 1e30F, 0}, {}),
                                  evidenceOf({0, 7, 0, 1e30F, kNaN}, {}))[0]
                .all,
            (ChangeCounts{2, 1, 0}));
}

TEST(Difference, IsShownByEachVariantOfARun) {
  StageEvidence own = evidenceOf({0, -1, 1, -1, 0}, {0, -1, 1, -1, 0}),
                variant = evidenceOf({0, 1, 1, -1, -1}, {0, -1, 1, -1, 0});
  const auto addWeight = [](StageEvidence& evidence, std::vector<float> values) {
    Channel channel;
    channel.spec = channelOf("musu.w_cls", "Weight", "1", "d", "s");
    channel.values = std::move(values);
    evidence.channels.push_back(std::move(channel));
    DecisionSpec decision;
    decision.outcomes = {{"classification", "assigned_cls", "w_cls", ""}};
    evidence.decisions = {decision};
  };
  addWeight(own, {0.5F, kNaN, 1, kNaN, 0.25F});
  addWeight(variant, {0.75F, 0.5F, 1, kNaN, kNaN});
  variant.variant = std::make_shared<const Variant>(Variant{"other", {}});
  const auto ownFrame = ProbeFrame::of(own), variantFrame = ProbeFrame::of(variant);
  const auto frames = withDifferences({ownFrame, variantFrame});
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0], ownFrame);
  const StageEvidence& shown = *frames[1]->stages[0];
  EXPECT_EQ(shown.variant->name, "other");
  EXPECT_EQ(shown.channels.size(), variant.channels.size() + 3);
  const Channel* change = shown.channel("difference.cls");
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->values[1], 1);
  EXPECT_EQ(change->values[4], -1);
  const Channel* weight = shown.channel("difference.musu.w_cls");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->values[0], 0.25F);
  EXPECT_EQ(weight->values[1], 0.5F) << "none before is no weight";
  EXPECT_TRUE(std::isnan(weight->values[2]) && std::isnan(weight->values[3]));
  EXPECT_EQ(weight->values[4], -0.25F);
  const ObjectColumn* added = shown.objectColumn("difference.added_cls");
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(added->values, (std::vector<float>{0, 1}));
  EXPECT_EQ(shown.objectColumn("difference.removed_cls")->values, (std::vector<float>{1, 0}));
  // Without the run's own there is nothing to compare with.
  EXPECT_EQ(withDifferences({variantFrame})[0], variantFrame);
}

}  // namespace
}  // namespace anchorscope
