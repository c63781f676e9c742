#include "core/store/csv.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

class Csv : public ::testing::Test {
 protected:
  std::shared_ptr<RunReader> record(const std::vector<StepRecord>& steps) {
    const std::string folder = (temporary_ / "run").string();
    {
      auto writer = createRun(folder, testing::makeHeader(), Overwrite::kNo);
      if (!writer) throw std::runtime_error(writer.error().text());
      for (const StepRecord& step : steps)
        (*writer)->record(step);
    }
    return *openRun(folder);
  }
  static std::string csv(const RunReader& run, const std::vector<std::string>& names = {}) {
    std::ostringstream out;
    EXPECT_TRUE(writeScalarsAsCsv(run, out, names));
    return out.str();
  }
  testing::TemporaryFolder temporary_;
};

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST_F(Csv, HoldsEveryRecordedValueAndLeavesTheOthersEmpty) {
  const auto run = record({{0, {{"loss", 0.1}, {"ap, \"small\"", 1}}, {}},
                           {1, {{"loss", -std::numeric_limits<double>::quiet_NaN()}}, {}},
                           {2, {}, {}},
                           {7, {{"ap, \"small\"", -kInf}}, {}}});
  EXPECT_EQ(csv(*run),
            "step,loss,\"ap, \"\"small\"\"\"\r\n"
            "0,0.1,1\r\n"
            "1,nan,\r\n"
            "7,,-inf\r\n");
  EXPECT_EQ(csv(*run, {"ap, \"small\""}), "step,\"ap, \"\"small\"\"\"\r\n0,1\r\n7,-inf\r\n");
}

TEST_F(Csv, WithoutScalarsThereIsOnlyTheHeaderLine) {
  EXPECT_EQ(csv(*record({})), "step\r\n");
}

TEST_F(Csv, ALongRunIsReadBitByBitAndWhole) {
  // More values than are read at once, some steps without one, and a scalar that is rare.
  std::vector<StepRecord> steps;
  std::string expected = "step,loss,ap\r\n";
  for (std::int64_t step = 0; step < 10'000; ++step) {
    if (step % 7 == 3) continue;
    steps.push_back({step, {{"loss", 0.5 * static_cast<double>(step)}}, {}});
    expected += std::to_string(step) + ',' + csvNumber(0.5 * static_cast<double>(step)) + ',';
    if (step % 4096 == 0) {
      steps.back().scalars.push_back({"ap", 1});
      expected += '1';
    }
    expected += "\r\n";
  }
  const auto run = record(steps);
  EXPECT_EQ(csv(*run), expected);
  const auto part = run->scalarFrom("loss", 4095, 3);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->steps, (std::vector<std::int64_t>{4095, 4096, 4097}));
  EXPECT_EQ(run->newest("loss")->steps, std::vector<std::int64_t>{9998});
  EXPECT_EQ(run->newest("ap")->steps, std::vector<std::int64_t>{8192});
  EXPECT_TRUE(run->newest("none")->steps.empty());
  EXPECT_TRUE(run->scalarFrom("loss", 10'000, 3)->steps.empty());
}

TEST_F(Csv, AStreamThatFailsIsTold) {
  const auto run = record({{0, {{"loss", 2}}, {}}});
  std::ofstream full("/dev/full");
  EXPECT_EQ(writeScalarsAsCsv(*run, full).error().code, ErrorCode::kIo);
}

TEST_F(Csv, AFileIsWrittenWholeOrNotAtAll) {
  const auto run = record({{0, {{"loss", 2}}, {}}});
  const std::string path = (temporary_ / "scalars.csv").string();
  EXPECT_EQ(exportScalarsToCsv(*run, path, Overwrite::kNo, {"los"}).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(exportScalarsToCsv(*run, path, Overwrite::kNo));
  EXPECT_EQ(testing::readFile(path), "step,loss\r\n0,2\r\n");
  EXPECT_EQ(exportScalarsToCsv(*run, path, Overwrite::kNo).error().code, ErrorCode::kExists);
  EXPECT_EQ(
      exportScalarsToCsv(*run, (temporary_ / "no such/scalars.csv").string(), Overwrite::kNo).error().code,
      ErrorCode::kNotFound);
}

}  // namespace
}  // namespace anchorscope
