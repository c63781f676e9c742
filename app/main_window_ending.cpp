// The window's run: beginning, recordings that are kept, and what an earlier start has left behind.
#include <QStatusBar>

#include "app/main_window.h"
#include "app/run/temporary_run.h"
#include "core/trainer/presets.h"
#include "widgets/panels/leftover_card.h"
#include "widgets/panels/start_page.h"

namespace anchorscope {

void MainWindow::wireRun() {
  connect(run_.get(), &RunController::beginning, this, &MainWindow::beginRun);
  connect(run_.get(), &RunController::began, this, [this] {
    if (run_->isContinued() && !run_->isTemporary()) rememberRecent(run_->folder());
    refreshTitle();
    refreshActions();
  });
  connect(run_.get(), &RunController::folderReleased, this, &MainWindow::releaseSources);
  connect(run_.get(), &RunController::moving, this, [this](const QString& target) {
    statusBar()->showMessage(tr("Moving the recorded run to %1").arg(target));
    refreshActions();
  });
  connect(run_.get(), &RunController::moved, statusBar(), &QStatusBar::clearMessage);
  connect(run_.get(), &RunController::lookWanted, this, &MainWindow::openRecordedRun);
  connect(run_.get(), &RunController::keptAside, this, &MainWindow::rememberRecent);
  connect(&leftovers_, &LeftoverList::changed, this, &MainWindow::refreshLeftovers);
  connect(&leftovers_, &LeftoverList::found, this, [this](const QString& title) {
    if (onStartPage()) return;
    notifier_.tell(
        {MessageKind::kNote,
         tr("An earlier recording was not kept: %1. File ▸ New run offers to open, keep or discard it.")
             .arg(title)});
  });
  connect(start_, &StartPage::leftoverOpened, this, &MainWindow::openRecordedRun);
  connect(start_, &StartPage::leftoverKept, this, &MainWindow::keepLeftover);
  connect(start_, &StartPage::leftoverDiscarded, this, &MainWindow::discardLeftover);
}

void MainWindow::startRun(const RunConfig& config, SessionOptions options) {
  run_->start(config, std::move(options));
}

void MainWindow::startDemo(SessionOptions options) {
  auto config = presetConfig("demo");
  if (!config) {
    notifier_.tell(messageOf(config.error()));
    return;
  }
  startRun(*config, std::move(options));
}

void MainWindow::closeForGood() {
  run_->leaveBehind();
  run_->questions().ask = [](const Question&) { return Answer::kGoAhead; };
  close();
}

// ---- what an earlier start has left behind

void MainWindow::refreshLeftovers() {
  QList<LeftoverEntry> entries;
  for (const Leftover& leftover : leftovers_.all())
    entries << LeftoverEntry{leftover.run->folder(), leftover.title, leftover.text(),
                             leftover.problem.isEmpty()};
  start_->setLeftovers(entries);
}

void MainWindow::keepLeftover(const QString& folder) {
  const QString target = run_->questions().whereToKeep();
  if (target.isEmpty()) return;
  if (const auto run = leftovers_.take(folder)) run_->keepElsewhere(run, target);
}

void MainWindow::discardLeftover(const QString& folder) {
  const Leftover* leftover = leftovers_.find(folder);
  if (!leftover) return;
  if (run_->questions().ask({tr("Discard this recording?"),
                             tr("%1 (%2) is removed for good.").arg(leftover->title, leftover->text()),
                             tr("Discard"), false}) != Answer::kGoAhead)
    return;
  if (auto run = leftovers_.take(folder)) run->giveUp();
}

}  // namespace anchorscope
