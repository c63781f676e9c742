// Going back in time: recorded runs, and the live run's recorded steps.
#include <QDir>
#include <QLabel>
#include <QTimer>
#include <algorithm>

#include "app/main_window.h"
#include "app/settings.h"
#include "core/session/evaluation_scalars.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

void MainWindow::openRecordedRun(const QString& folder) {
  auto opened = openRun(folder.toStdString());
  if (!opened) {
    notifier_.tell(messageOf(opened.error()));
    return;
  }
  if (!run_->confirmEnding()) return;
  run_->lookAt(folder, (*opened)->lastStep());
  state_->setProbes({});
  state_->setFrame(nullptr);
  reader_ = *std::move(opened);
  wantedProbe_.clear();
  curves_->clear();
  scrubber_->clear();
  notifier_.beginRun();
  curves_->setDeclaration(reader_->header().declaration);
  showRecordedCurves();
  probes_->setAvailableImages({});
  enterWorkspace(false);
  transport_->clear();
  transport_->showRecorded(reader_->lastStep(), reader_->header().plannedSteps);
  refreshRecordedSteps();
  if (scrubber_->steps().empty())
    notifier_.tell({MessageKind::kNote,
                    tr("'%1' holds no evidence: none was recorded before it ended.").arg(folder),
                    {},
                    MessageScope::kRun});
  else
    showRecordedStep(scrubber_->steps().back());
  refreshTitle();
  refreshActions();
  transport_->setContinuable(!run_->continuableFolder().isEmpty());
  tellDamage();
}

void MainWindow::tellDamage() {
  const std::vector<std::string> problems = reader_->takeProblems();
  if (problems.empty()) return;
  QString text = QString::fromStdString(problems.front());
  if (problems.size() > 1)
    text = tr("%1 damaged records in this run. The first: %2").arg(problems.size()).arg(text);
  notifier_.tell(
      {MessageKind::kWarning, text, QString::fromStdString(join(problems, "\n")), MessageScope::kRun});
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
  // What has been recorded meanwhile; reading the list of steps is cheap, but need not follow every snapshot.
  auto* timer = new QTimer(this);
  timer->setInterval(700);
  connect(timer, &QTimer::timeout, this, [this] {
    if (!run_->isRecorded() && run_->bridge().hasSession()) refreshRecordedSteps();
  });
  timer->start();
}

void MainWindow::refreshRecordedSteps() {
  if (!run_->isRecorded()) {
    const auto& facts = run_->bridge().facts();
    if (!facts || facts->config.out.empty()) return;
    if (!reader_) {
      auto opened = openRun(facts->config.out);
      if (!opened) return;  // nothing is committed yet; the next round finds it
      reader_ = *std::move(opened);
    } else if (Status status = reader_->refresh(); !status) {
      notifier_.tell(messageOf(status.error(), MessageScope::kRun));
      return;
    }
  }
  std::vector<std::int64_t> steps;
  for (const std::string& probe : reader_->probeNames()) {
    const auto own = reader_->recordedSteps(probe);
    steps.insert(steps.end(), own.begin(), own.end());
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  if (run_->isRecorded())
    scrubber_->setNote(tr("evidence of %1 of %2 · %3")
                           .arg(countText(static_cast<qint64>(steps.size())),
                                countText(reader_->lastStep() + 1, QStringLiteral("step")),
                                QString::fromStdString(reader_->folder())));
  scrubber_->setSteps(std::move(steps));
  refreshActions();
}

void MainWindow::showRecordedStep(std::int64_t step) {
  if (!reader_) return;
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  for (const std::string& probe : reader_->probeNames()) {
    const auto steps = reader_->recordedSteps(probe);
    if (!std::binary_search(steps.begin(), steps.end(), step)) continue;  // pinned later or unpinned earlier
    auto frame = reader_->frame(probe, step);
    if (frame)
      frames.push_back(*std::move(frame));
    else
      notifier_.tell(messageOf(frame.error(), MessageScope::kRun));
  }
  tellDamage();
  if (frames.empty()) return;
  state_->pinStep(step);
  showProbes(std::move(frames));
  scrubber_->showStep(step, false);
  curves_->setCurrentStep(step);
  refreshHeader();
}

void MainWindow::loadHistory() {
  // What was recorded before the run was gone on with; what comes later is told as it happens.
  auto opened = openRun(run_->bridge().facts()->config.out);
  if (!opened) {
    notifier_.tell(messageOf(opened.error(), MessageScope::kRun));
    return;
  }
  reader_ = *std::move(opened);
  historyUpTo_ = reader_->lastStep();
  for (const std::string& probe : reader_->probeNames())
    framesBefore_ += static_cast<std::int64_t>(reader_->recordedSteps(probe).size());
  showRecordedCurves();
  refreshRecordedSteps();
}

void MainWindow::showRecordedCurves() {
  curvesToRead_.emplace(reader_, curves_->history(), "eval.");
  readRecordedCurves();
  if (auto events = reader_->events()) {
    for (const RunEvent& event : *events)
      curves_->addEvent(event);
    scrubber_->setEvents(*events);
  } else {
    notifier_.tell(messageOf(events.error(), MessageScope::kRun));
  }
  evaluation_->clear(tr("This run has not been evaluated."));
  refreshEvaluations();
}

/// So much at a time that the window stays usable with a long run.
void MainWindow::readRecordedCurves() {
  constexpr std::size_t kValuesAtOnce = 200'000;
  if (!curvesToRead_) return;
  if (curvesToRead_->reader() != reader_) return curvesToRead_.reset();  // another run is looked at
  std::vector<Error> errors;
  const bool more = curvesToRead_->read(kValuesAtOnce, errors);
  for (const Error& error : errors)
    notifier_.tell(messageOf(error, MessageScope::kRun));
  curves_->historyChanged();
  if (more) return QTimer::singleShot(0, this, &MainWindow::readRecordedCurves);
  curvesToRead_.reset();
  refreshEvaluations();
  tellDamage();
}

void MainWindow::appendToCurves(RecordedCurves::Steps steps) {
  if (curvesToRead_)
    curvesToRead_->append(std::move(steps));
  else
    curves_->appendSteps(steps);
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
