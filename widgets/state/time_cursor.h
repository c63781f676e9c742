#pragma once
// Which moment is looked at: the newest of a run that trains, or one of its recorded steps.

#include <QObject>
#include <cstdint>

class QJsonObject;

namespace anchorscope {

/// GUI thread only.
class TimeCursor : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  bool followsLive() const { return followsLive_; }
  std::int64_t step() const { return step_; }  ///< Meaningful when not following live.
  void pin(std::int64_t step);
  void followLive();

  /// What it points at is shown now.
  void settle() {
    settled_ = followsLive_ ? settled_ : step_;
    leftLive_ = false;
  }
  /// The recorded step that was shown last; -1 before the first.
  std::int64_t settled() const { return settled_; }
  /// It was pinned while following live, and nothing has been shown since.
  bool leftLive() const { return leftLive_; }

  QJsonObject save() const;
  void restore(const QJsonObject& saved);

 signals:
  void changed();

 private:
  bool followsLive_ = true, leftLive_ = false;
  std::int64_t step_ = 0, settled_ = -1;
};

}  // namespace anchorscope
