// Going back in time: recorded runs, and the live run's recorded steps.
#include <QDir>
#include <QMenu>
#include <utility>

#include "app/run/run_controller.h"
#include "app/workspace/run_view.h"
#include "app/workspace/workspace.h"
#include "app/workspace/workspace_page.h"
#include "core/session/evaluation_scalars.h"
#include "core/store/run_reader.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

void RunView::watch(EvidenceSource* source) {
  connect(source, &EvidenceSource::stepsChanged, this, &RunView::refreshRecordedSteps);
  connect(source, &EvidenceSource::scalarsArrived, this, &RunView::onScalars);
  connect(source, &EvidenceSource::problemsFound, this, &RunView::tellDamage);
  connect(source, &EvidenceSource::eventsArrived, this, [this](const std::vector<RunEvent>& events) {
    for (const RunEvent& event : events)
      curves_->addEvent(event);
  });
  connect(source, &EvidenceSource::failed, this,
          [this](const Error& error) { notifier_.tell(messageOf(error, MessageScope::kRun)); });
}

/// Of each run, for the scrubber to mark while it is the one that is looked at.
void RunView::watchEvents() {
  std::map<QString, RunEvents> known = std::exchange(events_, {});
  for (const OpenRun& run : workspace_.runs()) {
    if (!run.source) continue;
    if (const auto before = known.find(run.id);
        before != known.end() && before->second.source == run.source) {
      events_.insert(std::move(*before));
      continue;
    }
    events_[run.id].source = run.source;
    connect(run.source, &EvidenceSource::eventsArrived, this,
            [this, id = run.id](const std::vector<RunEvent>& events) {
              for (const RunEvent& event : events) {
                events_[id].marks.add(event);
                if (workspace_.active().run() == id) scrubber_->addEvent(event);
              }
            });
  }
}

void RunView::releaseSources() {
  if (std::exchange(opening_, nullptr)) emit notOpened();
  recorded_ = nullptr;
  live_ = nullptr;
  workspace_.setSource(nullptr);
  damage_.clear();
}

void RunView::open(const QString& folder) {
  notifier_.mention(tr("Opening %1…").arg(folder));
  opening_ = std::make_unique<RecordedSource>(folder);
  connect(opening_.get(), &EvidenceSource::opened, this, &RunView::showOpenedRun);
  connect(opening_.get(), &RecordedSource::cannotOpen, this, [this](const Error& error) {
    notifier_.mention({});
    notifier_.tell(messageOf(error));
    opening_.release()->deleteLater();
    emit notOpened();
  });
}

void RunView::showOpenedRun() {
  notifier_.mention({});
  // A question may be asked, during which another run may be opened.
  std::unique_ptr<RecordedSource> opened = std::move(opening_);
  if (!run_->confirmEnding()) {
    opened.release()->deleteLater();
    emit notOpened();
    return;
  }
  run_->lookAt(opened->folder(), opened->lastStep());
  workspace_.beginRun();
  recorded_ = take(std::move(opened));
  wantedProbe_.clear();
  curves_->clear();
  scrubber_->clear();
  notifier_.beginRun();
  curves_->setDeclaration(recorded_->declaration());
  evaluation_->clear(tr("This run has not been evaluated."));
  refreshEvaluations();
  refreshProbeChoice();
  page_.enter(/*preparing=*/false);
  transport_->clear();
  transport_->showRecorded(recorded_->lastStep(), recorded_->header().plannedSteps);
  tellDamage(recorded_->problems());
  scrubber_->bookmarks().open(recorded_->folder());
  refreshRecordedSteps();
  if (scrubber_->steps().empty())
    notifier_.tell({MessageKind::kNote,
                    tr("'%1' holds no evidence: none was recorded before it ended.").arg(recorded_->folder()),
                    {},
                    MessageScope::kRun});
  else
    workspace_.pinAll(scrubber_->steps().back());
  recorded_->tellSeries();
  if (!run_->isTemporary()) emit runOpened(QDir(recorded_->folder()).absolutePath());
  emit changed();
  transport_->setContinuable(!run_->continuableFolder().isEmpty());
}

/// Records that were left out are found as the run is read: one message counts them.
void RunView::tellDamage(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  damage_.insert(damage_.end(), problems.begin(), problems.end());
  QString text = QString::fromStdString(damage_.front());
  if (damage_.size() > 1)
    text = tr("%1 damaged records in this run. The first: %2").arg(damage_.size()).arg(text);
  notifier_.tell({MessageKind::kWarning, text, QString::fromStdString(join(damage_, "\n")),
                  MessageScope::kRun, QStringLiteral("damage")});
}

void RunView::wireHistory() {
  connect(scrubber_, &HistoryScrubber::stepWanted, this, &RunView::showRecordedStep);
  connect(curves_, &CurvesView::stepClicked, this, [this](std::int64_t step) {
    if (const std::int64_t nearest = nearestRecordedStep(scrubber_->steps(), step); nearest >= 0)
      showRecordedStep(nearest);
  });
  connect(&scrubber_->bookmarks(), &BookmarkList::failed, this, [this](const Error& error) {
    notifier_.tell({MessageKind::kWarning, QString::fromStdString(error.text()), {}, MessageScope::kRun});
  });
  connect(scrubber_, &HistoryScrubber::menuWanted, this, [this](std::int64_t step, const QPoint& global) {
    auto* menu = new QMenu(scrubber_);
    menu->setObjectName(QStringLiteral("historyMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("&Show step %1").arg(countText(step)), this, [this, step] { showRecordedStep(step); });
    menu->addSeparator();
    menu->addAction(tr("&Rewind to a checkpoint up to here…"), this,
                    [this, step] { run_->askBack(step, false); });
    menu->addAction(tr("&Fork from a checkpoint up to here…"), this,
                    [this, step] { run_->askBack(step, true); });
    // A run beside has no session that could go on with it.
    for (QAction* back : menu->actions().mid(2))
      back->setEnabled(run_->canGoBack() && workspace_.active().run().isEmpty());
    menu->popup(global);
  });
  connect(scrubber_, &HistoryScrubber::liveWanted, this, [this] { workspace_.active().time().followLive(); });
  connect(&workspace_, &Workspace::runsChanged, this, &RunView::watchEvents);
  // Another canvas may look at another run, with other steps, events and bookmarks.
  connect(&workspace_, &Workspace::sourceChanged, this, [this] {
    refreshProbeChoice();
    refreshBatch();
    const EvidenceSource* source = workspace_.source();
    // The first one is shown by whoever opened it.
    if (!source || (workspace_.active().run().isEmpty() && source != recorded_ && source != live_)) return;
    scrubber_->bookmarks().open(source->folder());
    scrubber_->setEvents(events_[workspace_.active().run()].marks);
    refreshRecordedSteps();
    refreshRecordingNote();
  });
  // Where the active canvas stands is where the scrubber and the curves do.
  connect(&workspace_, &Workspace::shownChanged, this, [this] {
    refreshTime();
    selectWantedProbe();
  });
}

/// Of the run that the active canvas looks at.
void RunView::refreshRecordedSteps() {
  const EvidenceSource* source = workspace_.source();
  if (!source) return;
  const RecordedSteps steps = source->steps();
  if (const auto* recorded = qobject_cast<const RecordedSource*>(source))
    scrubber_->setNote(tr("evidence of %1 of %2 · %3")
                           .arg(countText(static_cast<qint64>(steps->size())),
                                countText(recorded->lastStep() + 1, noun::kSteps), recorded->folder()));
  scrubber_->setSteps(steps);
  emit changed();
}

void RunView::showRecordedStep(std::int64_t step) {
  if (!workspace_.source()) return;
  workspace_.active().time().pin(step);
  refreshTime();
}

void RunView::refreshTime() {
  const TimeCursor& time = workspace_.active().time();
  const auto& snapshot = run_->bridge().snapshot();
  if (!time.followsLive()) {
    scrubber_->showStep(time.step(), false);
    curves_->setCurrentStep(time.step());
  } else if (snapshot) {
    scrubber_->showStep(snapshot->status.step, true);
    curves_->setCurrentStep(-1);
  }
}

void RunView::onScalars(const ScalarParts& parts) {
  bool evaluated = false;
  for (const auto& [name, series] : parts) {
    curves_->history().append(name, series);
    evaluated = evaluated || name.starts_with("eval.");
  }
  curves_->historyChanged();
  if (evaluated) refreshEvaluations();
}

EvaluationEvent RunView::evaluationAt(std::int64_t step) const {
  const ScalarStore& history = curves_->history();
  return evaluationOf(step, history.names(), [&](const std::string& name) {
    const CurveSeries* series = history.find(name);
    return series ? series->exactly(step) : std::nullopt;
  });
}

void RunView::refreshEvaluations() {
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
