// Runs that end badly: killed at any moment, or with a disk that takes no more.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "core/base/random.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::expectSameFrame;
using testing::makeAwkwardFrame;
using testing::TemporaryFolder;

constexpr std::int64_t kFrameEvery = 3;

double lossAt(std::int64_t step) {
  return 1.0 / static_cast<double>(step + 2);
}

StepRecord recordOf(std::int64_t step) {
  StepRecord record{step, {{"loss", lossAt(step)}, {"lr", 0.1}}, {}};
  if (step % kFrameEvery == 0) record.frames = {makeAwkwardFrame("a", step), makeAwkwardFrame("b", step, 0)};
  return record;
}

/// A child process and the end of a pipe it reports through.
struct Child {
  pid_t process = -1;
  int reports = -1;
};

Child startChild(const std::function<int(int)>& body) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  Child child;
  child.process = ::fork();
  if (child.process == 0) {
    ::close(ends[0]);
    ::_exit(body(ends[1]));
  }
  ::close(ends[1]);
  child.reports = ends[0];
  return child;
}

bool readReport(const Child& child, std::int64_t& step) {
  return ::read(child.reports, &step, sizeof step) == static_cast<ssize_t>(sizeof step);
}

int waitFor(const Child& child) {
  int status = 0;
  ::waitpid(child.process, &status, 0);
  ::close(child.reports);
  return status;
}

/// Records steps from `first` on and reports every committed one until it is killed.
int recordForever(const std::string& folder, std::int64_t first, int reports) {
  RecordingOptions options;
  options.commitMs = static_cast<int>(first % 3);  // 0: every step commits by itself
  auto writer = first == 0 ? createRun(folder, testing::makeHeader(), Overwrite::kNo, options)
                           : continueRun(folder, first - 1, options);
  if (!writer) return 1;
  std::int64_t written = -1;
  for (std::int64_t step = first;; ++step) {
    (*writer)->record(recordOf(step));
    if (step % 7 == 0 && !(*writer)->flush()) return 2;
    // A step counts as committed when the writer says so, flushed or not.
    const std::int64_t committed = first + (*writer)->state().stepsWritten - 1;
    if (committed <= written) continue;
    written = committed;
    if (::write(reports, &written, sizeof written) != static_cast<ssize_t>(sizeof written)) return 3;
  }
}

TEST(Crash, TwentyKillsLoseNoCommittedStep) {
  const TemporaryFolder temporary;
  const std::string folder = (temporary / "run").string();
  Random random = Random::of(1, RandomPurpose::kTest);
  std::int64_t first = 0;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE("kill " + std::to_string(round));
    const Child child = startChild([&](int reports) { return recordForever(folder, first, reports); });
    std::int64_t committed = -1;
    for (std::uint64_t report = 0, last = 1 + random.below(12); report < last; ++report)
      ASSERT_TRUE(readReport(child, committed)) << "the recording ended by itself: " << waitFor(child);
    ASSERT_EQ(::kill(child.process, SIGKILL), 0);
    for (std::int64_t later = 0; readReport(child, later);)
      committed = later;  // said before the kill arrived
    ASSERT_TRUE(WIFSIGNALED(waitFor(child)));

    const auto reader = openRun(folder);
    ASSERT_TRUE(reader) << reader.error().text();
    const std::int64_t last = (*reader)->lastStep();
    ASSERT_GE(last, committed);
    const auto loss = (*reader)->scalar("loss");
    ASSERT_TRUE(loss);
    ASSERT_EQ(static_cast<std::int64_t>(loss->values.size()), last + 1) << "steps are missing in between";
    for (std::int64_t step = 0; step <= last; ++step)
      ASSERT_EQ(loss->values[static_cast<std::size_t>(step)], lossAt(step));
    ASSERT_EQ(static_cast<std::int64_t>((*reader)->recordedSteps("a").size()), last / kFrameEvery + 1);
    ASSERT_EQ((*reader)->recordedSteps("a"), (*reader)->recordedSteps("b"));
    for (const std::int64_t step :
         {(*reader)->recordedSteps("a").front(), (*reader)->recordedSteps("a").back()}) {
      const auto frame = (*reader)->frame("a", step);
      ASSERT_TRUE(frame) << frame.error().text();
      expectSameFrame(**frame, *makeAwkwardFrame("a", step));
    }
    first = last + 1;
  }
}

/// In a child that may write only so much per file; the process must survive the refusal. Returns 0 when
/// `body` did.
int withFileSizeLimit(rlim_t bytes, const std::function<int()>& body) {
  const Child child = startChild([&](int) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 90;
    return body();
  });
  const int status = waitFor(child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 91;
}

TEST(Crash, AFullDiskEndsTheRecordingAndNothingElse) {
  const TemporaryFolder temporary;
  const std::string folder = (temporary / "run").string();
  const int outcome = withFileSizeLimit(rlim_t{600} << 10, [&] {
    RecordingOptions options;
    options.commitMs = 0;
    auto writer = createRun(folder, testing::makeHeader(), Overwrite::kNo, options);
    if (!writer) return 1;
    std::int64_t step = 0;
    for (; step < 100'000 && (*writer)->state().failure.empty(); ++step)
      (*writer)->record(recordOf(step));
    const Status flushed = (*writer)->flush();
    if (flushed || flushed.error().code != ErrorCode::kIo) return 2;
    const RecordingState failed = (*writer)->state();
    if (failed.failure.find("trace.sqlite") == std::string::npos) return 3;
    if (failed.stepsWritten == 0) return 4;
    // The trainer goes on; nothing more is written, and every frame that is not counts.
    (*writer)->record(recordOf(kFrameEvery * 100'000));
    if ((*writer)->flush() || (*writer)->state().framesDropped != failed.framesDropped + 2) return 5;
    return (*writer)->state().stepsWritten == failed.stepsWritten ? 0 : 6;
  });
  ASSERT_EQ(outcome, 0);
  const auto reader = openRun(folder);
  ASSERT_TRUE(reader) << reader.error().text();
  const std::int64_t last = (*reader)->lastStep();
  ASSERT_GT(last, 0);
  EXPECT_EQ(static_cast<std::int64_t>((*reader)->scalar("loss")->values.size()), last + 1);
  const std::int64_t lastFrame = (*reader)->recordedSteps("a").back();
  expectSameFrame(**(*reader)->frame("a", lastFrame), *makeAwkwardFrame("a", lastFrame));
}

TEST(Crash, ADiskThatIsFullFromTheStartIsAnError) {
  const TemporaryFolder temporary;
  const std::string folder = (temporary / "run").string();
  const int outcome = withFileSizeLimit(8 << 10, [&] {
    const auto writer = createRun(folder, testing::makeHeader(), Overwrite::kNo);
    return writer ? 1 : writer.error().code == ErrorCode::kIo ? 0 : 2;
  });
  ASSERT_EQ(outcome, 0);
  EXPECT_FALSE(std::filesystem::exists(tracePath(folder)));  // no half-made run remains
  EXPECT_TRUE(createRun(folder, testing::makeHeader(), Overwrite::kYes));
}

TEST(Crash, AFolderThatCannotBeMadeIsAnError) {
  const TemporaryFolder temporary;
  temporary.write("file", "");
  for (const char* name : {"file", "file/run"}) {
    const auto writer = createRun((temporary / name).string(), testing::makeHeader(), Overwrite::kYes);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace anchorscope
