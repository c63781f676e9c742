#include "app/workspace/workspace.h"

#include <QMetaObject>
#include <QScopedValueRollback>
#include <algorithm>
#include <utility>

#include "app/workspace/view_change.h"
#include "core/base/check.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/layer_presets.h"

namespace anchorscope {
namespace {

constexpr int kVersion = 1;

}  // namespace

Workspace::Workspace(QObject* parent) : QObject(parent) {
  canvases_.push_back(makeCanvas());
  active_ = canvases_.front().get();
}

Workspace::~Workspace() {
  source_.reset();
  undo_.clear();
}

std::unique_ptr<CanvasModel> Workspace::makeCanvas() {
  auto made = std::make_unique<CanvasModel>(link_);
  CanvasModel* canvas = made.get();
  views_[canvas] = ++lastView_;
  connect(canvas, &CanvasModel::wanted, this, [this, canvas] { fetch(*canvas); });
  connect(canvas, &CanvasModel::aboutToChange, this, &Workspace::beginChange);
  connect(canvas, &CanvasModel::frameChanged, this, &Workspace::shownChanged);
  connect(canvas, &CanvasModel::timeChanged, this, &Workspace::shownChanged);
  return made;
}

// ---- canvases

int Workspace::activeIndex() const {
  for (int i = 0; i < canvasCount(); ++i)
    if (canvases_[static_cast<std::size_t>(i)].get() == active_) return i;
  return 0;
}

void Workspace::setActive(CanvasModel& canvas) {
  if (&canvas == active_) return;
  active_ = &canvas;
  emit activeChanged();
  emit shownChanged();
}

void Workspace::setCanvasCount(int count) {
  count = std::clamp(count, 1, kMostCanvases);
  if (count == canvasCount()) return;
  beginChange();
  std::vector<std::unique_ptr<CanvasModel>> gone;
  {
    const QScopedValueRollback quiet(quiet_, true);
    while (canvasCount() < count) {
      canvases_.push_back(makeCanvas());
      canvases_.back()->becomeLike(*active_);
      canvases_.back()->setOwnViewport(!viewportsLinked_);
    }
    if (activeIndex() >= count)
      std::swap(canvases_[static_cast<std::size_t>(count) - 1],
                canvases_[static_cast<std::size_t>(activeIndex())]);
    while (canvasCount() > count) {
      views_.erase(canvases_.back().get());
      gone.push_back(std::move(canvases_.back()));
      canvases_.pop_back();
    }
  }
  emit canvasesChanged();
}

void Workspace::setViewportsLinked(bool linked) {
  if (linked == viewportsLinked_) return;
  beginChange();
  viewportsLinked_ = linked;
  // All go where the active one is.
  if (linked) link_.viewport.set(active_->viewport().position());
  for (const auto& canvas : canvases_)
    canvas->setOwnViewport(!linked);
  emit viewportsLinkedChanged(linked);
}

// ---- evidence

void Workspace::setSource(std::unique_ptr<EvidenceSource> source) {
  source_ = std::move(source);
  if (!source_) return;
  connect(source_.get(), &EvidenceSource::momentArrived, this, &Workspace::onMoment);
  connect(source_.get(), &EvidenceSource::momentMissing, this, &Workspace::onMissing);
  connect(source_.get(), &EvidenceSource::newestArrived, this,
          [this](const std::vector<std::shared_ptr<const ProbeFrame>>& probes) {
            newest_ = probes;
            for (const auto& canvas : canvases_)
              if (canvas->time().followsLive()) showNewest(*canvas);
          });
  // Those of a session know already where they are.
  for (const auto& canvas : canvases_)
    fetch(*canvas);
}

void Workspace::beginRun() {
  newest_.clear();
  extraLayer_.clear();
  for (const auto& canvas : canvases_) {
    canvas->time().followLive();
    canvas->clear();
  }
}

CanvasModel* Workspace::canvasOf(int view) const {
  for (const auto& [canvas, its] : views_)
    if (its == view) return canvas;
  return nullptr;
}

void Workspace::fetch(CanvasModel& canvas) {
  TimeCursor& time = canvas.time();
  if (time.followsLive()) {
    if (!newest_.empty()) showNewest(canvas);
  } else if (canvas.isSettled()) {
    time.settle();
  } else if (source_ && time.step() >= 0) {
    source_->request({time.step(), canvas.probeName(), canvas.variant(), views_.at(&canvas)});
  }
}

void Workspace::showNewest(CanvasModel& canvas) {
  showIn(canvas, [&] { canvas.showProbes(newest_); });
}

void Workspace::showIn(CanvasModel& canvas, const std::function<void()>& show) {
  const QScopedValueRollback quiet(quiet_, true);
  LayerStack& layers = canvas.layers();
  const bool first = layers.layers().empty();
  show();
  if (!canvas.evidence()) return;
  if (first) applyFirstLook(layers, *canvas.evidence());
  replaceForeignLook(layers, *canvas.evidence());
  if (const std::string extra = std::exchange(extraLayer_, {}); !extra.empty())
    layers.setVisible(extra, true);
}

void Workspace::onMoment(const Moment& moment) {
  CanvasModel* canvas = canvasOf(moment.view);
  if (!canvas || canvas->time().followsLive()) return;  // meanwhile
  canvas->time().settle();
  showIn(*canvas, [&] {
    if (moment.frame)
      canvas->showMoment(moment.frame, moment.probes, moment.variants);
    else
      canvas->showNothing(
          tr("Nothing of '%1' was recorded at step %2").arg(canvas->variant(), countText(moment.step)),
          moment.probes, moment.variants);
  });
}

/// What is shown stays, and its moment is looked at again.
void Workspace::onMissing(int view, std::int64_t step) {
  CanvasModel* canvas = canvasOf(view);
  if (!canvas || canvas->time().followsLive() || canvas->time().step() != step) return;
  if (canvas->time().leftLive() && !newest_.empty())
    canvas->time().followLive();
  else
    canvas->time().pin(canvas->frame() ? canvas->frame()->step : -1);
}

// ---- undo

QJsonObject Workspace::arrangement() const {
  QJsonArray canvases;
  for (const auto& canvas : canvases_) {
    QJsonObject saved = canvas->save();
    saved.remove("probe");
    // That it has its own counts, not where that is.
    for (const char* own : {"time", "viewport"})
      if (saved.contains(own)) saved[own] = QJsonObject();
    canvases.append(saved);
  }
  return {{"canvases", canvases}, {"linked", viewportsLinked_}};
}

void Workspace::arrange(const QJsonObject& arrangement) {
  endChange();
  const QScopedValueRollback quiet(quiet_, true);
  const QJsonArray canvases = arrangement["canvases"].toArray();
  setCanvasCount(static_cast<int>(canvases.size()));
  setViewportsLinked(arrangement["linked"].toBool(true));
  for (int i = 0; i < canvasCount(); ++i)
    canvas(i).restore(canvases[i].toObject());
}

void Workspace::beginChange() {
  if (quiet_ || before_) return;
  before_ = arrangement();
  // One deed may change many things: a preset several layers.
  QMetaObject::invokeMethod(this, &Workspace::endChange, Qt::QueuedConnection);
}

void Workspace::endChange() {
  if (!before_) return;
  QJsonObject before = *std::exchange(before_, std::nullopt);
  QJsonObject after = arrangement();
  if (before != after) undo_.push(new ViewChange(*this, std::move(before), std::move(after)));
}

// ---- sessions

QJsonObject Workspace::save() const {
  QJsonArray canvases, sources;
  for (const auto& canvas : canvases_)
    canvases.append(canvas->save());
  if (source_ && !source_->folder().isEmpty()) sources.append(QJsonObject{{"folder", source_->folder()}});
  return {{"version", kVersion},
          {"sources", sources},
          {"canvases", canvases},
          {"active", activeIndex()},
          {"linked", viewportsLinked_},
          {"time", link_.time.save()},
          {"viewport", link_.viewport.save()},
          {"selection", link_.selection.save()}};
}

QJsonObject Workspace::sessionOf(const QJsonArray& layers) {
  return {{"version", kVersion}, {"canvases", QJsonArray{QJsonObject{{"layers", layers}}}}};
}

Status Workspace::restore(const QJsonObject& saved) {
  const QJsonArray canvases = saved["canvases"].toArray();
  if (saved["version"].toInt() != kVersion || canvases.isEmpty() || canvases.size() > kMostCanvases)
    return makeError(ErrorCode::kBadData,
                     concat("What is looked at was saved by another version of the program (",
                            saved["version"].toInt(), " instead of ", kVersion, ")"),
                     "It is left out");
  const QScopedValueRollback quiet(quiet_, true);
  setCanvasCount(static_cast<int>(canvases.size()));
  setViewportsLinked(saved["linked"].toBool(true));
  link_.viewport.restore(saved["viewport"].toObject());
  link_.selection.restore(saved["selection"].toObject());
  for (int i = 0; i < canvasCount(); ++i)
    canvas(i).restore(canvases[i].toObject());
  link_.time.restore(saved["time"].toObject());
  setActive(canvas(std::clamp(saved["active"].toInt(), 0, canvasCount() - 1)));
  return {};
}

}  // namespace anchorscope
