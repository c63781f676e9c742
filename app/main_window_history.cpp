// Going back in time: recorded runs, the live run's recorded steps, keeping a temporary recording.
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QLabel>
#include <QPointer>
#include <QStatusBar>
#include <QTimer>
#include <algorithm>

#include "app/main_window.h"
#include "app/settings.h"
#include "app/temporary_run.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/message_bar.h"
#include "widgets/notify/problems_model.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

void MainWindow::openRecordedRun(const QString& folder) {
  if (!confirmEndingRun()) return;
  auto opened = openRun(folder.toStdString());
  if (!opened) {
    messages_->show(opened.error());
    return;
  }
  endRun();
  state_->setProbes({});
  state_->setFrame(nullptr);
  reader_ = *std::move(opened);
  recordedOnly_ = true;
  rememberRecent(QDir(folder).absolutePath());
  curves_->clear();
  scrubber_->clear();
  problems_->clear();
  evaluationText_->clear();
  curves_->setDeclaration(reader_->header().declaration);
  for (const std::string& name : reader_->scalarNames()) {
    auto series = reader_->scalar(name);
    if (series)
      curves_->history().set(name, *std::move(series));
    else
      messages_->show(series.error());
  }
  curves_->historyChanged();
  if (auto events = reader_->events()) {
    for (const RunEvent& event : *events)
      curves_->addEvent(event);
    scrubber_->setEvents(*std::move(events));
  } else {
    messages_->show(events.error());
  }
  probes_->setAvailableImages({});
  enterWorkspace(false);
  refreshRecordedSteps();
  if (scrubber_->steps().empty())
    messages_->show(MessageKind::kNote,
                    tr("'%1' holds no evidence: nothing was recorded before it ended.").arg(folder));
  else
    showRecordedStep(scrubber_->steps().back());
  refreshTitle();
}

void MainWindow::wireHistory() {
  connect(scrubber_, &HistoryScrubber::stepWanted, this, &MainWindow::showRecordedStep);
  connect(curves_, &CurvesView::stepClicked, this, [this](std::int64_t step) {
    if (const std::int64_t nearest = nearestRecordedStep(scrubber_->steps(), step); nearest >= 0)
      showRecordedStep(nearest);
  });
  connect(scrubber_, &HistoryScrubber::liveWanted, this, [this] {
    state_->followLive();
    if (bridge_->snapshot()) onSnapshot(bridge_->snapshot());
    refreshHeader();
  });
  // What has been recorded meanwhile; reading the list of steps is cheap, but need not follow every snapshot.
  auto* timer = new QTimer(this);
  timer->setInterval(700);
  connect(timer, &QTimer::timeout, this, [this] {
    if (!recordedOnly_ && bridge_->hasSession()) refreshRecordedSteps();
  });
  timer->start();
}

void MainWindow::refreshRecordedSteps() {
  if (!recordedOnly_) {
    const auto& facts = bridge_->facts();
    if (!facts || facts->config.out.empty()) return;
    if (!reader_) {
      auto opened = openRun(facts->config.out);
      if (!opened) return;  // nothing is committed yet; the next round finds it
      reader_ = *std::move(opened);
    } else if (Status status = reader_->refresh(); !status) {
      messages_->show(status.error());
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
  if (recordedOnly_)
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
      messages_->show(frame.error());
  }
  if (frames.empty()) return;
  state_->pinStep(step);
  showProbes(std::move(frames));
  scrubber_->showStep(step, false);
  curves_->setCurrentStep(step);
  refreshHeader();
}

void MainWindow::askWhereToKeep() {
  QSettings settings = openSettings();
  const QDir start(settings.value(QStringLiteral("keepFolder"), QDir::homePath()).toString());
  const QString name = temporary_ ? QDir(temporary_->folder()).dirName() : QString();
  const QString target =
      QFileDialog::getSaveFileName(this, tr("Keep the recorded run as a folder"), start.filePath(name), {},
                                   nullptr, QFileDialog::DontConfirmOverwrite);
  if (target.isEmpty()) return;
  settings.setValue(QStringLiteral("keepFolder"), QFileInfo(target).absolutePath());
  keepRecordedRun(target);
}

void MainWindow::keepRecordedRun(const QString& target) {
  if (!temporary_ || !isEnded()) return;
  // The session has ended, but holds the folder open; what it recorded is looked at through the reader from
  // now on.
  const auto temporary = std::exchange(temporary_, nullptr);
  reader_.reset();
  refreshActions();
  statusBar()->showMessage(tr("Moving the recorded run to %1").arg(target));
  const QPointer<MainWindow> window(this);
  bridge_->retire([window, temporary, target] {
    const Status status = temporary->keep(target);
    QMetaObject::invokeMethod(qApp, [window, temporary, target, status] {
      if (!window) return;
      window->statusBar()->clearMessage();
      // Copying across disks takes its time: what was started or opened meanwhile is not to be disturbed.
      const bool elsewhere = window->bridge_->hasSession() || window->reader_;
      if (status) {
        if (!elsewhere) window->openRecordedRun(target);
        window->messages_->show(MessageKind::kNote, tr("The run is kept in %1").arg(target));
      } else if (elsewhere) {
        window->notMoved_.push_back(temporary);
        window->messages_->show(status.error());
        window->messages_->show(MessageKind::kWarning,
                                tr("The run that could not be moved stays in %1 until this window closes.")
                                    .arg(temporary->folder()));
      } else {
        window->openRecordedRun(temporary->folder());
        window->temporary_ = temporary;
        window->messages_->show(status.error());
        window->refreshActions();
      }
    });
  });
}

}  // namespace anchorscope
