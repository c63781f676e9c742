#include "core/store/run_track.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>

#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::makeHeader;
using testing::TemporaryFolder;

/// Three moments of a synthetic scene, in the steps 10, 20 and 30.
struct RunTrack : ::testing::Test {
  RunTrack() {
    auto writer = createRun(folder, makeHeader(), Overwrite::kNo);
    EXPECT_TRUE(writer) << writer.error().text();
    for (const std::int64_t step : {10, 20, 30}) {
      frames.push_back(testing::makeSyntheticFrame({.imageSize = {160, 120},
                                                    .inputSize = {160, 120},
                                                    .objectCount = 3,
                                                    .step = step,
                                                    .progress = static_cast<double>(step) / 40}));
      (*writer)->record({step, {}, {frames.back()}});
    }
  }
  std::shared_ptr<RunReader> open() const {
    auto reader = openRun(folder);
    if (!reader) throw std::runtime_error(reader.error().text());
    return *reader;
  }
  const TemporaryFolder temporary;
  const std::string folder = (temporary / "run").string();
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
};

TEST_F(RunTrack, FollowsEveryRecordedMoment) {
  const auto run = open();
  const TrackSubject subject{"", 5, -1};
  TrackReader reader(*run, {run->probeNames().at(0), "", subject});
  EXPECT_EQ(reader.moments(), 3U);
  int parts = 0;
  while (true) {
    const Result<bool> more = reader.readNext();
    ASSERT_TRUE(more) << more.error().text();
    if (!*more) break;
    ++parts;
    EXPECT_EQ(reader.track().steps.size(), static_cast<std::size_t>(parts)) << "what was read so far is told";
  }
  EXPECT_EQ(parts, 3);
  Tracker direct(subject);
  for (const auto& frame : frames)
    ASSERT_TRUE(direct.add(*frame));
  const Track expected = direct.track(), got = reader.track();
  EXPECT_EQ(got.steps, (std::vector<std::int64_t>{10, 20, 30}));
  ASSERT_EQ(got.columns.size(), expected.columns.size());
  ASSERT_FALSE(got.columns.empty());
  for (std::size_t column = 0; column < got.columns.size(); ++column) {
    EXPECT_EQ(got.columns[column].name, expected.columns[column].name);
    for (std::size_t i = 0; i < 3; ++i) {
      const double want = expected.columns[column].values[i], has = got.columns[column].values[i];
      EXPECT_TRUE(has == want || (std::isnan(has) && std::isnan(want))) << got.columns[column].name;
    }
  }
}

TEST_F(RunTrack, LeavesOutADamagedMomentAndSaysSo) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(tracePath(folder).c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database,
                         "UPDATE array SET checksum = checksum + 1 WHERE frame_id IN "
                         "(SELECT id FROM frame WHERE step = 20)",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  EXPECT_GT(sqlite3_changes(database), 0);
  sqlite3_close(database);
  const auto run = open();
  TrackReader reader(*run, {run->probeNames().at(0), "", {"", -1, 0}});
  while (true) {
    const Result<bool> more = reader.readNext();
    ASSERT_TRUE(more) << more.error().text();
    if (!*more) break;
  }
  EXPECT_EQ(reader.track().steps, (std::vector<std::int64_t>{10, 30}));
  ASSERT_EQ(reader.problems().size(), 1U);
  EXPECT_NE(reader.problems()[0].find("20"), std::string::npos) << reader.problems()[0];
}

TEST_F(RunTrack, EndsWhereThereIsNothingToFollow) {
  const auto run = open();
  TrackReader object(*run, {run->probeNames().at(0), "", {"", -1, 3}});
  const Result<bool> none = object.readNext();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  TrackReader probe(*run, {"nobody", "", {"", -1, 0}});
  EXPECT_EQ(probe.readNext().error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace anchorscope
