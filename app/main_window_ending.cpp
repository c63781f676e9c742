// What becomes of runs: asking before one is lost, keeping a temporary recording, going on with one that has
// ended, and what an earlier start has left behind.
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QInputDialog>
#include <QMetaObject>
#include <QPointer>
#include <QStatusBar>
#include <algorithm>
#include <limits>

#include "app/main_window.h"
#include "app/run/temporary_run.h"
#include "app/settings.h"
#include "core/store/run_folder.h"
#include "core/trainer/evaluation.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/leftover_card.h"
#include "widgets/panels/start_page.h"

namespace anchorscope {

bool MainWindow::confirmEndingRun() {
  Question question;
  const auto& facts = bridge_->facts();
  const auto& snapshot = bridge_->snapshot();
  const bool trained = bridge_->hasSession() && facts && snapshot && snapshot->status.step > 0;
  // A run that has not begun is not worth a question, nor is the demo, which begins anew with one click.
  if (temporary_ && (recordedOnly_ || (trained && facts->config.data != "demo"))) {
    question = {tr("Keep this run?"),
                tr("It is recorded in a temporary folder only, which is removed when the run is left."),
                tr("Discard"), true};
  } else if (!temporary_ && trained && !isEnded()) {
    question = {tr("End this run?"),
                tr("Training is going on. Everything recorded so far stays in %1, and the run can be gone on "
                   "with from there.")
                    .arg(QString::fromStdString(facts->config.out)),
                tr("End it"), false};
    if (facts->config.out.empty())
      question.text = tr("Training is going on, and the run is not recorded: it is lost when it ends.");
  } else {
    return true;
  }
  switch (ask_(question)) {
    case Answer::kCancel:
      return false;
    case Answer::kGoAhead:
      return true;
    case Answer::kKeep:
      break;
  }
  const QString target = askWhereToKeep();
  if (target.isEmpty()) return false;
  reader_.reset();
  keepElsewhere(std::exchange(temporary_, nullptr), target, false);
  return true;
}

bool MainWindow::confirmStopping() {
  // A recorded run can be gone on with; one that is not ends for good.
  const auto& facts = bridge_->facts();
  const auto& snapshot = bridge_->snapshot();
  if (!facts || !facts->config.out.empty() || !snapshot || snapshot->status.step == 0) return true;
  return ask_({tr("Stop this run for good?"), tr("It is not recorded, so it cannot be gone on with."),
               tr("Stop"), false}) == Answer::kGoAhead;
}

QString MainWindow::askWhereToKeep() {
  QSettings settings = openSettings();
  const QDir start(settings.value(QStringLiteral("keepFolder"), QDir::homePath()).toString());
  const QString name = QStringLiteral("run-") + QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss");
  QString target =
      QFileDialog::getSaveFileName(this, tr("Keep the recorded run as a folder"), start.filePath(name), {},
                                   nullptr, QFileDialog::DontConfirmOverwrite);
  if (target.isEmpty()) return {};
  if (QFileInfo::exists(target)) {
    notifier_.tell({MessageKind::kWarning, tr("'%1' exists already. Choose another name.").arg(target)});
    return {};
  }
  settings.setValue(QStringLiteral("keepFolder"), QFileInfo(target).absolutePath());
  return target;
}

void MainWindow::keepRecordedRun(const QString& target) {
  if (!temporary_ || !isEnded()) return;
  // What it recorded is looked at through the reader from now on.
  reader_.reset();
  keepElsewhere(std::exchange(temporary_, nullptr), target, true);
  refreshActions();
}

void MainWindow::keepElsewhere(const std::shared_ptr<TemporaryRun>& run, const QString& target, bool open) {
  run->leaveBehind();  // if it cannot be moved, it is there at the next start
  statusBar()->showMessage(tr("Moving the recorded run to %1").arg(target));
  const QPointer<MainWindow> window(this);
  const auto move = [window, run, target, open] {
    const Status status = run->keep(target);
    QMetaObject::invokeMethod(qApp, [window, run, target, open, status] {
      if (!window) return;
      window->statusBar()->clearMessage();
      // Copying across disks takes its time: what was started or opened meanwhile is not to be disturbed.
      const bool elsewhere = window->bridge_->hasSession() || window->reader_ || window->onStartPage();
      if (!status) {
        window->addLeftover(run);
        if (open && !elsewhere) window->openLeftover(run->folder());
        window->notifier_.tell(messageOf(status.error()));
        return;
      }
      if (open && !elsewhere)
        window->openRecordedRun(target);
      else
        window->rememberRecent(target);
      window->notifier_.tell({MessageKind::kNote, tr("The run is kept in %1").arg(target)});
    });
  };
  // A session holds the folder open until it is gone; copying must not hold up the window.
  if (bridge_->hasSession())
    bridge_->retire(move);
  else
    moves_.push_back(std::async(std::launch::async, move));
}

// ---- going on with a run

QString MainWindow::continuableFolder() const {
  std::string folder;
  if (recordedOnly_ && reader_)
    folder = reader_->folder();
  else if (bridge_->facts() && isEnded())
    folder = bridge_->facts()->config.out;
  return folder.empty() || listCheckpoints(folder).empty() ? QString() : QString::fromStdString(folder);
}

void MainWindow::continueRun() {
  const QString folder = continuableFolder();
  if (folder.isEmpty()) return;
  const std::string checkpoint = listCheckpoints(folder.toStdString()).back();
  const std::int64_t from = checkpointStep(checkpoint);
  std::int64_t recorded = reader_ ? reader_->lastStep() : from;
  if (bridge_->snapshot()) recorded = std::max(recorded, bridge_->snapshot()->status.step);
  if (recorded > from &&
      ask_({tr("Continue from step %1?").arg(countText(from)),
            tr("The last checkpoint is of step %1. What was recorded after it, up to step %2, is replaced by "
               "what is trained now.")
                .arg(countText(from), countText(recorded)),
            tr("Continue"), false}) != Answer::kGoAhead)
    return;
  const auto config = configOfCheckpoint(checkpoint);
  // What is damaged is told later.
  const std::int64_t planned =
      config && config->train.knowsSteps("steps") ? config->train.getInt("steps") : 0;
  std::vector<std::pair<std::string, std::string>> changes;
  if (planned > 0 && from >= planned) {
    bool accepted = false;
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    const int steps = QInputDialog::getInt(
        this, tr("Continue training"),
        tr("All %1 planned steps are done. Train until step").arg(countText(planned)),
        static_cast<int>(std::min(2 * from, kMost)), static_cast<int>(std::min(from + 1, kMost)),
        static_cast<int>(kMost), 100, &accepted);
    if (!accepted) return;
    changes.emplace_back("train.steps", std::to_string(steps));
  }
  continueRun(folder, std::move(changes));
}

void MainWindow::continueRun(const QString& folder,
                             std::vector<std::pair<std::string, std::string>> changes) {
  // The folder stays what it is, temporary or not.
  const bool same = temporary_ && QDir(temporary_->folder()) == QDir(folder);
  auto temporary = same ? std::exchange(temporary_, nullptr) : nullptr;
  if (!same && !confirmEndingRun()) return;
  endRun();
  beginRun(QDir(folder).dirName());
  temporary_ = std::move(temporary);
  continued_ = true;
  SessionOptions options;
  options.resumeFolder = folder.toStdString();
  options.resumeSettings = std::move(changes);
  bridge_->start(RunConfig(), std::move(options));
  if (!temporary_) rememberRecent(QDir(folder).absolutePath());
  refreshTitle();
  refreshActions();
}

void MainWindow::closeForGood() {
  const auto& snapshot = bridge_->snapshot();
  const bool demo = bridge_->facts() && bridge_->facts()->config.data == "demo";
  const bool trained = recordedOnly_ || (snapshot && snapshot->status.step > 0 && !demo);
  if (temporary_ && trained) temporary_->leaveBehind();
  ask_ = [](const Question&) { return Answer::kGoAhead; };
  close();
}

// ---- what an earlier start has left behind

void MainWindow::lookForLeftovers() {
  search_ = std::async(std::launch::async, [this] {
    auto found = std::make_shared<std::vector<Leftover>>(findLeftovers());
    QMetaObject::invokeMethod(this, [this, found] {
      leftovers_.insert(leftovers_.end(), found->begin(), found->end());
      refreshLeftovers();
      if (!found->empty() && !onStartPage())
        notifier_.tell(
            {MessageKind::kNote,
             tr("An earlier recording was not kept: %1. File ▸ New run offers to open, keep or discard it.")
                 .arg(found->front().title)});
    });
  });
}

void MainWindow::refreshLeftovers() {
  QList<LeftoverEntry> entries;
  for (const Leftover& leftover : leftovers_)
    entries << LeftoverEntry{leftover.run->folder(), leftover.title, leftover.text(),
                             leftover.problem.isEmpty()};
  start_->setLeftovers(entries);
}

void MainWindow::addLeftover(std::shared_ptr<TemporaryRun> run) {
  leftovers_.push_back(describe(std::move(run)));
  refreshLeftovers();
}

std::shared_ptr<TemporaryRun> MainWindow::takeLeftover(const QString& folder) {
  const auto found = std::find_if(leftovers_.begin(), leftovers_.end(),
                                  [&](const Leftover& leftover) { return leftover.run->folder() == folder; });
  if (found == leftovers_.end()) return nullptr;
  auto run = found->run;
  leftovers_.erase(found);
  refreshLeftovers();
  return run;
}

void MainWindow::openLeftover(const QString& folder) {
  openRecordedRun(folder);
  if (!reader_ || QString::fromStdString(reader_->folder()) != folder) return;  // told why
  // From now on it is as any recording that was not kept: asked for when it is left.
  temporary_ = takeLeftover(folder);
  if (temporary_) temporary_->giveUp();
  refreshActions();
}

void MainWindow::keepLeftover(const QString& folder) {
  const QString target = askWhereToKeep();
  if (target.isEmpty()) return;
  if (const auto run = takeLeftover(folder)) keepElsewhere(run, target, false);
}

void MainWindow::discardLeftover(const QString& folder) {
  const auto found = std::find_if(leftovers_.begin(), leftovers_.end(),
                                  [&](const Leftover& leftover) { return leftover.run->folder() == folder; });
  if (found == leftovers_.end()) return;
  if (ask_({tr("Discard this recording?"),
            tr("%1 (%2) is removed for good.").arg(found->title, found->text()), tr("Discard"), false}) !=
      Answer::kGoAhead)
    return;
  if (auto run = takeLeftover(folder)) run->giveUp();
}

}  // namespace anchorscope
