#include "app/workspace/workspace.h"

#include <QMetaObject>
#include <QScopedValueRollback>
#include <algorithm>
#include <utility>

#include "app/workspace/view_change.h"
#include "core/base/check.h"
#include "core/evidence/batch_name.h"
#include "core/store/run_reader.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/layer_presets.h"

namespace anchorscope {
namespace {

constexpr int kVersion = 1;

}  // namespace

Workspace::Workspace(QObject* parent) : QObject(parent) {
  canvases_.push_back(makeCanvas(++lastView_));
  active_ = canvases_.front().get();
  constexpr int kUndoSteps = 200;
  undo_.setUndoLimit(kUndoSteps);
}

Workspace::~Workspace() {
  source_.reset();
  undo_.clear();
}

std::unique_ptr<CanvasModel> Workspace::makeCanvas(int view) {
  auto made = std::make_unique<CanvasModel>(link_);
  CanvasModel* canvas = made.get();
  views_[canvas] = view;
  connect(canvas, &CanvasModel::wanted, this, [this, canvas] { fetch(*canvas); });
  connect(canvas, &CanvasModel::aboutToChange, this, &Workspace::beginChange);
  connect(canvas, &CanvasModel::layersMade, this, [this, canvas] {
    const QScopedValueRollback quiet(quiet_, true);
    applyFirstLook(canvas->layers(), *canvas->evidence());
  });
  connect(canvas, &CanvasModel::frameChanged, this, [this, canvas] {
    fitLook(*canvas);
    if (canvas == active_ || !canvas->frame()) emit shownChanged();
  });
  connect(canvas, &CanvasModel::timeChanged, this, [this, canvas] {
    if (canvas == active_) emit shownChanged();
  });
  return made;
}

/// Layers that this frame has nothing for are stood in for.
void Workspace::fitLook(CanvasModel& canvas) {
  if (!canvas.evidence()) return;
  const QScopedValueRollback quiet(quiet_, true);
  replaceForeignLook(canvas.layers(), *canvas.evidence());
  if (const std::string extra = std::exchange(extraLayer_, {}); !extra.empty())
    for (const auto& each : canvases_)
      each->layers().setVisible(extra, true);
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
      canvases_.push_back(makeCanvas(++lastView_));
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
    if (count == 1 && active_->hasOwnTime()) {
      // There are no others to stay apart from.
      link_.time.restore(active_->time().save());
      active_->setOwnTime(false);
    }
  }
  tellCanvases();
}

void Workspace::tellCanvases() {
  link_.viewport.setShared(canvasCount() > 1);
  emit canvasesChanged();
  emit shownChanged();
}

const CanvasModel* Workspace::shown() const {
  if (active_->frame()) return active_;
  for (const auto& canvas : canvases_)
    if (canvas->frame()) return canvas.get();
  return nullptr;
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
  if (!source_) {
    emit sourceChanged();
    return;
  }
  connect(source_.get(), &EvidenceSource::momentArrived, this, &Workspace::onMoment);
  connect(source_.get(), &EvidenceSource::momentMissing, this, &Workspace::onMissing);
  connect(source_.get(), &EvidenceSource::described, this, &Workspace::runDescribed);
  connect(source_.get(), &EvidenceSource::held, this, &Workspace::stepHeld);
  connect(source_.get(), &EvidenceSource::asked, this, &Workspace::onAsked);
  connect(source_.get(), &EvidenceSource::newestArrived, this, [this](const Newest& newest) {
    newest_ = newest;
    for (const auto& canvas : canvases_) {
      if (!canvas->time().followsLive()) continue;
      lookAtAwaited(*canvas, variantsOf(newest_, canvas->probeName()));
      showNewest(*canvas);
    }
  });
  // What is looked at is asked of this one.
  for (const auto& canvas : canvases_)
    fetch(*canvas);
  emit sourceChanged();
}

void Workspace::beginRun() {
  newest_ = {};
  extraLayer_.clear();
  before_.reset();
  awaited_.clear();
  asksAgain_.clear();
  undo_.clear();
  link_.selection.select({});
  link_.selection.hover({});
  link_.brush.clear();
  for (const auto& canvas : canvases_) {
    canvas->time().followLive();
    canvas->clear();
  }
}

void Workspace::ask(const QString& variants) {
  if (source_) source_->ask(variants);
}

void Workspace::followVariant(const QString& from, const QString& to) {
  for (const auto& [canvas, view] : views_) {
    const auto waits = awaited_.find(view);
    if (waits != awaited_.end() ? waits->second == from : canvas->variant() == from) awaited_[view] = to;
  }
}

void Workspace::showVariantWhenThere(CanvasModel& canvas, const QString& variant) {
  awaited_[views_.at(&canvas)] = variant;
}

void Workspace::onAsked(const AskedAnswer& answer) {
  // Of recorded moments there is more to be seen now; what is measured comes by itself.
  if (answer.error)
    awaited_.clear();
  else
    for (const auto& canvas : canvases_)
      if (!canvas->time().followsLive() && canvas->time().step() >= 0) {
        const int view = views_.at(canvas.get());
        const auto waits = awaited_.find(view);
        asksAgain_.insert(view);
        source_->request({canvas->time().step(), canvas->probeName(),
                          waits == awaited_.end() ? canvas->variant() : waits->second, view});
      }
  emit asked(answer);
}

void Workspace::lookAtAwaited(CanvasModel& canvas, const std::vector<Variant>& there) {
  const auto waits = awaited_.find(views_.at(&canvas));
  if (waits == awaited_.end()) return;
  const QString name = waits->second;
  if (std::none_of(there.begin(), there.end(),
                   [&](const Variant& variant) { return QString::fromStdString(variant.name) == name; }))
    return;
  awaited_.erase(waits);
  const QScopedValueRollback quiet(quiet_, true), answered(answered_, true);
  canvas.setVariant(name);
}

void Workspace::pinAll(std::int64_t step) {
  for (const auto& canvas : canvases_)
    canvas->time().pin(step);
}

std::int64_t Workspace::goTo(const Place& place) {
  CanvasModel& canvas = *active_;
  const QString probe = place.probe.isEmpty() ? canvas.probeName() : place.probe;
  const QString present =
      canvas.evidence() ? QString::fromStdString(canvas.evidence()->stage.name) : QString();
  // Before the frame is there: it is selected by name.
  link_.selection.select(
      {probe, place.stage.isEmpty() ? present : place.stage, place.object, place.candidate});
  if (!place.stage.isEmpty() && canvas.frame())
    for (std::size_t i = 0; i < canvas.frame()->stages.size(); ++i)
      if (place.stage == QString::fromStdString(canvas.frame()->stages[i]->stage.name))
        canvas.setStage(static_cast<int>(i));
  canvas.setProbeName(probe);
  if (place.step >= 0 && source_)
    if (const std::int64_t nearest = nearestRecordedStep(*source_->steps(), place.step); nearest >= 0)
      canvas.time().pin(nearest);
  return canvas.time().followsLive() ? -1 : canvas.time().step();
}

CanvasModel* Workspace::canvasOf(int view) const {
  for (const auto& [canvas, its] : views_)
    if (its == view) return canvas;
  return nullptr;
}

void Workspace::fetch(CanvasModel& canvas) {
  const auto view = views_.find(&canvas);
  if (view == views_.end() || answered_) return;  // it is about to go, or what it wants is at hand
  TimeCursor& time = canvas.time();
  if (time.followsLive()) {
    if (!newest_.probes.empty()) showNewest(canvas);
  } else if (canvas.isSettled()) {
    time.settle();
  } else if (source_ && time.step() >= 0) {
    source_->request({time.step(), canvas.probeName(), canvas.variant(), view->second});
  }
}

void Workspace::showNewest(CanvasModel& canvas) {
  const auto own = frameOf(newest_, canvas.probeName(), {});
  if (own && !batchPlace(own->image->name).empty()) return canvas.showMoment(own, newest_.probes);
  const QString probe =
      own ? canvas.probeName() : QString::fromStdString(newest_.probes.front()->image->name);
  std::vector<Variant> variants = variantsOf(newest_, probe);
  if (canvas.variant().isEmpty())
    canvas.showProbes(newest_.probes, std::move(variants));
  else if (auto frame = frameOf(newest_, probe, canvas.variant()))
    canvas.showMoment(std::move(frame), newest_.probes, std::move(variants));
  else
    canvas.showNothing(
        tr("'%1' is not asked while training goes on: train.variants says what is").arg(canvas.variant()),
        newest_.probes, std::move(variants));
}

void Workspace::onMoment(const Moment& moment) {
  CanvasModel* canvas = canvasOf(moment.view);
  // Meanwhile something else may be looked at, or be there from elsewhere.
  const bool again = asksAgain_.erase(moment.view) > 0;
  if (!canvas || canvas->time().followsLive() || (canvas->isSettled() && !again)) return;
  lookAtAwaited(*canvas, moment.variants);
  if (moment.step == canvas->time().step()) canvas->time().settle();
  if (moment.frame)
    canvas->showMoment(moment.frame, moment.probes, moment.variants);
  else
    canvas->showNothing(
        tr("Nothing of '%1' was recorded at step %2").arg(canvas->variant(), countText(moment.step)),
        moment.probes, moment.variants);
}

/// What is shown stays, and its moment is looked at again.
void Workspace::onMissing(int view, std::int64_t step) {
  CanvasModel* canvas = canvasOf(view);
  if (!canvas || canvas->time().followsLive() || canvas->time().step() != step) return;
  if (canvas->time().leftLive() && !newest_.probes.empty())
    canvas->time().followLive();
  else
    canvas->time().pin(canvas->time().settled());
  canvas->stayWithShown();
}

// ---- undo

QJsonObject Workspace::arrangement() const {
  QJsonArray canvases;
  for (const auto& canvas : canvases_) {
    QJsonObject saved = canvas->save();
    saved["view"] = views_.at(canvas.get());
    canvases.append(saved);
  }
  return {{"canvases", canvases}, {"linked", viewportsLinked_}, {"active", views_.at(active_)}};
}

QJsonObject Workspace::withoutPlaces(QJsonObject arrangement) {
  QJsonArray canvases = arrangement["canvases"].toArray();
  for (auto&& canvas : canvases) {
    QJsonObject look = canvas.toObject();
    look.remove("probe");
    // That it has its own counts, not where that is.
    for (const char* own : {"time", "viewport"})
      if (look.contains(own)) look[own] = QJsonObject();
    canvas = look;
  }
  arrangement["canvases"] = canvases;
  arrangement.remove("active");
  return arrangement;
}

void Workspace::arrange(const QJsonObject& arrangement) {
  before_.reset();
  const QScopedValueRollback quiet(quiet_, true);
  const QJsonArray places = arrangement["canvases"].toArray(),
                   looks = withoutPlaces(arrangement)["canvases"].toArray();
  std::vector<std::unique_ptr<CanvasModel>> gone = std::exchange(canvases_, {});
  for (qsizetype i = 0; i < places.size(); ++i) {
    const int view = places[i].toObject()["view"].toInt();
    const auto known = std::find_if(gone.begin(), gone.end(),
                                    [&](const auto& canvas) { return views_.at(canvas.get()) == view; });
    if (known != gone.end()) {
      // Those that are there stay where they have gone meanwhile.
      canvases_.push_back(std::move(*known));
      gone.erase(known);
      canvases_.back()->restore(looks[i].toObject());
    } else {
      canvases_.push_back(makeCanvas(view));
      canvases_.back()->becomeLike(*active_);
      canvases_.back()->restore(places[i].toObject());
    }
  }
  for (const auto& canvas : gone)
    views_.erase(canvas.get());
  if (!views_.contains(active_)) {
    active_ = canvasOf(arrangement["active"].toInt());
    if (!active_) active_ = canvases_.front().get();
    emit activeChanged();
  }
  if (const bool linked = arrangement["linked"].toBool(true); linked != viewportsLinked_) {
    viewportsLinked_ = linked;
    emit viewportsLinkedChanged(linked);
  }
  tellCanvases();
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
  if (withoutPlaces(before) != withoutPlaces(after))
    undo_.push(new ViewChange(*this, std::move(before), std::move(after)));
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
          {"onion", link_.onion.save()},
          {"selection", link_.selection.save()},
          {"brush", link_.brush.save()}};
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
  link_.onion.restore(saved["onion"].toObject());
  link_.brush.restore(saved["brush"].toObject());
  for (int i = 0; i < canvasCount(); ++i) {
    canvas(i).restore(canvases[i].toObject());
    canvas(i).setOwnViewport(!viewportsLinked_);
  }
  link_.time.restore(saved["time"].toObject());
  setActive(canvas(std::clamp(saved["active"].toInt(), 0, canvasCount() - 1)));
  return {};
}

}  // namespace anchorscope
