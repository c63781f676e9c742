// One run killed again and again at random moments, continued each time, and compared with one that was left
// alone. ANCHORSCOPE_KILLS sets how often (100 in a long check); ANCHORSCOPE_SEED the moments.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/sqlite.h"
#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

std::uint64_t numberFrom(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::vector<std::string> training(const std::string& out, std::int64_t steps) {
  return tinyTraining(out, steps,
                      {"--seed", "3", "--set", "checkpoint_every=10", "--set", "loader_threads=0", "--set",
                       "model.head_depth=1", "--set", "schedule=constant"});
}

std::vector<double> lossesOf(const std::string& folder) {
  auto run = openRun(folder);
  if (!run) throw std::runtime_error(run.error().text());
  auto losses = (*run)->scalar("loss.total");
  if (!losses) throw std::runtime_error(losses.error().text());
  for (std::size_t i = 0; i < losses->steps.size(); ++i)
    EXPECT_EQ(losses->steps[i], static_cast<std::int64_t>(i) + 1) << "a step is missing";
  return losses->values;
}

/// The last step that was committed by now, seen from outside; -1 while there is no trace.
std::int64_t committedStep(const std::string& folder) {
  auto run = openRun(folder);
  return run ? (*run)->lastStep() : -1;
}

/// What SQLite itself says of the file, its log included.
void expectSound(const std::string& folder) {
  auto database = Database::open(tracePath(folder), SQLITE_OPEN_READWRITE);
  ASSERT_TRUE(database) << database.error().text();
  auto check = (*database)->prepare("PRAGMA integrity_check");
  ASSERT_TRUE(check) << check.error().text();
  const auto row = check->next();
  ASSERT_TRUE(row && *row);
  EXPECT_EQ(check->text(0), "ok");
}

/// Every committed step is there, and all evidence up to it can be read.
void expectWhole(const std::string& folder, std::int64_t committed) {
  expectSound(folder);
  auto run = openRun(folder);
  ASSERT_TRUE(run) << run.error().text();
  const std::int64_t last = (*run)->lastStep();
  EXPECT_GE(last, committed);
  EXPECT_EQ(static_cast<std::int64_t>(lossesOf(folder).size()), last);
  for (const std::string& probe : (*run)->probeNames()) {
    const std::vector<std::int64_t> steps = (*run)->recordedSteps(probe);
    EXPECT_EQ(static_cast<std::int64_t>(steps.size()), last / kTinyRecordEvery + 1);
    const auto frame = (*run)->frame(probe, steps.back());
    EXPECT_TRUE(frame) << frame.error().text();
  }
}

TEST(Kill, ARunThatIsKilledAtAnyMomentLosesNothingCommitted) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  const std::uint64_t kills = numberFrom("ANCHORSCOPE_KILLS", 4), seed = numberFrom("ANCHORSCOPE_SEED", 1);
  Random random = Random::of(seed, RandomPurpose::kTest);
  for (std::uint64_t i = 0; i < kills; ++i) {
    SCOPED_TRACE(concat("kill ", i, " of seed ", seed));
    const bool goesOn = !listCheckpoints(out).empty();
    std::vector<std::string> arguments = training(out, 1'000'000);
    arguments.push_back("--overwrite");  // the first may die before its first checkpoint
    Process process(goesOn ? std::vector<std::string>{"train", "--resume", out} : arguments, folder);
    // One in four dies while it starts, the others in training. The moment is the test's subject, not a wait
    // for something.
    const bool starting = i % 4 == 3;
    if (!starting) process.waitForText("] recording");
    process.readFor(static_cast<int>(random.below(starting ? 500 : 1500)));
    const std::int64_t committed = starting ? 0 : committedStep(out);
    process.kill();
    EXPECT_EQ(process.wait().exit, 128 + 9);
    if (committed >= 0 && std::filesystem::exists(tracePath(out))) expectWhole(out, committed);
  }
  // To a common end, beside a run that nobody killed.
  const std::int64_t end = std::max<std::int64_t>(committedStep(out), 0) + 5;
  const bool goesOn = !listCheckpoints(out).empty();
  const Outcome last = goesOn ? run({"train", "--resume", out, "--steps", std::to_string(end)})
                              : run(training(out + "2", end));
  ASSERT_EQ(last.exit, 0) << last.err;
  const std::string straight = (folder / "straight").string();
  ASSERT_EQ(run(training(straight, end)).exit, 0);
  EXPECT_EQ(lossesOf(goesOn ? out : out + "2"), lossesOf(straight));
}

}  // namespace
}  // namespace anchorscope::testing
