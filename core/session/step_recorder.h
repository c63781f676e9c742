#pragma once
// Internal header. What of a run's steps goes into its folder: each step's scalars, and the evidence of those
// that the plan says; and how the recording fares.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/session/record_plan.h"
#include "core/store/run_writer.h"

namespace anchorscope {

/// Scalars and evidence of a step come one after the other (a GPU gives its numbers a step late, its evidence
/// when the copy has ended): a step is handed to the writer when it has all that it waits for, and steps in
/// their order. Used on the trainer thread; never waits.
class StepRecorder {
 public:
  /// Tells of the run: `kind` as of RunEvent.
  using Note = std::function<void(const std::string& kind, const std::string& text)>;
  enum class Waits { kForScalars, kForEvidence, kForBoth };

  /// note: into the run's journal and to whoever watches; tell: to the latter alone, of what the writer has
  /// put into the journal itself or cannot any more.
  StepRecorder(std::shared_ptr<RunWriter> writer, Note note, Note tell);

  /// See RecordPlan::setLimits. fromStep: the run goes on from there; -1: it begins. probes: how many.
  void plan(std::int64_t every, std::int64_t plannedSteps, std::int64_t budgetBytes, std::int64_t fromStep,
            std::int64_t probes);
  /// Whether the evidence of this step is to be recorded; it then counts as the newest.
  bool takesEvidence(std::int64_t step);
  /// What the plan foresees, for people.
  std::string forecastText() const { return plan_.forecastText(probes_); }

  void open(std::int64_t step, Waits waits);
  void addScalars(std::int64_t step, const std::vector<ScalarValue>& scalars);
  void addEvidence(std::int64_t step, const std::vector<std::shared_ptr<const ProbeFrame>>& frames);
  /// This step, which waits for its scalars or came last, waits for evidence as well. False: it is handed
  /// over already, or the budget is used up.
  bool wantEvidence(std::int64_t step);
  /// No evidence comes for the steps that wait for it.
  void giveUpEvidence();
  /// Measured after the step was done, such as an evaluation: added to it, or recorded behind it.
  void addLater(std::int64_t step, const std::vector<ScalarValue>& scalars);
  bool waits() const { return !open_.empty(); }
  /// Hands over the steps that have what they wait for.
  void handOver();
  /// Hands over all that has been measured, complete or not: the run ends here.
  void handOverRest();

  /// Looks how the recording fares: plans anew, and tells once of what went wrong. probes: how many by now.
  void watch(std::int64_t probes);
  /// The newest step whose evidence was recorded; -1: none.
  std::int64_t newestEvidence() const { return newestEvidence_; }

 private:
  struct Open {
    StepRecord record;
    bool scalarsMissing = true, evidenceMissing = false;
  };
  Open* find(std::int64_t step);
  void planAnew(const RecordingState& recording);

  std::shared_ptr<RunWriter> writer_;  ///< Shared with the checkpoints' thread.
  Note note_, tell_;
  RecordPlan plan_;
  std::deque<Open> open_;
  std::int64_t probes_ = 0, newestEvidence_ = -1, newestPlanned_ = -1, plannedMoments_ = -1, dropped_ = 0;
  bool saidThinned_ = false, saidExhausted_ = false, saidFailed_ = false;
  std::string folder_;
};

}  // namespace anchorscope
