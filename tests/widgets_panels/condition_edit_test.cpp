#include "widgets/panels/condition_edit.h"

#include <gtest/gtest.h>

#include <QAbstractItemView>
#include <QApplication>
#include <QCompleter>
#include <QTest>

#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

class ConditionEditTest : public ::testing::Test {
 protected:
  ConditionEditTest() {
    edit.show();
    edit.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&edit));
    edit.setFocus();
  }
  /// The list of names that is open, or null.
  QAbstractItemView* offered() {
    QAbstractItemView* popup = edit.findChild<QCompleter*>()->popup();
    return popup->isVisible() ? popup : nullptr;
  }

  ConditionEdit edit{{"loss.cls", "loss.loc", "train.grad_norm"}};
};

TEST_F(ConditionEditTest, OffersTheNamesThatHoldWhatIsTypedWhereverTheCursorStands) {
  QTest::keyClicks(&edit, "loss.cls < 0.3 && grad");
  ASSERT_NE(offered(), nullptr);
  ASSERT_EQ(offered()->model()->rowCount(), 1);
  QTest::keyClick(offered(), Qt::Key_Down);
  QTest::keyClick(offered(), Qt::Key_Return);
  EXPECT_EQ(edit.text(), "loss.cls < 0.3 && train.grad_norm");
  EXPECT_EQ(edit.complaint(), "");
}

TEST_F(ConditionEditTest, NumbersAreNoNames) {
  QTest::keyClicks(&edit, "0.");
  EXPECT_EQ(offered(), nullptr);
}

TEST_F(ConditionEditTest, SaysWhatIsWrong) {
  EXPECT_FALSE(edit.complaint().isEmpty());
  edit.setText("loss.clss < 1");
  EXPECT_TRUE(edit.complaint().contains("loss.cls"));
  edit.setText("loss.cls < 1");
  EXPECT_EQ(edit.complaint(), "");
}

}  // namespace
}  // namespace anchorscope
