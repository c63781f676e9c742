// The live run of the main window: starting, what arrives from it, ending.
#include <QLabel>
#include <QStackedWidget>
#include <QStatusBar>

#include "app/main_window.h"
#include "app/settings.h"
#include "app/temporary_run.h"
#include "core/trainer/presets.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/message_bar.h"
#include "widgets/notify/problems_model.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/layer_presets.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

bool MainWindow::isEnded() const {
  const TrainerState state = bridge_->state();
  return !bridge_->hasSession() || state == TrainerState::kStopped || state == TrainerState::kFailed;
}

bool MainWindow::confirmEndingRun() {
  // What is lost is asked for; a demo or a run that has not begun is not worth a question.
  const QString lost =
      tr("This run is recorded in a temporary folder only, which goes with it. To keep it, stop "
         "training and choose File ▸ Keep recorded run.");
  if (temporary_ && recordedOnly_) return confirm_(tr("Give this run up?"), lost);
  const auto& facts = bridge_->facts();
  const auto& snapshot = bridge_->snapshot();
  if (!bridge_->hasSession() || !facts || !snapshot || snapshot->status.step == 0) return true;
  if (temporary_) {
    if (facts->config.data == "demo") return true;
    return confirm_(tr("Give this run up?"), lost);
  }
  return isEnded() || confirm_(tr("End this run?"),
                               tr("Training is going on. Ending it keeps everything recorded so far."));
}

void MainWindow::endRun() {
  reader_.reset();
  // The temporary folder goes when nothing writes into it any more.
  bridge_->retire([temporary = std::exchange(temporary_, nullptr)]() mutable { temporary.reset(); });
}

void MainWindow::startRun(const RunConfig& config, SessionOptions options) {
  if (!confirmEndingRun()) return;
  endRun();
  recordedOnly_ = false;
  curves_->clear();
  scrubber_->clear();
  problems_->clear();
  evaluationText_->clear();
  transport_->clear();
  state_->setProbes({});
  state_->setFrame(nullptr);
  state_->followLive();
  start_->showProblem({});
  unsentParameters_.clear();
  showPredictions_ = config.data == "demo";  // the boxes that learn are what the demo is for
  RunConfig own = config;
  if (own.out.empty() && options.resumeFolder.empty()) {
    if (auto made = TemporaryRun::create()) {
      temporary_ = *std::move(made);
      own.out = temporary_->folder().toStdString();
    } else {
      messages_->show(MessageKind::kWarning, tr("Earlier steps of this run cannot be looked at again: %1")
                                                 .arg(QString::fromStdString(made.error().text())));
    }
  }
  if (config.data != "demo") rememberRecent(QString::fromStdString(config.data));
  enterWorkspace(true);
  preparing_->start(shortDataName(QString::fromStdString(config.data)));
  bridge_->start(std::move(own), std::move(options));
  refreshTitle();
  refreshActions();
}

void MainWindow::startDemo(SessionOptions options) {
  auto config = presetConfig("demo");
  if (!config) {
    messages_->show(config.error());
    return;
  }
  startRun(*config, std::move(options));
}

void MainWindow::wireBridge() {
  connect(bridge_, &SessionBridge::stateChanged, this, [this](TrainerState state, const QString& reason) {
    transport_->setState(state, reason);
    if (state == TrainerState::kStopped)
      statusBar()->showMessage(tr("Training has stopped. %1").arg(reason), 8000);
    refreshActions();
    refreshHeader();
    if (bridge_->snapshot()) refreshRecordingNote(bridge_->snapshot()->status.recording);
  });
  connect(bridge_, &SessionBridge::sessionEnded, this, [this] {
    transport_->clear();
    unsentParameters_.clear();
    parameters_->setParams({});
    refreshActions();
  });
  connect(bridge_, &SessionBridge::progress, this, [this](const QString& what, double fraction) {
    preparing_->setProgress(what, fraction);
    if (bridge_->snapshot() && !what.isEmpty())  // evaluation, while training waits
      statusBar()->showMessage(
          fraction > 0 ? tr("%1, %2 %").arg(what).arg(static_cast<int>(100 * fraction)) : what, 4000);
  });
  connect(bridge_, &SessionBridge::factsAvailable, this, &MainWindow::onFacts);
  connect(bridge_, &SessionBridge::snapshotArrived, this, &MainWindow::onSnapshot);
  connect(bridge_, &SessionBridge::stepsArrived, this, &MainWindow::onSteps);
  connect(bridge_, &SessionBridge::evaluated, this, &MainWindow::showEvaluation);
  connect(bridge_, &SessionBridge::noteArrived, this, [this](const RunEvent& event) {
    curves_->addEvent(event);
    scrubber_->addEvent(event);
    const QString text = QString::fromStdString(event.text);
    if (event.kind == "thinned" || event.kind == "error") {
      messages_->show(MessageKind::kWarning, text);
      problems_->add(
          {tr("step %1").arg(countText(event.step)), QString::fromStdString(event.kind), text, {}});
    } else {
      statusBar()->showMessage(text, 8000);
    }
  });
  connect(bridge_, &SessionBridge::diagnosticsArrived, this, [this](const Diagnostics& diagnostics) {
    if (diagnostics.empty()) return;
    problems_->add(diagnostics);
    QStringList counts;
    for (const auto& [kind, count] : diagnostics.countsByKind())
      counts << tr("%1 × %2").arg(countText(static_cast<qint64>(count)), QString::fromStdString(kind));
    messages_->show(
        MessageKind::kWarning,
        tr("Some records of the data set are not used as they stand: %1. View ▸ Problems lists each.")
            .arg(counts.join(QStringLiteral(", "))));
  });
  connect(bridge_, &SessionBridge::commandRefused, this, [this](const Error& error) {
    messages_->show(error);
    refreshParameterForm();
  });
  connect(bridge_, &SessionBridge::failed, this, &MainWindow::onFailed);
}

void MainWindow::onFacts() {
  const SessionFacts& facts = *bridge_->facts();
  curves_->setDeclaration(facts.declaration);
  std::vector<std::string> names;
  for (const ScalarSpec& scalar : facts.declaration.scalars)
    names.push_back(scalar.name);
  transport_->setScalarNames(names);
  std::vector<std::string> images = facts.imageNames;
  images.insert(images.end(), facts.validationImageNames.begin(), facts.validationImageNames.end());
  probes_->setAvailableImages(images);
  std::vector<std::string> reports;
  for (const std::string& text : {facts.weightsReport, facts.priorReport})
    if (!text.empty()) reports.push_back(text);
  if (!reports.empty()) statusBar()->showMessage(QString::fromStdString(join(reports, ". ")), 12000);
  refreshParameterForm();
  refreshTitle();
}

void MainWindow::onFailed(const Error& error, const QString& culprit) {
  const bool showedSomething = bridge_->snapshot() != nullptr;
  if (!showedSomething) {
    // There is nothing to look at: back to where the data was named.
    const QString text = QString::fromStdString(error.text());
    showStartPage();
    start_->showProblem(text);
    return;
  }
  messages_->show(error);
  problems_->add({culprit, QString::fromLatin1(toString(error.code)), QString::fromStdString(error.message),
                  QString::fromStdString(error.action)});
  for (const auto& probe : state_->probes())
    if (QString::fromStdString(probe->image->name) == culprit) state_->setProbeName(culprit);
}

void MainWindow::onSnapshot(const std::shared_ptr<const Snapshot>& snapshot) {
  stage_->setCurrentWidget(canvas_);
  transport_->setStatus(snapshot->status);
  scrubber_->setLiveStep(snapshot->status.step);
  const RecordingState& recording = snapshot->status.recording;
  if (!recording.failure.empty())
    messages_->show(
        MessageKind::kWarning,
        tr("Recording has ended: %1. Training goes on.").arg(QString::fromStdString(recording.failure)));
  if (state_->followsLive()) {
    showProbes(snapshot->probes);
    scrubber_->showStep(snapshot->status.step, true);
    curves_->setCurrentStep(-1);
  }
  refreshRecordingNote(recording);
}

void MainWindow::showProbes(std::vector<std::shared_ptr<const ProbeFrame>> probes) {
  const bool first = state_->layers().layers().empty();
  state_->setProbes(std::move(probes));
  if (!state_->frame()) return;
  if (first) applyFirstLook(state_->layers(), *state_->frame());
  replaceForeignLook(state_->layers(), *state_->frame());
  if (std::exchange(showPredictions_, false)) state_->layers().setVisible("predictions", true);
}

void MainWindow::refreshRecordingNote(const RecordingState& recording) {
  const auto& facts = bridge_->facts();
  if (!facts || facts->config.out.empty()) {
    scrubber_->setNote(tr("This run is not recorded: give it a run folder to go back in time."));
    return;
  }
  const std::int64_t every = facts->config.train.getInt("record_every");
  QString note = tr("%1 recorded, every %2 · %3 MB")
                     .arg(countText(recording.framesWritten, QStringLiteral("frame")))
                     .arg(every == 1 ? QStringLiteral("step") : countText(every, QStringLiteral("step")))
                     .arg(static_cast<double>(recording.bytesOnDisk) / 1e6, 0, 'f', 1);
  if (recording.framesDropped > 0) note += tr(" · %1 dropped").arg(countText(recording.framesDropped));
  if (!temporary_)
    note += tr(" in %1").arg(QString::fromStdString(facts->config.out));
  else
    note += isEnded() ? tr(" in a temporary folder: File ▸ Keep recorded run keeps it")
                      : tr(" in a temporary folder, which can be kept when training has stopped");
  scrubber_->setNote(note);
}

void MainWindow::onSteps(const std::vector<StepEvent>& steps) {
  std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>> batch;
  for (const StepEvent& step : steps)
    batch.emplace_back(step.step, step.scalars);
  curves_->appendSteps(batch);
  std::vector<ScalarValue> losses;
  for (const ScalarValue& scalar : steps.back().scalars)
    if (scalar.name == "loss.cls" || scalar.name == "loss.loc") losses.push_back(scalar);
  transport_->setLosses(losses);
}

void MainWindow::showEvaluation(const EvaluationEvent& evaluation) {
  QStringList parts;
  std::vector<ScalarValue> scalars;
  for (const ScalarValue& metric : evaluation.metrics) {
    if (metric.name == "ap" || metric.name == "ap50")
      parts << QString::fromStdString(metric.name).toUpper() + QLatin1Char(' ') + numberText(metric.value);
    scalars.push_back({"eval." + metric.name, metric.value});
  }
  curves_->appendSteps({{evaluation.step, scalars}});
  evaluationText_->setText(
      tr("%1 on validation, step %2").arg(parts.join(QStringLiteral(" · ")), countText(evaluation.step)));
  QStringList perClass;
  for (std::size_t i = 0; i < evaluation.perClassAp.size(); ++i)
    perClass << tr("%1: AP %2, AP50 %3")
                    .arg(QString::fromStdString(evaluation.perClassAp[i].name),
                         numberText(evaluation.perClassAp[i].value),
                         i < evaluation.perClassAp50.size() ? numberText(evaluation.perClassAp50[i].value)
                                                            : QStringLiteral("–"));
  evaluationText_->setToolTip(perClass.join(QLatin1Char('\n')));
}

}  // namespace anchorscope
