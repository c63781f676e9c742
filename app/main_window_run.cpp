// What arrives from the live run, on its way to the views.
#include <QLabel>
#include <QLineEdit>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>

#include "app/main_window.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/layer_presets.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

void MainWindow::beginRun(const QString& what) {
  // The boxes that learn are what the demo is for.
  showPredictions_ = !run_->isContinued() && run_->asked().data == "demo";
  wantedProbe_.clear();
  evaluated_.clear();
  notifier_.beginRun();
  curves_->clear();
  scrubber_->clear();
  evaluation_->clear();
  evaluation_->setProgress({}, 0);
  refreshEvaluationButton({}, 0);
  transport_->clear();
  state_->setProbes({});
  state_->setFrame(nullptr);
  state_->followLive();
  start_->showProblem({});
  enterWorkspace(true);
  preparing_->start(what);
  live_ = std::make_unique<LiveSource>(run_->bridge(), run_->isContinued());
  wireSource(*live_);
}

void MainWindow::wireBridge() {
  connect(&run_->bridge(), &SessionBridge::stateChanged, this,
          [this](TrainerState state, const QString& reason) {
            transport_->setState(state, reason);
            if (state == TrainerState::kStopped)
              statusBar()->showMessage(reason.isEmpty() || reason == QLatin1String("stopped")
                                           ? tr("Training has stopped.")
                                           : tr("Training has ended: %1.").arg(reason),
                                       8000);
            if (live_ && run_->isEnded()) live_->refresh();  // its last steps
            refreshActions();
            transport_->setContinuable(!run_->continuableFolder().isEmpty());
            refreshHeader();
            if (run_->bridge().snapshot()) refreshRecordingNote(run_->bridge().snapshot()->status.recording);
          });
  connect(&run_->bridge(), &SessionBridge::sessionEnded, this, [this] {
    transport_->clear();
    evaluation_->setProgress({}, 0);
    refreshEvaluationButton({}, 0);
    refreshActions();
  });
  connect(&run_->bridge(), &SessionBridge::progress, this, [this](const QString& what, double fraction) {
    preparing_->setProgress(what, fraction);
    if (!run_->bridge().snapshot()) return;  // else it is an evaluation, while training waits
    evaluation_->setProgress(what, fraction);
    refreshEvaluationButton(what, fraction);
  });
  connect(&run_->bridge(), &SessionBridge::factsAvailable, this, &MainWindow::onFacts);
  connect(&run_->bridge(), &SessionBridge::snapshotArrived, this, &MainWindow::onSnapshot);
  connect(&run_->bridge(), &SessionBridge::stepsArrived, this, &MainWindow::onSteps);
  connect(&run_->bridge(), &SessionBridge::noteArrived, this, &MainWindow::onNote);
  connect(&run_->bridge(), &SessionBridge::diagnosticsArrived, &notifier_, &Notifier::tellRecords);
  connect(&run_->bridge(), &SessionBridge::commandAcknowledged, this, [this](const AcknowledgedEvent& event) {
    if (event.error) notifier_.tell(messageOf(*event.error, MessageScope::kRun));
  });
  connect(&run_->bridge(), &SessionBridge::failed, this, &MainWindow::onFailed);
}

void MainWindow::onNote(const RunEvent& event) {
  if (!notifier_.tellEntry(event)) statusBar()->showMessage(QString::fromStdString(event.text), 8000);
}

void MainWindow::onFacts() {
  const RunFacts& facts = *run_->bridge().facts();
  if (!run_->isContinued() && facts.config.data != "demo")
    rememberRecent(QString::fromStdString(facts.config.data));
  curves_->setDeclaration(facts.declaration);
  std::vector<std::string> names;
  for (const ScalarSpec& scalar : facts.declaration.scalars)
    names.push_back(scalar.name);
  transport_->setScalarNames(names);
  if (run_->isContinued()) evaluation_->clear(tr("This run has not been evaluated."));
  std::vector<std::string> images = facts.imageNames;
  images.insert(images.end(), facts.validationImageNames.begin(), facts.validationImageNames.end());
  probes_->setAvailableImages(std::move(images));
  std::vector<std::string> reports;
  for (const std::string& text :
       {facts.weightsReport, facts.priorReport, facts.precisionReport, facts.trainingReport})
    if (!text.empty()) reports.push_back(text);
  if (!reports.empty()) statusBar()->showMessage(QString::fromStdString(join(reports, ". ")), 12000);
  refreshTitle();
  refreshActions();
}

void MainWindow::onFailed(const Error& error, const QString& culprit) {
  const bool showedSomething = run_->bridge().snapshot() != nullptr;
  if (!showedSomething) {
    // There is nothing to look at: back to where the data was named.
    const bool taken = error.code == ErrorCode::kExists && !run_->asked().out.empty();
    const bool resumed = run_->isContinued();
    showStartPage();
    if (!resumed && run_->asked().data != "demo") {
      start_->setConfig(run_->asked());  // to be mended, wherever it came from
      start_->dataEdit()->setFocus();
    }
    notifier_.withdraw(QString::fromStdString(error.text()));  // it is told beside what was chosen
    if (taken)
      start_->showTakenFolder(QString::fromStdString(run_->asked().out));
    else if (resumed)
      notifier_.tell(messageOf(error, MessageScope::kRun));
    else
      start_->showProblem(QString::fromStdString(error.text()));
    return;
  }
  notifier_.tellFailure(error, culprit);
  if (culprit.isEmpty()) return;
  // Its evidence comes with the next snapshot, if it was no probe before.
  wantedProbe_ = culprit;
  if (!state_->followsLive()) scrubber_->goLive();
  selectWantedProbe();
}

void MainWindow::selectWantedProbe() {
  if (wantedProbe_.isEmpty()) return;
  for (const auto& probe : state_->probes())
    if (QString::fromStdString(probe->image->name) == wantedProbe_) {
      state_->setProbeName(std::exchange(wantedProbe_, {}));
      return;
    }
}

void MainWindow::onSnapshot(const std::shared_ptr<const Snapshot>& snapshot) {
  stage_->setCurrentWidget(canvas_);
  transport_->setStatus(snapshot->status);
  scrubber_->setLiveStep(snapshot->status.step);
  if (state_->followsLive()) {
    showProbes(snapshot->probes);
    scrubber_->showStep(snapshot->status.step, true);
    curves_->setCurrentStep(-1);
  }
  refreshRecordingNote(snapshot->status.recording);
}

void MainWindow::showProbes(std::vector<std::shared_ptr<const ProbeFrame>> probes) {
  showFrames([&] { state_->setProbes(std::move(probes)); });
}

void MainWindow::showFrames(const std::function<void()>& show) {
  const bool first = state_->layers().layers().empty();
  show();
  if (!state_->frame()) return;
  selectWantedProbe();
  if (first) applyFirstLook(state_->layers(), *state_->frame());
  replaceForeignLook(state_->layers(), *state_->frame());
  if (std::exchange(showPredictions_, false)) state_->layers().setVisible("predictions", true);
}

void MainWindow::refreshRecordingNote(const RecordingState& recording) {
  const auto& facts = run_->bridge().facts();
  if (!facts || facts->config.out.empty()) {
    scrubber_->setNote(tr("This run is not recorded: give it a run folder to go back in time."));
    return;
  }
  const std::int64_t every = facts->config.train.getInt("record_every");
  QString note = tr("%1 recorded, every %2 · %3 MB")
                     .arg(countText((live_ ? live_->framesBefore() : 0) + recording.framesWritten,
                                    QStringLiteral("frame")))
                     .arg(every == 1 ? QStringLiteral("step") : countText(every, QStringLiteral("step")))
                     .arg(static_cast<double>(recording.bytesOnDisk) / 1e6, 0, 'f', 1);
  if (!recording.failure.empty()) note += tr(" · recording has ended");
  if (recording.framesDropped > 0) note += tr(" · %1 dropped").arg(countText(recording.framesDropped));
  if (!run_->isTemporary())
    note += tr(" in %1").arg(QString::fromStdString(facts->config.out));
  else
    note += run_->isEnded() ? tr(" in a temporary folder: File ▸ Keep recorded run keeps it")
                            : tr(" in a temporary folder; it can be kept when the run is left");
  scrubber_->setNote(note);
}

void MainWindow::onSteps(const std::vector<StepEvent>& steps) {
  if (steps.empty()) return;
  std::vector<ScalarValue> losses;
  for (const ScalarValue& scalar : steps.back().scalars)
    if (scalar.name == "loss.cls" || scalar.name == "loss.loc") losses.push_back(scalar);
  transport_->setLosses(losses);
}

void MainWindow::showEvaluationSummary(std::int64_t step, const std::vector<ScalarValue>& metrics) {
  QStringList parts;
  for (const ScalarValue& metric : metrics)
    if (metric.name == "ap" || metric.name == "ap50")
      parts << QString::fromStdString(metric.name).toUpper() + QLatin1Char(' ') + precisionText(metric.value);
  evaluated_ = parts.isEmpty() ? QString()
                               : tr("%1 at step %2").arg(parts.join(QStringLiteral(" · ")), countText(step));
  refreshEvaluationButton({}, 0);
}

void MainWindow::refreshEvaluationButton(const QString& what, double fraction) {
  const bool active = !what.isEmpty();
  evaluationButton_->setText(active ? tr("%1 %2 %").arg(what).arg(static_cast<int>(100 * fraction))
                                    : evaluated_);
  evaluationButton_->setVisible(active || !evaluated_.isEmpty());
  evaluating_ = active;
  refreshActions();
  evaluationCancel_->setVisible(active);
}

}  // namespace anchorscope
