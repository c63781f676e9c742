#include "app/workspace/run_view.h"

#include <QFileInfo>
#include <algorithm>

#include "app/run/run_controller.h"
#include "app/settings.h"
#include "app/workspace/canvas_grid.h"
#include "app/workspace/workspace.h"
#include "app/workspace/workspace_page.h"
#include "core/evidence/main_losses.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/batch_list.h"
#include "widgets/panels/canvas_tools.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

QString titleOf(const QString& what, const std::string& method, const std::string& model) {
  return QStringLiteral("%1 · %2 · %3")
      .arg(what, QString::fromStdString(method), QString::fromStdString(model));
}

std::vector<std::string> probesOf(const Snapshot* snapshot) {
  std::vector<std::string> names;
  if (snapshot)
    for (const auto& probe : snapshot->probes)
      names.push_back(probe->image->name);
  return names;
}

}  // namespace

RunView::RunView(WorkspacePage& page, Workspace& workspace, RunController& run, Notifier& notifier)
    : page_(page),
      workspace_(workspace),
      run_(&run),
      notifier_(notifier),
      curves_(&page.curves()),
      evaluation_(&page.evaluation()),
      scrubber_(&page.scrubber()),
      transport_(&page.transport()),
      beside_(workspace, page.curves(), notifier) {
  wireRun();
  wireHistory();
}

/// A live source listens to the run, which ends before the workspace does.
RunView::~RunView() {
  releaseSources();
}

void RunView::wireRun() {
  const SessionBridge* bridge = &run_->bridge();
  connect(run_, &RunController::beginning, this, &RunView::begin);
  connect(run_, &RunController::began, this, &RunView::changed);
  connect(run_, &RunController::folderReleased, this, &RunView::releaseSources);
  connect(run_, &RunController::moving, this, &RunView::changed);
  connect(run_, &RunController::lookWanted, this, &RunView::open);
  connect(bridge, &SessionBridge::stateChanged, this, &RunView::onState);
  connect(bridge, &SessionBridge::sessionEnded, this, [this] {
    transport_->clear();
    evaluation_->setProgress({}, 0);
    page_.canvases().setLive(false);
    page_.probes().batch().setLive(false);
    refreshEvaluation({}, 0);
  });
  connect(bridge, &SessionBridge::progress, this, &RunView::onProgress);
  connect(bridge, &SessionBridge::factsAvailable, this, &RunView::onFacts);
  connect(bridge, &SessionBridge::snapshotArrived, this, &RunView::onSnapshot);
  connect(bridge, &SessionBridge::stepsArrived, this, &RunView::onSteps);
  connect(bridge, &SessionBridge::noteArrived, this, &RunView::onNote);
  connect(bridge, &SessionBridge::diagnosticsArrived, &notifier_, &Notifier::tellRecords);
  connect(bridge, &SessionBridge::commandAcknowledged, this, [this](const AcknowledgedEvent& event) {
    if (event.error) notifier_.tell(messageOf(*event.error, MessageScope::kRun));
  });
  connect(bridge, &SessionBridge::failed, this, &RunView::onFailed);
  connect(&page_, &WorkspacePage::imageWanted, this, &RunView::showImage);
  connect(evaluation_, &EvaluationPanel::stepWanted, this,
          [this](std::int64_t step) { evaluation_->showEvaluation(evaluationAt(step)); });
}

QString RunView::title() const {
  if (recorded_)
    return titleOf(QFileInfo(recorded_->folder()).fileName(), recorded_->header().methodName,
                   recorded_->header().modelName);
  if (const auto& facts = run_->bridge().facts())
    return titleOf(shortDataName(QString::fromStdString(facts->config.data)), facts->config.method,
                   facts->config.model);
  return {};
}

QString RunView::topic() const {
  if (recorded_) return QString::fromStdString(recorded_->header().methodName);
  const auto& facts = run_->bridge().facts();
  return facts ? QString::fromStdString(facts->config.method) : QString();
}

void RunView::clear() {
  workspace_.beginRun();
}

void RunView::begin(const QString& what) {
  workspace_.beginRun();
  wantedProbe_.clear();
  evaluated_.clear();
  notifier_.beginRun();
  curves_->clear();
  scrubber_->clear();
  evaluation_->clear();
  evaluation_->setProgress({}, 0);
  refreshEvaluation({}, 0);
  transport_->clear();
  page_.probes().setPinned({});
  // The boxes that learn are what the demo is for.
  if (!run_->isContinued() && run_->asked().data == "demo") workspace_.showLayerWithNextFrame("predictions");
  page_.enter(/*preparing=*/true);
  page_.preparing().start(what);
  live_ = take(std::make_unique<LiveSource>(run_->bridge(), run_->isContinued()));
}

void RunView::onState(TrainerState state, const QString& reason) {
  transport_->setState(state, reason);
  if (state == TrainerState::kStopped)
    notifier_.mention(reason.isEmpty() || reason == QLatin1String("stopped")
                          ? tr("Training has stopped.")
                          : tr("Training has ended: %1.").arg(reason));
  if (live_ && run_->isEnded()) live_->refresh();  // its last steps
  emit changed();
  transport_->setContinuable(!run_->continuableFolder().isEmpty());
  page_.canvases().setLive(run_->isLive());
  refreshBatch();
  refreshRecordingNote();
}

void RunView::onProgress(const QString& what, double fraction) {
  page_.preparing().setProgress(what, fraction);
  if (!run_->bridge().snapshot()) return;  // else it is an evaluation, while training waits
  evaluation_->setProgress(what, fraction);
  refreshEvaluation(what, fraction);
}

void RunView::onNote(const RunEvent& event) {
  if (!notifier_.tellEntry(event)) notifier_.mention(QString::fromStdString(event.text));
}

void RunView::onFacts() {
  const RunFacts& facts = *run_->bridge().facts();
  if (!run_->isContinued() && facts.config.data != "demo")
    emit dataOpened(QString::fromStdString(facts.config.data));
  curves_->setDeclaration(facts.declaration);
  scrubber_->bookmarks().open(QString::fromStdString(facts.config.out));
  std::vector<std::string> names;
  for (const ScalarSpec& scalar : facts.declaration.scalars)
    names.push_back(scalar.name);
  transport_->setScalarNames(names);
  if (run_->isContinued()) evaluation_->clear(tr("This run has not been evaluated."));
  refreshProbeChoice();
  std::vector<std::string> reports;
  for (const std::string& text :
       {facts.weightsReport, facts.priorReport, facts.precisionReport, facts.trainingReport})
    if (!text.empty()) reports.push_back(text);
  if (!reports.empty()) notifier_.mention(QString::fromStdString(join(reports, ". ")));
  emit changed();
}

void RunView::onFailed(const Error& error, const QString& culprit) {
  if (!run_->bridge().snapshot()) {
    emit neverBegan(error);
    return;
  }
  notifier_.tellFailure(error, culprit);
  if (culprit.isEmpty()) return;
  // Its evidence comes with the next snapshot, if it was no probe before.
  workspace_.activateFirstRun();
  wantedProbe_ = culprit;
  if (!workspace_.active().time().followsLive()) scrubber_->goLive();
  selectWantedProbe();
}

QString RunView::whyProbesStay() const {
  if (!run_->isLive() || !enabledActions(run_->bridge().state()).setProbe)
    return tr("probes can change only while a run trains or pauses");
  return workspace_.active().run().isEmpty() ? QString()
                                             : tr("the active canvas shows a run beside the one that trains");
}

void RunView::showImage(const QString& name) {
  const auto isIt = [&](const auto& probe) { return QString::fromStdString(probe->image->name) == name; };
  if (std::ranges::any_of(workspace_.active().probes(), isIt)) return workspace_.active().setProbeName(name);
  if (const QString why = whyProbesStay(); !why.isEmpty())
    return notifier_.mention(tr("%1 is no probe, and %2.").arg(name, why));
  // What is shown may be a moment that had others.
  const std::vector<std::string> present = probesOf(run_->bridge().snapshot().get());
  if (std::ranges::find(present, name.toStdString()) == present.end()) {
    std::vector<std::string> probes = present;
    probes.push_back(name.toStdString());
    run_->bridge().post(SetProbesCommand{probes});
    notifier_.mention(tr("%1 becomes a probe and is shown with the next evidence.").arg(name));
  }
  wantedProbe_ = name;
  if (!workspace_.active().time().followsLive()) scrubber_->goLive();
}

QString RunView::imageOf(const QString& path) const {
  // Names are those of files, with the folders that tell apart those that are called alike.
  const QString whole = QFileInfo(path).absoluteFilePath();
  QString best;
  const auto consider = [&](const std::string& name) {
    const QString image = QString::fromStdString(name);
    const bool same = whole == image || whole.endsWith(QLatin1Char('/') + image);
    if (same && image.size() > best.size()) best = image;
  };
  for (const auto& probe : workspace_.active().probes())
    consider(probe->image->name);
  if (const auto& facts = run_->bridge().facts();
      run_->isLive() && facts && workspace_.active().run().isEmpty())
    for (const auto* names : {&facts->imageNames, &facts->validationImageNames})
      std::ranges::for_each(*names, consider);
  return best;
}

void RunView::selectWantedProbe() {
  if (wantedProbe_.isEmpty() || !workspace_.active().run().isEmpty()) return;
  for (const auto& probe : workspace_.active().probes())
    if (QString::fromStdString(probe->image->name) == wantedProbe_) {
      workspace_.active().setProbeName(std::exchange(wantedProbe_, {}));
      return;
    }
}

/// Of the run that trains, while it is looked at: what the panel shows of another is not changed here.
void RunView::refreshProbeChoice() {
  std::vector<std::string> images;
  if (const auto& facts = run_->bridge().facts(); live_ && facts && workspace_.active().run().isEmpty()) {
    images = facts->imageNames;
    images.insert(images.end(), facts->validationImageNames.begin(), facts->validationImageNames.end());
  }
  page_.probes().setAvailableImages(std::move(images));
}

/// Likewise.
void RunView::refreshBatch() {
  const bool live = run_->isLive() && !run_->isEnded() && workspace_.active().run().isEmpty();
  page_.probes().batch().setLive(live);
  if (const auto& snapshot = run_->bridge().snapshot(); live && snapshot)
    page_.probes().batch().show(snapshot->batch, snapshot->batchShown);
}

void RunView::onSnapshot(const std::shared_ptr<const Snapshot>& snapshot) {
  page_.showCanvas();
  transport_->setStatus(snapshot->status);
  page_.probes().setPinned(probesOf(snapshot.get()));
  refreshBatch();
  scrubber_->setLiveStep(snapshot->status.step);
  refreshTime();
  refreshRecordingNote();
}

/// Of the run that trains, where the scrubber shows its steps.
void RunView::refreshRecordingNote() {
  const auto& facts = run_->bridge().facts();
  if (!run_->bridge().snapshot() || !live_ || workspace_.source() != live_) return;
  const RecordingState& recording = run_->bridge().snapshot()->status.recording;
  if (!facts || facts->config.out.empty()) {
    scrubber_->setNote(tr("This run is not recorded: give it a run folder to go back in time."));
    return;
  }
  const std::int64_t every = facts->config.train.getInt("record_every");
  QString note = tr("%1 recorded, every %2 · %3 MB")
                     .arg(countText(live_->framesBefore() + recording.framesWritten, noun::kFrames))
                     .arg(every == 1 ? tr("step") : countText(every, noun::kSteps))
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

void RunView::onSteps(const std::vector<StepEvent>& steps) {
  if (steps.empty()) return;
  const std::vector<ScalarValue>& scalars = steps.back().scalars;
  std::vector<std::string> names;
  for (const ScalarValue& scalar : scalars)
    names.push_back(scalar.name);
  names = mainLosses(names);
  if (names.size() > 2) names = {"loss.total"};  // the bar has no room for more
  std::vector<ScalarValue> losses;
  for (const ScalarValue& scalar : scalars)
    if (std::ranges::count(names, scalar.name) > 0) losses.push_back(scalar);
  transport_->setLosses(losses);
}

void RunView::showEvaluationSummary(std::int64_t step, const std::vector<ScalarValue>& metrics) {
  QStringList parts;
  for (const ScalarValue& metric : metrics)
    if (metric.name == "ap" || metric.name == "ap50")
      parts << QString::fromStdString(metric.name).toUpper() + QLatin1Char(' ') + precisionText(metric.value);
  evaluated_ = parts.isEmpty() ? QString()
                               : tr("%1 at step %2").arg(parts.join(QStringLiteral(" · ")), countText(step));
  refreshEvaluation({}, 0);
}

void RunView::refreshEvaluation(const QString& what, double fraction) {
  const bool active = !what.isEmpty();
  page_.canvases().tools().setEvaluation(
      active ? tr("%1 %2 %").arg(what).arg(static_cast<int>(100 * fraction)) : evaluated_, active);
  evaluating_ = active;
  emit changed();
}

}  // namespace anchorscope
