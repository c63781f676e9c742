#include "widgets/panels/probes_panel.h"

#include <gtest/gtest.h>

#include <QDialog>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

std::shared_ptr<const ProbeFrame> frameNamed(const std::string& name, int starved) {
  auto frame = std::make_shared<ProbeFrame>(*testing::makeSyntheticFrame());
  auto image = std::make_shared<ProbeImage>(*frame->image);
  image->name = name;
  frame->image = image;
  std::erase_if(frame->objectColumns,
                [](const ObjectColumn& column) { return column.spec.name == kStarvedColumn; });
  ObjectColumn column{{kStarvedColumn, "Starved", "", "", ""}, std::vector<float>(image->objects.size(), 0)};
  for (int i = 0; i < starved; ++i)
    column.values[static_cast<std::size_t>(i)] = 1;
  frame->objectColumns.push_back(column);
  return frame;
}

class ProbesPanelTest : public ::testing::Test {
 protected:
  ProbesPanelTest() : panel(state) {
    QObject::connect(&panel, &ProbesPanel::probesWanted,
                     [this](const std::vector<std::string>& names) { wanted = names; });
    panel.resize(240, 400);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    state.setProbes({frameNamed("a.jpg", 0), frameNamed("b.jpg", 2)});
  }

  ViewState state;
  ProbesPanel panel;
  std::vector<std::string> wanted;
};

TEST_F(ProbesPanelTest, AClickShowsThatProbe) {
  ASSERT_EQ(panel.list()->count(), 2);
  EXPECT_EQ(state.probeName(), "a.jpg");
  QTest::mouseClick(panel.list()->viewport(), Qt::LeftButton, {},
                    panel.list()->visualItemRect(panel.list()->item(1)).center());
  EXPECT_EQ(state.probeName(), "b.jpg");
  EXPECT_EQ(state.frame()->image->name, "b.jpg");
}

TEST_F(ProbesPanelTest, NewFramesOfTheSameProbesKeepTheListAndTheChoice) {
  panel.list()->setCurrentRow(1);
  state.setProbes({frameNamed("a.jpg", 1), frameNamed("b.jpg", 0)});
  EXPECT_EQ(panel.list()->currentRow(), 1);
  EXPECT_EQ(state.probeName(), "b.jpg");
  state.setProbes({frameNamed("c.jpg", 1)});
  EXPECT_EQ(panel.list()->count(), 1);
  EXPECT_EQ(state.probeName(), "c.jpg");
}

TEST_F(ProbesPanelTest, PinningIsOfferedOnlyWhereThereIsADataSet) {
  auto* pin = panel.findChild<QToolButton*>("pinButton");
  EXPECT_FALSE(pin->isVisible());
  panel.setAvailableImages({"a.jpg", "b.jpg", "c.jpg"});
  EXPECT_TRUE(pin->isVisible());
}

TEST_F(ProbesPanelTest, TheDialogSearchesAndPins) {
  panel.setAvailableImages({"a.jpg", "b.jpg", "cell.jpg"});
  QTimer::singleShot(0, [] {
    auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
    ASSERT_NE(dialog, nullptr);
    auto* choices = dialog->findChild<QListWidget*>();
    auto* accept = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    EXPECT_EQ(choices->count(), 3);
    QTest::keyClicks(dialog->findChild<QLineEdit*>(), "CELL");
    int shown = 0;
    for (int row = 0; row < choices->count(); ++row) {
      QListWidgetItem* item = choices->item(row);
      shown += item->isHidden() ? 0 : 1;
      item->setCheckState(Qt::Unchecked);
    }
    EXPECT_EQ(shown, 1);
    EXPECT_FALSE(accept->isEnabled()) << "a run needs at least one probe";
    choices->item(2)->setCheckState(Qt::Checked);
    choices->item(0)->setCheckState(Qt::Checked);
    EXPECT_TRUE(accept->isEnabled());
    accept->click();
  });
  QTest::mouseClick(panel.findChild<QToolButton*>("pinButton"), Qt::LeftButton);
  EXPECT_EQ(wanted, (std::vector<std::string>{"a.jpg", "cell.jpg"}));
}

}  // namespace
}  // namespace anchorscope
