#include "app/run/temporary_run.h"

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

/// As a window that is no more has left it: a lock of a process that is gone.
void leaveBehind(const QString& folder, const QString& host = QSysInfo::machineHostName()) {
  ASSERT_TRUE(QDir().mkpath(folder));
  write(folder + ".lock", "999999999\nanchorscope\n" + host.toUtf8() + "\n");
}

QStringList namesOf(const std::vector<std::shared_ptr<TemporaryRun>>& runs) {
  QStringList names;
  for (const auto& run : runs)
    names << QDir(run->folder()).dirName();
  names.sort();
  return names;
}

/// Where they are, without any.
QString emptyParent() {
  QString parent = QFileInfo(make()->folder()).absolutePath();
  EXPECT_TRUE(QDir(parent).removeRecursively());
  return parent;
}

TEST(TemporaryRunTest, FindsWhatAKilledWindowLeftAndNothingOfAnOpenOne) {
  const QString parent = emptyParent();
  auto open = make();
  leaveBehind(parent + "/run-elsewhere", "no-such-host");  // may be open on another computer
  leaveBehind(parent + "/run-killed");
  write(parent + "/run-killed/trace.sqlite", "left behind");
  ASSERT_TRUE(QDir(parent).mkpath("run-without-lock"));
  auto found = TemporaryRun::takeLeftovers();
  EXPECT_EQ(namesOf(found), (QStringList{"run-killed", "run-without-lock"}));
  EXPECT_TRUE(TemporaryRun::takeLeftovers().empty()) << "another window does not take them as well";
  // Undecided they are there at the next start.
  found.clear();
  EXPECT_TRUE(QDir(parent + "/run-killed").exists());
  found = TemporaryRun::takeLeftovers();
  ASSERT_EQ(found.size(), 2u);
  for (const auto& run : found)
    run->giveUp();
  found.clear();
  EXPECT_FALSE(QDir(parent + "/run-killed").exists());
  EXPECT_TRUE(QDir(open->folder()).exists());
  EXPECT_TRUE(QDir(parent + "/run-elsewhere").exists());
  ASSERT_TRUE(QDir(parent + "/run-elsewhere").removeRecursively());
  QFile::remove(parent + "/run-elsewhere.lock");
}

TEST(TemporaryRunTest, ALeftoverCanBeKeptAsAFolder) {
  const testing::TemporaryFolder folder;
  const QString parent = emptyParent();
  leaveBehind(parent + "/run-killed");
  write(parent + "/run-killed/trace.sqlite", "left behind");
  auto found = TemporaryRun::takeLeftovers();
  ASSERT_EQ(found.size(), 1u);
  ASSERT_TRUE(found.front()->keep(QString::fromStdString((folder / "kept").string())));
  found.clear();
  EXPECT_EQ(testing::readFile(folder / "kept/trace.sqlite"), "left behind");
  EXPECT_TRUE(TemporaryRun::takeLeftovers().empty());
}

}  // namespace
}  // namespace anchorscope
