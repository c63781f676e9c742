#include "widgets/panels/evaluation_panel.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "core/session/session.h"
#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

EvaluationEvent evaluation() {
  return {120,
          {{"ap", 0.4125}, {"ap50", 0.733}, {"ap_small", -1}, {"ar_100", 0.5}},
          {{"rbc", 0.55}, {"platelet", -1}, {"wbc", 0.274}, {"giant", 0.9}},
          {{"rbc", 0.8}, {"platelet", -1}, {"wbc", 0.95}, {"giant", 0.91}}};
}

class EvaluationPanelTest : public ::testing::Test {
 protected:
  EvaluationPanelTest() {
    panel.resize(344, 500);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
  }
  QStringList column(int index) const {
    QStringList cells;
    const QAbstractItemModel* model = panel.classTable()->model();
    for (int row = 0; row < model->rowCount(); ++row)
      cells << model->index(row, index).data().toString();
    return cells;
  }
  QStringList labels() const {
    QStringList texts;
    for (const QLabel* label : panel.findChildren<QLabel*>())
      texts << label->text();
    return texts;
  }
  void clickHeader(int section) {
    QHeaderView* header = panel.classTable()->horizontalHeader();
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                      {header->sectionViewportPosition(section) + 8, header->height() / 2});
  }
  QString metric(const char* name) const {
    return panel.findChild<QLabel*>(QString("metric:") + name)->text();
  }

  EvaluationPanel panel;
};

TEST_F(EvaluationPanelTest, ClassesAreSortedByAnyColumnAndAbsentOnesStayLast) {
  panel.showEvaluation(evaluation());
  testing::keepPicture(panel.grab().toImage(), "evaluation");
  EXPECT_EQ(column(0), (QStringList{"giant", "rbc", "wbc", "platelet"})) << "the best first";
  EXPECT_EQ(column(1), (QStringList{"0.900", "0.550", "0.274", "–"}));
  clickHeader(1);
  EXPECT_EQ(column(0), (QStringList{"wbc", "rbc", "giant", "platelet"}));
  clickHeader(2);
  EXPECT_EQ(column(2).last(), "–");
  clickHeader(0);
  QStringList names{"giant", "platelet", "rbc", "wbc"};
  if (column(0) != names) std::reverse(names.begin(), names.end());
  EXPECT_EQ(column(0), names);
}

TEST_F(EvaluationPanelTest, AChosenOrderStaysWithTheNextEvaluation) {
  panel.showEvaluation(evaluation());
  clickHeader(1);
  EvaluationEvent next = evaluation();
  next.perClassAp[0].value = 0.1;
  panel.showEvaluation(next);
  EXPECT_EQ(column(0), (QStringList{"rbc", "wbc", "giant", "platelet"}));
}

TEST_F(EvaluationPanelTest, ShowsCocosNumbersAndADashWhereOneIsUndefined) {
  EXPECT_EQ(metric("ap"), "–");
  panel.showEvaluation(evaluation());
  EXPECT_EQ(metric("ap"), "0.412");
  EXPECT_EQ(metric("ap50"), "0.733");
  EXPECT_EQ(metric("ap_small"), "–");
  EXPECT_EQ(metric("ar_large"), "–");
  panel.clear();
  EXPECT_EQ(metric("ap"), "–");
  EXPECT_FALSE(panel.classTable()->isVisible());
}

TEST_F(EvaluationPanelTest, ShowsNumbersOfMasksWhereThereAreAny) {
  panel.showEvaluation(evaluation());
  const auto* masks = panel.findChild<QLabel*>("metric:mask_ap50");
  ASSERT_TRUE(masks);
  EXPECT_FALSE(masks->isVisible());
  EvaluationEvent withMasks = evaluation();
  withMasks.metrics.push_back({"mask_ap50", 0.25});
  panel.showEvaluation(withMasks);
  EXPECT_TRUE(masks->isVisible());
  EXPECT_EQ(metric("mask_ap50"), "0.250");
  EXPECT_TRUE(panel.findChild<QLabel*>("metric:ap50")->isVisible());
}

TEST_F(EvaluationPanelTest, OneThatGoesOnShowsHowFarItIsAndCanBeCancelled) {
  QSignalSpy evaluate(&panel, &EvaluationPanel::evaluateWanted),
      cancel(&panel, &EvaluationPanel::cancelWanted);
  EXPECT_FALSE(panel.evaluateButton()->isEnabled());
  panel.setCanEvaluate(true);
  QTest::mouseClick(panel.evaluateButton(), Qt::LeftButton);
  EXPECT_EQ(evaluate.count(), 1);
  panel.setProgress("Evaluating", 0.4);
  EXPECT_FALSE(panel.evaluateButton()->isVisible());
  EXPECT_EQ(panel.findChild<QProgressBar*>()->value(), 400);
  QTest::mouseClick(panel.cancelButton(), Qt::LeftButton);
  QTest::mouseClick(panel.cancelButton(), Qt::LeftButton);
  EXPECT_EQ(cancel.count(), 1) << "once is enough";
  panel.setProgress({}, 0);
  EXPECT_FALSE(panel.cancelButton()->isVisible());
  panel.setProgress("Evaluating", 0);
  EXPECT_TRUE(panel.cancelButton()->isEnabled()) << "the next one";
}

TEST_F(EvaluationPanelTest, ARunThatDidNotRecordClassesShowsTheOtherNumbersAndSaysSo) {
  panel.setSteps({40, 80});
  panel.showEvaluation({80, {{"ap", 0.3}, {"ap50", 0.6}}, {}, {}});
  EXPECT_EQ(metric("ap50"), "0.600");
  EXPECT_TRUE(panel.findChild<QLabel*>("evaluationStep")->text().contains("80"));
  EXPECT_FALSE(panel.classTable()->isVisible());
  EXPECT_EQ(labels().filter("not recorded").size(), 1);
}

TEST_F(EvaluationPanelTest, AnEarlierEvaluationCanBeChosenAndStaysWhileNewOnesCome) {
  auto* steps = panel.findChild<QComboBox*>("evaluatedSteps");
  std::vector<std::int64_t> wanted;
  QObject::connect(&panel, &EvaluationPanel::stepWanted, [&](std::int64_t step) { wanted.push_back(step); });
  panel.setSteps({100});
  EXPECT_FALSE(steps->isVisible());
  panel.setSteps({100, 200});
  EXPECT_TRUE(steps->isVisible());
  EXPECT_EQ(steps->currentText(), "step 200");
  EXPECT_TRUE(panel.followsNewest());
  EXPECT_TRUE(wanted.empty());
  steps->setFocus();
  QTest::keyClick(steps, Qt::Key_Down);
  EXPECT_EQ(wanted, std::vector<std::int64_t>{100});
  panel.setSteps({100, 200, 300});
  EXPECT_EQ(steps->currentText(), "step 100");
  EXPECT_FALSE(panel.followsNewest());
  QTest::keyClick(steps, Qt::Key_Home);
  EXPECT_EQ(wanted.back(), 300);
  panel.clear("This run has not been evaluated.");
  EXPECT_FALSE(steps->isVisible());
  EXPECT_TRUE(panel.followsNewest());
}

TEST_F(EvaluationPanelTest, AnEvaluationIsAddedToTheListAndWhatIsListedStays) {
  auto* steps = panel.findChild<QComboBox*>("evaluatedSteps");
  const auto listed = [&] {
    std::vector<std::int64_t> out;
    for (int i = 0; i < steps->count(); ++i)
      out.push_back(steps->itemData(i).toLongLong());
    return out;
  };
  panel.setSteps({100, 200});
  steps->setCurrentIndex(1);
  const QSignalSpy inserted(steps->model(), &QAbstractItemModel::rowsInserted);
  const QSignalSpy removed(steps->model(), &QAbstractItemModel::rowsRemoved);
  const QSignalSpy reset(steps->model(), &QAbstractItemModel::modelReset);
  panel.setSteps({100, 200, 300});
  panel.setSteps({100, 200, 300});
  panel.setSteps({100, 200, 300, 400, 500});
  EXPECT_EQ(inserted.count(), 3) << "one row for each that is new";
  EXPECT_EQ(removed.count() + reset.count(), 0);
  EXPECT_EQ(listed(), (std::vector<std::int64_t>{500, 400, 300, 200, 100}));
  EXPECT_EQ(steps->currentText(), "step 100");
  // A run that goes on from an earlier step has other evaluations after it.
  panel.setSteps({100, 250});
  EXPECT_EQ(listed(), (std::vector<std::int64_t>{250, 100}));
  EXPECT_EQ(steps->currentText(), "step 100");
  panel.setSteps({50});
  EXPECT_EQ(listed(), std::vector<std::int64_t>{50});
  EXPECT_TRUE(panel.followsNewest());
}

}  // namespace
}  // namespace anchorscope
