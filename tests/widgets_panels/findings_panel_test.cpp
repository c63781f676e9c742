// The list of findings, driven as people do.
#include "widgets/panels/findings_panel.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <set>

#include "core/findings/findings_text.h"
#include "tests/support/qt_application.h"
#include "widgets/models/findings_model.h"
#include "widgets/panels/jump_table.h"

namespace anchorscope {
namespace {

Finding finding(const char* rule, Severity severity, const char* title, std::vector<ObjectRef> who) {
  Finding out;
  out.rule = rule;
  out.severity = severity;
  out.title = title;
  out.objects = static_cast<std::int64_t>(who.size());
  out.images = static_cast<std::int64_t>(who.empty() ? 0 : 2);
  out.advice = "Most are smaller than any anchor: lower model.anchor_scale";
  out.numbers = {{"best possible recall, all", 0.927}, {"smaller than any anchor", 180, "objects"}};
  out.who = std::move(who);
  return out;
}

FindingsReport report() {
  return {{finding("unreachable", Severity::kProblem,
                   "204 of 2,804 objects overlap no anchor with IoU 0.5 or more",
                   {{"a.jpg", 0}, {"a.jpg", 4}, {"far.jpg", 1}}),
           finding("swallowed", Severity::kWarning, "Ignored regions swallow 12 anchors", {{"b.jpg", -1}}),
           finding("far_prior", Severity::kHint, "Scores begin far from how often a class is learnt", {})},
          {{"class_loss", "A class whose loss dwarfs the rest", "channel loss.cls"}},
          {"b.jpg at step 3: damaged"}};
}

class FindingsPanelTest : public ::testing::Test {
 protected:
  FindingsPanelTest() {
    panel.resize(344, 640);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
  }
  void clickRow(JumpTable* table, int row) {
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      table->visualRect(table->model()->index(row, 0)).center());
    QCoreApplication::processEvents();
  }
  template <typename Widget>
  Widget* child(const char* name) const {
    return panel.findChild<Widget*>(QString::fromLatin1(name));
  }
  QString text(const char* label) const { return child<QLabel>(label)->text(); }

  FindingsPanel panel;
};

TEST_F(FindingsPanelTest, ShowsWhatCostsMostFirstWithNumbersObjectsAndAdvice) {
  panel.showReport(report(), 1200);
  ASSERT_EQ(panel.table()->model()->rowCount(), 3);
  EXPECT_EQ(panel.table()->model()->index(0, FindingsModel::kObjects).data().toString(), "3");
  EXPECT_EQ(panel.table()->model()->index(2, FindingsModel::kObjects).data().toString(), "–");
  EXPECT_EQ(text("findingTitle"), "204 of 2,804 objects overlap no anchor with IoU 0.5 or more");
  EXPECT_TRUE(text("findingAdvice").contains("model.anchor_scale"));
  EXPECT_TRUE(text("findingNumbers").contains("180 objects"));
  EXPECT_EQ(text("findingsState"), "As of step 1,200");
  testing::keepPicture(panel.grab().toImage(), "findings-panel");
  clickRow(panel.table(), 2);
  EXPECT_TRUE(text("findingTitle").startsWith("Scores begin"));
  EXPECT_FALSE(panel.objects()->isVisible());
}

TEST_F(FindingsPanelTest, GravityIsToldByWordsAndShapesNotByColourAlone) {
  panel.showReport(report(), 0);
  panel.table()->clearSelection();
  std::set<QString> words;
  std::vector<QImage> marks;
  for (int row = 0; row < 3; ++row) {
    const QModelIndex index = panel.table()->model()->index(row, 0);
    words.insert(index.data(Qt::AccessibleTextRole).toString().section(':', 0, 0));
    const QRect cell = panel.table()->visualRect(index);
    const QImage seen = panel.table()->viewport()->grab({cell.topLeft(), QSize(18, 18)}).toImage();
    // What is not ground, whatever its colour.
    const QImage mark = seen.createMaskFromColor(seen.pixel(0, 0), Qt::MaskOutColor);
    for (const QImage& other : marks)
      EXPECT_NE(mark, other);
    marks.push_back(mark);
  }
  EXPECT_EQ(words, (std::set<QString>{"hint", "problem", "warning"}));
}

TEST_F(FindingsPanelTest, AClickOnAnObjectLeadsThereWhereItCanBeShown) {
  panel.showReport(report(), 0);
  panel.setShownImages({"a.jpg"});
  QSignalSpy wanted(&panel, &FindingsPanel::objectWanted);
  clickRow(panel.objects(), 1);
  ASSERT_EQ(wanted.count(), 1);
  EXPECT_EQ(wanted[0][0].toString(), "a.jpg");
  EXPECT_EQ(wanted[0][1].toInt(), 4);
  clickRow(panel.objects(), 2);
  EXPECT_EQ(wanted.count(), 1) << "an image without evidence cannot be shown";
  EXPECT_TRUE(panel.objects()->model()->index(2, 0).data(Qt::ToolTipRole).toString().contains("no probe"));
  panel.objects()->setFocus();
  panel.objects()->selectRow(0);
  QTest::keyClick(panel.objects(), Qt::Key_Return);
  QCoreApplication::processEvents();
  EXPECT_EQ(wanted.count(), 2);
}

TEST_F(FindingsPanelTest, ARuleCanBeLookedAtAlone) {
  panel.showReport(report(), 0);
  ASSERT_EQ(panel.rules()->count(), 4);
  panel.rules()->setFocus();
  QTest::keyClick(panel.rules(), Qt::Key_Down);
  QTest::keyClick(panel.rules(), Qt::Key_Down);
  ASSERT_EQ(panel.table()->model()->rowCount(), 1);
  EXPECT_EQ(text("findingTitle"), "Ignored regions swallow 12 anchors");
  // It stays chosen when the run is looked through again, and falls back where it found nothing any more.
  panel.showReport(report(), 10);
  EXPECT_EQ(panel.table()->model()->rowCount(), 1);
  FindingsReport less = report();
  less.findings.erase(less.findings.begin() + 1);
  panel.showReport(less, 20);
  EXPECT_EQ(panel.table()->model()->rowCount(), 2);
}

TEST_F(FindingsPanelTest, WhatCouldNotBeJudgedIsCountedAndToldOnDemand) {
  panel.showReport(report(), 0);
  auto* toggle = child<QToolButton>("unaskedToggle");
  EXPECT_TRUE(toggle->text().contains("1 of 13 rules not asked"));
  EXPECT_TRUE(toggle->text().contains("1 left out"));
  EXPECT_FALSE(child<QLabel>("unaskedRules")->isVisible());
  QTest::mouseClick(toggle, Qt::LeftButton);
  EXPECT_TRUE(child<QLabel>("unaskedRules")->isVisible());
  EXPECT_TRUE(text("unaskedRules").contains("channel loss.cls is not there"));
  EXPECT_TRUE(text("unaskedRules").contains("b.jpg at step 3: damaged"));
}

TEST_F(FindingsPanelTest, LookingIsAskedForShownAndGivenUp) {
  panel.clear("Nothing yet", true);
  QSignalSpy look(&panel, &FindingsPanel::lookWanted), cancel(&panel, &FindingsPanel::cancelWanted);
  QTest::mouseClick(child<QPushButton>("lookForFindings"), Qt::LeftButton);
  EXPECT_EQ(look.count(), 1);
  panel.setProgress(0.25);
  EXPECT_TRUE(panel.findChild<QProgressBar*>()->isVisible());
  EXPECT_EQ(panel.findChild<QProgressBar*>()->value(), 250);
  QTest::mouseClick(child<QPushButton>("cancelFindings"), Qt::LeftButton);
  EXPECT_EQ(cancel.count(), 1);
  panel.showFailure("no such run");
  EXPECT_EQ(text("findingsEmpty"), "no such run");
  panel.showReport(report(), 100);
  panel.setNewer(40);
  EXPECT_EQ(text("findingsState"), "As of step 100; 40 steps of evidence recorded since");
  EXPECT_EQ(child<QPushButton>("lookForFindings")->text(), "Look again");
  panel.showReport({}, 140);
  EXPECT_EQ(text("findingsEmpty"), "Nothing was found: 13 rules looked at it.");
}

TEST_F(FindingsPanelTest, AllOfItIsCopiedAsJsonAndCsv) {
  panel.showReport(report(), 0);
  const QList<QAction*> actions = child<QToolButton>("copyFindings")->menu()->actions();
  actions[0]->trigger();
  EXPECT_EQ(QApplication::clipboard()->text().toStdString(), findingsJson(report()));
  actions[1]->trigger();
  EXPECT_EQ(QApplication::clipboard()->text().toStdString(), findingsCsv(report()));
}

}  // namespace
}  // namespace anchorscope
