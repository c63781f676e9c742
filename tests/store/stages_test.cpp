// Frames of several stages, and of variants beside the run's own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "core/base/check.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using testing::expectSameFrame;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::makeAwkwardFrame;
using testing::makeTwoStageFrame;

std::shared_ptr<const Variant> variantOf(std::string name) {
  return std::make_shared<const Variant>(
      Variant{std::move(name), {{"method.top_k", "9"}, {"method", "atss"}}});
}

std::vector<std::string> namesOf(const Result<std::vector<Variant>>& variants) {
  std::vector<std::string> names;
  for (const Variant& variant : *variants)
    names.push_back(variant.name);
  return names;
}

class Stages : public ::testing::Test {
 protected:
  void record(std::int64_t step, std::vector<std::shared_ptr<const ProbeFrame>> frames) {
    if (!writer_) {
      auto made = createRun(folder(), testing::makeHeader(), Overwrite::kNo);
      ASSERT_TRUE(made) << made.error().text();
      writer_ = *std::move(made);
    }
    writer_->record({step, {{"loss", 1}}, std::move(frames)});
  }
  std::shared_ptr<RunReader> open() {
    writer_.reset();
    auto opened = openRun(folder());
    EXPECT_TRUE(opened) << opened.error().text();
    return *std::move(opened);
  }
  void change(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(tracePath(folder()).c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    sqlite3_close(database);
  }
  std::int64_t count(const std::string& sql) {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(tracePath(folder()).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::int64_t out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return out;
  }
  std::string folder() const { return (temporary_ / "run").string(); }

  testing::TemporaryFolder temporary_;
  std::unique_ptr<RunWriter> writer_;
};

TEST_F(Stages, AreReadBackBitByBitBesideFramesOfOne) {
  for (const std::int64_t step : {0, 10})
    record(step, {makeTwoStageFrame("a", step), makeAwkwardFrame("b", step)});
  const auto reader = open();
  for (const std::int64_t step : {10, 0}) {
    expectSameFrame(**reader->frame("a", step), *makeTwoStageFrame("a", step));
    expectSameFrame(**reader->frame("b", step), *makeAwkwardFrame("b", step));
  }
  EXPECT_THAT(reader->takeProblems(), IsEmpty());
  const auto first = *reader->frame("a", 0), later = *reader->frame("a", 10);
  EXPECT_EQ(first->stages[0]->candidates, later->stages[0]->candidates) << "anchors are shared";
  EXPECT_NE(first->stages[1]->candidates, later->stages[1]->candidates) << "proposals are the step's own";
}

TEST_F(Stages, VariantsStandBesideTheRunsOwn) {
  const auto what = variantOf("atss"), other = variantOf("musu, t = 0.2");
  record(3, {makeTwoStageFrame("a", 3), makeTwoStageFrame("a", 3, what), makeTwoStageFrame("a", 3, other),
             makeAwkwardFrame("b", 3)});
  record(4, {makeTwoStageFrame("a", 4)});
  const auto reader = open();
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(3, 4));
  EXPECT_THAT(namesOf(reader->variants("a", 3)), ElementsAre("atss", "musu, t = 0.2"));
  EXPECT_THAT(namesOf(reader->variants("a", 4)), IsEmpty());
  EXPECT_THAT(namesOf(reader->variants("b", 3)), IsEmpty());
  EXPECT_THAT(namesOf(reader->variants("z", 3)), IsEmpty());
  expectSameFrame(**reader->frame("a", 3), *makeTwoStageFrame("a", 3));
  expectSameFrame(**reader->frame("a", 3, "atss"), *makeTwoStageFrame("a", 3, what));
  expectSameFrame(**reader->frame("a", 3, "musu, t = 0.2"), *makeTwoStageFrame("a", 3, other));
  const auto unknown = reader->frame("a", 3, "fcos");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().text(), HasSubstr("There are: atss, musu, t = 0.2"));
  const auto none = reader->frame("a", 4, "atss");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().text(), HasSubstr("Only what the run itself did is recorded there"));
}

TEST_F(Stages, WhatIsRecordedAgainIsReplacedAndNothingIsLeftBehind) {
  const auto what = variantOf("atss");
  record(3, {makeTwoStageFrame("a", 3), makeTwoStageFrame("a", 3, what)});
  record(3, {makeTwoStageFrame("a", 3, what)});
  writer_.reset();
  EXPECT_EQ(count("SELECT count(*) FROM block"), 3);
  EXPECT_THAT(namesOf(open()->variants("a", 3)), ElementsAre("atss"));
  auto writer = continueRun(folder(), 3);
  ASSERT_TRUE(writer) << writer.error().text();
  writer_ = *std::move(writer);
  record(3, {makeAwkwardFrame("a", 3)});  // of one stage, and without the variants of what it replaces
  writer_.reset();
  EXPECT_EQ(count("SELECT count(*) FROM block"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM array WHERE frame_id NOT IN (SELECT id FROM frame)"), 0);
  expectSameFrame(**open()->frame("a", 3), *makeAwkwardFrame("a", 3));
}

TEST_F(Stages, GoingOnFromAnEarlierStepRemovesTheBlocksAfterIt) {
  const auto what = variantOf("atss");
  for (std::int64_t step = 0; step < 4; ++step)
    record(step, {makeTwoStageFrame("a", step), makeTwoStageFrame("a", step, what)});
  writer_.reset();
  ASSERT_TRUE(continueRun(folder(), 1));
  EXPECT_EQ(count("SELECT count(*) FROM block"), 6);
  EXPECT_EQ(
      count("SELECT count(*) FROM array WHERE frame_id NOT IN (SELECT id FROM frame UNION SELECT id FROM "
            "block)"),
      0);
  const auto reader = open();
  expectSameFrame(**reader->frame("a", 1, "atss"), *makeTwoStageFrame("a", 1, what));
  EXPECT_FALSE(reader->frame("a", 2));
}

RunHeader headerOfTwoStages() {
  RunHeader header = testing::makeHeader();
  header.declaration.stage = {"rpn", "Region proposals", "anchor", ""};
  EvidenceDeclaration roi = header.declaration;
  roi.channels.front().title = "of the other stage's candidates";
  roi.channels.pop_back();
  roi.scalars = {{"roi.loss", "Loss", "1", "d", "s", ColorScale::kRegression}};
  header.declaration.addStage({"roi", "Regions", "proposal", "anchor"}, roi);
  return header;
}

TEST_F(Stages, TheHeaderSaysOfEachWhatItPublishes) {
  const RunHeader header = headerOfTwoStages();
  ASSERT_TRUE(createRun(folder(), header, Overwrite::kNo));
  const RunDeclaration got = open()->header().declaration;
  EXPECT_EQ(got, header.declaration);
  ASSERT_EQ(got.laterStages.size(), 1u);
  EXPECT_NE(got.channel("real")->title, got.laterStages.front().evidence.channel("real")->title);
  EXPECT_NE(got.scalar("roi.loss"), nullptr);
}

TEST_F(Stages, TheHeaderOfARunOfOneStageIsAsItWas) {
  ASSERT_TRUE(createRun(folder(), testing::makeHeader(), Overwrite::kNo));
  EXPECT_EQ(
      count("SELECT count(*) FROM run WHERE json_type(header, '$.declaration.later_stages') IS NULL AND "
            "json_type(header, '$.declaration.stage') IS NULL"),
      1);
}

TEST_F(Stages, WhatIsDamagedOfALaterStagesDeclarationIsNamedAndTheRestIsThere) {
  const RunHeader header = headerOfTwoStages();
  ASSERT_TRUE(createRun(folder(), header, Overwrite::kNo));
  const std::string whole = testing::readFile(tracePath(folder()));
  const std::vector<std::pair<const char*, const char*>> damages = {
      {"'$.declaration.later_stages[0].channels[0].sense', 'pretty'",
       "declaration.later_stages[0].channels[0]"},
      {"'$.declaration.later_stages[0].stage.origin', 3", "declaration.later_stages[0].stage"},
      {"'$.declaration.later_stages[0]', 3", "declaration.later_stages[0].stage"},
      {"'$.declaration.later_stages', 'none'", "declaration.later_stages"},
      {"'$.declaration.stage', 7", "declaration.stage"}};
  for (const auto& [where, told] : damages) {
    SCOPED_TRACE(where);
    temporary_.write("run/trace.sqlite", whole);
    change(concat("UPDATE run SET header=json_set(header, ", where, "), checksum=NULL"));
    const auto reader = open();
    EXPECT_THAT(reader->takeProblems(), ElementsAre(HasSubstr(told)));
    EXPECT_EQ(reader->header().declaration.channels, header.declaration.channels);
    EXPECT_EQ(reader->header().declaration.scalars, header.declaration.scalars);
    EXPECT_EQ(reader->header().plannedSteps, header.plannedSteps);
  }
}

TEST_F(Stages, DamageIsToldAndNeverShown) {
  const auto what = variantOf("atss");
  record(3, {makeTwoStageFrame("a", 3), makeTwoStageFrame("a", 3, what)});
  writer_.reset();
  const std::string whole = testing::readFile(tracePath(folder()));
  const std::vector<std::pair<const char*, const char*>> damages = {
      {"UPDATE block SET geometry_id=1", "of the table block does not agree with its checksum"},
      {"UPDATE block SET stage=5, checksum=NULL WHERE variant_id=0", "stage 1 is missing"},
      {"UPDATE block SET arrays=arrays+1, checksum=NULL", "arrays instead of"},
      {"UPDATE array SET count=2, checksum=NULL WHERE kind=9",
       "candidates and their origins differ in number"},
      {"DELETE FROM array WHERE kind=1 AND frame_id IN (SELECT id FROM block WHERE variant_id=0)",
       "is missing"},
      {"UPDATE array SET bytes=(SELECT bytes FROM array WHERE kind=5 LIMIT 1), checksum=NULL WHERE kind=9",
       ""}};
  for (const auto& [sql, told] : damages) {
    SCOPED_TRACE(sql);
    temporary_.write("run/trace.sqlite", whole);
    change(sql);
    const auto frame = open()->frame("a", 3);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, ErrorCode::kBadData);
    EXPECT_THAT(frame.error().text(), HasSubstr(told));
  }
  temporary_.write("run/trace.sqlite", whole);
  change("UPDATE spec SET json='?' WHERE kind='variant'");
  const auto reader = open();
  EXPECT_TRUE(reader->frame("a", 3));
  EXPECT_THAT(namesOf(reader->variants("a", 3)), IsEmpty());
  EXPECT_THAT(reader->takeProblems(), ElementsAre(HasSubstr("(variant) is damaged or missing")));
}

}  // namespace
}  // namespace anchorscope
