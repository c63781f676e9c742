#include "widgets/state/view_state.h"

#include <algorithm>
#include <utility>

#include "core/evidence/decision.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {

namespace {

bool sameImage(const ProbeFrame& a, const ProbeFrame& b) {
  return a.image == b.image || (a.image && b.image && a.image->name == b.image->name);
}

}  // namespace

ViewState::ViewState(QObject* parent) : QObject(parent), layers_(std::make_unique<LayerStack>()) {}
ViewState::~ViewState() = default;

void ViewState::setProbes(std::vector<std::shared_ptr<const ProbeFrame>> probes) {
  std::erase(probes, nullptr);
  probes_ = std::move(probes);
  wholeProbes_ = true;
  emit probesChanged();
  showCurrentProbe();
}

void ViewState::showCurrentProbe() {
  if (probes_.empty() || !wholeProbes_) return;
  std::shared_ptr<const ProbeFrame> current;
  for (const auto& probe : probes_)
    if (probe->image && QString::fromStdString(probe->image->name) == probeName_) current = probe;
  if (!current) {
    // The probe that was looked at is not among them: the set changed, so start at its first.
    current = probes_.front();
    probeName_ = current->image ? QString::fromStdString(current->image->name) : QString();
    emit probeNameChanged(probeName_);
  }
  if (followsLive_ || !frame_ || current->step == pinnedStep_) show(std::move(current));
}

void ViewState::showMoment(std::shared_ptr<const ProbeFrame> frame,
                           std::vector<std::shared_ptr<const ProbeFrame>> probes) {
  const QString name = QString::fromStdString(frame->image->name);
  const bool other = name != probeName_;
  probeName_ = name;
  probes_ = std::move(probes);
  wholeProbes_ = false;
  emit probesChanged();
  show(std::move(frame));
  if (other) emit probeNameChanged(probeName_);
}

void ViewState::setFrame(std::shared_ptr<const ProbeFrame> frame) {
  show(std::move(frame));
}

void ViewState::setProbeName(const QString& name) {
  if (name == probeName_) return;
  probeName_ = name;
  emit probeNameChanged(name);
  showCurrentProbe();
}

void ViewState::setStage(int stage) {
  if (stage == stage_ || stage < 0) return;
  stage_ = stage;
  if (shownStage() != evidence_) present(/*sameImage=*/true);
}

std::shared_ptr<const StageEvidence> ViewState::shownStage() const {
  if (!frame_) return nullptr;
  const std::size_t last = frame_->stages.size() - 1;
  return frame_->stages[std::min(static_cast<std::size_t>(stage_), last)];
}

void ViewState::show(std::shared_ptr<const ProbeFrame> frame) {
  if (frame == frame_) return;
  const bool same = frame && frame_ && sameImage(*frame, *frame_);
  frame_ = std::move(frame);
  present(same);
}

void ViewState::present(bool sameImage) {
  const auto before = std::exchange(evidence_, shownStage());
  const bool sameCandidates = sameImage && before && evidence_ && before->stage.name == evidence_->stage.name;
  const auto selectedBefore = std::tuple(selectedObject_, selectedAnchor_);
  const std::int64_t hoveredBefore = hoveredAnchor_;
  if (!sameImage) selectedObject_ = -1;
  if (!sameCandidates) selectedAnchor_ = hoveredAnchor_ = -1;
  dropStaleSelection();
  if (evidence_) layers_->adopt(*evidence_);
  emit frameChanged();
  if (selectedBefore != std::tuple(selectedObject_, selectedAnchor_)) emit selectionChanged();
  if (hoveredBefore != hoveredAnchor_) emit hoverChanged();
}

void ViewState::dropStaleSelection() {
  const auto objects = frame_ && frame_->image ? static_cast<int>(frame_->image->objects.size()) : 0;
  const auto anchors =
      evidence_ && evidence_->candidates ? static_cast<std::int64_t>(evidence_->candidates->count()) : 0;
  if (selectedObject_ < -1 || selectedObject_ >= objects) selectedObject_ = -1;
  if (selectedAnchor_ < -1 || selectedAnchor_ >= anchors) selectedAnchor_ = -1;
  if (hoveredAnchor_ < -1 || hoveredAnchor_ >= anchors) hoveredAnchor_ = -1;
}

void ViewState::selectObject(int object) {
  std::int64_t anchor = selectedAnchor_;
  if (object >= 0 && anchor >= 0 && evidence_) {
    bool paired = false;
    for (const PairTable& table : evidence_->pairTables)
      paired = paired || table.row(static_cast<std::int32_t>(anchor), object) >= 0;
    if (!paired) anchor = -1;
  }
  selectPair(object, anchor);
}

void ViewState::selectAnchor(std::int64_t anchor) {
  int object = selectedObject_;
  const bool exists = evidence_ && evidence_->candidates && anchor >= 0 &&
                      anchor < static_cast<std::int64_t>(evidence_->candidates->count());
  if (object < 0 && exists) object = mostRelevantObject(*evidence_, static_cast<std::int32_t>(anchor));
  selectPair(object, anchor);
}

void ViewState::selectPair(int object, std::int64_t anchor) {
  const auto before = std::tuple(selectedObject_, selectedAnchor_);
  selectedObject_ = object;
  selectedAnchor_ = anchor;
  dropStaleSelection();
  if (before != std::tuple(selectedObject_, selectedAnchor_)) emit selectionChanged();
}

void ViewState::setHoveredAnchor(std::int64_t anchor) {
  const std::int64_t before = hoveredAnchor_;
  hoveredAnchor_ = anchor;
  dropStaleSelection();
  if (hoveredAnchor_ != before) emit hoverChanged();
}

void ViewState::pinStep(std::int64_t step) {
  if (!followsLive_ && pinnedStep_ == step) return;
  followsLive_ = false;
  pinnedStep_ = step;
  emit stepChanged();
}

void ViewState::followLive() {
  if (followsLive_) return;
  followsLive_ = true;
  emit stepChanged();
  showCurrentProbe();
}

}  // namespace anchorscope
