#include "widgets/state/view_state.h"

#include <gtest/gtest.h>

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

TEST(ViewStateTest, ShowsTheCurrentProbeOfAMoment) {
  ViewState state;
  QSignalSpy frames(&state, &ViewState::frameChanged);
  state.setProbes({frameOf("a", 1), frameOf("b", 1)});
  EXPECT_EQ(state.probeName(), "a");
  EXPECT_EQ(state.frame()->image->name, "a");
  state.setProbeName("b");
  EXPECT_EQ(state.frame()->image->name, "b");
  state.setProbes({frameOf("a", 2), frameOf("b", 2)});
  EXPECT_EQ(state.frame()->image->name, "b");
  EXPECT_EQ(state.frame()->step, 2);
  EXPECT_EQ(frames.count(), 3);
  state.setProbes({frameOf("c", 3), nullptr});
  EXPECT_EQ(state.probeName(), "c");
  EXPECT_EQ(state.probes().size(), 1u);
  EXPECT_FALSE(state.layers().layers().empty());
}

TEST(ViewStateTest, APinnedViewKeepsItsStepWhileThumbnailsGoOn) {
  ViewState state;
  state.setProbes({frameOf("a", 1)});
  state.pinStep(1);
  state.setProbes({frameOf("a", 2)});
  EXPECT_EQ(state.frame()->step, 1);
  EXPECT_EQ(state.probes()[0]->step, 2);
  state.setFrame(frameOf("a", 7));
  EXPECT_EQ(state.frame()->step, 7);
  state.followLive();
  EXPECT_EQ(state.frame()->step, 2);
}

TEST(ViewStateTest, TheSelectionSurvivesStepsButNotAnotherImage) {
  ViewState state;
  state.setProbes({frameOf("a", 1), frameOf("b", 1)});
  state.selectPair(2, 100);
  QSignalSpy selections(&state, &ViewState::selectionChanged);
  state.setProbes({frameOf("a", 2), frameOf("b", 2)});
  EXPECT_EQ(state.selectedObject(), 2);
  EXPECT_EQ(state.selectedAnchor(), 100);
  EXPECT_EQ(selections.count(), 0);
  state.setProbeName("b");
  EXPECT_EQ(state.selectedObject(), -1);
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(selections.count(), 1);
}

TEST(ViewStateTest, SelectionsOutsideTheFrameAreDropped) {
  ViewState state;
  state.selectPair(1, 1);
  EXPECT_EQ(state.selectedObject(), -1);
  state.setProbes({frameOf("a", 1)});
  state.selectPair(1000, 1);
  EXPECT_EQ(state.selectedObject(), -1);
  EXPECT_EQ(state.selectedAnchor(), 1);
  state.selectAnchor(1'000'000'000);
  EXPECT_EQ(state.selectedAnchor(), -1);
  state.setHoveredAnchor(-77);
  EXPECT_EQ(state.hoveredAnchor(), -1);
}

TEST(ViewStateTest, AnAnchorBringsItsObjectAndAnObjectDropsForeignAnchors) {
  ViewState state;
  state.setProbes({frameOf("a", 1)});
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

TEST(ViewStateTest, SignalsComeOnlyWithChanges) {
  ViewState state;
  state.setProbes({frameOf("a", 1)});
  QSignalSpy selections(&state, &ViewState::selectionChanged), hovers(&state, &ViewState::hoverChanged),
      steps(&state, &ViewState::stepChanged);
  state.selectObject(1);
  state.selectObject(1);
  state.setHoveredAnchor(5);
  state.setHoveredAnchor(5);
  state.pinStep(4);
  state.pinStep(4);
  state.followLive();
  state.followLive();
  EXPECT_EQ(selections.count(), 1);
  EXPECT_EQ(hovers.count(), 1);
  EXPECT_EQ(steps.count(), 2);
}

TEST(ViewStateTest, AnotherStageKeepsTheObjectButNotItsCandidates) {
  ViewState state;
  state.setProbes({testing::makeSyntheticTwoStageFrame(1)});
  EXPECT_EQ(state.evidence()->stage.name, "rpn");
  state.selectPair(2, 100);
  state.setHoveredAnchor(7);
  QSignalSpy frames(&state, &ViewState::frameChanged), selections(&state, &ViewState::selectionChanged);
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

TEST(ViewStateTest, TheStageIsKeptThroughFramesThatHaveFewer) {
  ViewState state;
  state.setProbes({testing::makeSyntheticTwoStageFrame(1)});
  state.setStage(1);
  state.setProbes({testing::makeSyntheticFrame()});
  EXPECT_EQ(state.evidence()->stage.name, "dense");
  state.setProbes({testing::makeSyntheticTwoStageFrame(2)});
  EXPECT_EQ(state.evidence()->stage.name, "roi");
  state.setStage(-1);
  EXPECT_EQ(state.stage(), 1);
}

}  // namespace
}  // namespace anchorscope
