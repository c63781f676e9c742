// Damaged, foreign and newer traces: a clear error, never a crash and never wrong values.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/base/check.h"
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
  /// Reads everything there is; whatever can be read without a word about damage must be what was written.
  void readEverything() {
    const auto reader = openRun(folder());
    if (!reader) {
      EXPECT_THAT(reader.error().code, ::testing::AnyOf(ErrorCode::kBadData, ErrorCode::kIo))
          << reader.error().text();
      EXPECT_THAT(reader.error().text(), HasSubstr("trace.sqlite"));
      return;
    }
    bool told = false;
    const auto lookForWords = [&](bool ok) { told = !(*reader)->takeProblems().empty() || !ok || told; };
    const auto scalar = (*reader)->scalar("loss");
    const auto events = (*reader)->events();
    lookForWords(scalar.ok() && events.ok());
    if (scalar) {
      EXPECT_TRUE(told || scalar->steps.size() == 10);
      for (std::size_t i = 0; i < scalar->steps.size(); ++i)
        EXPECT_EQ(scalar->values[i], 1.0 / static_cast<double>(scalar->steps[i] + 1));
    }
    if (events) {
      EXPECT_TRUE(told || events->size() == 1);
      for (const RunEvent& event : *events)
        EXPECT_TRUE(event.step == 9 && event.kind == "note" && event.text == "end");
    }
    EXPECT_TRUE(told || (*reader)->lastStep() == 9);
    EXPECT_TRUE(told || (*reader)->scalarNames() == std::vector<std::string>{"loss"});
    EXPECT_TRUE(told || (*reader)->probeNames() == std::vector<std::string>{"a"});
    EXPECT_TRUE(told || (*reader)->header().configToml == testing::makeHeader().configToml);
    EXPECT_TRUE(told || (*reader)->header().declaration == testing::makeHeader().declaration);
    const std::vector<std::int64_t> steps = (*reader)->recordedSteps("a");
    EXPECT_TRUE(told || steps.size() == 10);
    for (const std::int64_t step : steps) {
      const auto frame = (*reader)->frame("a", step);
      if (!frame) continue;
      if ((*reader)->takeProblems().empty() && !told) {
        testing::expectSameFrame(**frame, *makeAwkwardFrame("a", step));
      } else {  // a declaration is missing; what is there must be right all the same
        told = true;
        const auto written = makeAwkwardFrame("a", step)->stages.front();
        EXPECT_EQ((*frame)->stages.front()->predictions.size(), written->predictions.size());
        for (const Channel& channel : (*frame)->stages.front()->channels) {
          const Channel* const original = written->channel(channel.spec.name);
          ASSERT_NE(original, nullptr) << channel.spec.name;
          ASSERT_EQ(channel.values.size(), original->values.size()) << channel.spec.name;
          const std::size_t bytes = sizeof(float) * channel.values.size();
          EXPECT_TRUE(bytes == 0 || std::memcmp(channel.values.data(), original->values.data(), bytes) == 0)
              << channel.spec.name;
        }
      }
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
  expectRefused("trace version 99; this program reads versions up to 4. Open it with the newer version");
}

/// A trace as an earlier version had it: version 3 without a journal, version 2 without blocks, version 1
/// also without checksums and counts.
class OldTrace : public Damage, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    Damage::SetUp();
    change("DROP TABLE parameter_change");
    change(concat("PRAGMA user_version=", GetParam()));
    if (GetParam() > 2) return;
    change("DROP TABLE block");
    if (GetParam() > 1) return;
    for (const char* table : {"run", "step", "scalar_name", "scalar", "event", "spec", "probe", "image",
                              "object", "geometry", "frame", "array"})
      change(concat("ALTER TABLE ", table, " DROP COLUMN checksum"));
    change("ALTER TABLE image DROP COLUMN objects");
    change("ALTER TABLE frame DROP COLUMN arrays");
  }
  int journaled_ = 0;
  void expectSteps(std::int64_t count) {
    const auto reader = openRun(folder());
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->header().configToml, testing::makeHeader().configToml);
    EXPECT_EQ((*reader)->lastStep(), count - 1);
    EXPECT_EQ((*reader)->scalar("loss")->values.size(), static_cast<std::size_t>(count));
    for (std::int64_t step = 0; step < count; ++step) {
      const auto frame = (*reader)->frame("a", step);
      ASSERT_TRUE(frame) << frame.error().text();
      testing::expectSameFrame(**frame, *makeAwkwardFrame("a", step));
    }
    EXPECT_EQ((*reader)->changes()->size(), static_cast<std::size_t>(journaled_));
    EXPECT_TRUE((*reader)->takeProblems().empty());
  }
};

TEST_P(OldTrace, IsReadAsItIs) {
  const std::string before = testing::readFile(tracePath(folder()));
  expectSteps(10);
  EXPECT_EQ(testing::readFile(tracePath(folder())), before);
}

TEST_P(OldTrace, IsContinuedWithBlocksAndChecksumsFromThereOn) {
  auto writer = continueRun(folder(), 5);
  ASSERT_TRUE(writer) << writer.error().text();
  for (std::int64_t step = 6; step < 12; ++step)
    (*writer)->record({step, {{"loss", 1.0 / static_cast<double>(step + 1)}}, {makeAwkwardFrame("a", step)}});
  const auto twoStages = testing::makeTwoStageFrame("b", 12);
  (*writer)->record({11, {}, {makeAwkwardFrame("a", 11), twoStages}});
  (*writer)->recordChange({6, "train.lr", "0.1", "0.2"});
  journaled_ = 1;
  writer->reset();
  expectSteps(12);
  testing::expectSameFrame(**(*openRun(folder()))->frame("b", 12), *twoStages);
  change("UPDATE scalar SET value=value*2 WHERE step IN (2, 7)");  // version 1: only the new one is noticed
  EXPECT_EQ((*openRun(folder()))->scalar("loss")->values.size(), GetParam() == 1 ? 11u : 10u);
}

INSTANTIATE_TEST_SUITE_P(Versions, OldTrace, ::testing::Values(1, 2, 3));

TEST_F(Damage, AMissingTableIsRefused) {
  change("DROP TABLE step");
  expectRefused("no such table: step");
}

TEST_F(Damage, ADamagedHeaderIsNamedAndTheRestOfTheRunIsThere) {
  const std::vector<std::pair<const char*, const char*>> damages = {
      {"UPDATE run SET header='{\"config_toml\": 3}'", "config_toml, data_spec"},
      {"UPDATE run SET header=substr(header, 1, 700)", "shown: header"},
      {"UPDATE run SET header='['||header||']'", "shown: header"},
      {"DELETE FROM run", "shown: header"},
      {"DROP TABLE run", "shown: header"},
      {"UPDATE run SET header=replace(header, 'diverging', 'pretty'), checksum=NULL",
       "shown: declaration.channels[0], declaration.channels[1]"},
      {"UPDATE run SET header=replace(header, '\"threads\":3', '\"threads\":30000000000'), checksum=NULL",
       "shown: threads"},
      {"UPDATE run SET header=replace(header, 'musu', 'nusu')", "does not agree with its checksum"}};
  for (const auto& [sql, told] : damages) {
    SCOPED_TRACE(sql);
    replaceFile(bytes_);
    change(sql);
    const auto reader = openRun(folder());
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_THAT((*reader)->takeProblems(),
                ::testing::ElementsAre(::testing::AllOf(HasSubstr("record 'run'"), HasSubstr(told),
                                                        ::testing::Not(HasSubstr("json")))));
    EXPECT_TRUE((*reader)->takeProblems().empty());  // told once
    EXPECT_EQ((*reader)->scalar("loss")->values.size(), 10u);
    EXPECT_TRUE((*reader)->frame("a", 3));
  }
}

TEST_F(Damage, ADamagedDeclarationIsNamedAndTheRestOfTheFrameIsThere) {
  for (const char* sql : {"UPDATE spec SET json='?'||id WHERE kind='channel' AND json LIKE '%\"real\"%'",
                          "UPDATE spec SET json=replace(json, 'diverging', 'pretty'), checksum=NULL "
                          "WHERE json LIKE '%\"real\"%'",
                          "UPDATE spec SET json=replace(json, 'real', 'reel') WHERE json LIKE '%\"real\"%'",
                          "UPDATE spec SET kind='pair_table' WHERE json LIKE '%\"real\"%'",
                          "DELETE FROM spec WHERE json LIKE '%\"real\"%'"}) {
    SCOPED_TRACE(sql);
    replaceFile(bytes_);
    change(sql);
    const auto reader = openRun(folder());
    ASSERT_TRUE(reader) << reader.error().text();
    const auto frame = (*reader)->frame("a", 3);
    ASSERT_TRUE(frame) << frame.error().text();
    EXPECT_EQ((*frame)->stages.front()->channel("real"), nullptr);
    EXPECT_EQ((*frame)->stages.front()->channel("reel"), nullptr);
    EXPECT_NE((*frame)->stages.front()->channel("bits"), nullptr);
    EXPECT_EQ((*frame)->stages.front()->predictions.size(), 2u);
    EXPECT_THAT((*reader)->takeProblems(),
                ::testing::ElementsAre(HasSubstr("(channel) is damaged or missing")));
  }
}

TEST_F(Damage, WithoutItsTableADecisionIsLeftOutToo) {
  change("UPDATE spec SET json='?'||id WHERE kind='pair_table'");
  const auto reader = openRun(folder());
  ASSERT_TRUE(reader) << reader.error().text();
  const auto frame = (*reader)->frame("a", 3);
  ASSERT_TRUE(frame) << frame.error().text();
  EXPECT_TRUE((*frame)->stages.front()->pairTables.empty());
  EXPECT_TRUE((*frame)->stages.front()->decisions.empty());
}

TEST_F(Damage, ChangedScalarsAndEventsAreLeftOutAndTold) {
  change("UPDATE scalar SET value=value*2 WHERE step IN (3, 7)");
  change("UPDATE event SET text='another end'");
  change("UPDATE step SET step=12 WHERE step=9");
  const auto reader = openRun(folder());
  ASSERT_TRUE(reader) << reader.error().text();
  EXPECT_EQ((*reader)->lastStep(), 8);
  EXPECT_EQ((*reader)->scalar("loss")->steps, (std::vector<std::int64_t>{0, 1, 2, 4, 5, 6, 8, 9}));
  EXPECT_TRUE((*reader)->events()->empty());
  EXPECT_THAT(
      (*reader)->takeProblems(),
      ::testing::UnorderedElementsAre(HasSubstr("last steps"), HasSubstr("2 values of 'loss' are damaged"),
                                      HasSubstr("Event 1 is damaged")));
}

TEST_F(Damage, ChangedNamesAndFramesAreLeftOutAndTold) {
  change("UPDATE scalar_name SET name='gain'");
  change("UPDATE frame SET step=30 WHERE step=3");
  const auto reader = openRun(folder());
  ASSERT_TRUE(reader) << reader.error().text();
  EXPECT_TRUE((*reader)->scalarNames().empty());
  EXPECT_EQ((*reader)->recordedSteps("a"), (std::vector<std::int64_t>{0, 1, 2, 4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE((*reader)->frame("a", 30));
  EXPECT_THAT((*reader)->takeProblems(),
              ::testing::UnorderedElementsAre(HasSubstr("Row 1 of the table 'scalar_name'"),
                                              HasSubstr("Row 4 of the table 'frame'")));
}

TEST_F(Damage, RowsThatAPageHasLostAreToldNowOrWhenTheyAreLookedForLater) {
  std::int64_t page = 0;
  {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(tracePath(folder()).c_str(), &handle), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(handle, "SELECT rootpage FROM sqlite_master WHERE name='step'", -1,
                                 &statement, nullptr),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    page = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
  }
  // The page's header says how many rows it holds: one less, and the last is gone without a trace.
  const auto rows = static_cast<std::size_t>((page - 1) * 16384 + 4);
  std::string damaged = bytes_;
  ASSERT_EQ(damaged[rows], 10);
  damaged[rows] = 9;
  replaceFile(damaged);

  const auto later = openRun(folder(), LostRows::kLookLater);
  ASSERT_TRUE(later) << later.error().text();
  EXPECT_EQ((*later)->lastStep(), 8);
  EXPECT_TRUE((*later)->takeProblems().empty());
  int tables = 1;
  while ((*later)->lookForLostRows())
    ++tables;
  EXPECT_EQ(tables, 10);
  const std::vector<std::string> told{"The table 'step' of the trace is damaged: rows of it may be missing"};
  EXPECT_EQ((*later)->takeProblems(), told);
  const auto now = openRun(folder());
  ASSERT_TRUE(now) << now.error().text();
  EXPECT_EQ((*now)->takeProblems(), told);
}

TEST_F(Damage, TruncatedFilesAreRefusedOrReadInPart) {
  for (std::size_t size = bytes_.size() - 1; size > 0; size -= std::min<std::size_t>(size, 1 + size / 9)) {
    SCOPED_TRACE(size);
    replaceFile(bytes_.substr(0, size));
    readEverything();
  }
}

TEST_F(Damage, EveryByteMatters) {
  // One byte at a time, all over the file; a prime distance visits every place of a page sooner or later.
  for (std::size_t at = 0; at < bytes_.size(); at += 691) {
    SCOPED_TRACE(at);
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    replaceFile(damaged);
    readEverything();
    if (HasFailure()) return;
  }
}

TEST_F(Damage, RandomDamageNeverCrashesAndNeverChangesValues) {
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
class FrameDamage : public Damage, public ::testing::WithParamInterface<const char*> {
 protected:
  void expectBadData();
};

TEST_P(FrameDamage, IsBadData) {
  change(GetParam());
  expectBadData();
}

// As in traces of version 1, and in files that somebody made: the checks of sizes and ranges must do alone.
TEST_P(FrameDamage, IsBadDataWithoutChecksums) {
  change(GetParam());
  for (const char* table : {"frame", "array", "image", "object", "geometry", "spec"})
    change(concat("UPDATE ", table, " SET checksum=NULL"));
  expectBadData();
}

void FrameDamage::expectBadData() {
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
        "UPDATE array SET kind=77", "UPDATE array SET encoding=9 WHERE kind=1", "UPDATE array SET level=5",
        "UPDATE array SET level=-1", "DELETE FROM image", "DELETE FROM geometry",
        "DELETE FROM array WHERE kind=6", "DELETE FROM object", "UPDATE image SET width=-5",
        "UPDATE image SET height=4000000000", "UPDATE image SET width=width+1",
        "UPDATE image SET rgb=x'28b52ffd'", "UPDATE object SET class=2", "UPDATE object SET class=-1",
        "UPDATE object SET class=99999999999", "UPDATE geometry SET count=count+1",
        "UPDATE geometry SET count=-1", "UPDATE geometry SET levels='[]'",
        "UPDATE geometry SET levels=replace(levels, '\"rows\":2', '\"rows\":2000000000')",
        "UPDATE geometry SET levels=replace(levels, '\"first_anchor\":16', '\"first_anchor\":15')",
        "UPDATE geometry SET boxes=x''"));

}  // namespace
}  // namespace anchorscope
