#pragma once
// The training transport: run, pause, one step, N steps, until a condition, stop; and where training stands.

#include <QWidget>

#include "core/trainer/session.h"

class QAction;
class QLabel;
class QSpinBox;
class QToolButton;

namespace anchorscope {

/// Emits commands, shows state. Its actions live in the Training menu, too. GUI thread only.
class TransportBar : public QWidget {
  Q_OBJECT

 public:
  explicit TransportBar(QWidget* parent = nullptr);

  QAction* runPauseAction() const { return runPause_; }
  QAction* stepAction() const { return step_; }
  QAction* stepManyAction() const { return stepMany_; }
  QAction* untilAction() const { return until_; }
  QAction* stopAction() const { return stop_; }

  void setState(TrainerState state, const QString& reason);
  void setStatus(const TrainingStatus& status);
  /// The newest losses, in the order they are shown.
  void setLosses(const std::vector<ScalarValue>& losses);
  /// Scalars the "until" condition may name.
  void setScalarNames(const std::vector<std::string>& names);
  /// Shows what preparing is doing; empty text ends it.
  void setProgress(const QString& what, double fraction);
  void clear();

 signals:
  void commanded(const anchorscope::Command& command);

 private:
  void askUntil();

  TrainerState state_ = TrainerState::kIdle;
  std::vector<std::string> scalarNames_;
  std::int64_t presentStep_ = 0;
  QAction *runPause_, *step_, *stepMany_, *until_, *stop_;
  QToolButton* runButton_;
  QSpinBox* count_;
  QLabel *pill_, *stepValue_, *speedValue_, *captureValue_, *deviceValue_, *lossValue_;
};

}  // namespace anchorscope
