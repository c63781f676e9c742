// The history of scalars, its smoothing, the plot and its files; the scatter of an object's pairs.
#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <cmath>
#include <limits>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"
#include "widgets/plot/curves_view.h"
#include "widgets/plot/scatter_view.h"

namespace anchorscope {
namespace {

TEST(SmoothedTest, IsABiasCorrectedMovingAverage) {
  // By hand with weight 1/2: 2/2 / (1/2) = 2;  (1 + 4)/2 ... 0.5*1 + 0.5*4 = 2.5, / (1 - 1/4) = 10/3;
  // 0.5*2.5 + 0.5*0 = 1.25, / (1 - 1/8) = 10/7.
  const std::vector<double> out = smoothed({2, 4, 0}, 0.5);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_DOUBLE_EQ(out[0], 2);
  EXPECT_DOUBLE_EQ(out[1], 10.0 / 3);
  EXPECT_DOUBLE_EQ(out[2], 10.0 / 7);
  EXPECT_EQ(smoothed({2, 4, 0}, 0), (std::vector<double>{2, 4, 0}));
  EXPECT_TRUE(smoothed({}, 0.9).empty());
  for (const double value : smoothed(std::vector<double>(50, 3.25), 0.99))
    EXPECT_NEAR(value, 3.25, 1e-12);
}

TEST(SmoothedTest, NonFiniteValuesPassThroughAndLeaveTheAverageAsItWas) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> out = smoothed({2, nan, infinity, 4}, 0.5);
  EXPECT_DOUBLE_EQ(out[0], 2);
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_TRUE(std::isinf(out[2]));
  EXPECT_DOUBLE_EQ(out[3], 10.0 / 3);
}

TEST(CurveHistoryTest, FindsTheNewestValueAtOrBeforeAStep) {
  CurveHistory history;
  EXPECT_EQ(history.lastStep(), -1);
  history.append(10, {{"loss.cls", 1.0}, {"loss.loc", 2.0}});
  history.append(20, {{"loss.cls", 0.5}});
  EXPECT_EQ(history.valueAt("loss.cls", 15), 1.0);
  EXPECT_EQ(history.valueAt("loss.cls", 20), 0.5);
  EXPECT_EQ(history.valueAt("loss.loc", 99), 2.0);
  EXPECT_TRUE(std::isnan(history.valueAt("loss.cls", 9)));
  EXPECT_TRUE(std::isnan(history.valueAt("none", 9)));
  EXPECT_EQ(history.names(), (std::vector<std::string>{"loss.cls", "loss.loc"}));
  EXPECT_EQ(history.lastStep(), 20);
  history.clear();
  EXPECT_TRUE(history.names().empty());
  EXPECT_EQ(history.lastStep(), -1);
}

TEST(CurvesViewTest, WritesCsvPdfAndPngWholeAndNeverOverAFileUnasked) {
  const testing::TemporaryFolder folder;
  CurvesView view;
  view.resize(600, 200);
  view.appendSteps({{1, {{"loss.cls", 0.1}, {"loss.loc", 1}, {"other", 5}}}, {2, {{"loss.cls", 0.25}}}});
  const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
  ASSERT_TRUE(view.exportTo(path("c.csv"), Overwrite::kNo));
  EXPECT_EQ(testing::readFile(folder / "c.csv"),
            "scalar,step,value\nloss.cls,1,0.10000000000000001\nloss.cls,2,0.25\nloss.loc,1,1\n");
  ASSERT_TRUE(view.exportTo(path("c.pdf"), Overwrite::kNo));
  EXPECT_TRUE(testing::readFile(folder / "c.pdf").starts_with("%PDF"));
  ASSERT_TRUE(view.exportTo(path("c.png"), Overwrite::kNo));
  EXPECT_FALSE(QImage(path("c.png")).isNull());
  const Status again = view.exportTo(path("c.csv"), Overwrite::kNo);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
  EXPECT_EQ(view.exportTo(path("c.bmp"), Overwrite::kNo).error().code, ErrorCode::kUsage);
}

TEST(CurvesViewTest, AClickOnThePlotAsksForThatStepAndADragDoesNot) {
  CurvesView view;
  view.resize(700, 240);
  view.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
  std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>> steps;
  for (std::int64_t step = 0; step <= 100; ++step)
    steps.push_back({step, {{"loss.cls", 1.0}}});
  view.appendSteps(steps);
  std::vector<std::int64_t> clicked;
  QObject::connect(&view, &CurvesView::stepClicked, [&](std::int64_t step) { clicked.push_back(step); });
  auto* plot = reinterpret_cast<QWidget*>(view.findChild<QWidget*>("curvePlot"));
  ASSERT_NE(plot, nullptr);
  // Drawn on a timer; once it has the axis ends at 102 (2 % room).
  ASSERT_TRUE(QTest::qWaitFor([&] { return view.stepAt(plot->width() - 9) >= 95; }));
  const int middle = plot->width() / 2;
  QTest::mouseClick(plot, Qt::LeftButton, {}, {middle, plot->height() / 2});
  ASSERT_EQ(clicked.size(), 1u);
  EXPECT_EQ(clicked[0], view.stepAt(middle));
  EXPECT_GT(clicked[0], 30);
  EXPECT_LT(clicked[0], 70);
  QTest::mousePress(plot, Qt::LeftButton, {}, {middle, plot->height() / 2});
  QTest::mouseMove(plot, {middle + 60, plot->height() / 2});
  QTest::mouseRelease(plot, Qt::LeftButton, {}, {middle + 60, plot->height() / 2});
  EXPECT_EQ(clicked.size(), 1u);
}

TEST(ScatterViewTest, AClickOnAPointSelectsItsAnchor) {
  ScatterView view;
  view.resize(200, 200);
  const auto frame = testing::makeSyntheticFrame();
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
  const QPointF at = view.pointOfAnchor(table.anchor[best]);
  ASSERT_TRUE(view.rect().contains(at.toPoint()));
  QTest::mouseClick(&view, Qt::LeftButton, {}, at.toPoint());
  EXPECT_EQ(clicked, std::vector<std::int64_t>{table.anchor[best]});
  QTest::mouseClick(&view, Qt::LeftButton, {}, {view.width() - 2, 2});
  EXPECT_EQ(clicked.size(), 1u);
  view.show(nullptr, -1);
  EXPECT_TRUE(view.title().isEmpty());
}

}  // namespace
}  // namespace anchorscope
