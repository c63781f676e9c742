// Statistics of recorded runs.

#include "core/statistics/run_statistics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/statistics/group_text.h"
#include "core/store/run_writer.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;

std::shared_ptr<const ProbeFrame> frameAt(std::int64_t step) {
  return testing::makeSyntheticFrame({.imageSize = {160, 120},
                                      .inputSize = {160, 120},
                                      .objectCount = 3,
                                      .step = step,
                                      .progress = static_cast<double>(step) / 40});
}

struct RunStatistics : ::testing::Test {
  RunStatistics() {
    auto writer = createRun(folder, RunHeader(), Overwrite::kNo);
    EXPECT_TRUE(writer) << writer.error().text();
    for (const std::int64_t step : {10, 20, 30})
      (*writer)->record({step, {}, {frameAt(step)}});
  }
  const TemporaryFolder temporary;
  const std::string folder = (temporary / "run").string();
};

TEST_F(RunStatistics, AreThoseOfTheFramesStepByStep) {
  const auto run = openRun(folder);
  ASSERT_TRUE(run) << run.error().text();
  auto reader = StatisticsReader::make(**run);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->steps(), 3u);
  std::size_t read = 0;
  while (reader->readNext())
    EXPECT_EQ(reader->done(), ++read);
  EXPECT_EQ(read, 3u);
  EXPECT_TRUE(reader->problems().empty());
  for (const Statistic& statistic : statistics()) {
    const auto meter = statistic.make();
    for (const std::int64_t step : {10, 20, 30}) {
      meter->see(*frameAt(step)->stages.front());
      for (const StatisticValue& value : meter->finishStep()) {
        const std::string name = statistic.name + (value.name.empty() ? "" : ".") + value.name;
        const auto& all = reader->series();
        const auto its =
            std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
        ASSERT_NE(its, all.end()) << name;
        const auto at = std::find(its->steps.begin(), its->steps.end(), step);
        ASSERT_NE(at, its->steps.end()) << name << " at " << step;
        EXPECT_DOUBLE_EQ(its->values[static_cast<std::size_t>(at - its->steps.begin())], value.value) << name;
      }
    }
  }
}

TEST_F(RunStatistics, CanBeChosenByNameAndKnowTheirNames) {
  const auto run = openRun(folder);
  ASSERT_TRUE(run);
  auto reader = StatisticsReader::make(**run, {"flip_rate"});
  ASSERT_TRUE(reader);
  while (reader->readNext()) {
  }
  ASSERT_FALSE(reader->series().empty());
  for (const StatisticSeries& series : reader->series()) {
    EXPECT_EQ(series.statistic, "flip_rate");
    EXPECT_EQ(series.steps, (std::vector<std::int64_t>{20, 30}));
  }
  const auto unknown = StatisticsReader::make(**run, {"nothing"});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().text().find("flip_rate"), std::string::npos);
}

TEST_F(RunStatistics, GoOnWithWhatHasBeenRecordedSince) {
  const std::string other = (temporary / "growing").string();
  auto writer = createRun(other, RunHeader(), Overwrite::kNo);
  ASSERT_TRUE(writer);
  (*writer)->record({10, {}, {frameAt(10)}});
  ASSERT_TRUE((*writer)->flush());
  const auto run = openRun(other);
  ASSERT_TRUE(run);
  auto reader = StatisticsReader::make(**run, {"flip_rate"});
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->readNext());
  EXPECT_FALSE(reader->readNext());
  (*writer)->record({20, {}, {frameAt(20)}});
  ASSERT_TRUE((*writer)->flush());
  ASSERT_TRUE((*run)->refresh());
  reader->refresh();
  EXPECT_TRUE(reader->readNext());
  ASSERT_FALSE(reader->series().empty());
  EXPECT_EQ(reader->series().front().steps, (std::vector<std::int64_t>{20}))
      << "compared with the step before";
}

TEST_F(RunStatistics, AreToldAsCsvAndJson) {
  StatisticSeries series;
  series.statistic = "s";
  series.name = "s.a,b";
  series.unit = "1";
  series.steps = {1, 5};
  series.values = {0.5, 0.25};
  EXPECT_EQ(statisticsCsv({series}), "statistic,step,value\r\n\"s.a,b\",1,0.5\r\n\"s.a,b\",5,0.25\r\n");
  const auto json = nlohmann::json::parse(statisticsJson({series}, {"x"}));
  EXPECT_EQ(json["statistics"][0]["values"], (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(json["left_out"], (std::vector<std::string>{"x"}));
}

TEST(GroupText, HoldsEveryGroupAndAll) {
  const auto evidence = testing::makeSyntheticEvidence();
  const GroupTable table = groupsOf(*evidence, GroupBy::kLevel);
  const auto rows = groupRows(table);
  ASSERT_EQ(rows.size(), table.groups.size() + 2);
  EXPECT_EQ(rows[0][0], "level");
  EXPECT_EQ(rows[0].size(), 5 + table.losses.size());
  EXPECT_EQ(rows.back()[0], "all");
  const auto json = nlohmann::json::parse(groupsJson(table));
  double sum = 0;
  const std::string loss = table.losses.front().name;
  for (const auto& group : json["groups"])
    sum += group["losses"][loss].get<double>();
  EXPECT_NEAR(sum, json["all"]["losses"][loss].get<double>(), 1e-9 * std::abs(sum));
  EXPECT_FALSE(groupByNamed("colour"));
  EXPECT_EQ(*groupByNamed("object"), GroupBy::kObject);
}

}  // namespace
}  // namespace anchorscope
