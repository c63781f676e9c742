// Damaged, foreign and newer traces: a clear error, never a crash and never wrong values.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "core/base/random.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using ::testing::HasSubstr;
using testing::makeAwkwardFrame;

class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    auto writer = createRun(folder(), testing::makeHeader(), Overwrite::kNo);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 10; ++step)
      (*writer)->record(
          {step, {{"loss", 1.0 / static_cast<double>(step + 1)}}, {makeAwkwardFrame("a", step)}});
    (*writer)->recordEvent({9, "note", "end"});
    writer->reset();
    bytes_ = testing::readFile(tracePath(folder()));
  }

  void change(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(tracePath(folder()).c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  void replaceFile(const std::string& bytes) {
    std::ofstream(tracePath(folder()), std::ios::binary | std::ios::trunc) << bytes;
  }
  void expectRefused(const std::string& text) {
    for (const Error& error : {openRun(folder()).error(), continueRun(folder(), 5).error()}) {
      EXPECT_EQ(error.code, ErrorCode::kBadData) << error.text();
      EXPECT_THAT(error.text(), HasSubstr(text));
    }
  }
  /// Reads everything there is; whatever can be read must have the right size.
  void readEverything() {
    const auto reader = openRun(folder());
    if (!reader) {
      EXPECT_THAT(reader.error().code, ::testing::AnyOf(ErrorCode::kBadData, ErrorCode::kIo))
          << reader.error().text();
      EXPECT_THAT(reader.error().text(), HasSubstr("trace.sqlite"));
      return;
    }
    for (const std::string& name : (*reader)->scalarNames())
      static_cast<void>((*reader)->scalar(name).ok());
    static_cast<void>((*reader)->events().ok());
    for (const std::string& probe : (*reader)->probeNames())
      for (const std::int64_t step : (*reader)->recordedSteps(probe)) {
        const auto frame = (*reader)->frame(probe, step);
        if (!frame) continue;
        for (const Channel& channel : (*frame)->channels)
          EXPECT_TRUE(channel.values.empty() || channel.values.size() == 20 || channel.values.size() == 2);
      }
  }
  std::string folder() const { return (temporary_ / "run").string(); }

  testing::TemporaryFolder temporary_;
  std::string bytes_;
};

TEST_F(Damage, AFolderWithoutATraceIsNotFound) {
  std::filesystem::remove(tracePath(folder()));
  EXPECT_EQ(openRun(folder()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(continueRun(folder(), 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(openRun("/no/such/folder").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(continueRun("/no/such/folder", 0).error().code, ErrorCode::kNotFound);
}

TEST_F(Damage, AnEmptyFileIsRefused) {
  replaceFile("");
  expectRefused("it is empty");
}

TEST_F(Damage, AFileThatIsNoDatabaseIsRefused) {
  replaceFile(std::string(100'000, 'x'));
  expectRefused("no SQLite database");
}

TEST_F(Damage, AnotherProgramsDatabaseIsRefused) {
  change("PRAGMA application_id=7");
  expectRefused("no recorded run");
}

TEST_F(Damage, ANewerTraceIsRefusedWithAdvice) {
  change("PRAGMA user_version=99");
  expectRefused("trace version 99; this program reads version 1. Open it with the newer version");
}

TEST_F(Damage, AMissingTableIsRefused) {
  change("DROP TABLE step");
  expectRefused("no such table: step");
}

TEST_F(Damage, ABadHeaderIsRefused) {
  change("UPDATE run SET header='{\"config_toml\": 3}'");
  EXPECT_EQ(openRun(folder()).error().code, ErrorCode::kBadData);
}

TEST_F(Damage, TruncatedFilesAreRefusedOrReadInPart) {
  for (std::size_t size = bytes_.size() - 1; size > 0; size -= std::min<std::size_t>(size, 1 + size / 9)) {
    SCOPED_TRACE(size);
    replaceFile(bytes_.substr(0, size));
    readEverything();
  }
}

TEST_F(Damage, RandomDamageNeverCrashes) {
  Random random = Random::of(3, RandomPurpose::kTest);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    std::string damaged = bytes_;
    for (std::uint64_t i = 0, count = 1 + random.below(200); i < count; ++i)
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    replaceFile(damaged);
    readEverything();
  }
}

/// Every statement damages what a frame is made of in a way SQLite cannot notice.
class FrameDamage : public Damage, public ::testing::WithParamInterface<const char*> {};

TEST_P(FrameDamage, IsBadData) {
  change(GetParam());
  const auto reader = openRun(folder());
  ASSERT_TRUE(reader) << reader.error().text();
  const auto frame = (*reader)->frame("a", 3);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, ErrorCode::kBadData);
  EXPECT_THAT(frame.error().text(), HasSubstr("reading 'a' at step 3"));
}

INSTANTIATE_TEST_SUITE_P(
    Statements, FrameDamage,
    ::testing::Values(
        "UPDATE array SET bytes=x'00' WHERE kind=1", "UPDATE array SET bytes=NULL WHERE kind=2",
        "UPDATE array SET bytes=substr(bytes, 1, length(bytes)-1)",                              // cut
        "UPDATE array SET bytes=substr(bytes, 1, length(bytes)-4) || x'01020304' WHERE kind=5",  // checksum
        "UPDATE array SET bytes='text'", "UPDATE array SET count=count+1 WHERE kind=1",
        "UPDATE array SET count=-1", "UPDATE array SET count=4611686018427387904",
        "UPDATE array SET count=count+1 WHERE kind=2", "UPDATE array SET count=7 WHERE kind=6",
        "UPDATE array SET count=count-4 WHERE kind=5", "UPDATE array SET count=2 WHERE kind=3",
        "UPDATE array SET kind=77", "UPDATE array SET encoding=9 WHERE kind=1",
        "UPDATE array SET spec_id=NULL", "UPDATE array SET spec_id=9999", "UPDATE array SET level=5",
        "UPDATE array SET level=-1", "UPDATE spec SET json='?'||id WHERE kind='channel'",
        "UPDATE spec SET json=printf('{}%*s', id, '') WHERE kind='pair_table'",
        "UPDATE spec SET json='[1]' WHERE kind='class_names'",
        "UPDATE spec SET json=printf('null%*s', id, '')",
        "UPDATE spec SET json=replace(json, 'diverging', 'pretty')",
        "UPDATE spec SET json='[]' WHERE kind='class_names'", "DELETE FROM image", "DELETE FROM geometry",
        "DELETE FROM spec", "DELETE FROM object", "UPDATE image SET width=-5",
        "UPDATE image SET height=4000000000", "UPDATE image SET width=width+1",
        "UPDATE image SET rgb=x'28b52ffd'", "UPDATE object SET class=2", "UPDATE object SET class=-1",
        "UPDATE object SET class=99999999999", "UPDATE geometry SET count=count+1",
        "UPDATE geometry SET count=-1", "UPDATE geometry SET levels='[]'",
        "UPDATE geometry SET levels=replace(levels, '\"rows\":2', '\"rows\":2000000000')",
        "UPDATE geometry SET levels=replace(levels, '\"first_anchor\":16', '\"first_anchor\":15')",
        "UPDATE geometry SET boxes=x''"));

}  // namespace
}  // namespace anchorscope
