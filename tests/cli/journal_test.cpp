// What becomes of runs on the command line: gone on with, proved, made again from their journal, listed as a
// tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CliJournal : public ::testing::Test {
 protected:
  std::string path(const char* name) const { return (folder_.path() / name).string(); }

  const TemporaryFolder folder_;
};

TEST_F(CliJournal, ARunIsGoneOnWithProvedAndMadeAgain) {
  const std::string original = path("run");
  ASSERT_EQ(run(tinyTraining(original, 6, {"--set", "checkpoint_every=3"})).exit, 0);
  ASSERT_EQ(run({"train", "--resume", original, "--steps", "12", "--set", "lr=0.01", "--quiet"}).exit, 0);

  const auto info = jsonOf(run({"info", original, "--json"}));
  ASSERT_THAT(info.at("journal"), SizeIs(2));
  EXPECT_EQ(info.at("journal")[0].at("key"), "train.steps");
  EXPECT_EQ(info.at("journal")[1].at("new"), "0.01");
  EXPECT_EQ(info.at("journal")[1].at("step"), 6);
  EXPECT_EQ(info.at("journal")[1].at("checkpoint"), "step-00000006.ckpt");
  EXPECT_EQ(info.at("id").get<std::string>().size(), 32u);

  const std::string before = readFile(tracePath(original));
  const Outcome proved = run({"verify-resume", original, "--steps", "6"});
  EXPECT_EQ(proved.exit, 0) << proved.out << proved.err;
  EXPECT_THAT(proved.out,
              HasSubstr("Steps 7 to 12, trained on from the checkpoint of step 6, against what the "
                        "run recorded"));
  EXPECT_THAT(proved.out, HasSubstr("6 steps, "));
  EXPECT_THAT(proved.out, HasSubstr("the same to the last bit"));
  EXPECT_EQ(readFile(tracePath(original)), before) << "the run is only read";

  const Outcome again = run({"train", "--replay", original, "--out", path("again"), "--quiet"});
  EXPECT_EQ(again.exit, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("with 2 changes: 12 steps, "));
  EXPECT_THAT(again.out, HasSubstr("the same to the last bit"));
  EXPECT_EQ(jsonOf(run({"info", path("again"), "--json"})).at("last_step"), 12);
  EXPECT_EQ(run({"train", "--replay", original, "--out", path("again"), "--set", "lr=1"}).exit, 2);
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--until", "loss.total < 1"},
                                               std::vector<std::string>{"--stop-at-watchpoint"}}) {
    std::vector<std::string> arguments{"train", "--replay", original, "--out", path("third")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome refused = run(arguments);
    EXPECT_EQ(refused.exit, 2);
    EXPECT_THAT(refused.err, HasSubstr("--out, --overwrite and --quiet alone"));
  }
  EXPECT_EQ(run({"train", "--replay", original, "--out", path("again")}).exit, 6) << "it is there by now";
}

TEST_F(CliJournal, ARunIsNotMadeAgainInItsOwnPlace) {
  const std::string original = path("run");
  ASSERT_EQ(run(tinyTraining(original, 4)).exit, 0);
  std::filesystem::create_directory_symlink(original, path("link"));
  for (const std::string& place : {original, path("link"), original + "/."}) {
    const Outcome refused = run({"train", "--replay", original, "--out", place, "--overwrite", "--quiet"});
    EXPECT_EQ(refused.exit, 2) << place;
    EXPECT_THAT(refused.err, HasSubstr("is the run's own folder"));
  }
  const auto info = jsonOf(run({"info", original, "--json"}));
  EXPECT_EQ(info.at("last_step"), 4);
  EXPECT_THAT(info.at("checkpoints"), SizeIs(1));
}

TEST_F(CliJournal, ARunWithoutAStepCannotBeMadeAgain) {
  ASSERT_EQ(run(tinyTraining(path("run"), 4)).exit, 0);
  for (const std::int64_t last : {0, -1}) {
    const std::string folder = path(last < 0 ? "none" : "zero");
    RunHeader header = (*openRun(path("run")))->header();
    auto writer = createRun(folder, header, Overwrite::kNo);
    ASSERT_TRUE(writer) << writer.error().text();
    if (last == 0) (*writer)->record({0, {{"loss.total", 1}}, {}});
    writer->reset();
    const Outcome refused = run({"train", "--replay", folder, "--out", path("again"), "--quiet"});
    EXPECT_EQ(refused.exit, 2);
    EXPECT_THAT(refused.err, HasSubstr("has recorded no step"));
    EXPECT_FALSE(std::filesystem::exists(path("again")));
  }
}

TEST_F(CliJournal, ItIsMadeAgainWithAsManyThreadsAsItHad) {
  std::vector<std::string> arguments = tinyTraining(path("run"), 4);
  *std::next(std::find(arguments.begin(), arguments.end(), "--threads")) = "0";
  ASSERT_EQ(run(arguments).exit, 0);
  // A machine with more cores has recorded it.
  RunHeader header = (*openRun(path("run")))->header();
  const int here = std::exchange(header.threads, header.threads + 1);
  ASSERT_TRUE(continueRun(path("run"), 4, {}, {header, {}, {}}));
  const Outcome again = run({"train", "--replay", path("run"), "--out", path("again"), "--quiet"});
  EXPECT_LE(again.exit, 1) << again.err;
  EXPECT_EQ(jsonOf(run({"info", path("again"), "--json"})).at("threads"), here + 1);
}

TEST_F(CliJournal, ADifferenceIsOneOfWhatTheRunsAreByNow) {
  ASSERT_EQ(run(tinyTraining(path("a"), 4)).exit, 0);
  ASSERT_EQ(run(tinyTraining(path("b"), 4)).exit, 0);
  EXPECT_THAT(jsonOf(run({"diff", path("a"), path("b"), "--json"})), SizeIs(0));
  {
    auto writer = continueRun(path("b"), 4);
    ASSERT_TRUE(writer) << writer.error().text();
    (*writer)->recordChange({4, "train.lr", "0.001", "0.25"});
    (*writer)->recordChange({4, "train.clip_grad", "10", "3"});
  }
  const auto differences = jsonOf(run({"diff", path("a"), path("b"), "--json"}));
  ASSERT_THAT(differences, SizeIs(2));
  EXPECT_EQ(differences[0].at("key"), "train.lr");
  EXPECT_EQ(differences[0].at("b"), "0.25");
  {
    auto trace = openTrace(tracePath(path("b")), TraceAccess::kWrite);
    ASSERT_TRUE(trace) << trace.error().text();
    ASSERT_TRUE((*trace)->execute("UPDATE parameter_change SET new_value='9' WHERE key='train.lr'"));
  }
  const Outcome damaged = run({"diff", path("a"), path("b"), "--json"});
  EXPECT_THAT(jsonOf(damaged), SizeIs(1));
  EXPECT_THAT(damaged.err, HasSubstr("of the journal is damaged"));
}

TEST_F(CliJournal, WhatDoesNotGoOnBitByBitEndsWithOneAndTheFirstDifference) {
  const std::string original = path("run");
  ASSERT_EQ(run(tinyTraining(original, 8, {"--set", "checkpoint_every=4"})).exit, 0);
  // The checkpoint of another seed in place of the run's own.
  ASSERT_EQ(run(tinyTraining(path("other"), 4, {"--seed", "5"})).exit, 0);
  std::filesystem::copy_file(checkpointPath(path("other"), 4), checkpointPath(original, 4),
                             std::filesystem::copy_options::overwrite_existing);
  const Outcome text = run({"verify-resume", original, "--steps", "4", "--from", "4"});
  EXPECT_EQ(text.exit, 1);
  EXPECT_THAT(text.out, HasSubstr("does NOT go on"));
  const Outcome told = run({"verify-resume", original, "--steps", "4", "--from", "4", "--json"});
  EXPECT_EQ(told.exit, 1);
  const auto json = nlohmann::json::parse(told.out);
  EXPECT_EQ(json.at("identical"), false);
  EXPECT_EQ(json.at("comparisons")[0].at("first_difference").at("step"), 5);
  EXPECT_EQ(run({"verify-resume", original, "--from", "5"}).exit, 3);
  EXPECT_EQ(run({"verify-resume", path("nothing")}).exit, 3);
}

TEST_F(CliJournal, ForksStandBelowTheRunTheyWereForkedFrom) {
  ASSERT_EQ(run(tinyTraining(path("first"), 6, {"--set", "checkpoint_every=3"})).exit, 0);
  ASSERT_EQ(run({"train", "--resume", path("first"), "--from", "3", "--out", path("a-fork"), "--set",
                 "lr=0.01", "--quiet"})
                .exit,
            0);
  ASSERT_EQ(run({"train", "--resume", path("a-fork"), "--from", "6", "--out", path("another"), "--steps", "8",
                 "--quiet"})
                .exit,
            0);
  folder_.write("broken/trace.sqlite", "no database");
  const auto json = jsonOf(run({"runs", folder_.path().string(), "--json"}));
  std::vector<std::string> names;
  for (const auto& node : json.at("runs"))
    names.push_back(std::filesystem::path(node.at("folder").get<std::string>()).filename().string());
  EXPECT_THAT(names, ElementsAre("broken", "first", "a-fork", "another"));
  const auto& fork = json.at("runs")[2];
  EXPECT_EQ(fork.at("parent"), 1);
  EXPECT_EQ(fork.at("forked_from").at("step"), 3);
  EXPECT_EQ(fork.at("fork_changes")[0].at("key"), "train.lr");
  EXPECT_EQ(json.at("runs")[3].at("parent"), 2);
  EXPECT_EQ(json.at("runs")[3].at("last_step"), 8);
  EXPECT_EQ(json.at("runs")[3].at("planned_steps"), 8);
  const Outcome text = run({"runs", folder_.path().string()});
  EXPECT_THAT(text.out, HasSubstr("    a-fork"));
  EXPECT_THAT(text.out, HasSubstr("from step 3; train.lr = 0.01 (was 0.001)"));
  EXPECT_THAT(text.out, HasSubstr("no SQLite database"));
  // A parent that was moved is found by its id.
  std::filesystem::rename(path("first"), path("moved"));
  EXPECT_EQ(jsonOf(run({"runs", folder_.path().string(), "--json"})).at("runs")[2].at("parent"), 1);
}

}  // namespace
}  // namespace anchorscope::testing
