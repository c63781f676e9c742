#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using testing::expectSameFrame;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::makeAwkwardFrame;
using testing::makeHeader;
using testing::TemporaryFolder;

/// A run in a temporary folder.
class Run : public ::testing::Test {
 protected:
  std::unique_ptr<RunWriter> create(const RecordingOptions& options = {},
                                    Overwrite overwrite = Overwrite::kNo) {
    Result<std::unique_ptr<RunWriter>> writer = createRun(folder(), makeHeader(), overwrite, options);
    if (!writer) throw std::runtime_error(writer.error().text());
    return std::move(*writer);
  }
  std::unique_ptr<RunWriter> resume(std::int64_t step) {
    Result<std::unique_ptr<RunWriter>> writer = continueRun(folder(), step);
    if (!writer) throw std::runtime_error(writer.error().text());
    return std::move(*writer);
  }
  std::shared_ptr<RunReader> open() {
    Result<std::shared_ptr<RunReader>> reader = openRun(folder());
    if (!reader) throw std::runtime_error(reader.error().text());
    return *reader;
  }
  std::string folder() const { return (temporary_ / "run").string(); }

  TemporaryFolder temporary_;
};

/// Root may read and write everywhere: as long as it lives, this thread may so only where the permissions say
/// so. It stays who it is, since another user may not even reach the folder.
class WithoutPrivilege {
 public:
  WithoutPrivilege() {
    if (::syscall(SYS_capget, &header_, before_.data()) != 0)
      throw std::runtime_error("cannot ask for capabilities");
    auto less = before_;
    less[0].effective &= ~((1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH));
    if (::syscall(SYS_capset, &header_, less.data()) != 0)
      throw std::runtime_error("cannot give up capabilities");
  }
  ~WithoutPrivilege() {
    if (::syscall(SYS_capset, &header_, before_.data()) != 0) std::abort();
  }
  WithoutPrivilege(const WithoutPrivilege&) = delete;
  WithoutPrivilege& operator=(const WithoutPrivilege&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> before_{};
};

StepRecord stepOf(std::int64_t step, double loss) {
  return {step, {{"loss.cls", loss}, {"lr", 0.01}}, {}};
}

TEST_F(Run, IsReadWhereNothingCanBeWritten) {
  create()->record(stepOf(1, 0.5));
  // As a program that was killed, or that only read, leaves it.
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(tracePath(folder()).c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  ASSERT_FALSE(std::filesystem::exists(tracePath(folder()) + "-shm"));
  using std::filesystem::perms;
  const perms readable = perms(0555);
  std::filesystem::permissions(folder(), readable);
  {
    const WithoutPrivilege unprivileged;
    auto reader = openRun(folder());
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->lastStep(), 1);
  }
  // A folder that cannot be entered is not one without a run.
  std::filesystem::permissions(folder(), perms(0000));
  {
    const WithoutPrivilege unprivileged;
    const auto reader = openRun(folder());
    ASSERT_FALSE(reader);
    EXPECT_THAT(reader.error().text(), HasSubstr("Permission denied"));
  }
  // A log that was not written back cannot be read so.
  std::filesystem::permissions(folder(), readable | perms::owner_write);
  std::ofstream(tracePath(folder()) + "-wal") << "not empty";
  std::filesystem::permissions(folder(), readable);
  {
    const WithoutPrivilege unprivileged;
    const auto reader = openRun(folder());
    ASSERT_FALSE(reader);
    EXPECT_THAT(reader.error().text(), HasSubstr("was not closed, and its folder cannot be written"));
  }
  std::filesystem::permissions(folder(), readable | perms::owner_write);
}

TEST_F(Run, GoingOnRemovesWhatAKilledProgramLeftOfCheckpoints) {
  create();
  const std::string whole = checkpointPath(folder(), 3), part = whole + ".part-123-4";
  for (const std::string& path : {whole, part, checkpointFolder(folder()) + "/mine.part-1"})
    std::ofstream(path) << "x";
  resume(5);
  EXPECT_TRUE(std::filesystem::exists(whole));
  EXPECT_FALSE(std::filesystem::exists(part));
  EXPECT_TRUE(std::filesystem::exists(checkpointFolder(folder()) + "/mine.part-1"));
}

TEST_F(Run, ReadsBackScalarsEventsAndHeader) {
  {
    const auto writer = create();
    writer->record(stepOf(0, 1.25));
    writer->record(stepOf(1, std::numeric_limits<double>::quiet_NaN()));
    writer->record({2, {{"loss.cls", -std::numeric_limits<double>::infinity()}}, {}});
    writer->recordEvent({2, "note", "naïve \"text\""});
    writer->record(stepOf(3, 0.1));
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->state().stepsWritten, 4);
    EXPECT_GT(writer->state().bytesOnDisk, 0);
  }
  const auto reader = open();
  const RunHeader header = makeHeader();
  EXPECT_EQ(reader->header().configToml, header.configToml);
  EXPECT_EQ(reader->header().classNames, header.classNames);
  EXPECT_EQ(reader->header().declaration, header.declaration);
  EXPECT_EQ(reader->header().threads, 3);
  EXPECT_EQ(reader->header().plannedSteps, 1000);
  EXPECT_EQ(testing::readFile(configPath(folder())), header.configToml);
  EXPECT_EQ(reader->lastStep(), 3);
  EXPECT_THAT(reader->scalarNames(), ElementsAre("loss.cls", "lr"));
  const auto loss = reader->scalar("loss.cls");
  ASSERT_TRUE(loss);
  EXPECT_THAT(loss->steps, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(loss->values,
              ElementsAre(1.25, ::testing::IsNan(), -std::numeric_limits<double>::infinity(), 0.1));
  EXPECT_THAT(reader->scalar("lr")->steps, ElementsAre(0, 1, 3));
  EXPECT_THAT(reader->scalar("no such")->steps, IsEmpty());
  const auto events = reader->events();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().text, "naïve \"text\"");
}

TEST_F(Run, ReadsBackFramesBitByBitInAnyOrder) {
  const auto dense = testing::makeSyntheticFrame();
  {
    const auto writer = create();
    for (const std::int64_t step : {0, 10, 20, 30})
      writer->record({step, {}, {makeAwkwardFrame("a.jpg", step), makeAwkwardFrame("b.jpg", step, 0)}});
    writer->record({40, {}, {makeAwkwardFrame("a.jpg", 40, 2000), dense}});
  }
  const auto reader = open();
  EXPECT_THAT(reader->probeNames(), ElementsAre("a.jpg", "b.jpg", dense->image->name));
  EXPECT_THAT(reader->recordedSteps("a.jpg"), ElementsAre(0, 10, 20, 30, 40));
  EXPECT_THAT(reader->recordedSteps("unknown"), IsEmpty());
  const auto expectFrame = [&](const std::string& name, std::int64_t step, const ProbeFrame& expected) {
    SCOPED_TRACE(name + " at " + std::to_string(step));
    const auto frame = reader->frame(name, step);
    ASSERT_TRUE(frame) << frame.error().text();
    expectSameFrame(**frame, expected);
  };
  for (const std::int64_t step : {30, 0, 20, 10, 0}) {
    expectFrame("b.jpg", step, *makeAwkwardFrame("b.jpg", step, 0));
    expectFrame("a.jpg", step, *makeAwkwardFrame("a.jpg", step));
  }
  expectFrame("a.jpg", 40, *makeAwkwardFrame("a.jpg", 40, 2000));
  auto atStep = std::make_shared<ProbeFrame>(*dense);
  expectFrame(dense->image->name, dense->step, *atStep);
}

TEST_F(Run, FramesShareWhatDoesNotChange) {
  {
    const auto writer = create();
    for (const std::int64_t step : {0, 1})
      writer->record({step, {}, {makeAwkwardFrame("a", step), makeAwkwardFrame("b", step)}});
  }
  const auto reader = open();
  const auto a0 = *reader->frame("a", 0), a1 = *reader->frame("a", 1), b0 = *reader->frame("b", 0);
  EXPECT_EQ(a0->image, a1->image);
  EXPECT_NE(a0->image, b0->image);
  EXPECT_EQ(a0->stages.front()->candidates, b0->stages.front()->candidates);
  EXPECT_EQ(a0->classNames, b0->classNames);
}

TEST_F(Run, ASummaryHoldsWhatAThumbnailTells) {
  { create()->record({3, {}, {makeAwkwardFrame("a", 3)}}); }
  const auto reader = open();
  const auto summary = reader->summary("a", 3);
  ASSERT_TRUE(summary) << summary.error().text();
  StageEvidence expected = *makeAwkwardFrame("a", 3)->stages.front();
  expected.channels.clear();
  expected.pairTables.clear();
  expected.decisions.clear();
  expected.predictedBoxesInInput.clear();
  expected.predictions.clear();
  expectSameFrame(**summary, *ProbeFrame::of(expected));
  EXPECT_EQ((*summary)->image, (*reader->frame("a", 3))->image);
  EXPECT_EQ(reader->summary("a", 4).error().code, ErrorCode::kNotFound);
}

TEST_F(Run, AStepRecordedTwiceKeepsTheLaterValues) {
  {
    const auto writer = create();
    writer->record({5, {{"loss", 1}}, {makeAwkwardFrame("a", 5, 1)}});
    writer->record({5, {{"loss", 2}}, {makeAwkwardFrame("a", 5, 4)}});
  }
  const auto reader = open();
  EXPECT_THAT(reader->scalar("loss")->values, ElementsAre(2));
  EXPECT_EQ((*reader->frame("a", 5))->image->objects.size(), 4u);
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(5));
}

TEST_F(Run, AnOpenReaderListsAStepRecordedAgainOnce) {
  const auto writer = create();
  const auto record = [&](std::int64_t step) {
    writer->record({step, {}, {makeAwkwardFrame("a", step)}});
    return writer->flush();
  };
  for (const std::int64_t step : {1, 2, 3})
    ASSERT_TRUE(record(step));
  const auto reader = open();
  for (const std::int64_t step : {2, 3, 4}) {
    ASSERT_TRUE(record(step));
    ASSERT_TRUE(reader->refresh());
  }
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*reader->recordedSteps(), ElementsAre(1, 2, 3, 4));
}

TEST_F(Run, TheStepsOfAllProbesAreOneListUntilThereIsAnother) {
  const auto writer = create();
  const auto record = [&](std::int64_t step, const std::string& probe) {
    writer->record({step, {{"loss", 1}}, {makeAwkwardFrame(probe, step)}});
    ASSERT_TRUE(writer->flush());
  };
  const auto reader = open();
  EXPECT_THAT(*reader->recordedSteps(), IsEmpty());
  record(0, "a");
  record(8, "a");
  record(8, "b");
  ASSERT_TRUE(reader->refresh());
  const RecordedSteps before = reader->recordedSteps();
  EXPECT_THAT(*before, ElementsAre(0, 8));
  writer->record({9, {{"loss", 2}}, {}});
  ASSERT_TRUE(writer->flush());
  ASSERT_TRUE(reader->refresh());
  EXPECT_EQ(reader->recordedSteps(), before) << "there is no evidence at step 9";
  record(4, "b");
  record(12, "c");
  ASSERT_TRUE(reader->refresh());
  EXPECT_THAT(*reader->recordedSteps(), ElementsAre(0, 4, 8, 12));
  EXPECT_THAT(*before, ElementsAre(0, 8)) << "who holds a list keeps it";
  EXPECT_THAT(reader->recordedSteps("b"), ElementsAre(4, 8));
  EXPECT_THAT(reader->probesAt(8), ElementsAre("a", "b"));
  EXPECT_THAT(reader->probesAt(4), ElementsAre("b"));
  EXPECT_THAT(reader->probesAt(5), IsEmpty());
  EXPECT_EQ(reader->frameCount(), 5);
}

TEST_F(Run, AMissingStepNamesTheNearestOne) {
  {
    const auto writer = create();
    for (const std::int64_t step : {0, 100, 200})
      writer->record({step, {}, {makeAwkwardFrame("a", step)}});
  }
  const auto reader = open();
  const auto missing = reader->frame("a", 149);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().text(), HasSubstr("nearest recorded step is 100"));
  const auto unknown = reader->frame("z", 0);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(unknown.error().text(), HasSubstr("Recorded are: a"));
}

TEST(NearestRecordedStep, PrefersTheEarlierOfTwoEquallyNear) {
  EXPECT_EQ(nearestRecordedStep({}, 3), -1);
  EXPECT_EQ(nearestRecordedStep({10, 20}, 3), 10);
  EXPECT_EQ(nearestRecordedStep({10, 20}, 15), 10);
  EXPECT_EQ(nearestRecordedStep({10, 20}, 16), 20);
  EXPECT_EQ(nearestRecordedStep({10, 20}, 99), 20);
}

TEST_F(Run, ReadsWhileItGrows) {
  const auto writer = create();
  const auto reader = open();
  EXPECT_EQ(reader->lastStep(), -1);
  EXPECT_THAT(reader->probeNames(), IsEmpty());
  for (std::int64_t step = 0; step < 5; ++step) {
    writer->record({step, {{"loss", static_cast<double>(step)}}, {makeAwkwardFrame("a", step)}});
    ASSERT_TRUE(writer->flush());
    ASSERT_TRUE(reader->refresh());
    EXPECT_EQ(reader->lastStep(), step);
    EXPECT_EQ(reader->recordedSteps("a").size(), static_cast<std::size_t>(step) + 1);
    expectSameFrame(**reader->frame("a", step), *makeAwkwardFrame("a", step));
  }
}

// Meant for ThreadSanitizer as well: one thread records, two read through one reader, all at once.
TEST_F(Run, ManyThreadsReadWhileOneWrites) {
  auto writer = create({1u << 20, std::int64_t{1} << 40, 1});
  const auto reader = open();
  constexpr std::int64_t kSteps = 200;
  std::atomic<std::int64_t> framesRead{0};
  const auto read = [&] {
    while (true) {
      ASSERT_TRUE(reader->refresh());
      const std::vector<std::int64_t> steps = reader->recordedSteps("a");
      if (!steps.empty()) {
        const auto frame = reader->frame("a", steps.back());
        ASSERT_TRUE(frame) << frame.error().text();
        EXPECT_EQ((*frame)->step, steps.back());
        ++framesRead;
      }
      const std::int64_t last = reader->lastStep();
      const auto loss = reader->scalar("loss");
      ASSERT_TRUE(loss);
      EXPECT_GE(static_cast<std::int64_t>(loss->values.size()), last + 1);
      if (last == kSteps - 1) return;
    }
  };
  std::thread first(read), second(read);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    StepRecord record{step, {{"loss", 1.0 / static_cast<double>(step + 1)}}, {}};
    if (step % 4 == 0) record.frames.push_back(makeAwkwardFrame("a", step));
    writer->record(std::move(record));
    static_cast<void>(writer->state());
  }
  EXPECT_TRUE(writer->flush());
  first.join();
  second.join();
  EXPECT_GT(framesRead.load(), 0);
  EXPECT_EQ(writer->state().framesWritten, kSteps / 4);
}

/// Holds the trace's write lock, so that the store thread gets nowhere.
class DiskStall {
 public:
  explicit DiskStall(const std::string& folder) {
    EXPECT_EQ(sqlite3_open(tracePath(folder).c_str(), &handle_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~DiskStall() { sqlite3_close(handle_); }

 private:
  sqlite3* handle_ = nullptr;
};

TEST_F(Run, ThinsOutFramesAndSaysSoWhenTheDiskIsTooSlow) {
  constexpr int kSteps = 50, kQueue = 3;
  {
    RecordingOptions options;
    options.queuedFrames = kQueue;
    const auto writer = create(options);
    {
      const DiskStall stall(folder());
      for (std::int64_t step = 0; step < kSteps; ++step)
        writer->record({step, {{"loss", static_cast<double>(step)}}, {makeAwkwardFrame("a", step)}});
      EXPECT_EQ(writer->state().framesDropped, kSteps - kQueue);
    }
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->state().framesWritten, kQueue);
    EXPECT_EQ(writer->state().stepsWritten, kSteps);
    EXPECT_EQ(writer->state().failure, "");
  }
  const auto reader = open();
  EXPECT_EQ(reader->scalar("loss")->values.size(), std::size_t{kSteps});  // scalars are never dropped
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(0, 1, 2));
  const auto events = reader->events();
  ASSERT_EQ(events->size(), std::size_t{kSteps - kQueue});
  EXPECT_EQ(events->front().kind, "thinned");
  EXPECT_EQ(events->front().step, 3);
  EXPECT_THAT(events->front().text, HasSubstr("1 frame of this step not recorded"));
}

TEST_F(Run, AStepsFramesComeInWholeOrNotAtAll) {
  RecordingOptions options;
  options.queuedFrames = 1;
  const auto writer = create(options);
  writer->record({0, {}, {makeAwkwardFrame("a", 0), makeAwkwardFrame("b", 0)}});
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(writer->state().framesDropped, 2);
  EXPECT_THAT(open()->probeNames(), IsEmpty());
}

TEST_F(Run, TheQueueIsLimitedInMemoryToo) {
  RecordingOptions options;
  options.queuedBytes = 1;
  const auto writer = create(options);
  const DiskStall stall(folder());
  for (std::int64_t step = 0; step < 3; ++step)
    writer->record({step, {}, {makeAwkwardFrame("a", step)}});
  EXPECT_EQ(writer->state().framesDropped, 2);  // an empty queue takes any frame
}

TEST_F(Run, ContinuingRemovesWhatCameLater) {
  {
    const auto writer = create();
    for (std::int64_t step = 0; step <= 10; ++step) {
      writer->record({step, {{"loss", static_cast<double>(step)}}, {makeAwkwardFrame("a", step)}});
      writer->recordEvent({step, "note", std::to_string(step)});
    }
    for (const std::int64_t step : {3, 6, 9})
      ASSERT_TRUE(writeFileAtomically(checkpointPath(folder(), step), "weights", Overwrite::kNo));
  }
  {
    const auto writer = resume(6);
    writer->record({7, {{"loss", 70}}, {makeAwkwardFrame("a", 7, 5)}});
  }
  const auto reader = open();
  EXPECT_EQ(reader->lastStep(), 7);
  EXPECT_THAT(reader->scalar("loss")->values, ElementsAre(0, 1, 2, 3, 4, 5, 6, 70));
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ((*reader->frame("a", 7))->image->objects.size(), 5u);
  EXPECT_EQ(reader->events()->back().text, "6");
  EXPECT_THAT(reader->checkpoints(), ElementsAre(checkpointPath(folder(), 3), checkpointPath(folder(), 6)));
}

TEST_F(Run, AnExistingRunIsOnlyReplacedWhenToldTo) {
  { create()->record(stepOf(3, 1)); }
  ASSERT_TRUE(writeFileAtomically(checkpointPath(folder(), 3), "weights", Overwrite::kNo));
  const std::string note = temporary_.write("run/my notes.txt", "keep me").string();
  const auto refused = createRun(folder(), makeHeader(), Overwrite::kNo);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExists);
  EXPECT_EQ(open()->lastStep(), 3);

  { create({}, Overwrite::kYes); }
  EXPECT_EQ(open()->lastStep(), -1);
  EXPECT_THAT(open()->checkpoints(), IsEmpty());
  EXPECT_EQ(testing::readFile(note), "keep me");
}

TEST_F(Run, OneWriterAtATime) {
  const auto writer = create();
  EXPECT_EQ(continueRun(folder(), 0).error().code, ErrorCode::kIo);
  EXPECT_THAT(createRun(folder(), makeHeader(), Overwrite::kYes).error().text(),
              HasSubstr("Another program is recording"));
}

TEST_F(Run, AFinishedRunIsOneFile) {
  { create()->record(stepOf(0, 1)); }
  EXPECT_FALSE(std::filesystem::exists(tracePath(folder()) + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(tracePath(folder()) + "-shm"));
}

TEST_F(Run, AnOpenReaderFollowsARunThatIsContinued) {
  { create()->record(stepOf(0, 1)); }
  const auto reader = open();
  const auto writer = resume(0);
  writer->record({1, {{"loss.cls", 2}}, {makeAwkwardFrame("a", 1)}});
  ASSERT_TRUE(writer->flush());
  ASSERT_TRUE(reader->refresh());
  EXPECT_EQ(reader->lastStep(), 1);
  expectSameFrame(**reader->frame("a", 1), *makeAwkwardFrame("a", 1));
}

TEST_F(Run, AnOpenReaderForgetsTheFramesThatARunGoneOnWithHasLost) {
  {
    const auto writer = create();
    for (std::int64_t step = 0; step < 6; ++step)
      writer->record({step, {}, {makeAwkwardFrame("a", step), makeAwkwardFrame("b", step)}});
  }
  const auto reader = open();
  EXPECT_THAT(reader->recordedSteps("b"), ElementsAre(0, 1, 2, 3, 4, 5));
  const auto writer = resume(2);
  ASSERT_TRUE(reader->refresh());
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(0, 1, 2));
  // As many rows as before, others in part: sparser, and of one image more.
  writer->record({4, {}, {makeAwkwardFrame("a", 4), makeAwkwardFrame("c", 4)}});
  writer->record({5, {}, {makeAwkwardFrame("a", 5), makeAwkwardFrame("b", 5), makeAwkwardFrame("c", 5)}});
  writer->record({6, {}, {makeAwkwardFrame("c", 6)}});
  ASSERT_TRUE(writer->flush());
  ASSERT_TRUE(reader->refresh());
  EXPECT_THAT(reader->recordedSteps("a"), ElementsAre(0, 1, 2, 4, 5));
  EXPECT_THAT(reader->recordedSteps("b"), ElementsAre(0, 1, 2, 5));
  EXPECT_THAT(reader->recordedSteps("c"), ElementsAre(4, 5, 6));
  EXPECT_THAT(*reader->recordedSteps(), ElementsAre(0, 1, 2, 4, 5, 6));
}

TEST_F(Run, AnOpenReaderKeepsTheOldRunAndDoesNoHarmToTheNewOne) {
  auto old = create();
  old->record({0, {}, {makeAwkwardFrame("a", 0)}});
  ASSERT_TRUE(old->flush());
  auto reader = open();
  old.reset();
  const auto writer = create({}, Overwrite::kYes);
  writer->record(stepOf(7, 1));
  ASSERT_TRUE(writer->flush());
  ASSERT_TRUE(reader->refresh());
  expectSameFrame(**reader->frame("a", 0), *makeAwkwardFrame("a", 0));
  reader.reset();
  EXPECT_TRUE(std::filesystem::exists(tracePath(folder()) + "-wal"));
  EXPECT_EQ(open()->lastStep(), 7);
}

TEST_F(Run, ListsCheckpointsByStep) {
  const auto writer = create();
  for (const std::int64_t step : {1000000000, 20, 100})
    ASSERT_TRUE(writeFileAtomically(checkpointPath(folder(), step), "weights", Overwrite::kNo));
  temporary_.write("run/checkpoints/step-00000030.ckpt.part-1-0", "half");
  temporary_.write("run/checkpoints/other.txt", "");
  EXPECT_THAT(open()->checkpoints(), ElementsAre(checkpointPath(folder(), 20), checkpointPath(folder(), 100),
                                                 checkpointPath(folder(), 1000000000)));
}

}  // namespace
}  // namespace anchorscope
