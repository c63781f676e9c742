// The window as a program of its own: what its options start, and what a signal leaves.

#include <gtest/gtest.h>

#include <QDir>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>
#include <csignal>

#include "core/store/run_reader.h"
#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

constexpr int kPatienceMs = 60'000;

QString unkeptRuns() {
  return QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) + "/anchorscope/unkept-runs";
}

struct Outcome {
  int exit = -1;
  QString error;
};

Outcome outcomeOf(const QStringList& arguments) {
  QProcess program;
  program.start(ANCHORSCOPE_PROGRAM, arguments);
  EXPECT_TRUE(program.waitForFinished(kPatienceMs));
  return {program.exitCode(), QString::fromUtf8(program.readAllStandardError())};
}

TEST(ProgramTest, TellsOfAWrongRequestBeforeAWindowOpens) {
  const Outcome preset = outcomeOf({"--preset", "bccd-muso"});
  EXPECT_EQ(preset.exit, exitCode(ErrorCode::kUsage));
  EXPECT_TRUE(preset.error.contains("bccd-musu")) << preset.error.toStdString();
  EXPECT_EQ(outcomeOf({"--data", "demo", "--set", "train.lr=fast"}).exit, exitCode(ErrorCode::kUsage));
  EXPECT_EQ(outcomeOf({"--no-such-option"}).exit, exitCode(ErrorCode::kUsage));
  const Outcome fixed = outcomeOf({"--resume", "RUN", "--size", "64"});
  EXPECT_EQ(fixed.exit, exitCode(ErrorCode::kUsage));
  EXPECT_TRUE(fixed.error.contains("--size")) << fixed.error.toStdString();
  EXPECT_EQ(outcomeOf({"RUN", "--resume", "RUN"}).exit, exitCode(ErrorCode::kUsage));
}

TEST(ProgramTest, TakesTrainsOptionsAndLeavesItsRecordingWhenItIsInterrupted) {
  EXPECT_TRUE(QDir(unkeptRuns()).removeRecursively());
  QProcess program;
  program.start(ANCHORSCOPE_PROGRAM,
                {"--preset", "demo", "--data", "demo#train", "--validation", "demo#val", "--size", "64",
                 "--batch", "2", "--threads", "1", "--record-every", "2"});
  ASSERT_TRUE(program.waitForStarted(kPatienceMs));
  const auto folder = [] {
    const QStringList runs = QDir(unkeptRuns()).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    return runs.isEmpty() ? std::string() : (unkeptRuns() + '/' + runs.first()).toStdString();
  };
  const auto lastStep = [&] {
    const auto run = openRun(folder());
    return run ? (*run)->lastStep() : -1;
  };
  ASSERT_TRUE(QTest::qWaitFor([&] { return !folder().empty() && lastStep() >= 3; }, kPatienceMs));
  ::kill(static_cast<pid_t>(program.processId()), SIGINT);
  ASSERT_TRUE(program.waitForFinished(kPatienceMs));
  EXPECT_EQ(program.exitStatus(), QProcess::NormalExit);
  EXPECT_EQ(program.exitCode(), exitCode(ErrorCode::kCancelled));
  const auto run = openRun(folder());
  ASSERT_TRUE(run) << run.error().text();
  ASSERT_EQ((*run)->checkpoints().size(), 1u) << "it can be gone on with";
  EXPECT_NE((*run)->header().configToml.find("validation = \"demo#val\""), std::string::npos);
  EXPECT_TRUE(QDir(unkeptRuns()).removeRecursively());
}

}  // namespace
}  // namespace anchorscope
