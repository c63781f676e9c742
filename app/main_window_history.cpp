// Going back in time: recorded runs, and the live run's recorded steps.
#include <QStatusBar>
#include <utility>

#include "app/main_window.h"
#include "app/settings.h"
#include "core/session/evaluation_scalars.h"
#include "core/store/run_reader.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

EvidenceSource* MainWindow::source() {
  if (recorded_) return recorded_.get();
  return live_.get();
}

void MainWindow::releaseSources() {
  opening_.reset();
  recorded_.reset();
  live_.reset();
  damage_.clear();
}

void MainWindow::openRecordedRun(const QString& folder) {
  statusBar()->showMessage(tr("Opening %1…").arg(folder));
  opening_ = std::make_unique<RecordedSource>(folder);
  connect(opening_.get(), &EvidenceSource::opened, this, &MainWindow::showOpenedRun);
  connect(opening_.get(), &RecordedSource::cannotOpen, this, [this](const Error& error) {
    statusBar()->clearMessage();
    notifier_.tell(messageOf(error));
    opening_.release()->deleteLater();
  });
}

void MainWindow::showOpenedRun() {
  statusBar()->clearMessage();
  // A question may be asked, during which another run may be opened.
  std::unique_ptr<RecordedSource> opened = std::move(opening_);
  if (!run_->confirmEnding()) {
    opened.release()->deleteLater();
    return;
  }
  run_->lookAt(opened->folder(), opened->lastStep());
  recorded_ = std::move(opened);
  const RunHeader& header = recorded_->header();
  state_->setProbes({});
  state_->setFrame(nullptr);
  wantedProbe_.clear();
  curves_->clear();
  scrubber_->clear();
  notifier_.beginRun();
  curves_->setDeclaration(header.declaration);
  evaluation_->clear(tr("This run has not been evaluated."));
  refreshEvaluations();
  probes_->setAvailableImages({});
  enterWorkspace(false);
  transport_->clear();
  transport_->showRecorded(recorded_->lastStep(), header.plannedSteps);
  wireSource(*recorded_);
  tellDamage(recorded_->problems());
  refreshRecordedSteps();
  if (scrubber_->steps().empty())
    notifier_.tell({MessageKind::kNote,
                    tr("'%1' holds no evidence: none was recorded before it ended.").arg(recorded_->folder()),
                    {},
                    MessageScope::kRun});
  else
    showRecordedStep(scrubber_->steps().back());
  recorded_->tellSeries();
  refreshTitle();
  refreshActions();
  transport_->setContinuable(!run_->continuableFolder().isEmpty());
}

/// Records that were left out are found as the run is read: one message counts them.
void MainWindow::tellDamage(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  damage_.insert(damage_.end(), problems.begin(), problems.end());
  QString text = QString::fromStdString(damage_.front());
  if (damage_.size() > 1)
    text = tr("%1 damaged records in this run. The first: %2").arg(damage_.size()).arg(text);
  notifier_.tell({MessageKind::kWarning, text, QString::fromStdString(join(damage_, "\n")),
                  MessageScope::kRun, QStringLiteral("damage")});
}

void MainWindow::wireHistory() {
  connect(scrubber_, &HistoryScrubber::stepWanted, this, &MainWindow::showRecordedStep);
  connect(curves_, &CurvesView::stepClicked, this, [this](std::int64_t step) {
    if (const std::int64_t nearest = nearestRecordedStep(scrubber_->steps(), step); nearest >= 0)
      showRecordedStep(nearest);
  });
  connect(scrubber_, &HistoryScrubber::liveWanted, this, [this] {
    state_->followLive();
    if (run_->bridge().snapshot()) onSnapshot(run_->bridge().snapshot());
    refreshHeader();
  });
  // Of a recorded moment one probe's frame is there; another's is asked for.
  connect(state_.get(), &ViewState::probeNameChanged, this, [this](const QString& name) {
    const auto& frame = state_->frame();
    const bool shown =
        frame && frame->step == state_->pinnedStep() && QString::fromStdString(frame->image->name) == name;
    if (!state_->followsLive() && !shown && source()) source()->request(state_->pinnedStep(), name);
  });
}

void MainWindow::wireSource(EvidenceSource& source) {
  connect(&source, &EvidenceSource::stepsChanged, this, &MainWindow::refreshRecordedSteps);
  connect(&source, &EvidenceSource::momentArrived, this, &MainWindow::showMoment);
  connect(&source, &EvidenceSource::momentMissing, this, &MainWindow::returnToWhatIsShown);
  connect(&source, &EvidenceSource::scalarsArrived, this, &MainWindow::onScalars);
  connect(&source, &EvidenceSource::problemsFound, this, &MainWindow::tellDamage);
  connect(&source, &EvidenceSource::eventsArrived, this, [this](const std::vector<RunEvent>& events) {
    for (const RunEvent& event : events) {
      curves_->addEvent(event);
      scrubber_->addEvent(event);
    }
  });
  connect(&source, &EvidenceSource::failed, this,
          [this](const Error& error) { notifier_.tell(messageOf(error, MessageScope::kRun)); });
}

void MainWindow::refreshRecordedSteps() {
  const RecordedSteps steps = source()->steps();
  if (recorded_)
    scrubber_->setNote(tr("evidence of %1 of %2 · %3")
                           .arg(countText(static_cast<qint64>(steps->size())),
                                countText(recorded_->lastStep() + 1, QStringLiteral("step")),
                                recorded_->folder()));
  scrubber_->setSteps(steps);
  refreshActions();
}

/// What is shown stays until the step's evidence arrives; where the views will stand is seen at once.
void MainWindow::showRecordedStep(std::int64_t step) {
  if (!source()) return;
  wasLive_ = state_->followsLive() && state_->frame();
  state_->pinStep(step);
  scrubber_->showStep(step, false);
  curves_->setCurrentStep(step);
  source()->request(step, state_->probeName());
  refreshHeader();
}

void MainWindow::showMoment(const Moment& moment) {
  if (state_->followsLive()) return;  // meanwhile
  wasLive_ = false;
  showFrames([&] { state_->showMoment(moment.frame, moment.probes); });
  refreshHeader();
}

void MainWindow::returnToWhatIsShown(std::int64_t missingStep) {
  if (state_->followsLive() || state_->pinnedStep() != missingStep) return;
  if (std::exchange(wasLive_, false)) return scrubber_->goLive();
  const std::int64_t step = state_->frame() ? state_->frame()->step : -1;
  state_->pinStep(step);
  scrubber_->showStep(step, false);
  curves_->setCurrentStep(step);
  refreshHeader();
}

void MainWindow::onScalars(const ScalarParts& parts) {
  bool evaluated = false;
  for (const auto& [name, series] : parts) {
    curves_->history().append(name, series);
    evaluated = evaluated || name.starts_with("eval.");
  }
  curves_->historyChanged();
  if (evaluated) refreshEvaluations();
}

EvaluationEvent MainWindow::evaluationAt(std::int64_t step) const {
  const CurveHistory& history = curves_->history();
  return evaluationOf(step, history.names(), [&](const std::string& name) {
    const CurveSeries* series = history.find(name);
    return series ? series->exactly(step) : std::nullopt;
  });
}

void MainWindow::refreshEvaluations() {
  std::vector<std::int64_t> steps;
  if (const CurveSeries* series = curves_->history().find("eval.ap"))
    for (const CurvePoint& point : series->points())
      if (steps.empty() || point.step > steps.back()) steps.push_back(point.step);
  const bool newest = evaluation_->followsNewest();
  evaluation_->setSteps(steps);
  const EvaluationEvent evaluation = steps.empty() ? EvaluationEvent() : evaluationAt(steps.back());
  if (newest && !steps.empty()) evaluation_->showEvaluation(evaluation);
  showEvaluationSummary(evaluation.step, evaluation.metrics);
}

}  // namespace anchorscope
