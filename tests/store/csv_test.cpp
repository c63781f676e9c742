#include "core/store/csv.h"

#include <gtest/gtest.h>

#include <limits>

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
  testing::TemporaryFolder temporary_;
};

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST_F(Csv, HoldsEveryRecordedValueAndLeavesTheOthersEmpty) {
  const auto run = record({{0, {{"loss", 0.1}, {"ap, \"small\"", 1}}, {}},
                           {1, {{"loss", -std::numeric_limits<double>::quiet_NaN()}}, {}},
                           {2, {}, {}},
                           {7, {{"ap, \"small\"", -kInf}}, {}}});
  EXPECT_EQ(*scalarsAsCsv(*run),
            "step,loss,\"ap, \"\"small\"\"\"\r\n"
            "0,0.1,1\r\n"
            "1,nan,\r\n"
            "7,,-inf\r\n");
  EXPECT_EQ(*scalarsAsCsv(*run, {"ap, \"small\""}), "step,\"ap, \"\"small\"\"\"\r\n0,1\r\n7,-inf\r\n");
}

TEST_F(Csv, WithoutScalarsThereIsOnlyTheHeaderLine) {
  EXPECT_EQ(*scalarsAsCsv(*record({})), "step\r\n");
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
