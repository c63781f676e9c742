#include "widgets/bridge/session_bridge.h"

#include <QMetaObject>
#include <QPointer>
#include <algorithm>
#include <chrono>
#include <utility>

namespace anchorscope {

SessionBridge::SessionBridge(QObject* parent, SessionFactory factory)
    : QObject(parent), factory_(std::move(factory)) {}

SessionBridge::~SessionBridge() {
  if (session_) session_->setWake({});
  session_.reset();
}

void SessionBridge::start(RunConfig config, SessionOptions options) {
  retire();
  auto pending = std::make_shared<std::atomic<bool>>(false);
  wakePending_ = pending;
  session_ = factory_(std::move(config), std::move(options));
  state_ = session_->state();
  // The trainer thread may wake a hundred times before the window gets to run: one queued call stands for all
  // of them.
  session_->setWake([this, pending] {
    if (pending->exchange(true)) return;
    QMetaObject::invokeMethod(
        this,
        [this, pending] {
          if (pending == wakePending_) drain();
        },
        Qt::QueuedConnection);
  });
  emit sessionStarted();
  drain();
}

void SessionBridge::retire(std::function<void()> afterwards) {
  if (!session_) {
    if (afterwards) afterwards();
    return;
  }
  session_->setWake({});
  wakePending_.reset();
  retired_.erase(std::remove_if(retired_.begin(), retired_.end(),
                                [](std::future<void>& done) {
                                  return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
                                }),
                 retired_.end());
  retired_.push_back(std::async(
      std::launch::async, [session = std::move(session_), afterwards = std::move(afterwards)]() mutable {
        session.reset();
        if (afterwards) afterwards();
      }));
  facts_.reset();
  snapshot_.reset();
  state_ = TrainerState::kIdle;
  emit sessionEnded();
}

CommandId SessionBridge::post(Command command) {
  return session_ ? session_->post(std::move(command)) : 0;
}

void SessionBridge::drain() {
  if (!session_) return;
  // Cleared before reading: what arrives from now on asks for another call.
  wakePending_->store(false);
  const QPointer<SessionBridge> alive(this);
  TrainingSession* const drained = session_.get();
  std::vector<StepEvent> steps;
  const auto flushSteps = [&] {
    if (!steps.empty()) emit stepsArrived(steps);
    steps.clear();
  };
  // The facts after the events: an acknowledged option is in them.
  std::vector<Event> events = drained->drainEvents();
  const std::shared_ptr<const RunFacts> before = std::exchange(facts_, drained->facts());
  if (facts_ && facts_ != before) {
    if (before)
      emit factsChanged();
    else
      emit factsAvailable();
  }
  for (Event& event : events) {
    if (!alive || session_.get() != drained) return;  // a slot has started or ended a session
    if (auto* step = std::get_if<StepEvent>(&event)) {
      steps.push_back(std::move(*step));
      continue;
    }
    flushSteps();
    if (!alive || session_.get() != drained) return;
    if (const auto* changed = std::get_if<StateChangedEvent>(&event)) {
      state_ = changed->state;
      emit stateChanged(state_, QString::fromStdString(changed->reason));
    } else if (const auto* acknowledged = std::get_if<AcknowledgedEvent>(&event)) {
      emit commandAcknowledged(*acknowledged);
    } else if (const auto* preparing = std::get_if<ProgressEvent>(&event)) {
      emit progress(QString::fromStdString(preparing->what), preparing->fraction);
    } else if (const auto* note = std::get_if<NoteEvent>(&event)) {
      emit noteArrived(note->event);
    } else if (const auto* evaluation = std::get_if<EvaluationEvent>(&event)) {
      emit evaluated(*evaluation);
    } else if (const auto* problems = std::get_if<DiagnosticsEvent>(&event)) {
      emit diagnosticsArrived(problems->diagnostics);
    } else if (const auto* failure = std::get_if<FailedEvent>(&event)) {
      emit failed(failure->error, QString::fromStdString(failure->culpritImage));
    }
  }
  flushSteps();
  if (!alive || session_.get() != drained) return;
  if (auto latest = session_->latestSnapshot(); latest && latest != snapshot_) {
    snapshot_ = std::move(latest);
    emit snapshotArrived(snapshot_);
  }
}

}  // namespace anchorscope
