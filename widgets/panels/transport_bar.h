#pragma once
// The training transport: run, pause, one step, N steps, until a condition, stop; and where training stands.

#include <QWidget>

#include "core/session/session.h"

class QAction;
class QLabel;
class QMenu;
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
  QAction* phaseAction() const { return phase_; }
  /// Beside the until button; whoever knows what can be waited for fills it when it is about to show.
  QMenu* untilMenu() const { return untilMenu_; }
  QAction* stopAction() const { return stop_; }

  void setState(TrainerState state, const QString& reason);
  /// A run that has ended, or a recorded one, can be gone on with: the run button says so.
  void setContinuable(bool continuable);
  /// A recorded run that is only looked at: how far it was trained.
  void showRecorded(std::int64_t step, std::int64_t plannedSteps);
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
  void continueWanted();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void askUntil();
  void refreshButtons();
  void showPill(const QString& name, const QString& help, const QString& look);
  void refreshStepCaption();
  void showSteps(std::int64_t step, std::int64_t plannedSteps);
  void fitReadouts();

  TrainerState state_ = TrainerState::kIdle;
  std::vector<std::string> scalarNames_;
  std::int64_t presentStep_ = 0;
  QAction *runPause_, *step_, *phase_, *stepMany_, *until_, *stop_;
  QMenu* untilMenu_;
  QToolButton* runButton_;
  QSpinBox* count_;
  QLabel *pill_, *stepCaption_, *captureCaption_, *stepValue_, *speedValue_, *captureValue_, *deviceValue_,
      *lossValue_;
  std::vector<QWidget*> readouts_;  ///< Those at the end give way first in a narrow window.
  QString goal_, openStep_;         ///< Up to where a step is done; empty between two.
  bool continuable_ = false;
};

}  // namespace anchorscope
