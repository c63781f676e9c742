#pragma once
// The evidence of the run that is being trained: what is measured now from its session, what was before from
// its recording.

#include <map>
#include <memory>
#include <vector>

#include "widgets/bridge/session_bridge.h"
#include "widgets/source/evidence_source.h"
#include "widgets/source/recorded_source.h"

class QTimer;

namespace anchorscope {

/// Of one run from its start to its end, and of the look back afterwards; opened() comes with its facts.
/// Scalars and events of a run that goes on with an earlier one begin with those that were recorded; what is
/// measured meanwhile waits for them.
class LiveSource final : public EvidenceSource {
  Q_OBJECT

 public:
  /// The bridge must outlive it, and its run be the newest. `continued`: an earlier run's scalars and events
  /// come first.
  LiveSource(SessionBridge& bridge, bool continued, QObject* parent = nullptr);
  ~LiveSource() override;

  const EvidenceDeclaration& declaration() const override;
  std::optional<RunConfig> config() const override;
  const RunHeader& header() const override;
  const RecordedSteps& steps() const override { return recording_ ? recording_->steps() : none_; }
  /// The newest moment, which may not be recorded, is answered from memory.
  void request(const MomentQuery& query) override;
  void follow(const std::optional<TrackQuery>& query) override;
  /// Of the newest moment the run, while there is one; of recorded ones the boxes alone.
  void ask(const QString& variants) override;
  std::vector<std::int64_t> checkpoints() const override;
  void holdStep(std::int64_t step) override;
  QString folder() const override;
  /// Looks for what has been recorded since; happens by itself every so often.
  void refresh();
  /// Frames that were recorded before the run was gone on with.
  std::int64_t framesBefore() const { return framesBefore_; }

 private:
  void onAcknowledged(const AcknowledgedEvent& event);
  void openRecording();
  void onFacts();
  void onSteps(const std::vector<StepEvent>& steps);
  void onEvaluation(const EvaluationEvent& evaluation);
  void onNote(const RunEvent& event);
  /// Of the recording. What waited for them follows the last ones.
  void onRecordedScalars(const ScalarParts& parts, bool complete);
  void onRecordedEvents(const std::vector<RunEvent>& events);
  void endWaiting();

  SessionBridge& bridge_;
  const RecordedSteps none_;
  std::unique_ptr<RecordedSource> recording_;
  std::optional<TrackQuery> followed_;
  RunHeader header_;
  std::map<int, MomentQuery> asked_;  ///< Before the recording was open, by view.
  bool scalarsWait_, eventsWait_;     ///< For those that were recorded.
  std::int64_t recordedUpTo_ = -1, framesBefore_ = 0;
  std::vector<StepEvent> steps_;  ///< While scalars wait.
  std::vector<EvaluationEvent> evaluations_;
  std::vector<RunEvent> events_;  ///< While events wait.
  QString question_;
  AskedAnswer answer_;        ///< What the run and its recording have said of it.
  CommandId questionId_ = 0;  ///< 0: the run owes no answer.
  QTimer* timer_;
};

}  // namespace anchorscope
