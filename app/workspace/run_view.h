#pragma once
// Shows a run in the workspace: what arrives from a live one and what was recorded goes to the views, and the
// step that is looked at is fetched.

#include <QObject>
#include <QString>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/session/session.h"
#include "widgets/source/live_source.h"
#include "widgets/source/recorded_source.h"

namespace anchorscope {

class CurvesView;
class EvaluationPanel;
class HistoryScrubber;
class Notifier;
class RunController;
class TransportBar;
class ViewState;
class WorkspacePage;

/// GUI thread only.
class RunView : public QObject {
  Q_OBJECT

 public:
  /// All must outlive it.
  RunView(WorkspacePage& page, ViewState& state, RunController& run, Notifier& notifier);
  ~RunView() override;

  /// Opens a recorded run for looking, and comes back at once: what is shown stays until it is there. A live
  /// run is ended then (after asking).
  void open(const QString& folder);
  /// Nothing is shown any more.
  void clear();

  /// What is shown: "bccd#train · musu · retina-small"; empty when nothing is.
  QString title() const;
  /// The page of the help that tells of it; empty: none.
  QString topic() const;
  bool isEvaluating() const { return evaluating_; }
  /// The recorded run that is looked at, or null.
  const RecordedSource* recordedRun() const { return recorded_.get(); }

 signals:
  /// What is shown, or what can be done with it.
  void changed();
  /// The data set of a run that was not there before could be opened.
  void dataOpened(const QString& spec);
  /// A recorded run is shown that stays where it is.
  void runOpened(const QString& folder);
  /// The run has failed before there was anything to show.
  void neverBegan(const anchorscope::Error& error);

 private:
  // run_view.cpp: what arrives from a live run
  void wireRun();
  void begin(const QString& what);
  void onState(TrainerState state, const QString& reason);
  void onFacts();
  void onSnapshot(const std::shared_ptr<const Snapshot>& snapshot);
  void onSteps(const std::vector<StepEvent>& steps);
  void onFailed(const Error& error, const QString& culprit);
  void onNote(const RunEvent& event);
  void onProgress(const QString& what, double fraction);
  void showEvaluationSummary(std::int64_t step, const std::vector<ScalarValue>& metrics);
  void refreshEvaluation(const QString& what, double fraction);
  void selectWantedProbe();
  void showProbes(std::vector<std::shared_ptr<const ProbeFrame>> probes);
  /// `show` gives the view state what there is to see; its look is made to fit.
  void showFrames(const std::function<void()>& show);
  void refreshRecordingNote(const RecordingState& recording);

  // run_view_history.cpp: what was recorded
  void wireHistory();
  /// Of what is looked at; null when nothing is.
  EvidenceSource* source();
  void wireSource(EvidenceSource& source);
  void releaseSources();
  void showOpenedRun();
  void refreshRecordedSteps();
  void showRecordedStep(std::int64_t step);
  void showMoment(const Moment& moment);
  void returnToWhatIsShown(std::int64_t missingStep);
  void onScalars(const ScalarParts& parts);
  void tellDamage(const std::vector<std::string>& problems);
  /// As the curves' history holds it, which a live and a recorded run fill alike.
  EvaluationEvent evaluationAt(std::int64_t step) const;
  void refreshEvaluations();

  WorkspacePage& page_;
  ViewState* state_;
  RunController* run_;
  Notifier& notifier_;
  CurvesView* curves_;
  EvaluationPanel* evaluation_;
  HistoryScrubber* scrubber_;
  TransportBar* transport_;
  std::unique_ptr<RecordedSource> opening_, recorded_;  ///< The run to be looked at, and the one that is.
  std::unique_ptr<LiveSource> live_;
  std::vector<std::string> damage_;  ///< Found in what is looked at.
  bool wasLive_ = false;             ///< When the recorded step was asked for that is not shown yet.
  bool showPredictions_ = false;     ///< With the next frame.
  bool evaluating_ = false;
  QString evaluated_;    ///< The newest evaluation in a line.
  QString wantedProbe_;  ///< To be selected when its evidence arrives.
};

}  // namespace anchorscope
