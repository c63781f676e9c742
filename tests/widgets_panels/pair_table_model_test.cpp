#include "widgets/models/pair_table_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <limits>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

using Tester = QAbstractItemModelTester;

constexpr float kNone = -1, kUndefined = std::numeric_limits<float>::quiet_NaN();

/// Two objects; object 1 has four rows, three of them in the bag.
std::shared_ptr<const StageEvidence> handMadeFrame() {
  auto frame = std::make_shared<StageEvidence>();
  auto anchors = std::make_shared<CandidateSet>();
  anchors->levels = {{8, 2, 3, 1, 0}};
  anchors->boxesInInput.resize(6);
  frame->candidates = anchors;
  PairTable table;
  table.spec.name = "test.pairs";
  for (const auto& [name, integer] : {std::pair{"p", false},
                                      {"q", false},
                                      {"rank_cls", true},
                                      {"rank_reg", true},
                                      {"t", false},
                                      {"u", false},
                                      {"w_cls", false},
                                      {"w_reg", false},
                                      {"member", true}})
    table.spec.columns.push_back({name, name, "1", name, integer, ColorScale::kClassification});
  table.spec.memberColumn = "member";
  table.spec.sortColumn = "p";
  table.spec.sortDescending = true;
  table.candidate = {0, 1, 2, 3, 5};
  table.object = {0, 1, 1, 1, 1};
  table.columns = {{0.5f, 0.2f, 0.9f, 0.4f, 0.95f},
                   {0.5f, 0.7f, 0.1f, kUndefined, 0.3f},
                   {0, 2, 0, 1, kNone},
                   {0, 0, 2, 1, kNone},
                   {1, 1, 1, 1, 1},
                   {1, 1, 1, 1, 1},
                   {1, 0.25f, 1, 0.5f, 0},
                   {1, 0.5f, 0.1f, 0.25f, 0},
                   {1, 1, 1, 1, 0}};
  frame->pairTables = {table};
  DecisionSpec decision;
  decision.pairTable = "test.pairs";
  decision.outcomes = {{"classification", "c", "w_cls", "rank_cls"},
                       {"regression", "r", "w_reg", "rank_reg"}};
  frame->decisions = {decision};
  return frame;
}

std::vector<int> anchorsOf(const PairTableModel& model) {
  std::vector<int> anchors;
  for (int row = 0; row < model.rowCount(); ++row)
    anchors.push_back(model.anchorOfRow(row));
  return anchors;
}

QString text(const PairTableModel& model, int row, int column) {
  return model.index(row, column).data().toString();
}

TEST(PairTableModelTest, TheBagStandsFirstInTheDeclaredOrder) {
  PairTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.show(handMadeFrame(), 1, false);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{2, 3, 1, 5}));  // 5 has the largest p but is no member
  EXPECT_EQ(model.memberCount(), 3);
  EXPECT_EQ(model.consideredCount(), 4);
  model.show(handMadeFrame(), 1, true);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{2, 3, 1}));
  model.show(handMadeFrame(), 0, false);
  EXPECT_EQ(anchorsOf(model), std::vector<int>{0});
  model.show(handMadeFrame(), -1, false);
  EXPECT_EQ(model.rowCount(), 0);
  model.show(nullptr, 0, false);
  EXPECT_EQ(model.columnCount(), 0);
}

TEST(PairTableModelTest, RanksOfBothHeadsStandInOneColumnAndSortByTheFirst) {
  PairTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.show(handMadeFrame(), 1, false);
  ASSERT_EQ(model.rankColumn(), 0);
  EXPECT_EQ(text(model, 0, 0), "0 / 2");
  EXPECT_EQ(text(model, 1, 0), "1 / 1");
  EXPECT_EQ(text(model, 2, 0), "2 / 0");
  EXPECT_EQ(text(model, 3, 0), "– / –");
  model.sort(0, Qt::AscendingOrder);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{2, 3, 1, 5}));  // no rank stands last
  model.sort(0, Qt::DescendingOrder);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{1, 3, 2, 5}));
}

TEST(PairTableModelTest, SortsEveryColumnWithUndefinedValuesLastBothWays) {
  PairTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.show(handMadeFrame(), 1, false);
  const int q = model.columnOf("q");
  model.sort(q, Qt::AscendingOrder);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{2, 5, 1, 3}));
  model.sort(q, Qt::DescendingOrder);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{1, 5, 2, 3}));
  EXPECT_EQ(text(model, 3, q), "–");
  model.sort(model.anchorColumn(), Qt::DescendingOrder);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{5, 3, 2, 1}));
  // The order stays when the next step's frame arrives, and goes with another table.
  model.show(handMadeFrame(), 1, false);
  EXPECT_EQ(anchorsOf(model), (std::vector<int>{5, 3, 2, 1}));
}

TEST(PairTableModelTest, SelectedRowsFollowTheirAnchorWhenSorted) {
  PairTableModel model;
  model.show(handMadeFrame(), 1, false);
  const QPersistentModelIndex kept = model.index(0, 0);  // anchor 2
  model.sort(model.columnOf("q"), Qt::DescendingOrder);
  EXPECT_EQ(model.anchorOfRow(kept.row()), 2);
  EXPECT_EQ(model.rowOfAnchor(2), kept.row());
  EXPECT_EQ(model.rowOfAnchor(0), -1);
}

TEST(PairTableModelTest, WeightsAreBarsAndANarrowTableShowsRanksThreeNumbersAndWeights) {
  PairTableModel model;
  model.show(handMadeFrame(), 1, false);
  const int wCls = model.columnOf("w_cls");
  EXPECT_TRUE(model.isWeight(wCls));
  EXPECT_FALSE(model.isWeight(model.columnOf("p")));
  EXPECT_FLOAT_EQ(model.index(1, wCls).data(PairTableModel::kShareRole).toFloat(), 0.5f);
  EXPECT_FLOAT_EQ(model.index(0, model.columnOf("w_reg")).data(PairTableModel::kShareRole).toFloat(), 0.2f);
  std::vector<std::string> shown;
  for (int column = 0; column < model.columnCount(); ++column)
    if (model.shownAtFirst(column))
      shown.push_back(model.headerData(column, Qt::Horizontal).toString().toStdString());
  EXPECT_EQ(shown, (std::vector<std::string>{"rank", "p", "q", "t", "w_cls", "w_reg"}));
}

TEST(PairTableModelTest, WithoutADecisionTheAnchorTakesTheRanksPlace) {
  auto frame = std::make_shared<StageEvidence>(*handMadeFrame());
  frame->decisions.clear();
  PairTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.show(frame, 1, false);
  EXPECT_EQ(model.rankColumn(), -1);
  EXPECT_EQ(model.columnOf("p"), 0);
  EXPECT_TRUE(model.shownAtFirst(model.anchorColumn()));
  EXPECT_EQ(text(model, 0, model.anchorColumn()), "2");
}

TEST(PairTableModelTest, KeepsTheRulesOfModelsWhileRealFramesComeAndGo) {
  PairTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    testing::SyntheticFrameOptions options;
    options.seed = seed;
    const auto frame = testing::makeSyntheticEvidence(options);
    for (const int object : {0, 3}) {
      model.show(frame, object, seed % 2 == 0);
      EXPECT_GT(model.rowCount(), 0);
      model.sort(model.columnOf("q"), Qt::DescendingOrder);
    }
  }
}

}  // namespace
}  // namespace anchorscope
