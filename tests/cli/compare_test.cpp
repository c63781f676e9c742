// The compare command from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> compareArguments(const std::string& out, const std::string& budget,
                                          const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"compare", "--data",    "demo", "--budget", budget, "--out",
                                     out,       "--threads", "1",    "--device", "cpu"};
  for (const char* setting : {"size=64", "batch=2", "eval_max_images=4", "probe_count=2", "fpn_channels=16",
                              "deterministic=true"}) {
    arguments.emplace_back("--set");
    arguments.emplace_back(setting);
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(CliCompare, WritesTheTableAndSkipsWhatIsDone) {
  const TemporaryFolder folder;
  const std::string out = (folder / "c").string();
  const auto arguments = compareArguments(
      out, "4", {"--methods", "demo,bccd-max-iou", "--method", "β 0.5=demo+beta=0.5", "--seeds", "1"});
  const Outcome listed = run([&] {
    auto with = arguments;
    with.emplace_back("--list");
    return with;
  }());
  EXPECT_EQ(listed.exit, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("method.beta: 0.5, not 0.75"));
  EXPECT_THAT(listed.out, HasSubstr("seed 0: to do"));
  EXPECT_FALSE(std::filesystem::exists(out));

  const Outcome first = run(arguments);
  ASSERT_EQ(first.exit, 0) << first.err;
  for (const char* row : {"| demo | 1 |", "| bccd-max-iou | 1 |", "| β 0.5 | 1 |"})
    EXPECT_THAT(first.out, HasSubstr(row));
  EXPECT_THAT(first.out, HasSubstr("'β 0.5=demo+beta=0.5'"));
  EXPECT_THAT(first.err, HasSubstr("run 3/3  β 0.5  seed 0"));
  EXPECT_EQ(readFile(out + "/comparison.md"), first.out);
  const Outcome again = run(arguments);
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  EXPECT_THAT(again.err, HasSubstr("done before"));
  EXPECT_THAT(again.err, Not(HasSubstr("step ")));
  EXPECT_EQ(run(compareArguments(out, "5", {"--methods", "demo", "--seeds", "1"})).exit, 6);
}

TEST(CliCompare, AnInterruptionKeepsWhatThereIsAndTheSameCommandGoesOn) {
  const TemporaryFolder folder;
  const std::string out = (folder / "c").string();
  const auto arguments = compareArguments(out, "200", {"--methods", "demo", "--seeds", "1"});
  Process process(arguments, folder);
  process.waitForText(" step 1/200");
  process.interrupt();
  const Outcome stopped = process.wait();
  ASSERT_EQ(stopped.exit, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("The same command goes on"));
  EXPECT_THAT(readFile(out + "/comparison.md"), HasSubstr("1 run to do"));
  const Outcome continued = run(arguments);
  EXPECT_EQ(continued.exit, 0) << continued.err;
  EXPECT_THAT(continued.err, HasSubstr("continuing after step"));
  EXPECT_THAT(continued.out, HasSubstr("| demo | 1 |"));
}

TEST(CliCompare, ADivergedRunIsInTheTableAndInTheExitCode) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(compareArguments((folder / "c").string(), "20",
                           {"--seeds", "1", "--methods", "demo", "--method",
                            "wild=demo+optimizer=sgd+lr=1e30+clip_grad=0+schedule=constant+warmup_steps=0"}));
  EXPECT_EQ(outcome.exit, 8) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("| seed 0 diverged at step"));
  EXPECT_THAT(outcome.out, HasSubstr("| demo | 1 |"));
}

TEST(CliCompare, WrongRequestsExitWithTwo) {
  const TemporaryFolder folder;
  const std::string out = (folder / "c").string();
  EXPECT_EQ(run({"compare", "--data", "demo", "--methods", "demo", "--out", out}).exit, 2);
  EXPECT_EQ(run({"compare", "--data", "demo", "--budget", "4", "--out", out}).exit, 2);
  for (const char* method : {"dem", "demo+nothing=1", "demo+beta=7", "a=b=c"}) {
    const Outcome outcome = run(compareArguments(out, "4", {"--method", method}));
    EXPECT_EQ(outcome.exit, 2) << method << outcome.err;
  }
  EXPECT_EQ(run(compareArguments(out, "soon", {"--methods", "demo"})).exit, 2);
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace anchorscope::testing
