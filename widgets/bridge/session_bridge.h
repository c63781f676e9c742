#pragma once
// The Qt side of a training run: turns what the trainer thread hands over into signals on the GUI thread.

#include <QObject>
#include <QString>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "core/session/session.h"

namespace anchorscope {

/// Starts a run: startSession, or a test's own.
using SessionFactory = std::function<std::unique_ptr<TrainingSession>(RunConfig, SessionOptions)>;

/// Owns at most one training session. GUI thread only; the trainer thread touches nothing but the wake flag.
class SessionBridge : public QObject {
  Q_OBJECT

 public:
  explicit SessionBridge(QObject* parent = nullptr, SessionFactory factory = startSession);
  /// Stops the run at the end of its present step and waits for it, and for those that were retired.
  ~SessionBridge() override;

  /// Starts a run; one that is going on is retired first.
  void start(RunConfig config, SessionOptions options);
  /// Lets go of the session; it stops and is destroyed on a thread of its own, so the window never waits.
  /// `afterwards` runs on that thread when the session is gone (at once, without one).
  void retire(std::function<void()> afterwards = {});

  bool hasSession() const { return session_ != nullptr; }
  TrainerState state() const { return state_; }
  const std::shared_ptr<const RunFacts>& facts() const { return facts_; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

  /// Hands a command over; without a session it is dropped and 0 returned.
  CommandId post(Command command);

 signals:
  void sessionStarted();
  void sessionEnded();
  void stateChanged(anchorscope::TrainerState state, const QString& reason);
  void factsAvailable();
  /// An option of the run is another one, so that facts() are; acknowledged after this.
  void factsChanged();
  /// One call for everybody: panels share the pointer.
  void snapshotArrived(std::shared_ptr<const anchorscope::Snapshot> snapshot);
  /// All steps since the last call, in order.
  void stepsArrived(const std::vector<anchorscope::StepEvent>& steps);
  void progress(const QString& what, double fraction);
  void noteArrived(const anchorscope::RunEvent& event);
  void evaluated(const anchorscope::EvaluationEvent& evaluation);
  void diagnosticsArrived(const anchorscope::Diagnostics& diagnostics);
  /// What became of the command of this id: one call for each.
  void commandAcknowledged(const anchorscope::AcknowledgedEvent& event);
  void failed(const anchorscope::Error& error, const QString& culpritImage);

 private:
  void drain();

  SessionFactory factory_;
  std::unique_ptr<TrainingSession> session_;
  std::shared_ptr<std::atomic<bool>> wakePending_;
  std::shared_ptr<const RunFacts> facts_;
  std::shared_ptr<const Snapshot> snapshot_;
  TrainerState state_ = TrainerState::kIdle;
  std::vector<std::future<void>> retired_;
};

}  // namespace anchorscope
