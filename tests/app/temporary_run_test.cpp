#include "app/temporary_run.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <filesystem>

#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<TemporaryRun> make() {
  auto made = TemporaryRun::create();
  EXPECT_TRUE(made) << made.error().text();
  return made ? *made : nullptr;
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write(bytes);
}

TEST(TemporaryRunTest, TwoRunsHaveTwoFoldersThatGoWithThem) {
  auto first = make(), second = make();
  const QString folder = first->folder();
  EXPECT_NE(folder, second->folder());
  write(folder + "/trace.sqlite", "recorded");
  first.reset();
  EXPECT_FALSE(QDir(folder).exists());
  EXPECT_FALSE(QFile::exists(folder + ".lock"));
  EXPECT_TRUE(QDir(second->folder()).exists());
}

TEST(TemporaryRunTest, KeepingMovesTheFolderWhole) {
  const testing::TemporaryFolder folder;
  auto run = make();
  write(run->folder() + "/trace.sqlite", "recorded");
  const QString from = run->folder(), target = QString::fromStdString((folder / "kept").string());
  ASSERT_TRUE(run->keep(target));
  EXPECT_FALSE(QDir(from).exists());
  EXPECT_EQ(run->folder(), target);
  run.reset();
  EXPECT_EQ(testing::readFile(folder / "kept/trace.sqlite"), "recorded");
}

TEST(TemporaryRunTest, NeverOverwrites) {
  const testing::TemporaryFolder folder;
  folder.write("taken/note.txt", "mine");
  auto run = make();
  const Status status = run->keep(QString::fromStdString((folder / "taken").string()));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kExists);
  EXPECT_EQ(testing::readFile(folder / "taken/note.txt"), "mine");
  EXPECT_TRUE(QDir(run->folder()).exists());
  EXPECT_FALSE(run->keep(QString::fromStdString((folder / "no/such/parent").string())));
  EXPECT_TRUE(QDir(run->folder()).exists());
}

TEST(TemporaryRunTest, RemovesWhatAKilledWindowLeftAndNothingOfAnOpenOne) {
  auto open = make();
  const QString parent = QFileInfo(open->folder()).absolutePath();
  ASSERT_TRUE(QDir(parent).mkpath("run-killed/checkpoints"));
  write(parent + "/run-killed/trace.sqlite", "left behind");
  // What a process that is no more has locked.
  write(parent + "/run-killed.lock", "999999999\nanchorscope\nno-such-host\n");
  TemporaryRun::removeAbandoned();
  EXPECT_TRUE(QDir(open->folder()).exists());
  EXPECT_TRUE(QDir(parent + "/run-killed").exists()) << "locked on another computer: may be open there";
  write(parent + "/run-killed.lock",
        QByteArray("999999999\nanchorscope\n") + QSysInfo::machineHostName().toUtf8() + "\n");
  TemporaryRun::removeAbandoned();
  EXPECT_FALSE(QDir(parent + "/run-killed").exists());
  ASSERT_TRUE(QDir(parent).mkpath("run-without-lock"));
  TemporaryRun::removeAbandoned();
  EXPECT_FALSE(QDir(parent + "/run-without-lock").exists());
}

}  // namespace
}  // namespace anchorscope
