#include "widgets/panels/statistics_panel.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "core/store/run_writer.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"
#include "widgets/plot/curves_view.h"
#include "widgets/plot/reliability_view.h"

namespace anchorscope {
namespace {

class StatisticsPanelTest : public ::testing::Test {
 protected:
  void record(RunWriter& writer, std::int64_t step) {
    writer.record({step,
                   {},
                   {testing::makeSyntheticFrame({.imageSize = {160, 120},
                                                 .inputSize = {160, 120},
                                                 .objectCount = 3,
                                                 .step = step,
                                                 .progress = static_cast<double>(step) / 40})}});
    ASSERT_TRUE(writer.flush());
  }
  std::unique_ptr<RunWriter> begin(const char* name) {
    folder = (temporary / name).string();
    auto writer = createRun(folder, RunHeader(), Overwrite::kNo);
    EXPECT_TRUE(writer) << writer.error().text();
    return *std::move(writer);
  }
  bool complete(std::int64_t lastStep) {
    return QTest::qWaitFor(
        [&] { return panel.isComplete() && panel.curves().history().lastStep() == lastStep; });
  }
  void show() {
    panel.resize(760, 260);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
  }
  QString note() const { return panel.findChild<QLabel*>(QStringLiteral("statisticsNote"))->text(); }

  testing::TemporaryFolder temporary;
  std::string folder;
  StatisticsPanel panel;
};

TEST_F(StatisticsPanelTest, MeasuresOnceItIsSeenAndGoesOnWithTheRun) {
  auto writer = begin("run");
  for (const std::int64_t step : {10, 20, 30})
    record(*writer, step);
  panel.setRun(QString::fromStdString(folder));
  QApplication::processEvents();
  EXPECT_TRUE(panel.series().empty()) << "nobody looks";
  show();
  ASSERT_TRUE(complete(30));
  const CurveSeries* rate = panel.curves().history().find("flip_rate.classification");
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->points().size(), 2u);
  EXPECT_TRUE(note().contains(QStringLiteral("3 steps"))) << note().toStdString();
  record(*writer, 40);
  panel.refreshSteps();
  ASSERT_TRUE(complete(40));
  EXPECT_EQ(rate->points().size(), 3u);
  if (qEnvironmentVariableIsSet("ANCHORSCOPE_SHOTS"))
    panel.grab().save(qEnvironmentVariable("ANCHORSCOPE_SHOTS") + "/statistics.png");
}

TEST_F(StatisticsPanelTest, ShowsAnotherRunAlone) {
  auto first = begin("first");
  for (const std::int64_t step : {10, 20})
    record(*first, step);
  panel.setRun(QString::fromStdString(folder));
  show();
  ASSERT_TRUE(complete(20));
  auto second = begin("second");
  record(*second, 7);
  panel.setRun(QString::fromStdString(folder));
  EXPECT_TRUE(panel.series().empty());
  ASSERT_TRUE(complete(7));
  for (const StatisticSeries& series : panel.series())
    EXPECT_EQ(series.steps, (std::vector<std::int64_t>{7})) << series.name;
  // What was measured of the first is not measured again.
  panel.setRun(QString::fromStdString((temporary / "first").string()));
  EXPECT_TRUE(panel.isComplete());
  EXPECT_EQ(panel.curves().history().lastStep(), 20);
  panel.keepOnly({QString::fromStdString(folder)});
  EXPECT_TRUE(panel.series().empty()) << "it is open no more";
  panel.setRun({});
  EXPECT_TRUE(note().contains(QStringLiteral("records none")));
}

TEST_F(StatisticsPanelTest, ShowsTheCalibrationOfTheShownStep) {
  auto writer = begin("run");
  for (const std::int64_t step : {10, 20, 30})
    record(*writer, step);
  panel.setRun(QString::fromStdString(folder));
  show();
  ASSERT_TRUE(complete(30));
  const auto expectShown = [&](std::int64_t step) {
    EXPECT_EQ(panel.reliability().when(), QStringLiteral("step %1").arg(step));
    int bins = 0;
    for (const StatisticSeries& series : panel.series()) {
      if (!series.name.starts_with("calibration.iou.0.")) continue;
      const auto at = std::find(series.steps.begin(), series.steps.end(), step);
      const auto& bin = panel.reliability().bins()[static_cast<std::size_t>(series.name.back() - '0')];
      ASSERT_EQ(bin.has_value(), at != series.steps.end()) << series.name;
      if (!bin) continue;
      EXPECT_EQ(*bin, series.values[static_cast<std::size_t>(at - series.steps.begin())]);
      ++bins;
    }
    EXPECT_GT(bins, 0);
  };
  expectShown(30);
  panel.setCurrentStep(20);
  expectShown(20);
  panel.setCurrentStep(25);
  expectShown(20);
  panel.setCurrentStep(-1);
  expectShown(30);
}

TEST_F(StatisticsPanelTest, WritesAllItHasAsCsvAndJsonAndNothingOverAFile) {
  auto writer = begin("run");
  for (const std::int64_t step : {10, 20})
    record(*writer, step);
  panel.setRun(QString::fromStdString(folder));
  show();
  ASSERT_TRUE(complete(20));
  for (const char* name : {"s.csv", "s.json", "s.pdf"}) {
    const QString path = QString::fromStdString((temporary / name).string());
    ASSERT_TRUE(panel.exportTo(path, Overwrite::kNo)) << name;
    EXPECT_GT(QFile(path).size(), 200);
    EXPECT_FALSE(panel.exportTo(path, Overwrite::kNo)) << "it is there";
  }
  QFile csv(QString::fromStdString((temporary / "s.csv").string()));
  ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
  EXPECT_EQ(csv.readAll().toStdString(), statisticsCsv(panel.series()));
}

TEST_F(StatisticsPanelTest, TellsOfAFolderThatIsNoRun) {
  QSignalSpy failed(&panel, &StatisticsPanel::failed);
  panel.setRun(QString::fromStdString((temporary / "nothing").string()));
  show();
  EXPECT_TRUE(QTest::qWaitFor([&] { return failed.count() == 1; }));
}

}  // namespace
}  // namespace anchorscope
