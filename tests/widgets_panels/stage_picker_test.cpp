#include "widgets/panels/stage_picker.h"

#include <gtest/gtest.h>

#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/two_stage_frame.h"
#include "widgets/state/view_state.h"

namespace anchorscope {
namespace {

TEST(StagePickerTest, IsThereOnlyForDetectorsOfSeveralStages) {
  ViewState state;
  QWidget window;
  StagePicker picker(state, &window);
  window.show();
  EXPECT_TRUE(picker.isHidden());
  state.setProbes({testing::makeSyntheticFrame()});
  EXPECT_TRUE(picker.isHidden());
  state.setProbes({testing::makeSyntheticTwoStageFrame()});
  EXPECT_FALSE(picker.isHidden());
  EXPECT_EQ(picker.itemText(0), "Region proposals");
  EXPECT_EQ(picker.itemText(1), "Regions");
  EXPECT_EQ(picker.currentIndex(), 0);
  state.setProbes({testing::makeSyntheticFrame()});
  EXPECT_TRUE(picker.isHidden());
}

TEST(StagePickerTest, AKeyOrTheStateChoosesTheStage) {
  ViewState state;
  QWidget window;
  StagePicker picker(state, &window);
  state.setProbes({testing::makeSyntheticTwoStageFrame()});
  window.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  picker.setFocus();
  QTest::keyClick(&picker, Qt::Key_Down);
  EXPECT_EQ(state.evidence()->stage.name, "roi");
  state.setStage(0);
  EXPECT_EQ(picker.currentIndex(), 0);
}

}  // namespace
}  // namespace anchorscope
