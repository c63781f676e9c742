#include "app/run/temporary_run.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QStandardPaths>
#include <atomic>
#include <filesystem>

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

const QString kLockSuffix = QStringLiteral(".lock");

QString parentFolder() {
  return QStandardPaths::writableLocation(QStandardPaths::CacheLocation) + QStringLiteral("/unkept-runs");
}

fs::path pathOf(const QString& text) {
  return fs::path(text.toStdString());
}

Error ioError(const QString& what, const std::error_code& code) {
  return makeError(ErrorCode::kIo, (what + QStringLiteral(": ")).toStdString() + code.message(),
                   "Check that the disk has room and that the folder may be written");
}

}  // namespace

TemporaryRun::TemporaryRun(const QString& folder, std::unique_ptr<QLockFile> lock, bool givenUp)
    : folder_(folder), lock_(std::move(lock)), givenUp_(givenUp) {}

Result<std::shared_ptr<TemporaryRun>> TemporaryRun::create() {
  const QString parent = parentFolder();
  if (!QDir().mkpath(parent))
    return makeError(ErrorCode::kIo, "The folder '" + parent.toStdString() + "' cannot be made",
                     "Check that the disk has room, or give the run a folder");
  static std::atomic<int> count{0};
  const QString folder = QStringLiteral("%1/run-%2-%3-%4")
                             .arg(parent, QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss"))
                             .arg(QCoreApplication::applicationPid())
                             .arg(++count);
  // The lock is there before the folder, so that nobody takes it for abandoned.
  auto lock = std::make_unique<QLockFile>(folder + kLockSuffix);
  lock->setStaleLockTime(0);  // held for as long as this process lives, however long that is
  if (!lock->tryLock(0))
    return makeError(ErrorCode::kIo, "'" + (folder + kLockSuffix).toStdString() + "' cannot be locked",
                     "Check that the disk has room, or give the run a folder");
  if (!QDir().mkdir(folder))
    return makeError(ErrorCode::kIo, "The folder '" + folder.toStdString() + "' cannot be made",
                     "Check that the disk has room, or give the run a folder");
  return std::shared_ptr<TemporaryRun>(new TemporaryRun(folder, std::move(lock), true));
}

TemporaryRun::~TemporaryRun() {
  if (kept_ || !givenUp_) return;
  std::error_code ignored;  // what remains is offered when a window starts
  fs::remove_all(pathOf(folder_), ignored);
}

Status TemporaryRun::keep(const QString& target) {
  std::error_code code;
  const fs::path from = pathOf(folder_), to = pathOf(target);
  if (fs::exists(fs::symlink_status(to, code)))
    return makeError(ErrorCode::kExists, "'" + to.string() + "' exists already", "Choose another name");
  fs::rename(from, to, code);
  if (code == std::errc::cross_device_link) {
    fs::path part = to;
    part += ".part";
    if (fs::exists(fs::symlink_status(part, code)))
      return makeError(ErrorCode::kExists, "'" + part.string() + "' exists already",
                       "Remove it, or choose another name");
    code.clear();
    fs::copy(from, part, fs::copy_options::recursive, code);
    if (!code) fs::rename(part, to, code);
    std::error_code ignored;
    if (code)
      fs::remove_all(part, ignored);
    else
      fs::remove_all(from, ignored);
  }
  if (code) return ioError(QStringLiteral("The run cannot be moved to '%1'").arg(target), code);
  kept_ = true;
  folder_ = target;
  return {};
}

std::vector<std::shared_ptr<TemporaryRun>> TemporaryRun::takeLeftovers() {
  std::vector<std::shared_ptr<TemporaryRun>> found;
  const QDir parent(parentFolder());
  for (const QString& name :
       parent.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Time | QDir::Reversed)) {
    const QString folder = parent.filePath(name);
    auto lock = std::make_unique<QLockFile>(folder + kLockSuffix);
    lock->setStaleLockTime(0);
    if (!lock->tryLock(0)) continue;       // of a window that is open
    if (!QDir(folder).exists()) continue;  // it has just been closed
    found.push_back(std::shared_ptr<TemporaryRun>(new TemporaryRun(folder, std::move(lock), false)));
  }
  return found;
}

}  // namespace anchorscope
