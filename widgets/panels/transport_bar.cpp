#include "widgets/panels/transport_bar.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <limits>

#include "core/evidence/main_losses.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/condition_edit.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/step_view.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// A small caption over a value, as in an instrument.
ElidedLabel* addReadout(QHBoxLayout* bar, const QString& caption, const QString& help, int minimumWidth) {
  auto* host = new QWidget;
  auto* column = new QVBoxLayout(host);
  column->setContentsMargins(0, 0, 8, 0);
  column->setSpacing(0);
  auto* title = new ElidedLabel(caption);
  title->setProperty("role", "caption");
  auto* value = new ElidedLabel(QStringLiteral("–"));
  value->setProperty("role", "value");
  value->setMinimumWidth(minimumWidth);
  value->setToolTip(help);
  title->setToolTip(help);
  column->addWidget(title);
  column->addWidget(value);
  bar->addWidget(host);
  return value;
}

/// Its action's icon in the colour of what stands on the button's ground; a menu draws the action's own.
class RunButton : public QToolButton {
 public:
  void setOwnIcon(const QIcon& icon) {
    icon_ = icon;
    update();
  }

 protected:
  void initStyleOption(QStyleOptionToolButton* option) const override {
    QToolButton::initStyleOption(option);
    option->icon = icon_;
  }

 private:
  QIcon icon_;
};

QToolButton* addButton(QHBoxLayout* bar, QAction* action, const char* name, Qt::ToolButtonStyle style,
                       QToolButton* made = nullptr) {
  QToolButton* button = made ? made : new QToolButton;
  button->setObjectName(QLatin1String(name));
  button->setDefaultAction(action);
  button->setToolButtonStyle(style);
  button->setIconSize({14, 14});
  button->setProperty("role", "transport");
  bar->addWidget(button);
  return button;
}

QAction* makeAction(QObject* parent, const char* icon, const QString& text, const QString& help,
                    const QKeySequence& shortcut) {
  auto* action = new QAction(themedIcon(QLatin1String(icon)), text, parent);
  action->setShortcut(shortcut);
  action->setToolTip(shortcut.isEmpty()
                         ? help
                         : QStringLiteral("%1 (%2)").arg(help, shortcut.toString(QKeySequence::NativeText)));
  action->setStatusTip(help);
  action->setEnabled(false);
  return action;
}

QString memoryText(std::int64_t bytes) {
  return QStringLiteral("%1 GB").arg(static_cast<double>(bytes) / 1e9, 0, 'f',
                                     bytes < 10'000'000'000 ? 1 : 0);
}

void repolish(QWidget* widget) {
  widget->style()->unpolish(widget);
  widget->style()->polish(widget);
}

}  // namespace

TransportBar::TransportBar(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("transportBar"));
  setAttribute(Qt::WA_StyledBackground);
  auto* bar = new QHBoxLayout(this);
  bar->setContentsMargins(12, 6, 12, 6);
  bar->setSpacing(5);

  runPause_ = makeAction(this, "run", tr("Run"), tr("Run or pause training"), QKeySequence(Qt::Key_Space));
  step_ =
      makeAction(this, "step", tr("Step"), tr("Train one step, then pause"), QKeySequence(Qt::Key_Period));
  phase_ = makeAction(this, "step", tr("Phase"),
                      tr("Do the next part of a step: forward, assign, loss, backward, update"),
                      QKeySequence(Qt::Key_Comma));
  stepMany_ = makeAction(this, "step-many", tr("Run N"), tr("Train N steps, then pause"),
                         QKeySequence(Qt::CTRL | Qt::Key_Period));
  until_ = makeAction(this, "until", tr("Until…"), tr("Train until a step or a condition, then pause"),
                      QKeySequence(Qt::Key_U));
  stop_ = makeAction(this, "stop", tr("Stop"), tr("Write a checkpoint and end this run"),
                     QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Period));

  runButton_ = addButton(bar, runPause_, "runButton", Qt::ToolButtonTextBesideIcon, new RunButton);
  addButton(bar, step_, "stepButton", Qt::ToolButtonTextOnly);
  addButton(bar, phase_, "phaseButton", Qt::ToolButtonTextOnly);
  count_ = new QSpinBox;
  count_->setObjectName(QStringLiteral("stepCount"));
  count_->setRange(1, 1'000'000);
  count_->setValue(50);
  count_->setPrefix(tr("N = "));
  count_->setGroupSeparatorShown(true);
  count_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  count_->setFixedWidth(62);
  count_->setAccessibleName(tr("Number of steps"));
  count_->setToolTip(tr("How many steps “Run N” trains"));
  bar->addWidget(count_);
  addButton(bar, stepMany_, "stepManyButton", Qt::ToolButtonIconOnly);
  QToolButton* until = addButton(bar, until_, "untilButton", Qt::ToolButtonTextOnly);
  untilMenu_ = new QMenu(until);
  untilMenu_->setObjectName(QStringLiteral("untilMenu"));
  until->setMenu(untilMenu_);
  until->setPopupMode(QToolButton::MenuButtonPopup);
  addButton(bar, stop_, "stopButton", Qt::ToolButtonIconOnly);

  pill_ = new QLabel(tr("Idle"));
  pill_->setObjectName(QStringLiteral("statePill"));
  pill_->setAlignment(Qt::AlignCenter);
  pill_->setMinimumWidth(112);
  bar->addSpacing(4);
  bar->addWidget(pill_);
  bar->addSpacing(4);

  stepValue_ = addReadout(bar, tr("step"), tr("Optimizer steps done / planned"), 118);
  stepCaption_ = static_cast<QLabel*>(stepValue_->parentWidget()->layout()->itemAt(0)->widget());
  speedValue_ = addReadout(bar, tr("speed"), tr("Training steps per second, with everything"), 86);
  captureValue_ =
      addReadout(bar, tr("capture"),
                 tr("What looking costs: time per step and share of it; how often evidence is taken"), 116);
  captureCaption_ = static_cast<QLabel*>(captureValue_->parentWidget()->layout()->itemAt(0)->widget());
  deviceValue_ = addReadout(bar, tr("device"), tr("Where training runs, and its memory"), 100);
  lossValue_ = addReadout(bar, tr("loss"), tr("Losses of the newest step"), 120);
  for (QLabel* value : {stepValue_, lossValue_, speedValue_, captureValue_, deviceValue_})
    readouts_.push_back(value->parentWidget());
  bar->addStretch(1);

  connect(runPause_, &QAction::triggered, this, [this] {
    if (continuable_ && enabledActions(state_).start)
      emit continueWanted();
    else
      emit commanded(state_ == TrainerState::kPaused ? Command(ResumeCommand{}) : Command(PauseCommand{}));
  });
  connect(step_, &QAction::triggered, this, [this] { emit commanded(StepCommand{1}); });
  connect(phase_, &QAction::triggered, this, [this] { emit commanded(StepPhaseCommand{}); });
  connect(stepMany_, &QAction::triggered, this, [this] { emit commanded(StepCommand{count_->value()}); });
  connect(stop_, &QAction::triggered, this, [this] { emit commanded(StopCommand{}); });
  connect(until_, &QAction::triggered, this, &TransportBar::askUntil);
  setState(TrainerState::kIdle, {});
}

void TransportBar::setState(TrainerState state, const QString& reason) {
  state_ = state;
  if (!enabledActions(state).pause) goal_.clear();
  if (state != TrainerState::kPaused) openStep_.clear();
  refreshButtons();
  refreshStepCaption();
  QString name = declaredText(toString(state));
  if (!name.isEmpty()) name[0] = name[0].toUpper();
  showPill(name, reason.isEmpty() ? tr("State of training") : reason, QString::fromLatin1(toString(state)));
}

void TransportBar::showPill(const QString& name, const QString& help, const QString& look) {
  pill_->setText(QStringLiteral("●  ") + name);
  pill_->setToolTip(help);
  pill_->setProperty("state", look);
  runButton_->setProperty("state", look);
  repolish(pill_);
  repolish(runButton_);
  fitReadouts();
}

void TransportBar::refreshButtons() {
  const EnabledActions enabled = enabledActions(state_);
  const bool offersPause = enabled.pause && !enabled.resume;
  const bool offersContinue = continuable_ && enabled.start;
  runPause_->setText(offersContinue ? tr("Continue") : offersPause ? tr("Pause") : tr("Run"));
  const QString icon = offersPause ? QStringLiteral("pause") : QStringLiteral("run");
  runPause_->setIcon(themedIcon(icon));
  static_cast<RunButton*>(runButton_)->setOwnIcon(themedIcon(icon, &Theme::onRun));
  const QString help =
      offersContinue ? tr("Go on training from the run's last checkpoint") : tr("Run or pause training");
  runPause_->setStatusTip(help);
  runPause_->setToolTip(
      QStringLiteral("%1 (%2)").arg(help, runPause_->shortcut().toString(QKeySequence::NativeText)));
  runPause_->setEnabled(enabled.resume || enabled.pause || offersContinue);
  step_->setEnabled(enabled.step);
  phase_->setEnabled(enabled.step);
  stepMany_->setEnabled(enabled.step);
  count_->setEnabled(enabled.step);
  until_->setEnabled(enabled.step || enabled.pause);
  stop_->setEnabled(enabled.stop);
}

void TransportBar::setContinuable(bool continuable) {
  if (continuable_ == continuable) return;
  continuable_ = continuable;
  refreshButtons();
}

void TransportBar::showRecorded(std::int64_t step, std::int64_t plannedSteps) {
  showPill(tr("Recorded"), tr("A recorded run; nothing is being trained"), QStringLiteral("recorded"));
  showSteps(step, plannedSteps);
}

void TransportBar::showSteps(std::int64_t step, std::int64_t plannedSteps) {
  presentStep_ = step;
  stepValue_->setText(plannedSteps > 0
                          ? QStringLiteral("%1 / %2").arg(countText(step), countText(plannedSteps))
                          : countText(step));
}

void TransportBar::refreshStepCaption() {
  stepCaption_->setText(!openStep_.isEmpty() ? openStep_
                        : goal_.isEmpty()    ? tr("step")
                                             : tr("until %1").arg(goal_));
  stepCaption_->setToolTip(!openStep_.isEmpty() ? tr("An open step: %1").arg(openStep_)
                           : goal_.isEmpty()    ? stepValue_->toolTip()
                                                : tr("Training pauses at %1").arg(goal_));
}

void TransportBar::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fitReadouts();
}

void TransportBar::fitReadouts() {
  // What matters least gives way first, so that buttons and state never overlap.
  const auto widthOf = [this](const QWidget* readout) {
    return readout->minimumSizeHint().width() + layout()->spacing();
  };
  int room = width() - layout()->minimumSize().width();
  for (const QWidget* readout : readouts_)
    if (!readout->isHidden()) room += widthOf(readout);
  for (QWidget* readout : readouts_) {
    room -= widthOf(readout);
    if (readout->isHidden() != (room < 0)) readout->setHidden(room < 0);
  }
}

void TransportBar::setStatus(const TrainingStatus& status) {
  showSteps(status.step, status.plannedSteps);
  goal_ = QString::fromStdString(status.goal);
  openStep_ = status.openStep ? openStepText(*status.openStep) : QString();
  refreshStepCaption();
  speedValue_->setText(
      tr("%1 steps/s").arg(status.stepsPerSecond, 0, 'f', status.stepsPerSecond < 100 ? 1 : 0));
  captureValue_->setText(
      tr("+%1 ms · %2 %").arg(status.captureMsPerStep, 0, 'f', 1).arg(100 * status.captureShare, 0, 'f', 1));
  captureCaption_->setText(status.captureEvery > 1 ? tr("capture every %1 steps").arg(status.captureEvery)
                                                   : tr("capture"));
  QString device = QString::fromStdString(status.device);
  if (status.memoryBytes > 0) device += QStringLiteral(" · ") + memoryText(status.memoryBytes);
  deviceValue_->setText(device);
}

void TransportBar::setLosses(const std::vector<ScalarValue>& losses) {
  QStringList parts;
  for (const ScalarValue& loss : losses) {
    parts << QString::fromStdString(lossLabel(loss.name)) + QLatin1Char(' ') + numberText(loss.value);
  }
  lossValue_->setText(parts.isEmpty() ? QStringLiteral("–") : parts.join(QStringLiteral(" · ")));
}

void TransportBar::setScalarNames(const std::vector<std::string>& names) {
  scalarNames_ = names;
}

void TransportBar::setProgress(const QString& what, double fraction) {
  if (state_ == TrainerState::kPreparing && !what.isEmpty())
    pill_->setToolTip(fraction > 0 ? tr("%1, %2 %").arg(what).arg(static_cast<int>(100 * fraction)) : what);
}

void TransportBar::clear() {
  continuable_ = false;
  setState(TrainerState::kIdle, {});
  for (QLabel* value : {stepValue_, speedValue_, captureValue_, deviceValue_, lossValue_})
    value->setText(QStringLiteral("–"));
  captureCaption_->setText(tr("capture"));
}

void TransportBar::askUntil() {
  QDialog dialog(this);
  dialog.setWindowTitle(tr("Train until"));
  auto* form = new QFormLayout(&dialog);
  auto* byStep = new QRadioButton(tr("step"));
  auto* stepTarget = new QSpinBox;
  stepTarget->setRange(0, std::numeric_limits<int>::max());
  stepTarget->setGroupSeparatorShown(true);
  stepTarget->setObjectName(QStringLiteral("untilStep"));
  stepTarget->setAccessibleName(tr("Step"));
  stepTarget->setValue(static_cast<int>(presentStep_) + 100);
  auto* byScalar = new QRadioButton(tr("condition"));
  byScalar->setObjectName(QStringLiteral("untilScalar"));
  auto* condition = new ConditionEdit(scalarNames_);
  condition->setObjectName(QStringLiteral("untilCondition"));
  auto* noEnd = new QRadioButton(tr("the planned end"));
  noEnd->setObjectName(QStringLiteral("untilEnd"));
  noEnd->setToolTip(tr("Without pausing before"));
  byStep->setChecked(true);
  byScalar->setEnabled(!scalarNames_.empty());
  form->addRow(byStep, stepTarget);
  form->addRow(byScalar, condition);
  form->addRow(noEnd);
  auto* told = new QLabel;
  told->setObjectName(QStringLiteral("untilComplaint"));
  told->setProperty("role", "secondary");
  told->setWordWrap(true);
  told->setMinimumWidth(380);
  form->addRow(told);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
  buttons->button(QDialogButtonBox::Ok)->setText(tr("Run"));
  form->addRow(buttons);
  connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  connect(stepTarget, &QSpinBox::valueChanged, byStep, [byStep] { byStep->setChecked(true); });
  connect(condition, &QLineEdit::textEdited, byScalar, [byScalar] { byScalar->setChecked(true); });
  const auto judge = [=] {
    const QString why = byScalar->isChecked() ? condition->complaint() : QString();
    told->setText(why);
    buttons->button(QDialogButtonBox::Ok)->setEnabled(why.isEmpty());
  };
  connect(condition, &QLineEdit::textChanged, &dialog, judge);
  connect(byScalar, &QRadioButton::toggled, &dialog, judge);
  if (dialog.exec() != QDialog::Accepted) return;
  if (noEnd->isChecked()) {
    emit commanded(ResumeCommand{});
  } else if (byStep->isChecked()) {
    emit commanded(RunUntilStepCommand{stepTarget->value()});
  } else {
    emit commanded(RunUntilConditionCommand{condition->text().toStdString()});
  }
}

}  // namespace anchorscope
