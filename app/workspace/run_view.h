#pragma once
// Shows a run in the workspace: gives it the run's source, and tells the panels what becomes of the run.

#include <QObject>
#include <QPointer>
#include <QString>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/workspace/beside_runs.h"
#include "app/workspace/workspace.h"
#include "core/base/result.h"
#include "core/session/session.h"
#include "widgets/plot/event_marks.h"
#include "widgets/source/live_source.h"
#include "widgets/source/recorded_source.h"

namespace anchorscope {

class CurvesView;
class EvaluationPanel;
class HistoryScrubber;
class Notifier;
class RunController;
class TransportBar;
class WorkspacePage;

/// GUI thread only.
class RunView : public QObject {
  Q_OBJECT

 public:
  /// All must outlive it.
  RunView(WorkspacePage& page, Workspace& workspace, RunController& run, Notifier& notifier);
  ~RunView() override;

  /// Opens a recorded run for looking, and comes back at once: what is shown stays until it is there. A live
  /// run is ended then (after asking).
  void open(const QString& folder);
  /// Those that are looked at beside it.
  BesideRuns& beside() { return beside_; }
  /// Nothing is shown any more.
  void clear();

  /// What is shown: "bccd#train · musu · retina-small"; empty when nothing is.
  QString title() const;
  /// The page of the help that tells of it; empty: none.
  QString topic() const;
  /// Shows an image of the data: a probe at once, another of a run that trains once it has become one.
  void showImage(const QString& name);
  /// What a file is called among the images of the run that is shown; empty: it is none of them.
  QString imageOf(const QString& path) const;
  /// Why the probes of the run that trains cannot be chosen from what is looked at; empty when they can.
  QString whyProbesStay() const;
  bool isEvaluating() const { return evaluating_; }
  /// The recorded run that is looked at, or null.
  const RecordedSource* recordedRun() const { return recorded_; }

 signals:
  /// What is shown, or what can be done with it.
  void changed();
  /// The data set of a run that was not there before could be opened.
  void dataOpened(const QString& spec);
  /// What was to be opened is not, for whatever reason: what was shown before stays.
  void notOpened();
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
  void refreshProbeChoice();
  void refreshBatch();
  void refreshRecordingNote();

  // run_view_history.cpp: what was recorded
  void wireHistory();
  /// What is looked at from now on; the workspace has it then.
  template <typename Source>
  Source* take(std::unique_ptr<Source> taken) {
    Source* source = taken.get();
    recorded_ = nullptr;
    live_ = nullptr;
    workspace_.setSource(std::move(taken));
    watch(source);
    return source;
  }
  void watch(EvidenceSource* source);
  void watchEvents();
  void releaseSources();
  void showOpenedRun();
  void refreshRecordedSteps();
  /// What is shown stays until the step's evidence arrives; where the views will stand is seen at once.
  void showRecordedStep(std::int64_t step);
  void refreshTime();
  void onScalars(const ScalarParts& parts);
  void tellDamage(const std::vector<std::string>& problems);
  /// As the curves' history holds it, which a live and a recorded run fill alike.
  EvaluationEvent evaluationAt(std::int64_t step) const;
  void refreshEvaluations();

  WorkspacePage& page_;
  Workspace& workspace_;
  RunController* run_;
  Notifier& notifier_;
  CurvesView* curves_;
  EvaluationPanel* evaluation_;
  HistoryScrubber* scrubber_;
  TransportBar* transport_;
  BesideRuns beside_;
  std::unique_ptr<RecordedSource> opening_;  ///< The run to be looked at.
  RecordedSource* recorded_ = nullptr;       ///< What is looked at, the workspace's: a recorded run
  LiveSource* live_ = nullptr;               ///< or one that trains; null for the other.
  std::vector<std::string> damage_;          ///< Found in what is looked at.
  struct RunEvents {
    QPointer<EvidenceSource> source;
    EventMarks marks;
  };
  std::map<QString, RunEvents> events_;  ///< Of the runs that are open, by OpenRun::id.
  bool evaluating_ = false;
  QString evaluated_;    ///< The newest evaluation in a line.
  QString wantedProbe_;  ///< To be selected when its evidence arrives.
};

}  // namespace anchorscope
