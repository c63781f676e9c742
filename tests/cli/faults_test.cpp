// What the headless program does when the disk, the terminal or the memory does not do as it should.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

/// A shell's command that trains.
std::string train(const std::string& out, std::int64_t steps, const std::vector<std::string>& more = {}) {
  return "CLI" + quoted(tinyTraining(out, steps, more));
}

TEST(Faults, OutputThatCannotBeWrittenIsAnError) {
  for (const char* command : {"methods", "presets --json", "--help"}) {
    const Outcome outcome = shell(std::string("CLI ") + command + " >/dev/full");
    EXPECT_EQ(outcome.exit, 5) << command;
    EXPECT_THAT(outcome.err, HasSubstr("The output could not be written: No space left on device"))
        << command;
  }
}

TEST(Faults, ALimitOfFileSizesIsToldAndLeavesAFolderThatCanBeUsedAgain) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  // 100 kB: enough for the configuration, not for the trace with its evidence or a checkpoint.
  const Outcome limited = shell("ulimit -f 200; " + train(out, 8));
  EXPECT_EQ(limited.exit, 5) << limited.err;
  EXPECT_THAT(limited.err, HasSubstr("ulimit -f"));
  const Outcome none = shell("ulimit -f 1; " + train(out + "2", 6));
  EXPECT_EQ(none.exit, 5) << none.err;
  for (const std::string& used : {out, out + "2"}) {
    for (const auto& entry : fs::recursive_directory_iterator(used))
      EXPECT_THAT(entry.path().string(), Not(HasSubstr(".part-")));
    std::vector<std::string> more;
    if (fs::exists(used + "/trace.sqlite")) more.push_back("--overwrite");
    EXPECT_EQ(run(tinyTraining(used, 2, more)).exit, 0);
    EXPECT_EQ(shell("CLI info " + used).exit, 0);
  }
}

TEST(Faults, NothingThatATerminalObeysIsPrinted) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"info", "/nowhere/\x1b[2J\x07"},
                                                    {"train", "--\x1b[2J"},
                                                    {"train", "--data", "voc:/no\x1b[31m", "--out", "x"},
                                                    {"methods", "\x1b]0;title\x07"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_NE(outcome.exit, 0);
    EXPECT_THAT(outcome.err + outcome.out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(outcome.err + outcome.out, Not(HasSubstr("\x07")));
    EXPECT_THAT(outcome.err + outcome.out, HasSubstr("\\x1b"));
  }
}

TEST(Faults, ANameThatIsNoUtf8IsRefusedBeforeTheFirstStep) {
  const TemporaryFolder folder;
  const std::string out = (folder / "mu\xf1oz").string();
  const Outcome outcome = run(tinyTraining(out, 1));
  EXPECT_EQ(outcome.exit, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("mu\\xf1oz"));
  EXPECT_FALSE(fs::exists(out));
}

TEST(Faults, PlacesThatAreNoUtf8AreTakenOrRefusedWithOneMessage) {
  const TemporaryFolder folder;
  const std::string odd = (folder / "mu\xf1oz\xff").string(), run = odd + "/run";
  ASSERT_EQ(shell(train((folder / "run").string(), 1)).exit, 0);
  fs::create_directories(odd);
  fs::rename(folder / "run", run);
  folder.write("bad.toml", "[run]\ndata = \"demo\xff\"\n");
  // What is only read or written is taken as it is; what a run's configuration must hold is not.
  const std::vector<std::pair<int, std::string>> commands = {
      {0, "info '" + run + "' --json"},
      {0, "eval '" + run + "' --json '" + odd + "/e.json'"},
      {2, "train --resume '" + run + "' --steps 2"},
      {4, "train --out " + odd + "/other --config " + (folder / "bad.toml").string()},
      {2, "compare --methods demo --budget 1 --seeds 1 --threads 1 --data demo --out '" + odd + "/other'"}};
  for (const auto& [exit, command] : commands) {
    const Outcome outcome = shell("CLI " + command);
    EXPECT_EQ(outcome.exit, exit) << command << '\n' << outcome.err;
    for (const char* word : {"exception", "internal", "parse_error", "terminate", "\xff"})
      EXPECT_THAT(outcome.err, Not(HasSubstr(word))) << command;
    EXPECT_EQ(outcome.err.starts_with("anchorscope-cli: "), exit != 0) << command << '\n' << outcome.err;
    EXPECT_FALSE(fs::exists(odd + "/other")) << command;
  }
}

TEST(Faults, AnEvaluationDoesNotBeginWhereItsNumbersCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string(), taken = folder.write("taken.json", "").string();
  ASSERT_EQ(run(tinyTraining(out, 1)).exit, 0);
  const Outcome exists = run({"eval", out, "--json", taken});
  EXPECT_EQ(exists.exit, 6) << exists.err;
  EXPECT_EQ(exists.out, "");
  const Outcome nowhere = run({"eval", out, "--detections", "/nowhere/a.json"});
  EXPECT_EQ(nowhere.exit, 3) << nowhere.err;
  EXPECT_EQ(nowhere.out, "");
}

TEST(Faults, ACheckpointThatIsNotUnderstoodIsNotEvaluatedAsIfItWerePlainWeights) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string(), path = out + "/checkpoints/step-00000001.ckpt";
  // The default model, so that its weights alone would fit.
  ASSERT_EQ(run({"train", "--data", "demo", "--out", out, "--steps", "1", "--batch", "1", "--size", "64",
                 "--threads", "1", "--set", "eval_max_images=1"})
                .exit,
            0);
  std::string bytes = readFile(path);
  const std::size_t at = bytes.find("\\\"version\\\":1");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 12] = '7';
  folder.write("run/checkpoints/step-00000001.ckpt", bytes);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"eval", out},
                                                    {"eval", "--weights", path, "--data", "demo#val"},
                                                    {"train", "--resume", out, "--steps", "2"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, 4) << ::testing::PrintToString(arguments) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("a checkpoint of version 7; this program reads version 1"));
    EXPECT_THAT(outcome.err, HasSubstr("newer version of the program"));
  }
}

TEST(Faults, WhatNeedsMoreThanThereIsIsRefusedBeforeItIsTaken) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  ASSERT_EQ(run(tinyTraining(out, 1)).exit, 0);
  const Outcome eval = run({"eval", out, "--size", "4096", "--batch", "4096"});
  EXPECT_EQ(eval.exit, 7) << eval.err;
  EXPECT_THAT(eval.err, HasSubstr("A batch of 100 images of 4096 x 4096 px needs about"));
  const Outcome compare = run({"compare", "--data", "demo", "--methods", "demo", "--budget", "1", "--seeds",
                               "1000000000", "--out", (folder / "table").string()});
  EXPECT_EQ(compare.exit, 2) << compare.err;
  EXPECT_THAT(compare.err, HasSubstr("1000000000 seeds of 1 method are more than 10000 runs"));
}

TEST(Faults, FewerStepsThanAreDoneAreRefused) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  ASSERT_EQ(run(tinyTraining(out, 3)).exit, 0);
  const Outcome fewer = run({"train", "--resume", out, "--steps", "2"});
  EXPECT_EQ(fewer.exit, 2) << fewer.err;
  EXPECT_THAT(fewer.err, HasSubstr("has done 3 steps, more than the 2"));
  EXPECT_EQ(run({"train", "--resume", out, "--steps", "3"}).exit, 0);
  EXPECT_EQ(jsonOf(run({"info", out, "--json"})).at("planned_steps"), 3);
}

TEST(Faults, DevicesAndPipesAreNeitherReadNorReplaced) {
  const TemporaryFolder folder;
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(shell("mkfifo " + pipe).exit, 0);
  const std::string whole = (folder / "whole").string(), odd = (folder / "odd").string();
  ASSERT_EQ(run(tinyTraining(whole, 1)).exit, 0);
  /// A copy of the run in which the pipe stands in place of a file.
  const auto put = [&](const std::string& name) {
    fs::remove_all(odd);
    fs::copy(whole, odd, fs::copy_options::recursive);
    fs::remove(odd + "/" + name);
    fs::create_symlink(pipe, odd + "/" + name);
  };
  const auto expectNamed = [](const std::vector<std::string>& arguments, int exit = 5) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, exit) << ::testing::PrintToString(arguments) << outcome.err;
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr("is a named pipe, not a file"));
  };
  expectNamed({"train", "--out", "x", "--config", pipe});
  expectNamed(tinyTraining((folder / "none").string(), 1, {"--weights", pipe}));
  expectNamed({"eval", "--weights", pipe, "--data", "demo#val"});
  put("checkpoints/step-00000001.ckpt");
  expectNamed({"eval", odd});
  expectNamed({"train", "--resume", odd, "--steps", "2"});
  put("trace.sqlite");
  expectNamed({"info", odd});
  put("config.toml");
  expectNamed({"train", "--resume", odd, "--steps", "2"});
  // A reference file, named and among others of a folder.
  fs::create_directories(folder / "references");
  fs::create_symlink(pipe, folder / "references/a.json");
  expectNamed({"conformance", pipe}, 1);
  expectNamed({"conformance", (folder / "references").string()}, 1);
  // What is written: told before the work.
  for (const char* option : {"--json", "--detections"}) {
    const Outcome outcome = run({"eval", whole, option, pipe, "--overwrite"});
    EXPECT_EQ(outcome.exit, 5);
    EXPECT_EQ(outcome.out, "") << option;
  }
  expectNamed({"curves", whole, "--out", pipe, "--overwrite"});
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(run(tinyTraining("/dev/null", 1, {"--overwrite"})).exit, 5);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace anchorscope::testing
