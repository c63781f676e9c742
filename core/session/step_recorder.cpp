#include "core/session/step_recorder.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {

StepRecorder::StepRecorder(std::shared_ptr<RunWriter> writer, Note note, Note tell)
    : writer_(std::move(writer)),
      note_(std::move(note)),
      tell_(std::move(tell)),
      folder_(writer_->folder()) {}

void StepRecorder::plan(std::int64_t every, std::int64_t plannedSteps, std::int64_t budgetBytes,
                        std::int64_t fromStep, std::int64_t probes) {
  plan_.setLimits(every, plannedSteps, budgetBytes);
  newestPlanned_ = std::max(newestPlanned_, fromStep);
  probes_ = probes;
  planAnew(writer_->state());
}

bool StepRecorder::takesEvidence(std::int64_t step) {
  if (!plan_.due(step)) return false;
  newestPlanned_ = step;
  return true;
}

void StepRecorder::open(std::int64_t step, Waits waits) {
  open_.push_back({{step, {}, {}}, waits != Waits::kForEvidence, waits != Waits::kForScalars});
}

StepRecorder::Open* StepRecorder::find(std::int64_t step) {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.record.step == step; });
  return found == open_.end() ? nullptr : &*found;
}

void StepRecorder::addScalars(std::int64_t step, const std::vector<ScalarValue>& scalars) {
  Open* open = find(step);
  if (open == nullptr) return;
  open->record.scalars.insert(open->record.scalars.end(), scalars.begin(), scalars.end());
  open->scalarsMissing = false;
}

void StepRecorder::addEvidence(std::int64_t step,
                               const std::vector<std::shared_ptr<const ProbeFrame>>& frames) {
  Open* open = find(step);
  if (open == nullptr || !open->evidenceMissing) return;
  open->record.frames = frames;
  open->evidenceMissing = false;
  newestEvidence_ = step;
}

bool StepRecorder::wantEvidence(std::int64_t step) {
  Open* open = find(step);
  if (open == nullptr) return false;
  if (open->evidenceMissing || !open->record.frames.empty()) return true;
  open->evidenceMissing = !plan_.forecast().exhausted;  // of which planAnew has told
  return open->evidenceMissing;
}

void StepRecorder::giveUpEvidence() {
  for (Open& open : open_)
    open.evidenceMissing = false;
}

void StepRecorder::addLater(std::int64_t step, const std::vector<ScalarValue>& scalars) {
  if (Open* open = find(step))
    open->record.scalars.insert(open->record.scalars.end(), scalars.begin(), scalars.end());
  else
    writer_->record({step, scalars, {}});
}

void StepRecorder::handOver() {
  for (; !open_.empty() && !open_.front().scalarsMissing && !open_.front().evidenceMissing; open_.pop_front())
    writer_->record(std::move(open_.front().record));
}

void StepRecorder::handOverRest() {
  for (Open& open : std::exchange(open_, {}))
    if (!open.scalarsMissing) writer_->record(std::move(open.record));
}

void StepRecorder::planAnew(const RecordingState& recording) {
  plannedMoments_ = recording.evidenceSteps;
  newestPlanned_ = std::max(newestPlanned_, newestEvidence_);
  plan_.measured(recording.evidenceSteps, recording.evidenceBytes, newestPlanned_);
  const RecordPlan::Forecast forecast = plan_.forecast();
  if (forecast.exhausted && !saidExhausted_)
    note_("thinned",
          concat("record_budget is used up: no more evidence is recorded but that of the last step (",
                 forecastText(), ")"));
  else if (forecast.thinned && !saidThinned_)
    note_("thinned", concat("evidence is recorded at distances that grow with the step: ", forecastText()));
  saidThinned_ = saidThinned_ || forecast.thinned;
  saidExhausted_ = saidExhausted_ || forecast.exhausted;
}

void StepRecorder::watch(std::int64_t probes) {
  probes_ = probes;
  const RecordingState recording = writer_->state();
  if (recording.evidenceSteps != plannedMoments_) planAnew(recording);
  if (recording.folder != folder_) {
    note_("error", concat("The run's folder '", folder_, "' was moved while training: the run goes on in '",
                          recording.folder, "'"));
    folder_ = recording.folder;
  }
  // Once recording has failed every frame is dropped, and that has been said.
  if (recording.failure.empty() && recording.framesDropped > dropped_) {
    tell_("thinned",
          concat(recording.framesDropped - dropped_, " frames were not recorded: the disk is behind"));
    dropped_ = recording.framesDropped;
  }
  if (!recording.failure.empty() && !std::exchange(saidFailed_, true))
    tell_("error", concat("Recording has stopped: ", recording.failure));
}

}  // namespace anchorscope
