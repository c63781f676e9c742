#include "widgets/source/live_source.h"

#include <QMetaObject>
#include <QTimer>
#include <algorithm>
#include <map>
#include <utility>

#include "core/session/evaluation_scalars.h"
#include "core/trainer/run_config.h"
#include "core/trainer/version.h"

namespace anchorscope {
namespace {

constexpr int kLookMs = 700;  // the list of steps need not follow every step

/// Values by step as values by scalar.
ScalarParts partsOf(const std::vector<StepEvent>& steps) {
  std::map<std::string, ScalarSeries> series;
  for (const StepEvent& step : steps)
    for (const ScalarValue& scalar : step.scalars) {
      ScalarSeries& own = series[scalar.name];
      own.steps.push_back(step.step);
      own.values.push_back(scalar.value);
    }
  return {std::make_move_iterator(series.begin()), std::make_move_iterator(series.end())};
}

bool takesQuestions(TrainerState state) {
  return state == TrainerState::kRunning || state == TrainerState::kPaused;
}

bool isSame(const RunEvent& a, const RunEvent& b) {
  return a.step == b.step && a.kind == b.kind && a.text == b.text;
}

}  // namespace

LiveSource::LiveSource(SessionBridge& bridge, bool continued, QObject* parent)
    : EvidenceSource(parent),
      bridge_(bridge),
      none_(std::make_shared<const std::vector<std::int64_t>>()),
      scalarsWait_(continued),
      eventsWait_(continued),
      timer_(new QTimer(this)) {
  connect(&bridge_, &SessionBridge::factsAvailable, this, &LiveSource::onFacts);
  connect(&bridge_, &SessionBridge::factsChanged, this, &LiveSource::onFacts);
  connect(&bridge_, &SessionBridge::stepsArrived, this, &LiveSource::onSteps);
  connect(&bridge_, &SessionBridge::evaluated, this, &LiveSource::onEvaluation);
  connect(&bridge_, &SessionBridge::noteArrived, this, &LiveSource::onNote);
  connect(&bridge_, &SessionBridge::snapshotArrived, this,
          [this](const std::shared_ptr<const Snapshot>& snapshot) {
            Newest newest{snapshot->probes, snapshot->variants};
            for (const BatchImage& image : snapshot->batch)
              newest.batch.push_back(image.frame);
            emit newestArrived(newest);
          });
  connect(&bridge_, &SessionBridge::commandAcknowledged, this, &LiveSource::onAcknowledged);
  connect(timer_, &QTimer::timeout, this, &LiveSource::refresh);
  timer_->setInterval(kLookMs);
}

LiveSource::~LiveSource() = default;

const EvidenceDeclaration& LiveSource::declaration() const {
  static const EvidenceDeclaration none;
  return bridge_.facts() ? bridge_.facts()->declaration : none;
}

std::optional<RunConfig> LiveSource::config() const {
  return bridge_.facts() ? std::optional(bridge_.facts()->config) : std::nullopt;
}

const RunHeader& LiveSource::header() const {
  return recording_ && recording_->isOpen() ? recording_->header() : header_;
}

void LiveSource::onFacts() {
  const RunConfig& config = bridge_.facts()->config;
  header_.configToml = toToml(config);
  header_.methodName = config.method;
  header_.modelName = config.model;
  header_.dataSpec = config.data;
  header_.device = config.train.getText("device");
  header_.programVersion = kProgramVersion;
  emit described();
  if (timer_->isActive()) return;  // they change with the options
  timer_->start();
  emit opened();
  if (scalarsWait_) openRecording();
}

void LiveSource::openRecording() {
  if (!bridge_.facts() || bridge_.facts()->config.out.empty()) return endWaiting();
  recording_ = std::make_unique<RecordedSource>(QString::fromStdString(bridge_.facts()->config.out));
  connect(recording_.get(), &RecordedSource::opened, this, [this] {
    if (scalarsWait_) {
      recordedUpTo_ = recording_->lastStep();
      framesBefore_ = recording_->frames();
      recording_->tellSeries();
    }
    if (!question_.isEmpty()) recording_->ask(question_);
    emit stepsChanged();
    for (const auto& [view, query] : std::exchange(asked_, {}))
      recording_->request(query);
    if (followed_) recording_->follow(followed_);
  });
  connect(recording_.get(), &RecordedSource::cannotOpen, this, [this](const Error& error) {
    // Of a new run nothing is committed yet; the next look finds it.
    if (scalarsWait_) emit failed(error);
    endWaiting();
    recording_.release()->deleteLater();
  });
  connect(recording_.get(), &EvidenceSource::stepsChanged, this, &EvidenceSource::stepsChanged);
  connect(recording_.get(), &EvidenceSource::asked, this, [this](const AskedAnswer& answer) {
    const bool changed = std::exchange(answer_.heldStep, answer.heldStep) != answer.heldStep;
    if (!takesQuestions(bridge_.state()))
      emit asked(answer);
    else if (changed || answer.heldStep >= 0)
      emit asked(answer_);  // the run's own is the fuller one
  });
  connect(recording_.get(), &EvidenceSource::held, this, &EvidenceSource::held);
  connect(recording_.get(), &EvidenceSource::momentArrived, this, &EvidenceSource::momentArrived);
  connect(recording_.get(), &EvidenceSource::momentMissing, this, &EvidenceSource::momentMissing);
  connect(recording_.get(), &EvidenceSource::trackArrived, this, &EvidenceSource::trackArrived);
  connect(recording_.get(), &EvidenceSource::problemsFound, this, &EvidenceSource::problemsFound);
  connect(recording_.get(), &EvidenceSource::failed, this, &EvidenceSource::failed);
  connect(recording_.get(), &EvidenceSource::scalarsArrived, this, &LiveSource::onRecordedScalars);
  connect(recording_.get(), &EvidenceSource::eventsArrived, this, &LiveSource::onRecordedEvents);
}

void LiveSource::ask(const QString& variants) {
  question_ = variants;
  answer_ = {.variants = variants, .heldStep = answer_.heldStep};
  questionId_ = takesQuestions(bridge_.state()) ? bridge_.post(AskCommand{variants.toStdString()}) : 0;
  if (recording_ && recording_->isOpen()) recording_->ask(variants);
}

std::vector<std::int64_t> LiveSource::checkpoints() const {
  return recording_ ? recording_->checkpoints() : std::vector<std::int64_t>();
}

void LiveSource::holdStep(std::int64_t step) {
  if (recording_ && recording_->isOpen()) recording_->holdStep(step);
}

void LiveSource::onAcknowledged(const AcknowledgedEvent& event) {
  if (questionId_ == 0 || event.id != questionId_) return;
  questionId_ = 0;
  // What the run says now is in the snapshot that comes with this.
  answer_.error = event.error;
  QMetaObject::invokeMethod(
      this, [this, answer = answer_] { emit asked(answer); }, Qt::QueuedConnection);
}

void LiveSource::refresh() {
  if (!recording_)
    openRecording();
  else if (recording_->isOpen())
    recording_->refresh();
}

QString LiveSource::folder() const {
  return bridge_.facts() ? QString::fromStdString(bridge_.facts()->config.out) : QString();
}

void LiveSource::request(const MomentQuery& query) {
  asked_.erase(query.view);
  const auto& snapshot = bridge_.snapshot();
  const auto isOfStep = [&](const auto& frame) { return frame && frame->step == query.step; };
  if (snapshot && !snapshot->probes.empty() &&
      std::all_of(snapshot->probes.begin(), snapshot->probes.end(), isOfStep)) {
    const Newest newest{snapshot->probes, snapshot->variants};
    Moment moment;
    moment.step = query.step;
    moment.view = query.view;
    moment.probes = snapshot->probes;
    const bool known = frameOf(newest, query.probe, {}) != nullptr;
    const QString probe = known ? query.probe : QString::fromStdString(snapshot->probes.front()->image->name);
    moment.variants = variantsOf(newest, probe);
    moment.frame = frameOf(newest, probe, query.variant);
    QMetaObject::invokeMethod(
        this, [this, moment = std::move(moment)] { emit momentArrived(moment); }, Qt::QueuedConnection);
  } else if (recording_ && recording_->isOpen()) {
    recording_->request(query);
  } else {
    asked_[query.view] = query;
  }
}

void LiveSource::follow(const std::optional<TrackQuery>& query) {
  followed_ = query;
  if (recording_ && recording_->isOpen()) recording_->follow(query);
}

void LiveSource::onSteps(const std::vector<StepEvent>& steps) {
  std::vector<StepEvent> news;
  for (const StepEvent& step : steps)
    if (scalarsWait_ || step.step > recordedUpTo_) news.push_back(step);
  if (scalarsWait_)
    std::move(news.begin(), news.end(), std::back_inserter(steps_));
  else if (!news.empty())
    emit scalarsArrived(partsOf(news), true);
}

void LiveSource::onEvaluation(const EvaluationEvent& evaluation) {
  if (scalarsWait_)
    evaluations_.push_back(evaluation);
  else
    emit scalarsArrived(partsOf({{evaluation.step, evaluationScalars(evaluation)}}), true);
}

void LiveSource::onNote(const RunEvent& event) {
  if (eventsWait_)
    events_.push_back(event);
  else
    emit eventsArrived({event});
}

void LiveSource::onRecordedScalars(const ScalarParts& parts, bool complete) {
  emit scalarsArrived(parts, false);
  if (!complete) return;
  scalarsWait_ = false;
  onSteps(std::exchange(steps_, {}));
  for (const EvaluationEvent& evaluation : std::exchange(evaluations_, {}))
    onEvaluation(evaluation);
  emit scalarsArrived({}, true);
}

void LiveSource::onRecordedEvents(const std::vector<RunEvent>& events) {
  emit eventsArrived(events);
  if (!std::exchange(eventsWait_, false)) return;
  // What happened since the run goes on may have been recorded already.
  std::vector<RunEvent> news;
  for (const RunEvent& event : std::exchange(events_, {}))
    if (std::none_of(events.begin(), events.end(),
                     [&](const RunEvent& other) { return isSame(event, other); }))
      news.push_back(event);
  if (!news.empty()) emit eventsArrived(news);
}

void LiveSource::endWaiting() {
  if (eventsWait_) onRecordedEvents({});
  if (scalarsWait_) onRecordedScalars({}, true);
}

}  // namespace anchorscope
