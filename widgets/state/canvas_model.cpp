#include "widgets/state/canvas_model.h"

#include <QJsonArray>
#include <QJsonObject>
#include <algorithm>
#include <tuple>
#include <utility>

#include "core/evidence/batch_name.h"
#include "core/evidence/decision.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {

namespace {

QString imageOf(const ProbeMoment* moment) {
  return moment && moment->image ? QString::fromStdString(moment->image->name) : QString();
}

QString variantOf(const ProbeMoment& moment) {
  return moment.variant ? QString::fromStdString(moment.variant->name) : QString();
}

}  // namespace

CanvasModel::CanvasModel(ViewLink& link, QObject* parent)
    : QObject(parent), link_(link), layers_(std::make_unique<LayerStack>()) {
  connect(&link_.selection, &Selection::changed, this, &CanvasModel::refreshSelection);
  connect(&link_.selection, &Selection::hoverChanged, this, &CanvasModel::refreshHover);
  connect(&link_.onion, &OnionSkin::changed, this, &CanvasModel::trailChanged);
  connect(&link_.brush, &Brush::changed, this, [this] {
    refreshSubset();
    emit brushChanged();
  });
  connect(layers_.get(), &LayerStack::aboutToEdit, this, &CanvasModel::aboutToChange);
  watchTime(link_.time);
  watchViewport(link_.viewport);
}

CanvasModel::~CanvasModel() = default;

// ---- what is looked at

void CanvasModel::watchTime(TimeCursor& cursor) {
  connect(&cursor, &TimeCursor::changed, this, [this, &cursor] {
    if (&time() != &cursor) return;
    emit timeChanged();
    emit wanted();
  });
}

void CanvasModel::watchViewport(Viewport& watched) {
  connect(&watched, &Viewport::changed, this, [this, &watched] {
    if (&viewport() == &watched) emit viewportChanged();
  });
}

void CanvasModel::setProbeName(const QString& name) {
  if (name == probeName_) return;
  probeName_ = name;
  emit probeNameChanged(name);
  // An image of a training batch is none of the probes, and whoever has it shows it.
  const bool ofProbes = batchPlace(name.toStdString()).empty();
  if (wholeProbes_ && ofProbes && !probes_.empty() && time().followsLive() && shownRun_ == run_)
    showCurrentProbe();
  else
    emit wanted();
}

void CanvasModel::setRun(const QString& run) {
  if (run == run_) return;
  emit aboutToChange();
  run_ = run;
  emit wanted();
}

void CanvasModel::setStandsFor(std::int64_t step) {
  if (std::exchange(standsFor_, step) != step) emit noteChanged();
}

void CanvasModel::setNote(const QString& note) {
  if (std::exchange(note_, note) != note) emit noteChanged();
}

void CanvasModel::setVariant(const QString& name) {
  if (name == variant_) return;
  emit aboutToChange();
  variant_ = name;
  emit wanted();
}

void CanvasModel::setStage(int stage) {
  if (stage == stage_ || stage < 0) return;
  emit aboutToChange();
  stage_ = stage;
  if (shownStage() != evidence_) present();
}

void CanvasModel::setOwnTime(bool own) {
  if (own == hasOwnTime()) return;
  emit aboutToChange();
  std::unique_ptr<TimeCursor> next;
  if (own) {
    next = std::make_unique<TimeCursor>();
    next->restore(time().save());
    // It stays where it is.
    if (next->followsLive() && frame_) next->pin(frame_->step);
    next->settle();
    watchTime(*next);
  }
  // Who reacts may still hold the one before.
  const std::unique_ptr<TimeCursor> before = std::exchange(ownTime_, std::move(next));
  emit timeChanged();
  if (!own) emit wanted();
}

void CanvasModel::setOwnViewport(bool own) {
  if (own == hasOwnViewport()) return;
  emit aboutToChange();
  std::unique_ptr<Viewport> next;
  if (own) {
    next = std::make_unique<Viewport>();
    next->set(viewport().position());
    watchViewport(*next);
  }
  const std::unique_ptr<Viewport> before = std::exchange(ownViewport_, std::move(next));
  emit viewportChanged();
}

// ---- what is shown

bool CanvasModel::isSettled() const {
  return !time().followsLive() && shows(time().step());
}

bool CanvasModel::shows(std::int64_t step) const {
  return frame_ && shownRun_ == run_ && imageOf(frame_.get()) == probeName_ &&
         variantOf(*frame_) == variant_ && frame_->step == step;
}

void CanvasModel::showProbes(ProbeFrames probes, std::vector<Variant> variants) {
  std::erase(probes, nullptr);
  probes_ = std::move(probes);
  wholeProbes_ = true;
  shownRun_ = run_;
  setStandsFor(-1);
  variants_ = std::move(variants);
  emit probesChanged();
  showCurrentProbe();
}

void CanvasModel::showCurrentProbe() {
  if (probes_.empty()) return;
  std::shared_ptr<const ProbeFrame> current;
  for (const auto& probe : probes_)
    if (imageOf(probe.get()) == probeName_) current = probe;
  if (!current) {
    // The probe that was looked at is not among them: the set changed, so start at its first.
    current = probes_.front();
    probeName_ = imageOf(current.get());
    emit probeNameChanged(probeName_);
  }
  show(std::move(current));
}

void CanvasModel::showMoment(std::shared_ptr<const ProbeFrame> frame, ProbeFrames probes,
                             std::vector<Variant> variants) {
  const QString name = imageOf(frame.get());
  const bool other = name != probeName_;
  probeName_ = name;
  probes_ = std::move(probes);
  variants_ = std::move(variants);
  wholeProbes_ = false;
  shownRun_ = run_;
  emit probesChanged();
  show(std::move(frame));
  if (other) emit probeNameChanged(probeName_);
}

void CanvasModel::showNothing(const QString& why, ProbeFrames probes, std::vector<Variant> variants) {
  probes_ = std::move(probes);
  variants_ = std::move(variants);
  wholeProbes_ = false;
  shownRun_ = run_;
  setStandsFor(-1);
  whyNothing_ = why;
  emit probesChanged();
  frame_ = nullptr;
  present();
}

void CanvasModel::clear() {
  const bool hadVariant = !std::exchange(variant_, {}).isEmpty();
  run_.clear();
  shownRun_.clear();
  setStandsFor(-1);
  setNote({});
  probes_.clear();
  variants_.clear();
  wholeProbes_ = true;
  whyNothing_.clear();
  emit probesChanged();
  if (frame_ || hadVariant) {
    frame_ = nullptr;
    present();
  }
}

void CanvasModel::stayWithShown() {
  if (!frame_) return;
  run_ = shownRun_;
  variant_ = variantOf(*frame_);
  if (const QString name = imageOf(frame_.get()); name != probeName_) {
    probeName_ = name;
    emit probeNameChanged(name);
  }
  emit wanted();
}

void CanvasModel::becomeLike(const CanvasModel& other) {
  stage_ = other.stage_;
  run_ = other.run_;
  shownRun_ = other.shownRun_;
  standsFor_ = other.standsFor_;
  probeName_ = other.probeName_;
  variant_ = other.variant_;
  restore(other.save());
  probes_ = other.probes_;
  variants_ = other.variants_;
  wholeProbes_ = other.wholeProbes_;
  whyNothing_ = other.whyNothing_;
  emit probesChanged();
  frame_ = other.frame_;
  present();
}

std::shared_ptr<const StageEvidence> CanvasModel::shownStage() const {
  if (!frame_) return nullptr;
  const std::size_t last = frame_->stages.size() - 1;
  return frame_->stages[std::min(static_cast<std::size_t>(stage_), last)];
}

void CanvasModel::show(std::shared_ptr<const ProbeFrame> frame) {
  if (frame) whyNothing_.clear();
  if (frame == frame_) return;
  frame_ = std::move(frame);
  present();
}

void CanvasModel::present() {
  evidence_ = shownStage();
  const auto selectedBefore = std::tuple(selectedObject_, selectedAnchor_);
  const std::int64_t hoveredBefore = hoveredAnchor_;
  {
    // What is told of the frame already goes with what is selected of it.
    const QSignalBlocker blocker(this);
    refreshSelection();
    refreshHover();
    refreshSubset();
  }
  const bool first = evidence_ && layers_->layers().empty();
  if (evidence_) layers_->adopt(*evidence_);
  if (first) emit layersMade();
  emit frameChanged();
  if (selectedBefore != std::tuple(selectedObject_, selectedAnchor_)) emit selectionChanged();
  if (hoveredBefore != hoveredAnchor_) emit hoverChanged();
}

// ---- what is selected

int CanvasModel::objects() const {
  return frame_ && frame_->image ? static_cast<int>(frame_->image->objects.size()) : 0;
}

std::int64_t CanvasModel::candidates() const {
  return evidence_ && evidence_->candidates ? static_cast<std::int64_t>(evidence_->candidates->count()) : 0;
}

void CanvasModel::refreshSelection() {
  const Selected& selected = link_.selection.selected();
  const auto before = std::tuple(selectedObject_, selectedAnchor_);
  const bool image = frame_ && selected.image == imageOf(frame_.get());
  const bool stage = image && evidence_ && selected.stage == QString::fromStdString(evidence_->stage.name);
  selectedObject_ = image && selected.object < objects() ? selected.object : -1;
  selectedAnchor_ = stage && selected.candidate < candidates() ? selected.candidate : -1;
  if (before != std::tuple(selectedObject_, selectedAnchor_)) emit selectionChanged();
}

void CanvasModel::refreshHover() {
  const Selected& hovered = link_.selection.hovered();
  const std::int64_t before = hoveredAnchor_;
  const bool here = evidence_ && hovered.image == imageOf(frame_.get()) &&
                    hovered.stage == QString::fromStdString(evidence_->stage.name);
  hoveredAnchor_ = here && hovered.candidate < candidates() ? hovered.candidate : -1;
  if (hoveredAnchor_ != before) emit hoverChanged();
}

Selected CanvasModel::named(int object, std::int64_t candidate) const {
  Selected out;
  if (!evidence_) return out;
  out.image = imageOf(frame_.get());
  out.stage = QString::fromStdString(evidence_->stage.name);
  if (object >= 0 && object < objects()) out.object = object;
  if (candidate >= 0 && candidate < candidates()) out.candidate = candidate;
  return out;
}

void CanvasModel::selectObject(int object) {
  std::int64_t anchor = selectedAnchor_;
  if (object >= 0 && anchor >= 0 && evidence_) {
    bool paired = false;
    for (const PairTable& table : evidence_->pairTables)
      paired = paired || table.row(static_cast<std::int32_t>(anchor), object) >= 0;
    if (!paired) anchor = -1;
  }
  selectPair(object, anchor);
}

void CanvasModel::selectAnchor(std::int64_t anchor) {
  int object = selectedObject_;
  if (object < 0 && anchor >= 0 && anchor < candidates())
    object = mostRelevantObject(*evidence_, static_cast<std::int32_t>(anchor));
  selectPair(object, anchor);
}

void CanvasModel::selectPair(int object, std::int64_t anchor) {
  link_.selection.select(named(object, anchor));
}

std::vector<TrailBox> CanvasModel::trail() const {
  return evidence_ ? link_.onion.around(shownRun_, *evidence_) : std::vector<TrailBox>();
}

void CanvasModel::setHoveredAnchor(std::int64_t anchor) {
  link_.selection.hover(named(-1, anchor));
}

// ---- what is brushed

const CandidateCondition& CanvasModel::brushCondition() const {
  static const CandidateCondition kNothing;
  const Brushed& brushed = link_.brush.brushed();
  const bool here = evidence_ && brushed.stage == QString::fromStdString(evidence_->stage.name) &&
                    (brushed.image.isEmpty() || brushed.image == imageOf(frame_.get()));
  return here ? brushed.condition : kNothing;
}

void CanvasModel::brush(const CandidateCondition& condition) {
  if (condition.isEmpty()) return link_.brush.clear();
  if (!evidence_) return;
  link_.brush.set({condition.isOfImage() ? imageOf(frame_.get()) : QString(),
                   QString::fromStdString(evidence_->stage.name), condition});
}

void CanvasModel::refreshSubset() {
  const CandidateCondition& condition = brushCondition();
  auto subset = condition.isEmpty() ? std::nullopt : subsetOf(*evidence_, condition);
  subset_ = subset ? std::make_shared<const CandidateSubset>(*std::move(subset)) : nullptr;
}

// ---- sessions

QJsonObject CanvasModel::save() const {
  QJsonObject saved{
      {"run", run_},     {"probe", probeName_},       {"variant", variant_},
      {"stage", stage_}, {"layers", layers_->save()},
  };
  if (ownTime_) saved["time"] = ownTime_->save();
  if (ownViewport_) saved["viewport"] = ownViewport_->save();
  return saved;
}

void CanvasModel::restore(const QJsonObject& saved) {
  layers_->restore(saved["layers"].toArray());
  setOwnTime(saved.contains("time"));
  if (const QJsonObject own = saved["time"].toObject(); ownTime_ && !own.isEmpty()) ownTime_->restore(own);
  setOwnViewport(saved.contains("viewport"));
  if (const QJsonObject own = saved["viewport"].toObject(); ownViewport_ && !own.isEmpty())
    ownViewport_->restore(own);
  setStage(saved["stage"].toInt(stage_));
  setRun(saved["run"].toString(run_));
  setProbeName(saved["probe"].toString(probeName_));
  setVariant(saved["variant"].toString(variant_));
  // The frame may have channels that were not there when it was saved.
  if (evidence_) present();
}

}  // namespace anchorscope
