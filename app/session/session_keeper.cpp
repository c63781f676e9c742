#include "app/session/session_keeper.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMetaObject>
#include <QThreadPool>
#include <utility>

#include "app/settings.h"

namespace anchorscope {

namespace {

constexpr int kEveryMs = 2000;

}  // namespace

QString SessionKeeper::filePath() {
  return QFileInfo(openSettings().fileName()).absoluteDir().filePath(QStringLiteral("session.json"));
}

SessionKeeper::SessionKeeper(std::function<std::optional<SessionState>()> present, QObject* parent)
    : QObject(parent), present_(std::move(present)) {
  const QString file = filePath();
  QDir().mkpath(QFileInfo(file).absolutePath());
  auto lock = std::make_unique<QLockFile>(file + QStringLiteral(".lock"));
  lock->setStaleLockTime(0);  // held as long as the window is open; whose process has gone is taken over
  if (!lock->tryLock()) return;
  lock_ = std::move(lock);
  if (auto read = readSession(file)) last_ = *std::move(read);
  connect(&timer_, &QTimer::timeout, this, &SessionKeeper::keep);
  timer_.start(kEveryMs);
}

SessionKeeper::~SessionKeeper() {
  QThreadPool::globalInstance()->waitForDone();
}

void SessionKeeper::keep() {
  if (!lock_ || ended_ || writing_->load()) return;
  std::optional<SessionState> state = present_();
  if (!state || (state->looked == kept_ && state->folder == keptFolder_)) return;
  kept_ = state->looked;
  keptFolder_ = state->folder;
  state->endedWell = false;
  state->when = QDateTime::currentDateTimeUtc();
  writing_->store(true);
  emit kept();
  // A disk that is slow or full holds up nobody. The destructor waits for what is being written.
  QThreadPool::globalInstance()->start(
      [this, state = *std::move(state), writing = writing_, file = filePath()] {
        if (const Status written = writeSession(file, state); !written)
          QMetaObject::invokeMethod(
              this, [this, error = written.error()] { emit failed(error); }, Qt::QueuedConnection);
        writing->store(false);
      });
}

void SessionKeeper::forget() {
  last_.reset();
  if (lock_) QFile::remove(filePath());
}

void SessionKeeper::end(const std::optional<SessionState>& state) {
  timer_.stop();
  ended_ = true;
  if (!lock_) return;
  QThreadPool::globalInstance()->waitForDone();
  std::optional<SessionState> written = state;
  // What was left for the first page before is still what to go on with.
  if (!written)
    if (auto read = readSession(filePath())) written = *std::move(read);
  if (!written) return;
  if (state) written->when = QDateTime::currentDateTimeUtc();
  written->endedWell = true;
  static_cast<void>(writeSession(filePath(), *written));
}

}  // namespace anchorscope
