#include "widgets/panels/frame_pickers.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/two_stage_frame.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {
namespace {

TEST(StagePickerTest, IsThereOnlyForDetectorsOfSeveralStages) {
  ViewLink link;
  CanvasModel state(link);
  QWidget window;
  StagePicker picker(state, &window);
  window.show();
  EXPECT_TRUE(picker.isHidden());
  state.showProbes({testing::makeSyntheticFrame()});
  EXPECT_TRUE(picker.isHidden());
  state.showProbes({testing::makeSyntheticTwoStageFrame()});
  EXPECT_FALSE(picker.isHidden());
  EXPECT_EQ(picker.itemText(0), "Region proposals");
  EXPECT_EQ(picker.itemText(1), "Regions");
  EXPECT_EQ(picker.currentIndex(), 0);
  state.showProbes({testing::makeSyntheticFrame()});
  EXPECT_TRUE(picker.isHidden());
}

TEST(StagePickerTest, AKeyOrTheStateChoosesTheStage) {
  ViewLink link;
  CanvasModel state(link);
  QWidget window;
  StagePicker picker(state, &window);
  state.showProbes({testing::makeSyntheticTwoStageFrame()});
  window.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  picker.setFocus();
  QTest::keyClick(&picker, Qt::Key_Down);
  EXPECT_EQ(state.evidence()->stage.name, "roi");
  state.setStage(0);
  EXPECT_EQ(picker.currentIndex(), 0);
}

TEST(VariantPickerTest, OffersWhatWasRecordedBesideTheFrame) {
  ViewLink link;
  CanvasModel state(link);
  QWidget window;
  VariantPicker picker(state, &window);
  window.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  const auto frame = testing::makeSyntheticFrame();
  state.showProbes({frame});
  EXPECT_TRUE(picker.isHidden());
  const Variant atss{"atss", {{"assigner", "atss"}, {"top_k", "9"}}}, fcos{"fcos", {}};
  link.time.pin(frame->step);
  state.showMoment(frame, {frame}, {atss, fcos});
  ASSERT_EQ(picker.count(), 3);
  EXPECT_TRUE(picker.isVisible());
  EXPECT_EQ(picker.currentText(), "as trained");
  EXPECT_EQ(picker.itemData(1, Qt::ToolTipRole).toString(), "assigner = atss\ntop_k = 9");
  QSignalSpy wanted(&state, &CanvasModel::wanted);
  picker.setFocus();
  QTest::keyClick(&picker, Qt::Key_Down);
  EXPECT_EQ(state.variant(), "atss");
  EXPECT_EQ(wanted.count(), 1);
  state.showNothing("none here", {frame}, {fcos});
  EXPECT_EQ(picker.currentText(), "atss") << "what is looked at stands there, though this moment lacks it";
  QTest::keyClick(&picker, Qt::Key_Home);
  EXPECT_TRUE(state.variant().isEmpty());
  state.showMoment(frame, {frame});
  EXPECT_TRUE(picker.isHidden());
}

}  // namespace
}  // namespace anchorscope
