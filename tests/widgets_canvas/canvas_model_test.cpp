#include "widgets/state/canvas_model.h"

#include <gtest/gtest.h>

#include <QJsonObject>
#include <QSignalSpy>

#include "tests/support/synthetic_frame.h"
#include "tests/support/two_stage_frame.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

std::shared_ptr<const ProbeFrame> frameOf(const char* name, std::int64_t step) {
  StageEvidence evidence = *testing::makeSyntheticEvidence();
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = name;
  evidence.image = image;
  evidence.step = step;
  return ProbeFrame::of(std::move(evidence));
}

TEST(CanvasModelTest, ShowsTheCurrentProbeOfAMoment) {
  ViewLink link;
  CanvasModel state(link);
  QSignalSpy frames(&state, &CanvasModel::frameChanged);
  state.showProbes({frameOf("a", 1), frameOf("b", 1)});
  EXPECT_EQ(state.probeName(), "a");
  EXPECT_EQ(state.frame()->image->name, "a");
  state.setProbeName("b");
  EXPECT_EQ(state.frame()->image->name, "b");
  state.showProbes({frameOf("a", 2), frameOf("b", 2)});
  EXPECT_EQ(state.frame()->image->name, "b");
  EXPECT_EQ(state.frame()->step, 2);
  EXPECT_EQ(frames.count(), 3);
  state.showProbes({frameOf("c", 3), nullptr});
  EXPECT_EQ(state.probeName(), "c");
  EXPECT_EQ(state.probes().size(), 1u);
  EXPECT_FALSE(state.layers().layers().empty());
}

TEST(CanvasModelTest, APinnedViewAsksForWhatItHasNot) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({frameOf("a", 1), frameOf("b", 1)});
  QSignalSpy wanted(&state, &CanvasModel::wanted);
  link.time.pin(7);
  EXPECT_EQ(wanted.count(), 1);
  EXPECT_EQ(state.frame()->step, 1) << "what is shown stays until there is something else";
  EXPECT_FALSE(state.isSettled());
  const auto seventh = frameOf("a", 7);
  state.showMoment(seventh, {seventh, frameOf("b", 7)});
  EXPECT_TRUE(state.isSettled());
  state.setProbeName("b");
  EXPECT_EQ(wanted.count(), 2);
  EXPECT_EQ(state.frame(), seventh) << "the other is good for a thumbnail alone";
  state.setVariant("atss");
  EXPECT_EQ(wanted.count(), 3);
  state.showNothing("Nothing of 'atss'", {seventh});
  EXPECT_FALSE(state.frame());
  EXPECT_FALSE(state.evidence());
  EXPECT_EQ(state.whyNothing(), "Nothing of 'atss'");
  state.showMoment(frameOf("b", 7), {seventh});
  EXPECT_TRUE(state.whyNothing().isEmpty());
}

TEST(CanvasModelTest, AMomentOfItsOwnBeginsAsTheCommonOneAndStaysThere) {
  ViewLink link;
  CanvasModel one(link), other(link);
  link.time.pin(3);
  other.setOwnTime(true);
  EXPECT_EQ(other.time().step(), 3);
  QSignalSpy oneWants(&one, &CanvasModel::wanted), otherWants(&other, &CanvasModel::wanted);
  link.time.pin(5);
  EXPECT_EQ(one.time().step(), 5);
  EXPECT_EQ(other.time().step(), 3);
  EXPECT_EQ(oneWants.count(), 1);
  EXPECT_EQ(otherWants.count(), 0);
  other.time().pin(9);
  EXPECT_EQ(otherWants.count(), 1);
  EXPECT_EQ(one.time().step(), 5);
  other.setOwnTime(false);
  EXPECT_EQ(other.time().step(), 5);
  EXPECT_EQ(otherWants.count(), 2);
}

TEST(CanvasModelTest, TheSelectionIsCommonToWhatShowsTheSame) {
  ViewLink link;
  CanvasModel one(link), same(link), image(link), stage(link);
  const auto two = testing::makeSyntheticTwoStageFrame(1);
  one.showProbes({two});
  same.showProbes({testing::makeSyntheticTwoStageFrame(2)});
  image.showProbes({frameOf("another", 1)});
  stage.showProbes({two});
  stage.setStage(1);
  QSignalSpy told(&same, &CanvasModel::selectionChanged), untold(&image, &CanvasModel::selectionChanged);
  one.selectPair(1, 20);
  EXPECT_EQ(same.selectedObject(), 1);
  EXPECT_EQ(same.selectedAnchor(), 20);
  EXPECT_EQ(stage.selectedObject(), 1);
  EXPECT_EQ(stage.selectedAnchor(), -1);
  EXPECT_EQ(image.selectedObject(), -1);
  EXPECT_EQ(told.count(), 1);
  EXPECT_EQ(untold.count(), 0);
  image.showProbes({two});
  EXPECT_EQ(image.selectedAnchor(), 20) << "it comes to what is selected";
}

TEST(CanvasModelTest, WhatWasSavedComesBackAndWhatIsNoneIsLeft) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({testing::makeSyntheticTwoStageFrame(1)});
  state.setStage(1);
  state.setOwnTime(true);
  state.time().pin(12);
  state.setOwnViewport(true);
  state.viewport().set({"a", false, 2.5, {0.25, 0.75}});
  state.layers().setOpacity("objects", 0.5F);
  const QJsonObject saved = state.save();
  CanvasModel read(link);
  read.restore(saved);
  EXPECT_EQ(read.save(), saved);
  EXPECT_EQ(read.time().step(), 12);
  EXPECT_EQ(read.viewport().position(), state.viewport().position());
  read.restore({{"stage", "one"},
                {"time", 5},
                {"layers", "none"},
                {"viewport", QJsonObject{{"zoom", -3}, {"fitted", false}}}});
  EXPECT_EQ(read.stage(), 1);
  EXPECT_EQ(read.layers().save(), state.layers().save());
  EXPECT_TRUE(read.viewport().position().fitted);
}

TEST(CanvasModelTest, TheSelectionSurvivesStepsButNotAnotherImage) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({frameOf("a", 1), frameOf("b", 1)});
  state.selectPair(2, 100);
  QSignalSpy selections(&state, &CanvasModel::selectionChanged);
  state.showProbes({frameOf("a", 2), frameOf("b", 2)});
  EXPECT_EQ(state.selectedObject(), 2);
  EXPECT_EQ(state.selectedAnchor(), 100);
  EXPECT_EQ(selections.count(), 0);
  state.setProbeName("b");
  EXPECT_EQ(state.selectedObject(), -1);
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(selections.count(), 1);
}

TEST(CanvasModelTest, SelectionsOutsideTheFrameAreDropped) {
  ViewLink link;
  CanvasModel state(link);
  state.selectPair(1, 1);
  EXPECT_EQ(state.selectedObject(), -1);
  state.showProbes({frameOf("a", 1)});
  state.selectPair(1000, 1);
  EXPECT_EQ(state.selectedObject(), -1);
  EXPECT_EQ(state.selectedAnchor(), 1);
  state.selectAnchor(1'000'000'000);
  EXPECT_EQ(state.selectedAnchor(), -1);
  state.setHoveredAnchor(-77);
  EXPECT_EQ(state.hoveredAnchor(), -1);
}

TEST(CanvasModelTest, AnAnchorBringsItsObjectAndAnObjectDropsForeignAnchors) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({frameOf("a", 1)});
  const PairTable& table = state.evidence()->pairTables[0];
  const auto [first, last] = table.rowsOfObject(3);
  ASSERT_LT(first, last);
  state.selectAnchor(table.candidate[first]);
  EXPECT_GE(state.selectedObject(), 0);
  state.selectPair(3, table.candidate[first]);
  state.selectObject(3);
  EXPECT_EQ(state.selectedAnchor(), table.candidate[first]);
  int foreign = 0;
  while (table.row(table.candidate[first], foreign) >= 0)
    ++foreign;
  state.selectObject(foreign);
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(state.selectedObject(), foreign);
}

TEST(CanvasModelTest, SignalsComeOnlyWithChanges) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({frameOf("a", 1)});
  QSignalSpy selections(&state, &CanvasModel::selectionChanged), hovers(&state, &CanvasModel::hoverChanged),
      steps(&state, &CanvasModel::timeChanged);
  state.selectObject(1);
  state.selectObject(1);
  state.setHoveredAnchor(5);
  state.setHoveredAnchor(5);
  link.time.pin(4);
  link.time.pin(4);
  link.time.followLive();
  link.time.followLive();
  EXPECT_EQ(selections.count(), 1);
  EXPECT_EQ(hovers.count(), 1);
  EXPECT_EQ(steps.count(), 2);
}

TEST(CanvasModelTest, AnotherStageKeepsTheObjectButNotItsCandidates) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({testing::makeSyntheticTwoStageFrame(1)});
  EXPECT_EQ(state.evidence()->stage.name, "rpn");
  state.selectPair(2, 100);
  state.setHoveredAnchor(7);
  QSignalSpy frames(&state, &CanvasModel::frameChanged), selections(&state, &CanvasModel::selectionChanged);
  state.setStage(1);
  EXPECT_EQ(state.evidence()->stage.name, "roi");
  EXPECT_EQ(state.selectedObject(), 2);
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(state.hoveredAnchor(), -1);
  EXPECT_EQ(frames.count(), 1);
  EXPECT_EQ(selections.count(), 1);
  EXPECT_NE(state.layers().find("channel:roi.iou"), nullptr) << "its channels have layers";
  state.selectAnchor(39);
  state.selectAnchor(40);
  EXPECT_EQ(state.selectedAnchor(), -1) << "there are but 40";
}

TEST(CanvasModelTest, TheStageIsKeptThroughFramesThatHaveFewer) {
  ViewLink link;
  CanvasModel state(link);
  state.showProbes({testing::makeSyntheticTwoStageFrame(1)});
  state.setStage(1);
  state.showProbes({testing::makeSyntheticFrame()});
  EXPECT_EQ(state.evidence()->stage.name, "dense");
  state.showProbes({testing::makeSyntheticTwoStageFrame(2)});
  EXPECT_EQ(state.evidence()->stage.name, "roi");
  state.setStage(-1);
  EXPECT_EQ(state.stage(), 1);
}

TEST(CanvasModelTest, WhatIsBrushedIsCommonToWhatShowsTheStageAndFollowsTheFrames) {
  ViewLink link;
  CanvasModel a(link), b(link);
  a.showProbes({frameOf("a", 1)});
  b.showProbes({frameOf("b", 1)});
  QSignalSpy changes(&b, &CanvasModel::brushChanged);
  CandidateCondition condition;
  condition.level = 1;
  a.brush(condition);
  ASSERT_TRUE(b.subset());
  EXPECT_EQ(b.subset()->count, b.evidence()->candidates->levels[1].anchorCount());
  EXPECT_EQ(changes.count(), 1);
  a.brush(condition);
  EXPECT_EQ(changes.count(), 1);
  // An object is of one image.
  condition.object = 2;
  a.brush(condition);
  EXPECT_TRUE(a.subset());
  EXPECT_FALSE(b.subset());
  EXPECT_TRUE(b.brushCondition().isEmpty());
  // What the stage lacks cannot be told.
  CandidateCondition foreign;
  foreign.ranges = {{"of another method", 0, 1}};
  a.brush(foreign);
  EXPECT_FALSE(a.subset());
  foreign.ranges = {{"iou", 0.9f, 1}};
  a.brush(foreign);
  const auto before = a.subset();
  StageEvidence later = *a.evidence();
  later.step = 2;
  for (Channel& channel : later.channels)
    if (channel.spec.name == "iou") channel.values.assign(channel.values.size(), 0.95f);
  a.showProbes({ProbeFrame::of(std::move(later))});
  EXPECT_EQ(a.subset()->count, static_cast<std::int64_t>(a.evidence()->candidates->count()));
  EXPECT_NE(a.subset()->count, before->count);
  a.brush({});
  EXPECT_FALSE(link.brush.isSet());
}

TEST(CanvasModelTest, WhatIsBrushedComesBackAsItWasSaved) {
  Brush brush;
  brush.setHidesOthers(true);
  Brushed brushed{QStringLiteral("a"), QStringLiteral("dense"), {}};
  brushed.condition.ranges = {{"iou", 0.25f, 1}, {"logit", -3, INFINITY}};
  brushed.condition.area = ChannelArea{"iou", "logit", {{0, 0}, {1, 0}, {0.5f, 2}}};
  brushed.condition.role = CandidateRole::kIgnored;
  brushed.condition.level = 2;
  brushed.condition.ofClass = 1;
  brushed.condition.object = 4;
  brushed.condition.candidates = {7, 2};
  brush.set(brushed);
  Brush other;
  other.restore(brush.save());
  EXPECT_EQ(other.brushed(), brushed);
  EXPECT_TRUE(other.hidesOthers());
  other.restore(Brush().save());
  EXPECT_FALSE(other.isSet());
  EXPECT_FALSE(other.hidesOthers());
}

}  // namespace
}  // namespace anchorscope
