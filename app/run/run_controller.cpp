#include "app/run/run_controller.h"

#include <QCoreApplication>
#include <QDir>
#include <QMetaObject>
#include <QPointer>
#include <algorithm>

#include "app/run/leftover_list.h"
#include "app/run/temporary_run.h"
#include "app/settings.h"
#include "core/store/run_folder.h"
#include "core/trainer/evaluation.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {

RunController::RunController(SessionFactory factory, Notifier& notifier, LeftoverList& leftovers,
                             RunQuestions questions, QObject* parent)
    : QObject(parent),
      bridge_(nullptr, std::move(factory)),
      notifier_(notifier),
      leftovers_(leftovers),
      questions_(std::move(questions)) {
  connect(&bridge_, &SessionBridge::stateChanged, this, [this] {
    if (goBack_ && isEnded()) goBackNow(*std::exchange(goBack_, std::nullopt));
  });
}

RunController::~RunController() {
  end();
}

// ---- what it is

bool RunController::isEnded() const {
  const TrainerState state = bridge_.state();
  return !isLive() || state == TrainerState::kStopped || state == TrainerState::kFailed;
}

bool RunController::hasTrained() const {
  return isLive() && bridge_.facts() && bridge_.snapshot() && bridge_.snapshot()->status.step > 0;
}

QString RunController::continuableFolder() const {
  const bool known = recorded_ || (bridge_.facts() && isEnded());
  return !known || folder_.isEmpty() || listCheckpoints(folder_.toStdString()).empty() ? QString() : folder_;
}

// ---- beginning and ending

void RunController::end() {
  emit folderReleased();
  ++runs_;
  goBack_.reset();
  recorded_ = continued_ = false;
  folder_.clear();
  // The temporary folder goes when nothing writes into it any more.
  bridge_.retire([temporary = std::exchange(temporary_, nullptr)]() mutable { temporary.reset(); });
}

void RunController::begin(const QString& what, bool continued) {
  end();
  continued_ = continued;
  emit beginning(what);
}

bool RunController::start(const RunConfig& config, SessionOptions options) {
  if (!confirmEnding()) return false;
  RunConfig own = asked_ = config;
  begin(shortDataName(QString::fromStdString(config.data)), /*continued=*/false);
  if (own.out.empty()) {
    if (auto made = TemporaryRun::create()) {
      temporary_ = *std::move(made);
      own.out = temporary_->folder().toStdString();
    } else {
      notifier_.tell({MessageKind::kWarning,
                      tr("Earlier steps of this run cannot be looked at again: %1")
                          .arg(QString::fromStdString(made.error().text())),
                      {},
                      MessageScope::kRun});
    }
  }
  folder_ = QString::fromStdString(own.out);
  bridge_.start(std::move(own), std::move(options));
  emit began();
  return true;
}

void RunController::lookAt(const QString& folder, std::int64_t lastStep) {
  end();
  recorded_ = true;
  folder_ = folder;
  recordedSteps_ = lastStep;
  temporary_ = leftovers_.take(folder);
  if (temporary_) temporary_->giveUp();
}

bool RunController::goOn() {
  const QString folder = continuableFolder();
  if (folder.isEmpty()) return false;
  const std::string checkpoint = listCheckpoints(folder.toStdString()).back();
  const std::int64_t from = checkpointStep(checkpoint);
  std::int64_t recorded = recorded_ ? recordedSteps_ : from;
  if (bridge_.snapshot()) recorded = std::max(recorded, bridge_.snapshot()->status.step);
  if (recorded > from &&
      questions_.ask({tr("Continue from step %1?").arg(countText(from)),
                      tr("The last checkpoint is of step %1. What was recorded after it, up to step %2, is "
                         "replaced by what is trained now.")
                          .arg(countText(from), countText(recorded)),
                      tr("Continue"), false}) != Answer::kGoAhead)
    return false;
  const auto config = configOfCheckpoint(checkpoint);
  // What is damaged is told later.
  const std::int64_t planned =
      config && config->train.knowsSteps("steps") ? config->train.getInt("steps") : 0;
  std::vector<std::pair<std::string, std::string>> changes;
  if (planned > 0 && from >= planned) {
    const auto steps = questions_.untilStep(planned, from);
    if (!steps) return false;
    changes.emplace_back("train.steps", std::to_string(*steps));
  }
  return goOn(folder, std::move(changes));
}

bool RunController::goOn(const QString& folder, std::vector<std::pair<std::string, std::string>> changes,
                         std::int64_t step) {
  // The folder stays what it is, temporary or not.
  const bool same = temporary_ && QDir(temporary_->folder()) == QDir(folder);
  auto temporary = same ? std::exchange(temporary_, nullptr) : nullptr;
  if (!same && !confirmEnding()) return false;
  begin(QDir(folder).dirName(), /*continued=*/true);
  temporary_ = std::move(temporary);
  folder_ = QDir(folder).absolutePath();
  SessionOptions options;
  options.resumeFolder = folder.toStdString();
  options.resumeStep = step;
  options.resumeSettings = std::move(changes);
  bridge_.start(RunConfig(), std::move(options));
  emit began();
  return true;
}

// ---- going back

bool RunController::canGoBack() const {
  return !folder_.isEmpty() && !goBack_ &&
         (recorded_ || (bridge_.facts() && !bridge_.facts()->config.out.empty() &&
                        bridge_.state() != TrainerState::kStopping));
}

void RunController::askBack(std::int64_t step, bool fork) {
  if (!canGoBack()) return;
  const QPointer<RunController> self(this);
  reading_ = std::async(std::launch::async, [self, step, fork, folder = folder_.toStdString(), run = runs_] {
    auto list = readCheckpoints(folder);
    QMetaObject::invokeMethod(qApp, [self, step, fork, run, list = std::move(list)] {
      if (self && self->runs_ == run) self->offerBack(list, step, fork);
    });
  });
}

void RunController::offerBack(const Result<CheckpointList>& list, std::int64_t step, bool fork) {
  if (!list) {
    notifier_.tell(messageOf(list.error(), MessageScope::kRun));
    return;
  }
  if (list->checkpoints.empty()) {
    notifier_.tell(
        {MessageKind::kNote,
         tr("This run has no checkpoint to go back to yet: Training ▸ Save checkpoint writes one."),
         {},
         MessageScope::kRun});
    return;
  }
  GoBackOffer offer;
  offer.list = *list;
  offer.step = step;
  offer.fork = fork;
  offer.training = !isEnded();
  // The newest steps may still be on their way to the disk.
  if (const auto& snapshot = bridge_.snapshot())
    offer.list.lastStep = std::max(offer.list.lastStep, snapshot->status.step);
  const QString own = QDir(folder_).absolutePath();
  if (!isTemporary()) offer.folder = own + QStringLiteral("-fork");
  for (int i = 2; !offer.folder.isEmpty() && QDir(offer.folder).exists(); ++i)
    offer.folder = QStringLiteral("%1-fork-%2").arg(own).arg(i);
  const int run = runs_;
  const auto wanted = questions_.whereBack(offer);
  if (wanted && runs_ == run) goBack(*wanted);
}

void RunController::goBack(const GoBack& wanted) {
  if (!canGoBack()) return;
  if (isEnded()) {
    goBackNow(wanted);
    return;
  }
  // It holds its folder until it has stopped.
  goBack_ = wanted;
  bridge_.post(StopCommand{});
}

void RunController::goBackNow(const GoBack& wanted) {
  if (wanted.fork)
    forkNow(wanted);
  else
    goOn(QString(folder_), wanted.settings, wanted.step);  // a copy: what it was is cleared on the way
}

void RunController::forkNow(const GoBack& wanted) {
  SessionOptions options;
  options.resumeFolder = folder_.toStdString();
  options.resumeStep = wanted.step;
  options.resumeSettings = wanted.settings;
  // The run that it comes from is not lost with the window that looked at it.
  if (auto parent = std::exchange(temporary_, nullptr)) {
    parent->leaveBehind();
    leftovers_.add(std::move(parent));
  }
  std::shared_ptr<TemporaryRun> own;
  QString folder = wanted.folder;
  if (folder.isEmpty()) {
    auto made = TemporaryRun::create();
    if (!made) {
      notifier_.tell(messageOf(made.error()));
      return;
    }
    own = *std::move(made);
    folder = own->folder();
  }
  begin(QDir(folder).dirName(), /*continued=*/true);
  temporary_ = std::move(own);
  folder_ = QDir(folder).absolutePath();
  options.resumeInto = folder_.toStdString();
  bridge_.start(RunConfig(), std::move(options));
  emit began();
}

// ---- asking

bool RunController::confirmEnding() {
  Question question;
  const auto& facts = bridge_.facts();
  // A run that has not begun is not worth a question, nor is the demo, which begins anew with one click.
  if (temporary_ && (recorded_ || (hasTrained() && facts->config.data != "demo"))) {
    question = {tr("Keep this run?"),
                tr("It is recorded in a temporary folder only, which is removed when the run is left."),
                tr("Discard"), true};
  } else if (!temporary_ && hasTrained() && !isEnded()) {
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
  switch (questions_.ask(question)) {
    case Answer::kCancel:
      return false;
    case Answer::kGoAhead:
      return true;
    case Answer::kKeep:
      break;
  }
  const QString target = questions_.whereToKeep();
  if (target.isEmpty()) return false;
  emit folderReleased();
  move(std::exchange(temporary_, nullptr), target, /*look=*/false, /*own=*/true);
  return true;
}

bool RunController::confirmStopping() {
  // A recorded run can be gone on with; one that is not ends for good.
  if (!hasTrained() || !bridge_.facts()->config.out.empty()) return true;
  return questions_.ask({tr("Stop this run for good?"),
                         tr("It is not recorded, so it cannot be gone on with."), tr("Stop"), false}) ==
         Answer::kGoAhead;
}

// ---- keeping

void RunController::keep(const QString& target) {
  if (!canKeep()) return;
  emit folderReleased();
  move(std::exchange(temporary_, nullptr), target, /*look=*/true, /*own=*/true);
}

void RunController::keepLeftover(const QString& folder) {
  const QString target = questions_.whereToKeep();
  if (target.isEmpty()) return;
  if (auto run = leftovers_.take(folder)) move(std::move(run), target, /*look=*/false, /*own=*/false);
}

void RunController::discardLeftover(const QString& folder) {
  const Leftover* leftover = leftovers_.find(folder);
  if (!leftover) return;
  if (questions_.ask({tr("Discard this recording?"),
                      tr("%1 (%2) is removed for good.").arg(leftover->title, leftover->text()),
                      tr("Discard"), false}) != Answer::kGoAhead)
    return;
  if (auto run = leftovers_.take(folder)) run->giveUp();
}

void RunController::leaveBehind() {
  const bool demo = bridge_.facts() && bridge_.facts()->config.data == "demo";
  if (temporary_ && (recorded_ || (hasTrained() && !demo))) temporary_->leaveBehind();
}

void RunController::move(std::shared_ptr<TemporaryRun> run, const QString& target, bool look, bool own) {
  run->leaveBehind();  // if it cannot be moved, it is there at the next start
  notifier_.mention(tr("Moving the recorded run to %1").arg(target));
  emit moving();
  const QPointer<RunController> self(this);
  // The work is kept for as long as its future: it gives the run away, so that a folder that is given up
  // goes.
  auto work = [self, run = std::move(run), target, look, present = runs_]() mutable {
    const Status status = run->keep(target);
    QMetaObject::invokeMethod(qApp, [self, run = std::move(run), target, look, present, status] {
      // Copying across disks takes its time: what was begun meanwhile is not to be disturbed.
      if (self) self->onMoved(run, target, look && self->runs_ == present, status);
    });
  };
  // A session holds the folder open until it is gone; copying must not hold up the window.
  if (own && isLive())
    bridge_.retire(std::move(work));
  else
    moves_.push_back(std::async(std::launch::async, std::move(work)));
}

void RunController::onMoved(const std::shared_ptr<TemporaryRun>& run, const QString& target, bool look,
                            const Status& status) {
  if (!status) {
    leftovers_.add(run);
    if (look) emit lookWanted(run->folder());
    notifier_.tell(messageOf(status.error()));
    return;
  }
  if (look)
    emit lookWanted(target);
  else
    emit keptAside(target);
  notifier_.tell({MessageKind::kNote, tr("The run is kept in %1").arg(target)});
}

}  // namespace anchorscope
