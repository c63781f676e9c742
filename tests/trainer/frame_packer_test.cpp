#include "core/trainer/frame_packer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/check.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const ProbeImage> image(const std::string& name, int trained, int ignored) {
  auto out = std::make_shared<ProbeImage>();
  out->name = name;
  out->inputSize = {32, 32};
  for (int i = 0; i < trained + ignored; ++i)
    out->objects.push_back({{0, 0, 1, 1}, 0, i >= trained});
  return out;
}

FrameFacts facts(std::vector<std::shared_ptr<const ProbeImage>> images) {
  FrameFacts out;
  out.step = 12;
  out.images = std::move(images);
  return out;
}

/// Anchors that all images share, as many as there are boxes.
StageFacts stageOf(const at::Tensor& boxes) {
  StageFacts out;
  auto anchors = std::make_shared<CandidateSet>();
  anchors->boxesInInput.resize(static_cast<std::size_t>(boxes.size(1)));
  out.candidates = std::move(anchors);
  out.predictedBoxes = boxes;
  out.predictions.resize(static_cast<std::size_t>(boxes.size(0)));
  return out;
}

template <typename Spec>
Spec named(const std::string& name) {
  Spec spec;
  spec.name = name;
  return spec;
}

ChannelSpec cellChannel(const std::string& name) {
  auto spec = named<ChannelSpec>(name);
  spec.domain = ChannelDomain::kCell;
  return spec;
}

PairTableSpec tableSpec() {
  PairTableSpec spec;
  spec.name = "pairs";
  spec.columns = {named<ColumnSpec>("p"), named<ColumnSpec>("rank")};
  return spec;
}

const at::Tensor kBoxes = at::arange(2 * 3 * 4, at::kFloat).reshape({2, 3, 4});

TEST(FramePacker, GivesEachImageItsOwnSlice) {
  FramePacker packer;
  packer.channel(named<ChannelSpec>("score"),
                 at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, std::nanf("")}).reshape({2, 3}), 0);
  packer.channel(named<ChannelSpec>("winner"), at::tensor({-1, 0, 1, 0, -2, 0}, at::kLong).reshape({2, 3}),
                 0);
  packer.channel(cellChannel("cells"), at::arange(2 * 2 * 2, at::kDouble).reshape({2, 2, 2}), 16);
  PendingFrames pending = packer.pack(facts({image("a", 1, 0), image("b", 1, 0)}), stageOf(kBoxes));
  ASSERT_TRUE(pending.pending());
  EXPECT_TRUE(pending.ready());
  const auto frames = pending.take();
  EXPECT_FALSE(pending.pending());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0]->step, 12);
  EXPECT_EQ(frames[1]->image->name, "b");
  EXPECT_THAT(frames[0]->stages.front()->channel("score")->values, ElementsAre(1, 2, 3));
  EXPECT_THAT(frames[0]->stages.front()->channel("winner")->values, ElementsAre(-1, 0, 1));
  EXPECT_EQ(frames[1]->stages.front()->channel("score")->values[1], 5);
  EXPECT_TRUE(std::isnan(frames[1]->stages.front()->channel("score")->values[2]));
  EXPECT_THAT(frames[1]->stages.front()->channel("winner")->values, ElementsAre(0, -2, 0));
  EXPECT_THAT(frames[1]->stages.front()->channel("cells")->values, ElementsAre(4, 5, 6, 7));
  EXPECT_EQ(frames[1]->stages.front()->channel("cells")->grid, (CellGrid{16, 2, 2}));
  ASSERT_EQ(frames[1]->stages.front()->predictedBoxesInInput.size(), 3U);
  EXPECT_EQ(frames[1]->stages.front()->predictedBoxesInInput[2], (Box{20, 21, 22, 23}));
}

TEST(FramePacker, TakesStridedAndBooleanTensors) {
  FramePacker packer;
  packer.channel(named<ChannelSpec>("t"), at::arange(6, at::kFloat).reshape({3, 2}).t(), 0);
  packer.channel(named<ChannelSpec>("b"), at::arange(6, at::kFloat).reshape({2, 3}) > 2.5, 0);
  const auto frames = packer.pack(facts({image("a", 0, 0), image("b", 0, 0)}), stageOf(kBoxes)).take();
  EXPECT_THAT(frames[0]->stages.front()->channel("t")->values, ElementsAre(0, 2, 4));
  EXPECT_THAT(frames[1]->stages.front()->channel("t")->values, ElementsAre(1, 3, 5));
  EXPECT_THAT(frames[1]->stages.front()->channel("b")->values, ElementsAre(1, 1, 1));
}

TEST(FramePacker, KeepsTheBagAndTheNearestMissesOfEachObject) {
  PairTableSpec spec;
  spec.name = "pairs";
  spec.columns = {named<ColumnSpec>("iou"), named<ColumnSpec>("in_bag")};
  spec.memberColumn = "in_bag";
  spec.sortColumn = "iou";
  spec.sortDescending = true;
  const float nan = std::nanf("");
  const auto rows = [](std::vector<std::int64_t> values) { return at::tensor(values, at::kLong); };
  for (const bool descending : {true, false}) {
    spec.sortDescending = descending;
    FramePacker packer;
    // Object 0: a member that is far, misses of 0.5, 0.4 (twice), 0.1 and one without a value. Object 1: two
    // misses.
    packer.pairs(spec, {rows({0, 0, 0, 0, 0, 0, 0, 0}),
                        rows({0, 1, 2, 3, 4, 5, 1, 2}),
                        rows({0, 0, 0, 0, 0, 0, 1, 1}),
                        {at::tensor({0.4F, 0.05F, 0.5F, 0.4F, nan, 0.1F, 0.2F, 0.3F}),
                         at::tensor({0, 1, 0, 0, 0, 0, 0, 0})}});
    const auto frames =
        packer.pack(facts({image("a", 2, 1)}), stageOf(kBoxes.slice(0, 0, 1).repeat({1, 2, 1})), 2).take();
    const PairTable& table = frames[0]->stages.front()->pairTables.front();
    EXPECT_EQ(table.missesPerObject, 2);
    EXPECT_THAT(table.omitted, ElementsAre(3, 0, 0));
    EXPECT_EQ(table.omittedOf(0), 3);
    EXPECT_EQ(table.omittedOf(7), 0);
    if (descending)
      EXPECT_THAT(table.candidate, ElementsAre(0, 1, 2, 1, 2)) << "of the two at 0.4 the smaller anchor";
    else
      EXPECT_THAT(table.candidate, ElementsAre(0, 1, 5, 1, 2));
    EXPECT_THAT(table.object, ElementsAre(0, 0, 0, 1, 1));
    EXPECT_EQ(table.columns[0].size(), 5U);
  }
  FramePacker unbounded;
  unbounded.pairs(tableSpec(), {rows({0}), rows({1}), rows({0}), {at::tensor({1.F}), at::tensor({1})}});
  const auto frames = unbounded.pack(facts({image("a", 1, 0)}), stageOf(kBoxes.slice(0, 0, 1)), 2).take();
  EXPECT_EQ(frames[0]->stages.front()->pairTables.front().missesPerObject, -1)
      << "a table without members or order is left whole";
}

TEST(FramePacker, SortsPairsByImageObjectAndAnchor) {
  FramePacker packer;
  const auto longs = [](std::vector<std::int64_t> values) { return at::tensor(values, at::kLong); };
  packer.pairs(tableSpec(), {longs({1, 0, 0, 1, 0}),
                             longs({2, 16777217, 5, 1, 7}),  // beyond what a float32 holds exactly
                             longs({0, 0, 1, 0, 0}),
                             {at::tensor({.1F, .2F, .3F, .4F, .5F}), longs({1, 2, 3, 4, -1})}});
  const auto frames = packer.pack(facts({image("a", 2, 0), image("b", 1, 0)}), stageOf(kBoxes)).take();
  const PairTable& first = *frames[0]->stages.front()->pairTable("pairs");
  EXPECT_THAT(first.candidate, ElementsAre(7, 16777217, 5));
  EXPECT_THAT(first.object, ElementsAre(0, 0, 1));
  EXPECT_THAT(first.columns[0], ElementsAre(.5F, .2F, .3F));
  EXPECT_THAT(first.columns[1], ElementsAre(-1, 2, 3));
  const PairTable& second = *frames[1]->stages.front()->pairTable("pairs");
  EXPECT_THAT(second.candidate, ElementsAre(1, 2));
  EXPECT_THAT(second.columns[0], ElementsAre(.4F, .1F));
}

TEST(FramePacker, AFrameHoldsTheStagesOfItsImageInTheirOrder) {
  const FrameFacts both = facts({image("a", 1, 0), image("b", 1, 0)});
  FramePacker first, second;
  first.channel(named<ChannelSpec>("score"), at::arange(6, at::kFloat).reshape({2, 3}), 0);
  second.channel(named<ChannelSpec>("score"), at::arange(4, at::kFloat).reshape({2, 2}), 0);
  PendingFrames pending = first.pack(both, stageOf(kBoxes));
  StageFacts proposals;
  proposals.stage = {"roi", "Regions", "proposal", "anchor"};
  proposals.candidateBoxes = at::arange(2 * 2 * 4, at::kFloat).reshape({2, 2, 4});
  proposals.origins = at::tensor({2, -1, 0, 16777217}, at::kLong).reshape({2, 2});
  proposals.predictedBoxes = proposals.candidateBoxes + 1;
  proposals.predictions.resize(2);
  pending.addStage(second.pack(both, std::move(proposals)));
  const auto frames = pending.take();
  ASSERT_EQ(frames.size(), 2U);
  const StageEvidence& anchors = *frames[1]->stages.at(0);
  const StageEvidence& regions = *frames[1]->stages.at(1);
  EXPECT_EQ(anchors.candidates, frames[0]->stages[0]->candidates) << "shared";
  EXPECT_THAT(anchors.channel("score")->values, ElementsAre(3, 4, 5));
  EXPECT_EQ(regions.stage.name, "roi");
  EXPECT_EQ(regions.step, 12);
  EXPECT_EQ(regions.image->name, "b");
  EXPECT_THAT(regions.channel("score")->values, ElementsAre(2, 3));
  EXPECT_EQ(regions.candidates->boxesInInput.at(1), (Box{12, 13, 14, 15}));
  EXPECT_EQ(regions.predictedBoxesInInput.at(1), (Box{13, 14, 15, 16}));
  EXPECT_THAT(regions.candidates->origins, ElementsAre(0, 16777217));
  EXPECT_THAT(frames[0]->stages[1]->candidates->origins, ElementsAre(2, -1));
  EXPECT_THROW(pending.addStage(FramePacker().pack(both, stageOf(kBoxes))), CheckFailure)
      << "nothing is pending";
}

TEST(FramePacker, VariantsComeBehindTheRunsOwnFrames) {
  FrameFacts other = facts({image("a", 1, 0), image("b", 1, 0)});
  PendingFrames pending;
  pending.add(FramePacker().pack(other, stageOf(kBoxes)), {1, 0});
  other.variant = std::make_shared<const Variant>(Variant{"atss", {}});
  pending.add(FramePacker().pack(other, stageOf(kBoxes)), {1, 0});
  const auto frames = pending.take();
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_EQ(frames[0]->image->name, "b");
  EXPECT_EQ(frames[0]->variant, nullptr);
  EXPECT_EQ(frames[2]->image->name, "a");
  EXPECT_EQ(frames[2]->variant, other.variant);
  EXPECT_EQ(frames[2]->stages.front()->variant, other.variant);
}

TEST(FramePacker, AnEmptyTableStaysATable) {
  FramePacker packer;
  const at::Tensor none = at::empty({0}, at::kLong);
  packer.pairs(tableSpec(), {none, none, none, {at::empty({0}), at::empty({0})}});
  const auto frames = packer.pack(facts({image("a", 0, 0), image("b", 0, 0)}), stageOf(kBoxes)).take();
  ASSERT_NE(frames[0]->stages.front()->pairTable("pairs"), nullptr);
  EXPECT_EQ(frames[0]->stages.front()->pairTable("pairs")->rowCount(), 0U);
  EXPECT_EQ(frames[0]->stages.front()->pairTable("pairs")->columns.size(), 2U);
}

TEST(FramePacker, IgnoredObjectsHaveNoValue) {
  FramePacker packer;
  packer.objects(named<ObjectColumnSpec>("bag"), at::tensor({1.F, 2.F, 3.F, 4.F}).reshape({2, 2}));
  const auto frames = packer.pack(facts({image("a", 2, 0), image("b", 1, 2)}), stageOf(kBoxes)).take();
  EXPECT_THAT(frames[0]->stages.front()->objectColumn("bag")->values, ElementsAre(1, 2));
  const std::vector<float>& second = frames[1]->stages.front()->objectColumn("bag")->values;
  ASSERT_EQ(second.size(), 3U);
  EXPECT_EQ(second[0], 3);
  EXPECT_TRUE(std::isnan(second[1]) && std::isnan(second[2]));
}

TEST(FramePacker, RefusesWhatDoesNotFitItsDeclaration) {
  FramePacker packer;
  const at::Tensor one = at::zeros({1}, at::kLong);
  EXPECT_THROW(packer.pairs(tableSpec(), {one, one, one, {one}}), CheckFailure);
  packer.channel(named<ChannelSpec>("score"), at::zeros({3, 3}), 0);
  EXPECT_THROW(packer.pack(facts({image("a", 0, 0), image("b", 0, 0)}), stageOf(kBoxes)), CheckFailure);
}

TEST(FramePacker, PublishedFramesDoNotChangeWithTheTensors) {
  FramePacker packer;
  at::Tensor values = at::zeros({2, 3});
  packer.channel(named<ChannelSpec>("score"), values, 0);
  const auto frames = packer.pack(facts({image("a", 0, 0), image("b", 0, 0)}), stageOf(kBoxes)).take();
  values.fill_(7);
  EXPECT_THAT(frames[0]->stages.front()->channel("score")->values, ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace anchorscope
