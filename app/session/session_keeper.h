#pragma once
// Keeps what is looked at while the window is open, so that the next start can go on there however this one
// ends.

#include <QJsonObject>
#include <QLockFile>
#include <QObject>
#include <QTimer>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "app/session/session_file.h"

namespace anchorscope {

/// Of several open windows the first keeps its session. The file is written on a thread of its own, and only
/// when something is otherwise than before. GUI thread only.
class SessionKeeper : public QObject {
  Q_OBJECT

 public:
  /// `present`: what is looked at now; nothing: what was last kept stays.
  explicit SessionKeeper(std::function<std::optional<SessionState>()> present, QObject* parent = nullptr);
  ~SessionKeeper() override;

  /// What the window before has left; nothing where there was none, or its file cannot be read.
  const std::optional<SessionState>& last() const { return last_; }
  /// It is not offered any more, now or at the next start.
  void forget();
  /// The window ends as it should. What is looked at is written before this returns.
  void end(const std::optional<SessionState>& state);

  static QString filePath();

 signals:
  /// Something was otherwise than before, and is being written.
  void kept();
  /// It could not be written; the next change tries again.
  void failed(const anchorscope::Error& error);

 private:
  void keep();

  std::function<std::optional<SessionState>()> present_;
  std::unique_ptr<QLockFile> lock_;  ///< Null: another window keeps its session.
  std::optional<SessionState> last_;
  QTimer timer_;
  QJsonObject kept_;
  QString keptFolder_;
  bool ended_ = false;
  std::shared_ptr<std::atomic<bool>> writing_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace anchorscope
