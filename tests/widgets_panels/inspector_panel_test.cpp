#include "widgets/panels/inspector_panel.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QCheckBox>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QStyle>
#include <QTableView>
#include <QToolButton>

#include <QTest>
#include <array>
#include <cmath>

#include "core/evidence/bag.h"
#include "core/evidence/decision.h"
#include "core/evidence/object_story.h"
#include "core/evidence/score_iou_correlation.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/models/decision_text.h"
#include "widgets/models/number_text.h"
#include "widgets/models/objects_model.h"
#include "widgets/models/pair_table_model.h"
#include "widgets/models/story_model.h"
#include "widgets/panels/decision_view.h"
#include "widgets/panels/jump_table.h"
#include "widgets/panels/object_story_view.h"
#include "widgets/panels/objects_view.h"
#include "widgets/plot/scatter_view.h"

namespace anchorscope {
namespace {

class InspectorPanelTest : public ::testing::Test {
 protected:
  InspectorPanelTest() : panel(state) {
    panel.resize(340, 700);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    state.showProbes({testing::makeSyntheticFrame()});
  }
  QPoint cell(int row) {
    const QModelIndex index = panel.bagTable()->model()->index(row, 0);
    return panel.bagTable()->visualRect(index).center();
  }

  ViewLink link;
  CanvasModel state{link};
  InspectorPanel panel;
};

TEST_F(InspectorPanelTest, SaysWhatToDoUntilSomethingIsSelected) {
  EXPECT_FALSE(panel.bagTable()->isVisible());
  state.selectObject(0);
  EXPECT_TRUE(panel.bagTable()->isVisible());
  EXPECT_EQ(panel.bagModel()->rowCount(), panel.bagModel()->memberCount());
  state.selectPair(-1, -1);
  EXPECT_FALSE(panel.bagTable()->isVisible());
}

TEST_F(InspectorPanelTest, AClickOnARowSelectsItsAnchorAndTellsItsDecision) {
  state.selectObject(0);
  QTest::mouseClick(panel.bagTable()->viewport(), Qt::LeftButton, {}, cell(2));
  const int anchor = panel.bagModel()->anchorOfRow(2);
  EXPECT_EQ(state.selectedAnchor(), anchor);
  EXPECT_EQ(state.selectedObject(), 0);
  const Decision expected = explain(*state.evidence(), anchor, 0);
  ASSERT_FALSE(expected.rows.empty());
  const Decision& shown = panel.decisionView()->decision();
  ASSERT_EQ(shown.rows.size(), expected.rows.size());
  for (std::size_t i = 0; i < expected.rows.size(); ++i) {
    EXPECT_EQ(shown.rows[i].name, expected.rows[i].name);
    EXPECT_EQ(shown.rows[i].verdict, expected.rows[i].verdict);
    EXPECT_EQ(shown.rows[i].value, expected.rows[i].value);
  }
  EXPECT_EQ(panel.summary().toStdString(), expected.summary);
}

TEST_F(InspectorPanelTest, ThePointsOfTheScatterAndTheRowsAreOneSelection) {
  state.selectObject(0);
  const int anchor = panel.bagModel()->anchorOfRow(1);
  QTest::mouseClick(panel.scatter(), Qt::LeftButton, {}, panel.scatter()->pointOfAnchor(anchor).toPoint());
  const std::int64_t clicked = state.selectedAnchor();  // of overlapping points the upper one
  EXPECT_GE(clicked, 0);
  EXPECT_EQ(panel.bagTable()->currentIndex().row(), panel.bagModel()->rowOfAnchor(clicked));
}

TEST_F(InspectorPanelTest, ATableOf340PixelsNeedsNoScrollBar) {
  state.selectObject(0);
  QCoreApplication::processEvents();
  EXPECT_FALSE(panel.bagTable()->horizontalScrollBar()->isVisible());
  const QHeaderView* header = panel.bagTable()->horizontalHeader();
  EXPECT_LE(header->length(), panel.bagTable()->viewport()->width());
  int bars = 0;
  for (int column = 0; column < header->count(); ++column)
    if (!header->isSectionHidden(column) && panel.bagModel()->isWeight(column)) ++bars;
  EXPECT_EQ(bars, 2);
}

TEST_F(InspectorPanelTest, AHeaderSortsAndAnotherStepKeepsOrderPlaceAndSelection) {
  state.selectObject(0);
  QHeaderView* header = panel.bagTable()->horizontalHeader();
  const int q = panel.bagModel()->columnOf("q");
  const QPoint at(header->sectionViewportPosition(q) + header->sectionSize(q) / 2, header->height() / 2);
  QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, at);
  const auto values = [&] {
    std::vector<float> out;
    for (int row = 0; row < panel.bagModel()->rowCount(); ++row)
      out.push_back(panel.bagModel()->index(row, q).data(PairTableModel::kValueRole).toFloat());
    return out;
  };
  std::vector<float> sorted = values();
  const bool ascending = std::is_sorted(sorted.begin(), sorted.end());
  EXPECT_TRUE(ascending || std::is_sorted(sorted.rbegin(), sorted.rend()));
  state.selectPair(0, panel.bagModel()->anchorOfRow(3));
  const std::int64_t anchor = state.selectedAnchor();
  auto next = std::make_shared<StageEvidence>(*state.evidence());
  next->step += 1;
  state.showProbes({ProbeFrame::of(*next)});
  EXPECT_EQ(values(), sorted);
  EXPECT_EQ(state.selectedAnchor(), anchor);
  EXPECT_EQ(panel.bagTable()->currentIndex().row(), panel.bagModel()->rowOfAnchor(anchor));
}

TEST_F(InspectorPanelTest, WithoutBagOnlyThePairsThatWereConsideredStandBehind) {
  state.selectObject(0);
  const int members = panel.bagModel()->rowCount();
  panel.findChild<QCheckBox*>()->click();
  EXPECT_EQ(panel.bagModel()->rowCount(), panel.bagModel()->consideredCount());
  EXPECT_GT(panel.bagModel()->rowCount(), members);
  EXPECT_FALSE(panel.bagModel()->index(members, 0).data(PairTableModel::kMemberRole).toBool());
}

TEST_F(InspectorPanelTest, PairsThatTheBoundLeftOutAreCounted) {
  state.selectObject(0);
  auto* omitted = panel.findChild<QLabel*>(QStringLiteral("omittedPairs"));
  ASSERT_NE(omitted, nullptr);
  EXPECT_FALSE(omitted->isVisible());
  const int considered = panel.bagModel()->consideredCount();
  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  frame->pairTables.front().missesPerObject = 100;
  frame->pairTables.front().omitted.assign(frame->image->objects.size(), 1);
  frame->pairTables.front().omitted[0] = 4000;
  state.showProbes({ProbeFrame::of(*frame)});
  EXPECT_TRUE(omitted->isVisible());
  EXPECT_EQ(omitted->text(), QStringLiteral("· 4,000 pairs not kept"));
  EXPECT_EQ(panel.bagModel()->consideredCount(), considered + 4000);
  state.selectObject(1);
  EXPECT_EQ(omitted->text(), QStringLiteral("· 1 pair not kept"));
}

TEST_F(InspectorPanelTest, TabLeavesTheTable) {
  state.selectObject(0);
  panel.activateWindow();
  panel.bagTable()->setFocus(Qt::TabFocusReason);
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel.bagTable()->hasFocus(); }));
  QTest::keyClick(panel.bagTable(), Qt::Key_Tab);
  EXPECT_FALSE(panel.bagTable()->hasFocus());
  EXPECT_EQ(QApplication::focusWidget(), panel.findChild<QCheckBox*>());
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Backtab, Qt::ShiftModifier);
  EXPECT_TRUE(panel.bagTable()->hasFocus());
}

TEST_F(InspectorPanelTest, AFailedTestReadsAsFailed) {
  state.selectObject(0);
  panel.findChild<QCheckBox*>()->click();  // also what was considered
  const PairTable& table = state.evidence()->pairTables.front();
  const auto& member = table.columns[static_cast<std::size_t>(table.columnIndex("in_bag"))];
  const auto& joint = table.columns[static_cast<std::size_t>(table.columnIndex("joint"))];
  const auto [first, last] = table.rowsOfObject(0);
  std::size_t failed = first;
  while (failed < last && member[failed] > 0)
    ++failed;
  ASSERT_LT(failed, last);
  state.selectPair(0, table.candidate[failed]);
  const QStringList told = panel.decisionView()->valueTexts();
  ASSERT_EQ(told.size(), 2);
  EXPECT_TRUE(told[1].startsWith(numberText(static_cast<double>(joint[failed])) + QStringLiteral(" < ")))
      << told[1].toStdString();
  EXPECT_TRUE(told[0].contains(">")) << told[0].toStdString();
}

TEST_F(InspectorPanelTest, LongColumnTitlesGiveWayBeforeTheTableScrolls) {
  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  frame->pairTables.front().spec.columns[1].title = "The anchor's best IoU with any object";
  frame->pairTables.front().spec.name = "other.pairs";
  for (DecisionSpec& decision : frame->decisions)
    decision.pairTable = "other.pairs";
  state.showProbes({ProbeFrame::of(*frame)});
  state.selectObject(0);
  QCoreApplication::processEvents();
  const QTableView* table = panel.bagTable();
  EXPECT_EQ(table->horizontalScrollBar()->maximum(), 0);
  for (int column = 0; column < table->model()->columnCount(); ++column)
    if (!table->isColumnHidden(column)) {
      EXPECT_GE(table->columnWidth(column), 40) << column;
    }
}

TEST_F(InspectorPanelTest, NumbersAreNeverCutOff) {
  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  PairTable& table = frame->pairTables.front();
  const std::array<float, 7> awkward = {0.00265f, 9.9e-4f, 27'900.0f, -12.34f, -1.5e-7f, 9'999.9f, 1.25e6f};
  for (std::size_t column = 0; column < table.columns.size(); ++column)
    for (std::size_t row = 0; row < table.columns[column].size(); ++row)
      if (table.spec.columns[column].integer)
        table.columns[column][row] += 3000;  // the ranks of a large bag
      else
        table.columns[column][row] = awkward[row % awkward.size()];
  state.showProbes({ProbeFrame::of(*frame)});
  panel.resize(700, 700);  // the bars have room for their numbers
  state.selectObject(0);
  QCoreApplication::processEvents();
  const QTableView* view = panel.bagTable();
  const PairTableModel* model = panel.bagModel();
  const QFontMetrics metrics = view->fontMetrics();
  const int margins = 2 * (view->style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, view) + 1);
  int looked = 0;
  for (int column = 0; column < model->columnCount(); ++column) {
    if (view->isColumnHidden(column)) continue;
    for (int row = 0; row < model->rowCount(); ++row, ++looked) {
      const QString text = model->index(row, column).data().toString();
      EXPECT_LE(metrics.horizontalAdvance(text), metrics.horizontalAdvance(model->widestText(column)))
          << text.toStdString();
      if (!model->isWeight(column)) {
        EXPECT_LE(metrics.horizontalAdvance(text) + margins, view->columnWidth(column)) << text.toStdString();
      }
    }
  }
  EXPECT_GT(looked, 10);
}

TEST_F(InspectorPanelTest, AnAnchorThatWasNotConsideredSaysWhyInWholeSentences) {
  const PairTable& table = state.evidence()->pairTables.front();
  std::int32_t apart = 0;
  while (table.row(apart, 0) >= 0)
    ++apart;
  state.selectPair(0, apart);
  const Decision& told = panel.decisionView()->decision();
  ASSERT_EQ(told.rows.size(), 1u);
  ASSERT_FALSE(told.rows[0].note.empty());
  EXPECT_EQ(panel.decisionView()->valueTexts(), QStringList{QString()});
  const int wide = panel.decisionView()->sizeHint().height();
  DecisionView narrow;
  narrow.setDecision(told);
  narrow.resize(90, 200);
  EXPECT_GT(narrow.sizeHint().height(), wide) << "it is wrapped, not cut off";
}

class InspectorStoryTest : public InspectorPanelTest {
 protected:
  QPoint storyCell(int row) const {
    const QTableView* table = panel.storyView()->table();
    return table->visualRect(table->model()->index(row, 0)).center();
  }
  void clickStory(int row) {
    QTest::mouseClick(panel.storyView()->table()->viewport(), Qt::LeftButton, {}, storyCell(row));
    QCoreApplication::processEvents();
  }
  /// Object 0, of whose bag object 1 has the first member; and its story.
  ObjectStory contested() {
    auto frame = std::make_shared<StageEvidence>(*state.evidence());
    const PairTable& table = frame->pairTables.front();
    const auto& member = table.columns[static_cast<std::size_t>(table.columnIndex("in_bag"))];
    std::size_t row = table.rowsOfObject(0).first;
    while (member[row] <= 0)
      ++row;
    for (const OutcomeSpec& outcome : frame->decisions.front().outcomes)
      for (Channel& channel : frame->channels)
        if (channel.spec.name == outcome.winnerChannel)
          channel.values[static_cast<std::size_t>(table.candidate[row])] = 1;
    state.showProbes({ProbeFrame::of(*frame)});
    ObjectStory story = explainObject(*state.evidence(), 0);
    EXPECT_EQ(story.rivals.size(), 1U);
    EXPECT_GT(story.misses.size(), 1U);
    return story;
  }
};

TEST_F(InspectorStoryTest, AnObjectAloneIsExplainedUntilAnAnchorIsSelected) {
  const ObjectStory expected = contested();
  state.selectObject(expected.object);
  EXPECT_TRUE(panel.storyView()->isVisible());
  QCoreApplication::processEvents();
  testing::keepPicture(panel.grab().toImage(), QStringLiteral("inspector_story"));
  EXPECT_EQ(panel.storyView()->summary().toStdString(), expected.summary);
  const auto* levels = panel.findChild<QLabel*>(QStringLiteral("storyLevels"));
  EXPECT_TRUE(levels->isVisible());
  for (const LevelStory& level : expected.levels)
    EXPECT_TRUE(levels->text().contains(QString::fromStdString(level.name)));
  EXPECT_EQ(panel.storyView()->model()->rowCount(),
            static_cast<int>(expected.rivals.size() + expected.misses.size()));
  state.selectPair(expected.object, panel.bagModel()->anchorOfRow(0));
  EXPECT_FALSE(panel.storyView()->isVisible());
  EXPECT_FALSE(levels->isVisible());
}

TEST_F(InspectorStoryTest, AClickOnARivalSelectsItAndOnAMissItsPair) {
  const ObjectStory story = contested();
  state.selectObject(story.object);
  clickStory(0);
  EXPECT_EQ(state.selectedObject(), story.rivals[0].object);
  EXPECT_EQ(state.selectedAnchor(), -1);
  state.selectPair(story.object, -1);
  clickStory(static_cast<int>(story.rivals.size()));
  EXPECT_EQ(state.selectedObject(), story.object);
  EXPECT_EQ(state.selectedAnchor(), story.misses[0].candidate);
  EXPECT_EQ(panel.decisionView()->decision().anchor, story.misses[0].candidate);
}

TEST_F(InspectorStoryTest, EnterFollowsTheCurrentRowAndALinkLeadsBack) {
  const ObjectStory story = contested();
  state.selectObject(story.object);
  JumpTable* table = panel.storyView()->table();
  panel.activateWindow();
  table->setFocus(Qt::TabFocusReason);
  table->setCurrentIndex(table->model()->index(static_cast<int>(story.rivals.size()) - 1, 0));
  QTest::keyClick(table, Qt::Key_Down);
  EXPECT_EQ(state.selectedAnchor(), -1) << "walking the rows selects nothing yet";
  QTest::keyClick(table, Qt::Key_Return);
  QCoreApplication::processEvents();
  EXPECT_EQ(state.selectedAnchor(), story.misses[0].candidate);
  const QString back = QStringLiteral("Back to all of object %1").arg(story.object);
  QPushButton* leadingBack = nullptr;
  for (auto* button : panel.findChildren<QPushButton*>())
    if (button->text() == back) leadingBack = button;
  ASSERT_NE(leadingBack, nullptr);
  QTest::mouseClick(leadingBack, Qt::LeftButton);
  QCoreApplication::processEvents();
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(state.selectedObject(), story.object);
}

TEST_F(InspectorStoryTest, AMissSaysWhatItLackedAndByHowMuch) {
  const ObjectStory story = contested();
  state.selectObject(story.object);
  const StoryModel* model = panel.storyView()->model();
  const int last = model->rowCount() - 1;
  const NearMiss& miss = story.misses.back();
  ASSERT_LT(miss.lacked.margin, 0);
  EXPECT_EQ(model->index(last, StoryModel::kWhat).data().toString(),
            countText(miss.candidate) + QStringLiteral(" · ") +
                QString::fromStdString(state.evidence()->label(static_cast<std::size_t>(miss.candidate)))
                    .section(QLatin1Char(' '), 0, 0));
  EXPECT_EQ(model->index(last, StoryModel::kLacked).data().toString(),
            QString::fromStdString(miss.lacked.name) + QLatin1Char(' ') + comparisonOf(miss.lacked));
  EXPECT_EQ(model->index(last, StoryModel::kMargin).data().toString(), marginText(miss.lacked));
  EXPECT_EQ(model->index(0, StoryModel::kWhat).data().toString(),
            QStringLiteral("object %1").arg(story.rivals[0].object));
}

TEST_F(InspectorStoryTest, APassedAndAFailedTestTellTheirMargin) {
  state.selectObject(0);
  const int anchor = panel.bagModel()->anchorOfRow(0);
  state.selectPair(0, anchor);
  const DecisionRow& row = panel.decisionView()->decision().rows[1];
  ASSERT_EQ(row.verdict, TestVerdict::kPassed);
  EXPECT_TRUE(panel.decisionView()->valueTexts()[1].endsWith(QStringLiteral("(%1)").arg(marginText(row))));
  DecisionRow pixels = row;
  pixels.margin = -12.25f;
  pixels.unit = "px";
  EXPECT_EQ(marginText(pixels), QStringLiteral("−12.25 px"));
  pixels.margin = 2;
  EXPECT_EQ(marginText(pixels), QStringLiteral("+2 px"));
  pixels.margin = std::nanf("");
  EXPECT_EQ(marginText(pixels), QString());
}

class InspectorObjectsTest : public InspectorPanelTest {
 protected:
  JumpTable* table() const { return panel.objectsView()->table(); }
  QString cellText(int row, int column) const {
    return table()->model()->index(row, column).data().toString();
  }
  void clickHeader(int column) {
    QHeaderView* header = table()->horizontalHeader();
    const QPoint at(header->sectionViewportPosition(column) + header->sectionSize(column) / 2,
                    header->height() / 2);
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, at);
  }
};

TEST_F(InspectorObjectsTest, WithNothingSelectedTheImagesObjectsAreATable) {
  EXPECT_TRUE(table()->isVisible());
  const auto& objects = state.evidence()->image->objects;
  ASSERT_EQ(table()->model()->rowCount(), static_cast<int>(objects.size()));
  const std::vector<ObjectStory> stories = explainObjects(*state.evidence());
  for (int row = 0; row < table()->model()->rowCount(); ++row) {
    const ObjectStory& story = stories[static_cast<std::size_t>(row)];
    EXPECT_EQ(cellText(row, ObjectsModel::kObject), QString::number(row));
    EXPECT_EQ(cellText(row, ObjectsModel::kPositives),
              QStringLiteral("%1/%2").arg(story.heads[0].taken).arg(story.heads[1].taken));
    EXPECT_EQ(cellText(row, ObjectsModel::kState), stateText(story.state));
  }
  EXPECT_EQ(cellText(0, ObjectsModel::kClass), "WBC");
  const auto* title = panel.findChild<QLabel*>(QStringLiteral("objectsTitle"));
  EXPECT_TRUE(title->text().startsWith(QStringLiteral("%1 OBJECTS").arg(objects.size())));
  state.selectObject(0);
  EXPECT_FALSE(table()->isVisible());
  state.clear();
  EXPECT_FALSE(table()->isVisible()) << "there is no image";
}

TEST_F(InspectorObjectsTest, AClickSelectsAndEnterToo) {
  QTest::mouseClick(table()->viewport(), Qt::LeftButton, {},
                    table()->visualRect(table()->model()->index(2, 0)).center());
  QCoreApplication::processEvents();
  EXPECT_EQ(state.selectedObject(), 2);
  EXPECT_EQ(state.selectedAnchor(), -1);
  state.selectPair(-1, -1);
  table()->setFocus(Qt::TabFocusReason);
  table()->setCurrentIndex(table()->model()->index(3, 0));
  QTest::keyClick(table(), Qt::Key_Enter);
  QCoreApplication::processEvents();
  EXPECT_EQ(state.selectedObject(), 3);
}

TEST_F(InspectorObjectsTest, AHeaderSortsByNumberAndTheRowsStillLeadToTheirObjects) {
  clickHeader(ObjectsModel::kSize);
  std::vector<double> sizes;
  for (int row = 0; row < table()->model()->rowCount(); ++row)
    sizes.push_back(
        table()->model()->index(row, ObjectsModel::kSize).data(ObjectsModel::kSortRole).toDouble());
  EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.end()) || std::is_sorted(sizes.rbegin(), sizes.rend()));
  EXPECT_NE(sizes.front(), sizes.back());
  const int object = cellText(0, ObjectsModel::kObject).toInt();
  auto next = std::make_shared<StageEvidence>(*state.evidence());
  next->step += 1;
  state.showProbes({ProbeFrame::of(*next)});
  EXPECT_EQ(cellText(0, ObjectsModel::kObject).toInt(), object) << "another step keeps the order";
  QTest::mouseClick(table()->viewport(), Qt::LeftButton, {},
                    table()->visualRect(table()->model()->index(0, 0)).center());
  QCoreApplication::processEvents();
  EXPECT_EQ(state.selectedObject(), object);
}

TEST_F(InspectorObjectsTest, ItFitsIntoTheNarrowestDock) {
  QCoreApplication::processEvents();
  testing::keepPicture(panel.grab().toImage(), QStringLiteral("inspector_objects"));
  EXPECT_LE(table()->horizontalHeader()->length(), table()->viewport()->width());
  EXPECT_EQ(table()->horizontalScrollBar()->maximum(), 0);
}

TEST_F(InspectorStoryTest, WhatARowNamesAndItsMarginAreNeverCutOff) {
  const ObjectStory story = contested();
  state.selectObject(story.object);
  QCoreApplication::processEvents();
  const QTableView* table = panel.storyView()->table();
  for (int row = 0; row < table->model()->rowCount(); ++row)
    for (const int column : {StoryModel::kWhat, StoryModel::kMargin}) {
      const QString text = table->model()->index(row, column).data().toString();
      EXPECT_LE(table->fontMetrics().horizontalAdvance(text), table->columnWidth(column) - 8);
    }
  EXPECT_EQ(table->horizontalScrollBar()->maximum(), 0);
  EXPECT_GT(table->columnWidth(StoryModel::kLacked), table->viewport()->width() / 3);
}

TEST(DecisionViewTest, WhereNumbersAndMarginDoNotFitTheMarginStandsBelow) {
  DecisionRow row;
  row.name = "centre window";
  row.relation = "<";
  row.value = 1234.5f;
  row.bound = 1222.25f;
  row.margin = -12.25f;
  row.unit = "strides";
  row.verdict = TestVerdict::kFailed;
  Decision decision;
  decision.rows = {row};
  DecisionView view;
  view.setDecision(decision);
  const QString text = view.valueTexts()[0];
  ASSERT_TRUE(text.endsWith(QStringLiteral("(−12.25 strides)"))) << text.toStdString();
  const int whole = view.fontMetrics().horizontalAdvance(text);
  view.resize(whole + 4, 100);
  const int beside = view.sizeHint().height();
  view.resize(whole - 4, 100);
  EXPECT_GT(view.sizeHint().height(), beside);
}

TEST(NumberTextTest, KeepsThreeDigitsOfSmallNumbers) {
  EXPECT_EQ(numberText(0.00265), "0.00265");
  EXPECT_EQ(numberText(0.0412), "0.041");
  EXPECT_EQ(numberText(0.00099), "9.90e-04");
  EXPECT_EQ(numberText(1), "1.000");
  EXPECT_EQ(cellText(0.00265), "0.0027");
  EXPECT_EQ(cellText(-0.00099), "-1e-03");
  EXPECT_EQ(cellText(27'900), "27900");
  EXPECT_EQ(cellText(999'999.7), "1.0e+06");
  EXPECT_EQ(cellText(0.0412), "0.041");
}

TEST_F(InspectorPanelTest, TheScatterShowsRanksWithinTheBag) {
  state.selectObject(0);
  auto* scatter = panel.findChild<ScatterView*>();
  auto* ranks = scatter->findChild<QToolButton*>(QStringLiteral("rankPairs"));
  const int members = panel.bagModel()->memberCount();
  const int anchor = panel.bagModel()->anchorOfRow(1);
  const QPointF asValue = scatter->pointOfAnchor(anchor);
  QTest::mouseClick(ranks, Qt::LeftButton);
  ASSERT_TRUE(scatter->isRanked());
  EXPECT_NE(scatter->pointOfAnchor(anchor), asValue);
  // Every member has a place; of score and overlap the best is rightmost and topmost.
  const PairTable& table = state.evidence()->pairTables.front();
  const auto [first, last] = table.rowsOfObject(0);
  const auto member = static_cast<std::size_t>(table.columnIndex(table.spec.memberColumn));
  std::vector<double> scores, overlaps;
  double right = 0, top = 1e9;
  std::size_t bestScored = last, bestPlaced = last;
  const auto& score = table.columns[static_cast<std::size_t>(
      qualityColumn(*state.evidence(), table, ColorScale::kClassification))];
  const auto& overlap = table.columns[static_cast<std::size_t>(
      qualityColumn(*state.evidence(), table, ColorScale::kRegression))];
  for (std::size_t row = first; row < last; ++row) {
    const QPointF at = scatter->pointOfAnchor(table.candidate[row]);
    if (!(table.columns[member][row] > 0)) {
      EXPECT_TRUE(at.isNull());
      continue;
    }
    ASSERT_FALSE(at.isNull());
    scores.push_back(static_cast<double>(score[row]));
    overlaps.push_back(static_cast<double>(overlap[row]));
    if (at.x() > right) right = at.x(), bestScored = row;
    if (at.y() < top) top = at.y(), bestPlaced = row;
  }
  ASSERT_EQ(static_cast<int>(scores.size()), members);
  EXPECT_EQ(static_cast<double>(score[bestScored]), *std::max_element(scores.begin(), scores.end()));
  EXPECT_EQ(static_cast<double>(overlap[bestPlaced]), *std::max_element(overlaps.begin(), overlaps.end()));
  ASSERT_TRUE(scatter->rankCorrelation());
  EXPECT_NEAR(*scatter->rankCorrelation(), *spearman(scores, overlaps), 1e-12);
  QTest::mouseClick(ranks, Qt::LeftButton);
  EXPECT_EQ(scatter->pointOfAnchor(anchor), asValue);
}

}  // namespace
}  // namespace anchorscope
