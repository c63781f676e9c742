#include "widgets/panels/watch_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemView>
#include <QAction>
#include <QCompleter>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;

class WatchPanelTest : public ::testing::Test {
 protected:
  WatchPanelTest() {
    panel.resize(380, 500);
    panel.setScalarNames({"loss.total", "loss.cls"});
    panel.setWatches({}, {});
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    // As the run answers: what is asked for holds.
    QObject::connect(&panel, &WatchPanel::watchesWanted, [this](const QString& text) {
      wanted.push_back(text.toStdString());
      panel.setWatches(text, {});
    });
  }

  QListWidget& list() { return *panel.findChild<QListWidget*>("watchList"); }
  QString complaint() {
    const auto* label = panel.findChild<QLabel*>("watchComplaint");
    return label->isHidden() ? QString() : label->text();
  }
  void add(const char* kind) {
    auto* button = panel.findChild<QToolButton*>("addWatch");
    auto* action = button->menu()->findChild<QAction*>(QStringLiteral("addWatch.") + kind);
    ASSERT_NE(action, nullptr);
    action->trigger();
  }
  /// The field in which a watchpoint is being written.
  QLineEdit* editor() { return list().viewport()->findChild<QLineEdit*>(); }

  WatchPanel panel;
  std::vector<std::string> wanted;
};

TEST_F(WatchPanelTest, WatchpointsAreAddedSwitchedOffChangedAndRemoved) {
  add("loss_spike");
  add("non_finite");
  EXPECT_THAT(wanted, ElementsAre("loss_spike", "loss_spike; non_finite"));
  ASSERT_EQ(list().count(), 2);
  list().item(0)->setCheckState(Qt::Unchecked);
  EXPECT_EQ(wanted.back(), "off loss_spike; non_finite");
  list().item(0)->setText("loss_spike factor=8");
  EXPECT_EQ(wanted.back(), "off loss_spike factor=8; non_finite");
  list().setCurrentRow(1);
  QTest::mouseClick(panel.findChild<QToolButton*>("removeWatch"), Qt::LeftButton);
  EXPECT_EQ(wanted.back(), "off loss_spike factor=8");
  list().setCurrentRow(0);
  list().setFocus();
  QTest::keyClick(&list(), Qt::Key_Delete);
  EXPECT_EQ(wanted.back(), "");
  EXPECT_EQ(list().count(), 0);
}

TEST_F(WatchPanelTest, AConditionIsWrittenWhereItIsAdded) {
  add("expression");
  ASSERT_EQ(list().count(), 1);
  EXPECT_TRUE(wanted.empty()) << "nothing is asked for before it is written";
  ASSERT_NE(editor(), nullptr);
  QTest::keyClicks(editor(), "tot");
  QAbstractItemView* offered = editor()->findChild<QCompleter*>()->popup();
  ASSERT_TRUE(offered->isVisible()) << "the names of scalars";
  QTest::keyClick(offered, Qt::Key_Down);
  QTest::keyClick(offered, Qt::Key_Return);
  ASSERT_NE(editor(), nullptr);
  QTest::keyClicks(editor(), " > 2");
  QTest::keyClick(editor(), Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !wanted.empty(); }));
  EXPECT_THAT(wanted, ElementsAre("expression loss.total > 2"));
}

TEST_F(WatchPanelTest, WhatIsWrongIsSaidAndNotAskedFor) {
  add("loss_spike");
  wanted.clear();
  list().item(0)->setText("loss_spike factor=low");
  EXPECT_TRUE(wanted.empty());
  EXPECT_TRUE(complaint().contains("factor")) << complaint().toStdString();
  EXPECT_EQ(list().item(0)->text(), "loss_spike factor=low") << "the edit stays to be put right";
  panel.setWatches("loss_spike", {});
  EXPECT_EQ(list().item(0)->text(), "loss_spike factor=low");
  list().item(0)->setText("expression loss.clss > 1");
  EXPECT_TRUE(complaint().contains("Did you mean loss.cls")) << complaint().toStdString();
  list().item(0)->setText("expression loss.cls > 1");
  EXPECT_EQ(complaint(), "");
  EXPECT_THAT(wanted, ElementsAre("expression loss.cls > 1"));
}

TEST_F(WatchPanelTest, WhatTheRunWatchesIsShownAndWhyNothingCanBeChanged) {
  panel.setWatches("off non_finite; expression loss.cls > 1", "The run has ended.");
  ASSERT_EQ(list().count(), 2);
  EXPECT_EQ(list().item(0)->checkState(), Qt::Unchecked);
  EXPECT_FALSE(list().item(0)->flags() & Qt::ItemIsEditable);
  EXPECT_FALSE(panel.findChild<QToolButton*>("addWatch")->isEnabled());
  EXPECT_FALSE(panel.findChild<QToolButton*>("removeWatch")->isEnabled());
  EXPECT_TRUE(wanted.empty());
}

TEST_F(WatchPanelTest, HitsAreListedTheNewestFirstAndLeadWhereTheyWere) {
  std::vector<std::pair<qint64, WatchReport>> chosen;
  QObject::connect(&panel, &WatchPanel::hitChosen,
                   [&](qint64 step, const WatchReport& report) { chosen.emplace_back(step, report); });
  const WatchReport first{"loss_spike", {"loss.total is 9", {"batch 2: a.png", "dense", 3, {7, 8}}}};
  const WatchReport second{"unserved_object", {"object 1 has no positive", {"b.png", "dense", 1, {}}}};
  panel.addHits({{10, kWatchEvent, watchEventText(first)},
                 {11, "note", "something else"},
                 {12, kWatchEvent, watchEventText(second)}});
  auto* table = panel.findChild<QTableView*>("hitsTable");
  ASSERT_EQ(table->model()->rowCount(), 2);
  EXPECT_EQ(table->model()->index(0, 0).data().toString(), "12");
  EXPECT_EQ(table->model()->index(1, 1).data().toString(), "loss.total is 9");
  EXPECT_EQ(table->model()->index(1, 2).data().toString(), "a.png · object 3");
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                    table->visualRect(table->model()->index(1, 1)).center());
  ASSERT_TRUE(QTest::qWaitFor([&] { return !chosen.empty(); }));
  EXPECT_EQ(chosen[0].first, 10);
  EXPECT_EQ(chosen[0].second.hit.where, first.hit.where);
  panel.clearHits();
  EXPECT_EQ(table->model()->rowCount(), 0);
}

}  // namespace
}  // namespace anchorscope
