// What the headless program does when the disk, the terminal or the memory does not do as it should.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/cli/cli_testing.h"
#include "tests/support/shared_data.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

/// A shell's command with CLI standing for the program; its standard error.
Outcome shell(std::string command) {
  const std::string program = (programFolder() / "anchorscope-cli").string();
  for (std::size_t at = 0; (at = command.find("CLI", at)) != std::string::npos; at += program.size())
    command.replace(at, 3, program);
  Outcome outcome;
  std::FILE* pipe = ::popen(("{ " + command + "; } 2>&1 >/dev/null").c_str(), "r");
  if (!pipe) throw std::runtime_error("no shell");
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    outcome.err.append(buffer, count);
  const int status = ::pclose(pipe);
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

const std::string kTiny =
    " --preset demo --size 64 --batch 2 --threads 1 --set model.fpn_channels=16 --set model.head_depth=1 "
    "--set train.eval_max_images=2 ";

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
  const Outcome limited =
      shell("ulimit -f 200; CLI train" + kTiny + "--steps 6 --record-every 1 --out " + out);
  EXPECT_EQ(limited.exit, 5) << limited.err;
  EXPECT_THAT(limited.err, HasSubstr("ulimit -f"));
  const Outcome none = shell("ulimit -f 1; CLI train" + kTiny + "--steps 6 --out " + out + "2");
  EXPECT_EQ(none.exit, 5) << none.err;
  for (const std::string& used : {out, out + "2"}) {
    for (const auto& entry : fs::recursive_directory_iterator(used))
      EXPECT_THAT(entry.path().string(), Not(HasSubstr(".part-")));
    const bool overwrite = fs::exists(used + "/trace.sqlite");
    EXPECT_EQ(shell("CLI train" + kTiny + "--steps 2 --out " + used + (overwrite ? " --overwrite" : "")).exit,
              0);
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
  const Outcome outcome = shell("CLI train" + kTiny + "--steps 1 --out '" + out + "'");
  EXPECT_EQ(outcome.exit, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("mu\\xf1oz"));
  EXPECT_FALSE(fs::exists(out));
}

TEST(Faults, PlacesThatAreNoUtf8AreTakenOrRefusedWithOneMessage) {
  const TemporaryFolder folder;
  const std::string odd = (folder / "mu\xf1oz\xff").string(), run = odd + "/run";
  ASSERT_EQ(shell("CLI train" + kTiny + "--steps 1 --out " + (folder / "run").string()).exit, 0);
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

TEST(Faults, DevicesAndPipesAreNeitherReadNorReplaced) {
  const TemporaryFolder folder;
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(shell("mkfifo " + pipe).exit, 0);
  EXPECT_EQ(shell("CLI train --out x --config " + pipe).exit, 5);
  EXPECT_EQ(shell("CLI train" + kTiny + "--steps 1 --overwrite --out /dev/null").exit, 5);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace anchorscope::testing
