// The history of scalars, its smoothing, the plot and its files; the scatter of an object's pairs.
#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <QWheelEvent>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "core/evidence/setting.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"
#include "widgets/plot/curve_csv.h"
#include "widgets/plot/curve_legend.h"
#include "widgets/plot/curves_view.h"
#include "widgets/plot/scalar_picker.h"
#include "widgets/plot/scatter_view.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

using Steps = std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>>;

void append(CurvesView& view, const Steps& steps) {
  for (const auto& [step, scalars] : steps)
    view.history().append(step, scalars);
  view.historyChanged();
}

TEST(SmoothedTest, IsABiasCorrectedMovingAverage) {
  // By hand with weight 1/2: 2/2 / (1/2) = 2;  (1 + 4)/2 ... 0.5*1 + 0.5*4 = 2.5, / (1 - 1/4) = 10/3;
  // 0.5*2.5 + 0.5*0 = 1.25, / (1 - 1/8) = 10/7.
  const std::vector<double> out = smoothed(std::vector<double>{2, 4, 0}, 0.5);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_DOUBLE_EQ(out[0], 2);
  EXPECT_DOUBLE_EQ(out[1], 10.0 / 3);
  EXPECT_DOUBLE_EQ(out[2], 10.0 / 7);
  EXPECT_EQ(smoothed(std::vector<double>{2, 4, 0}, 0), (std::vector<double>{2, 4, 0}));
  EXPECT_TRUE(smoothed(std::vector<double>(), 0.9).empty());
  for (const double value : smoothed(std::vector<double>(50, 3.25), 0.99))
    EXPECT_NEAR(value, 3.25, 1e-12);
}

TEST(SmoothedTest, CountsStepsNotValues) {
  // 1/2 a step: by hand 1/2^10 of the first value is left ten steps on.
  const std::vector<DrawnPoint> sparse = {{5, 1, 1, 1}, {15, 3, 1, 3}};
  const double kept = 1.0 / 1024, average = kept * 0.5 + (1 - kept) * 3;
  const std::vector<double> out = smoothed(sparse, 0.5);
  EXPECT_DOUBLE_EQ(out[0], 1);
  EXPECT_DOUBLE_EQ(out[1], average / (1 - 0.5 * kept));
}

TEST(SmoothedTest, NonFiniteValuesPassThroughAndLeaveTheAverageAsItWas) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> out = smoothed(std::vector<double>{2, nan, infinity, 4}, 0.5);
  EXPECT_DOUBLE_EQ(out[0], 2);
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_TRUE(std::isinf(out[2]));
  EXPECT_DOUBLE_EQ(out[3], 10.0 / 3);
}

TEST(ScalarStoreTest, FindsTheNewestValueAtOrBeforeAStep) {
  ScalarStore history;
  EXPECT_EQ(history.lastStep(), -1);
  history.append(10, {{"loss.cls", 1.0}, {"loss.loc", 2.0}});
  history.append(20, {{"loss.cls", 0.5}});
  EXPECT_EQ(history.at("loss.cls", 15).high, 1.0);
  EXPECT_EQ(history.at("loss.cls", 20).high, 0.5);
  EXPECT_EQ(history.at("loss.loc", 99).high, 2.0);
  EXPECT_TRUE(std::isnan(history.at("loss.cls", 9).high));
  EXPECT_EQ(history.at("loss.cls", 9).values, 0);
  EXPECT_TRUE(std::isnan(history.at("none", 9).high));
  EXPECT_EQ(history.names(), (std::vector<std::string>{"loss.cls", "loss.loc"}));
  EXPECT_EQ(history.lastStep(), 20);
  history.clear();
  EXPECT_TRUE(history.names().empty());
  EXPECT_EQ(history.lastStep(), -1);
}

TEST(CurvesFilesTest, WritesCsvPdfAndPngWholeAndNeverOverAFileUnasked) {
  const testing::TemporaryFolder folder;
  CurvesView view;
  view.resize(600, 200);
  append(view, {{1, {{"loss.cls", 0.1}, {"loss.loc", 1}, {"other", 5}}}, {2, {{"loss.cls", 0.25}}}});
  const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
  ASSERT_TRUE(view.exportTo(path("c.csv"), Overwrite::kNo));
  EXPECT_EQ(testing::readFile(folder / "c.csv"),
            "scalar,step,value\nloss.cls,1,0.1\nloss.cls,2,0.25\nloss.loc,1,1\n");
  ASSERT_TRUE(view.exportTo(path("c.pdf"), Overwrite::kNo));
  EXPECT_TRUE(testing::readFile(folder / "c.pdf").starts_with("%PDF"));
  ASSERT_TRUE(view.exportTo(path("c.png"), Overwrite::kNo));
  EXPECT_FALSE(QImage(path("c.png")).isNull());
  const Status again = view.exportTo(path("c.csv"), Overwrite::kNo);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
  EXPECT_EQ(view.exportTo(path("c.bmp"), Overwrite::kNo).error().code, ErrorCode::kUsage);
}

EvidenceDeclaration someDeclaration() {
  EvidenceDeclaration declaration;
  const auto scalar = [&](const char* name, const char* title, const char* unit, ColorScale scale) {
    declaration.scalars.push_back({name, title, unit, title, "ours", scale});
  };
  scalar("loss.cls", "Classification loss", "nat", ColorScale::kClassification);
  scalar("loss.cls_fg", "Classification loss, positives", "nat", ColorScale::kClassification);
  scalar("loss.loc", "Box loss", "1", ColorScale::kRegression);
  scalar("positives.cls", "Positives, classification", "anchors", ColorScale::kClassification);
  scalar("positives.reg", "Positives, regression", "anchors", ColorScale::kRegression);
  scalar("train.lr", "Learning rate", "1", ColorScale::kSequential);
  declaration.scalars.back().source = optionSource("train.lr");
  scalar("best.distance", "Best p to best q", "px", ColorScale::kSequential);
  return declaration;
}

/// 101 steps; the losses fall from 2 to 1, the learning rate is 0.001.
std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>> someSteps() {
  std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>> steps;
  for (std::int64_t step = 0; step <= 100; ++step) {
    const double falling = 2 - 0.01 * static_cast<double>(step);
    steps.push_back({step,
                     {{"loss.cls", falling},
                      {"loss.cls_fg", 0.4 * falling},
                      {"loss.loc", 0.5 * falling},
                      {"positives.cls", 40},
                      {"positives.reg", 60},
                      {"train.lr", 1e-3},
                      {"best.distance", 8}}});
  }
  return steps;
}

TEST(CurvePlanTest, UnlikeUnitsAndSizesHaveAxesOfTheirOwnAndColoursDiffer) {
  ScalarStore history;
  for (const auto& [step, scalars] : someSteps())
    history.append(step, scalars);
  const CurvePlan plan = planCurves(
      history, someDeclaration(),
      {"loss.cls", "loss.loc", "positives.cls", "train.lr", "positives.reg", "loss.cls_fg", "none"}, 0);
  std::vector<std::size_t> axes;
  std::set<Argb> colors;
  for (const PlannedCurve& curve : plan.curves) {
    axes.push_back(curve.axis);
    colors.insert(curve.color);
  }
  EXPECT_EQ(axes, (std::vector<std::size_t>{0, 0, 1, 2, 1, 0, 0}));
  EXPECT_EQ(colors.size(), plan.curves.size()) << "two curves have one colour";
  EXPECT_EQ(plan.axisTitles, (std::vector<std::string>{"", "anchors", "Learning rate"}));
  EXPECT_EQ(plan.curves[0].color, kClassificationArgb);
  EXPECT_EQ(plan.curves[1].color, kRegressionArgb);
  EXPECT_EQ(plan.curves[0].title, "Classification loss");
  EXPECT_TRUE(plan.curves[6].points.empty());
}

TEST(CurvePlanTest, AnotherRunsCurvesHaveTheColoursAndAxesOfTheFirstsAndAreDashed) {
  ScalarStore history, beside;
  for (std::int64_t step = 0; step < 20; ++step) {
    history.append(step, {{"loss.cls", 1.0}, {"positives.cls", 300.0}});
    beside.append(step, {{"loss.cls", 4.0}, {"other", 1.0}});
  }
  CurvePlan plan = planCurves(history, someDeclaration(), {"loss.cls", "positives.cls"}, 0.5);
  planBeside(plan, beside, someDeclaration(), "B", 1, 0.5);
  ASSERT_EQ(plan.curves.size(), 3u) << "what it has no values of is left out";
  const PlannedCurve &own = plan.curves[0], &other = plan.curves[2];
  EXPECT_EQ(other.name, "loss.cls");
  EXPECT_EQ(other.title, own.title + " · B");
  EXPECT_EQ(other.color, own.color);
  EXPECT_EQ(other.axis, own.axis);
  EXPECT_EQ(own.dash, 0u);
  EXPECT_EQ(other.dash, 1u);
  EXPECT_EQ(other.points.size(), 20u);
  EXPECT_EQ(other.bold.size(), own.bold.size());
  EXPECT_GT(axisSpan(plan, own.axis, {0, 20})->high, 4) << "both are in view";
  const auto figures = figureCurves(plan, {0, 20});
  int dashed = 0;
  for (const FigureSeries& series : figures[own.axis].series)
    dashed += series.dashed ? 1 : 0;
  EXPECT_EQ(dashed, 2) << "raw and smoothed";
}

TEST(CurvesFilesTest, ATableOfSeveralRunsNamesThem) {
  ScalarStore history, beside;
  history.append(0, {{"loss", 1.0}});
  beside.append(0, {{"loss", 2.0}});
  EXPECT_EQ(curvesAsCsv(history, {"loss"}), "scalar,step,value\nloss,0,1\n");
  EXPECT_EQ(curvesAsCsv(history, {{"b,c", &beside}}, {"loss"}),
            "run,scalar,step,value\n,loss,0,1\n\"b,c\",loss,0,2\n");
}

TEST(CurvePlanTest, WhatWasSetIsNotSmoothed) {
  ScalarStore history;
  for (const auto& [step, scalars] : someSteps())
    history.append(step, scalars);
  const CurvePlan plan = planCurves(history, someDeclaration(), {"loss.cls", "train.lr"}, 0.9);
  EXPECT_FALSE(plan.curves[0].bold.empty());
  EXPECT_TRUE(plan.curves[1].bold.empty());
}

TEST(CurvePlanTest, AnAxisSpansWhatIsInViewWithoutSingleSpikes) {
  ScalarStore history;
  for (std::int64_t step = 0; step < 200; ++step)
    history.append(step, {{"a", step == 50 ? 1000.0 : step < 100 ? 4.0 : 1.0}});
  const CurvePlan plan = planCurves(history, {}, {"a"}, 0);
  const auto all = axisSpan(plan, 0, {0, 199});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->low, 0);
  EXPECT_GT(all->high, 4);
  EXPECT_LT(all->high, 5);
  const auto late = axisSpan(plan, 0, {120, 180});
  ASSERT_TRUE(late);
  EXPECT_GT(late->low, 0.8);
  EXPECT_LT(late->high, 1.2);
  EXPECT_FALSE(axisSpan(plan, 0, {300, 400}));
}

TEST(CurvePlanTest, AFigureHasOnePlotForEachAxisWithTheStepsInView) {
  ScalarStore history;
  for (const auto& [step, scalars] : someSteps())
    history.append(step, scalars);
  const CurvePlan plan =
      planCurves(history, someDeclaration(), {"loss.cls", "positives.cls", "loss.loc"}, 0.9);
  const std::vector<FigureCurves> plots = figureCurves(plan, {10, 20});
  ASSERT_EQ(plots.size(), 2u);
  EXPECT_EQ(plots[0].series.size(), 4u) << "two curves, each raw and smoothed";
  EXPECT_EQ(plots[1].yTitle, "anchors");
  for (const FigureCurves& plot : plots)
    for (const FigureSeries& series : plot.series) {
      ASSERT_EQ(series.x.size(), 11u);
      EXPECT_EQ(series.x.front(), 10);
      EXPECT_EQ(series.x.back(), 20);
      EXPECT_EQ(series.title.empty(), !series.emphasized);
    }
  // What is smoothed is the whole curve, not the part in view.
  EXPECT_DOUBLE_EQ(plots[0].series[1].y[0], smoothed(history.find("loss.cls")->drawn(), 0.9)[10]);
}

class CurvesViewTest : public ::testing::Test {
 protected:
  CurvesViewTest() {
    view.resize(700, 240);
    view.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
    view.setDeclaration(someDeclaration());
    append(view, someSteps());
    plot = view.findChild<QWidget*>("curvePlot");
    QObject::connect(&view, &CurvesView::stepClicked, [&](std::int64_t step) { clicked.push_back(step); });
    waitForPlot();
  }
  /// Drawn on a timer; once it has, the steps end at 102 (2 % room).
  void waitForPlot() {
    EXPECT_TRUE(QTest::qWaitFor([&] { return view.stepAt(plot->width() - 12) >= 95; }));
  }
  /// After the next plot.
  void waitFor(const std::function<bool()>& what) { EXPECT_TRUE(QTest::qWaitFor(what)); }
  QPoint pointAt(std::int64_t step) {
    int x = 0;
    while (x < plot->width() && view.stepAt(x) < step)
      ++x;
    return {x, plot->height() / 2};
  }
  void wheel(QPoint at, int notches) {
    QWheelEvent event(at, plot->mapToGlobal(QPointF(at)), {}, QPoint(0, 120 * notches), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(plot, &event);
  }

  CurvesView view;
  QWidget* plot = nullptr;
  std::vector<std::int64_t> clicked;
};

TEST_F(CurvesViewTest, AClickOnThePlotAsksForThatStepAndADragDoesNot) {
  QTest::mouseClick(plot, Qt::LeftButton, {}, pointAt(50));
  waitFor([&] { return clicked.size() == 1; });
  EXPECT_EQ(clicked[0], 50);
  view.setCurrentStep(50);  // no longer live: nothing to wait for
  QTest::mouseClick(plot, Qt::LeftButton, {}, pointAt(20));
  ASSERT_EQ(clicked.size(), 2u);
  EXPECT_EQ(clicked[1], 20);
  QTest::mousePress(plot, Qt::LeftButton, {}, pointAt(50));
  QTest::mouseMove(plot, pointAt(60));
  QTest::mouseRelease(plot, Qt::LeftButton, {}, pointAt(60));
  EXPECT_EQ(clicked.size(), 2u);
}

TEST_F(CurvesViewTest, ADoubleClickShowsAllStepsAndDoesNotLeaveWhatIsLive) {
  wheel(pointAt(50), 4);
  ASSERT_LT(view.steps().to, 90);
  const QPoint at = pointAt(50);
  QTest::mouseClick(plot, Qt::LeftButton, {}, at);
  QTest::mouseDClick(plot, Qt::LeftButton, {}, at);
  waitFor([&] { return view.steps().to > 100; });
  QTest::qWait(QApplication::doubleClickInterval() + 50);  // longer than a single click waits
  EXPECT_TRUE(clicked.empty());
}

TEST_F(CurvesViewTest, ZoomingAlongTheStepsFitsTheValuesAndStopsAtTheEnds) {
  const ValueSpan whole = *view.span("loss.cls");
  EXPECT_EQ(whole.low, 0);
  EXPECT_GT(whole.high, 2);
  wheel(pointAt(95), 8);
  const StepRange zoomed = view.steps();
  ASSERT_LT(zoomed.to - zoomed.from, 30);
  const ValueSpan late = *view.span("loss.cls");
  EXPECT_LT(late.high, 1.6) << "the values at the end are fitted, not those of the beginning";
  EXPECT_LT(late.high - late.low, whole.high - whole.low);
  for (int i = 0; i < 40; ++i)
    wheel(pointAt(95), 8);
  EXPECT_GE(view.steps().to - view.steps().from, 2);
  for (int i = 0; i < 80; ++i)
    wheel({plot->width() / 2, plot->height() / 2}, -8);
  EXPECT_GE(view.steps().from, 0);
  EXPECT_LE(view.steps().to, 103);
}

TEST_F(CurvesViewTest, StepsAreLabelledWithWholeNumbersOnceEach) {
  for (int i = 0; i < 40; ++i)
    wheel(pointAt(50), 8);
  view.grab();  // the labels are made when it is drawn
  const QStringList labels = view.tickLabels(0);
  ASSERT_FALSE(labels.isEmpty());
  for (const QString& label : labels) {
    EXPECT_EQ(labels.count(label), 1) << label.toStdString();
    EXPECT_FALSE(label.contains('.')) << label.toStdString();
  }
  view.setShown({"train.lr"});
  waitFor([&] { return view.tickLabels(1).contains(QStringLiteral("0.001")); });
}

TEST_F(CurvesViewTest, TheNumbersOfALowPlotDoNotTouch) {
  for (const int height : {110, 150, 240, 400}) {
    view.resize(700, height);
    QCoreApplication::processEvents();
    view.grab();
    const qsizetype numbers = view.tickLabels(1).size();
    EXPECT_GE(numbers, 1) << height;
    EXPECT_LE(numbers * 12, plot->height() - 30) << height;
  }
}

TEST_F(CurvesViewTest, TheValueUnderTheCursorIsShownAndGoesWithIt) {
  EXPECT_EQ(view.legend()->moment(), QString());
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.000"));
  QTest::mouseMove(plot, pointAt(25));
  EXPECT_EQ(view.legend()->moment(), QStringLiteral("step 25"));
  EXPECT_EQ(view.legend()->entries()[0].title, QStringLiteral("Classification loss"));
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.750"));
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(plot, &leave);
  EXPECT_EQ(view.legend()->moment(), QString());
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.000"));
}

TEST_F(CurvesViewTest, TheValuesAreThoseOfTheStepThatIsLookedAt) {
  view.setCurrentStep(40);
  waitFor([&] { return view.legend()->moment() == QStringLiteral("step 40"); });
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.600"));
  QTest::mouseMove(plot, pointAt(25));
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.750")) << "the cursor goes before";
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(plot, &leave);
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.600"));
  view.setCurrentStep(-1);
  waitFor([&] { return view.legend()->moment().isEmpty(); });
  EXPECT_EQ(view.legend()->entries()[0].value, QStringLiteral("1.000"));
}

TEST_F(CurvesViewTest, ManyCurvesNeitherWidenTheViewNorTakeItsHeight) {
  const QSize before = view.minimumSizeHint();
  const int plotBefore = plot->height();
  view.setShown(
      {"loss.cls", "loss.loc", "loss.cls_fg", "positives.cls", "positives.reg", "train.lr", "best.distance"});
  waitFor([&] { return view.legend()->entries().size() == 7; });
  QCoreApplication::processEvents();
  EXPECT_EQ(view.minimumSizeHint().width(), before.width());
  EXPECT_LE(view.minimumSizeHint().height(), before.height() + 24);
  EXPECT_GE(plot->height(), plotBefore - 24);
  view.resize(420, 240);
  QCoreApplication::processEvents();
  EXPECT_EQ(view.width(), 420);
  EXPECT_LE(view.legend()->height(), 2 * (view.fontMetrics().height() + 2));
  EXPECT_GE(view.legend()->shownCount(), 1u);
  EXPECT_LT(view.legend()->shownCount(), 7u);
  EXPECT_TRUE(view.legend()->toolTip().contains("Best p to best q: 8"))
      << "what has no room is in the tooltip";
}

TEST_F(CurvesViewTest, EachUnitHasAnAxisOfItsOwn) {
  view.setShown({"loss.cls", "positives.cls", "train.lr"});
  waitFor([&] { return view.span("train.lr").has_value(); });
  EXPECT_LT(view.span("loss.cls")->high, 3);
  EXPECT_GT(view.span("positives.cls")->high, 40);
  EXPECT_LT(view.span("train.lr")->high, 0.002);
  view.setShown({"loss.cls"});
  waitFor([&] { return !view.span("train.lr").has_value(); });
}

TEST_F(CurvesViewTest, TheListOfScalarsIsSearchedAndStaysOpenWhileSeveralAreChosen) {
  QTest::mouseClick(view.findChild<QToolButton*>("chooseScalars"), Qt::LeftButton);
  auto* picker = view.findChild<ScalarPicker*>("scalarPicker");
  ASSERT_TRUE(picker && picker->isVisible());
  auto* list = picker->findChild<QTreeWidget*>("scalarList");
  auto* search = picker->findChild<QLineEdit*>("scalarSearch");
  EXPECT_EQ(list->topLevelItemCount(), 7);
  QTest::keyClicks(search, "positives class");
  std::vector<QTreeWidgetItem*> found;
  for (int i = 0; i < list->topLevelItemCount(); ++i)
    if (!list->topLevelItem(i)->isHidden()) found.push_back(list->topLevelItem(i));
  ASSERT_EQ(found.size(), 2u) << "loss.cls_fg and positives.cls hold both words";
  EXPECT_EQ(found[1]->text(0), QStringLiteral("Positives, classification"));
  EXPECT_EQ(found[1]->text(1), QStringLiteral("anchors"));
  for (QTreeWidgetItem* item : found)
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(item).center());
  EXPECT_TRUE(picker->isVisible());
  EXPECT_EQ(view.shown(), (QStringList{"loss.cls", "loss.loc", "loss.cls_fg", "positives.cls"}));
  for (int i = 0; i < list->topLevelItemCount(); ++i)
    EXPECT_LE(list->fontMetrics().horizontalAdvance(list->topLevelItem(i)->text(0)) + 30,
              list->columnWidth(0))
        << "cut off: " << list->topLevelItem(i)->text(0).toStdString();
  // With the keys: clear the search, down to the first, take it away with the space bar.
  search->clear();
  QTest::keyClick(search, Qt::Key_Down);
  QTest::keyClick(list, Qt::Key_Down);
  QTest::keyClick(list, Qt::Key_Space);
  EXPECT_EQ(view.shown(), (QStringList{"loss.loc", "loss.cls_fg", "positives.cls"}));
  QTest::keyClick(list, Qt::Key_Escape);
  EXPECT_FALSE(picker->isVisible());
}

TEST(CurveSets, AreWhatOfThemThereIs) {
  const std::vector<CurveSet> sets = curveSets({"loss.cls", "loss.cls_bg", "grad.cls_bg", "eval.tide.loc",
                                                "eval.tide.miss", "sampling_free.ratio", "x"});
  std::map<QString, QStringList> byTitle;
  for (const CurveSet& set : sets)
    byTitle[set.title] = set.names;
  EXPECT_EQ(byTitle.at("Losses"), QStringList{"loss.cls"});
  EXPECT_EQ(byTitle.at("What errors cost, validation"), (QStringList{"eval.tide.loc", "eval.tide.miss"}));
  EXPECT_EQ(byTitle.at("Prior and balance of the heads"), QStringList{"sampling_free.ratio"});
  EXPECT_FALSE(byTitle.contains("Average precision"));
  EXPECT_TRUE(curveSets({"x"}).empty());
}

TEST_F(CurvesViewTest, ScalarsThatBelongTogetherAreChosenTogether) {
  view.setSets({{"Mine", {"positives.cls"}}});
  QTest::mouseClick(view.findChild<QToolButton*>("chooseScalars"), Qt::LeftButton);
  auto* picker = view.findChild<ScalarPicker*>();
  auto* sets = picker->findChild<QComboBox*>("scalarSets");
  ASSERT_GT(sets->count(), 1);
  EXPECT_EQ(sets->itemText(0), "Mine");
  sets->setFocus();
  QTest::keyClick(sets, Qt::Key_Down);  // the first
  QTest::keyClick(sets, Qt::Key_Return);
  EXPECT_EQ(view.shown(), QStringList{"positives.cls"});
  auto* list = picker->findChild<QTreeWidget*>("scalarList");
  for (int i = 0; i < list->topLevelItemCount(); ++i)
    EXPECT_EQ(list->topLevelItem(i)->checkState(0) == Qt::Checked,
              list->topLevelItem(i)->text(2) == QStringLiteral("positives.cls"));
}

TEST_F(CurvesViewTest, ExportedCurvesAreTheFiguresWhateverTheWindowLooksLike) {
  const testing::TemporaryFolder folder;
  QPalette dark;
  dark.setColor(QPalette::Window, darkTheme().panel);
  view.setPalette(dark);
  view.setShown({"loss.cls", "positives.cls"});
  const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
  ASSERT_TRUE(view.exportTo(path("c.png"), Overwrite::kNo, {60, 254, FigureTheme::kLight}));
  const QImage picture(path("c.png"));
  EXPECT_EQ(picture.width(), 600) << "60 mm at 10 dots a millimetre";
  EXPECT_EQ(picture.pixelColor(2, 2), QColor(Qt::white));
  ASSERT_TRUE(view.exportTo(path("c.svg"), Overwrite::kNo, {60, 300, FigureTheme::kLight}));
  const std::string svg = testing::readFile(folder / "c.svg");
  EXPECT_NE(svg.find("width=\"60mm\""), std::string::npos) << svg.substr(0, 300);
  EXPECT_NE(svg.find("#e69f00"), std::string::npos) << "the classification head's colour";
  view.setShown({});
  EXPECT_EQ(view.exportTo(path("none.pdf"), Overwrite::kNo).error().code, ErrorCode::kUsage);
}

TEST(ScatterViewTest, AClickOnAPointSelectsItsAnchor) {
  ScatterView view;
  view.resize(200, 200);
  const auto frame = testing::makeSyntheticEvidence();
  view.show(frame, 0);
  EXPECT_EQ(view.title(), QStringLiteral("p – q"));
  std::vector<std::int64_t> clicked;
  QObject::connect(&view, &ScatterView::anchorClicked,
                   [&](std::int64_t anchor) { clicked.push_back(anchor); });
  const PairTable& table = frame->pairTables.front();
  const auto [first, last] = table.rowsOfObject(0);
  // A member of the bag that lies apart from the others: the one with the largest q.
  const auto& q = table.columns[1];
  std::size_t best = first;
  for (std::size_t row = first; row < last; ++row)
    if (q[row] > q[best]) best = row;
  const QPointF at = view.pointOfAnchor(table.candidate[best]);
  ASSERT_TRUE(view.rect().contains(at.toPoint()));
  QTest::mouseClick(&view, Qt::LeftButton, {}, at.toPoint());
  EXPECT_EQ(clicked, std::vector<std::int64_t>{table.candidate[best]});
  QTest::mouseClick(&view, Qt::LeftButton, {}, {view.width() - 2, 2});
  EXPECT_EQ(clicked.size(), 1u);
  view.show(nullptr, -1);
  EXPECT_TRUE(view.title().isEmpty());
}

TEST(ScatterViewTest, SetsScoreAgainstOverlapWhereverTheyStandInTheTable) {
  auto frame = std::make_shared<StageEvidence>(*testing::makeSyntheticEvidence());
  PairTable& table = frame->pairTables.front();
  // As FCOS has it: distances first.
  for (const char* name : {"top", "left"}) {
    table.spec.columns.insert(table.spec.columns.begin(),
                              {name, name, "px", name, false, ColorScale::kSequential});
    table.columns.insert(table.columns.begin(), std::vector<float>(table.rowCount(), 5.f));
  }
  ScatterView view;
  view.show(frame, 0);
  EXPECT_EQ(view.title(), QStringLiteral("p – q"));
}

}  // namespace
}  // namespace anchorscope
