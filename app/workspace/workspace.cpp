#include "app/workspace/workspace.h"

#include <QFileInfo>
#include <QMetaObject>
#include <QScopedValueRollback>
#include <algorithm>
#include <utility>

#include "app/workspace/view_change.h"
#include "core/base/check.h"
#include "core/evidence/batch_name.h"
#include "core/evidence/frame_comparison.h"
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
  beside_.clear();
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
    compare();
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
  tellSource();
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
      compared_.erase(canvases_.back().get());
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

// ---- differences

std::shared_ptr<const ProbeFrame> Workspace::rawFrame(const CanvasModel& canvas) const {
  const auto known = compared_.find(&canvas);
  return known != compared_.end() && known->second.shown == canvas.frame() ? known->second.raw
                                                                           : canvas.frame();
}

void Workspace::setComparing(bool comparing) {
  if (comparing == comparing_) return;
  comparing_ = comparing;
  compare();
  const QScopedValueRollback quiet(quiet_, true);
  for (int i = 1; i < canvasCount(); ++i) {
    // Alone: what is shown otherwise would lie over what is decided otherwise. It comes back.
    constexpr const char* kHidden = "hiddenWhileComparing";
    LayerStack& layers = canvas(i).layers();
    QStringList hidden = canvas(i).property(kHidden).toStringList();
    if (comparing)
      for (const Layer& layer : layers.layers())
        if (layer.visible && layer.hasChannel()) hidden << QString::fromStdString(layer.id);
    for (const QString& layer : hidden)
      layers.setVisible(layer.toStdString(), !comparing);
    canvas(i).setProperty(kHidden, comparing ? QVariant(hidden) : QVariant());
    if (comparing) layers.setVisible("channel:difference.cls", true);
  }
  emit comparingChanged(comparing);
}

std::shared_ptr<const ProbeFrame> Workspace::baseOf(const CanvasModel& canvas) const {
  return comparing_ && &canvas != canvases_.front().get() ? rawFrame(*canvases_.front()) : nullptr;
}

std::shared_ptr<const ProbeFrame> Workspace::prepared(CanvasModel& canvas,
                                                      std::shared_ptr<const ProbeFrame> frame) {
  std::shared_ptr<const ProbeFrame> base = baseOf(canvas);
  QString note;
  std::shared_ptr<const ProbeFrame> shown = frame;
  if (base && frame && base != frame) {
    if (auto made = comparedWith(*base, *frame))
      shown = *std::move(made);
    else
      note = QString::fromStdString(made.error().text());
  }
  canvas.setNote(note);
  if (base)
    compared_[&canvas] = {std::move(frame), std::move(base), shown};
  else
    compared_.erase(&canvas);
  return shown;
}

/// Whenever one of them shows another frame. The first is shown as it is.
void Workspace::compare() {
  if (refining_ || (!comparing_ && compared_.empty())) return;
  const QScopedValueRollback refining(refining_, true);
  for (const auto& canvas : canvases_) {
    const auto known = compared_.find(canvas.get());
    const bool fresh = known != compared_.end() && known->second.shown == canvas->frame() &&
                       known->second.base == baseOf(*canvas);
    if (!fresh && canvas->frame() && (known != compared_.end() || baseOf(*canvas)))
      canvas->refine(prepared(*canvas, rawFrame(*canvas)));
  }
}

// ---- evidence

EvidenceSource* Workspace::sourceOf(const CanvasModel& canvas) const {
  if (canvas.run().isEmpty()) return source_.get();
  for (const Beside& beside : beside_)
    if (beside.id == canvas.run()) return beside.source.get();
  return nullptr;
}

std::vector<OpenRun> Workspace::runs() const {
  std::vector<OpenRun> out{
      {{},
       source_ && !source_->folder().isEmpty() ? QFileInfo(source_->folder()).fileName() : tr("this run"),
       source_.get()}};
  for (const Beside& beside : beside_)
    out.push_back({beside.id, beside.title, beside.source.get()});
  return out;
}

void Workspace::connectSource(EvidenceSource& source, const QString& run) {
  connect(&source, &EvidenceSource::momentArrived, this,
          [this, run](const Moment& moment) { onMoment(moment, run); });
  connect(&source, &EvidenceSource::momentMissing, this,
          [this, run](int view, std::int64_t step) { onMissing(view, step, run); });
  connect(&source, &EvidenceSource::described, this, &Workspace::runDescribed);
  connect(&source, &EvidenceSource::held, this, &Workspace::stepHeld);
  connect(&source, &EvidenceSource::asked, this,
          [this, run](const AskedAnswer& answer) { onAsked(answer, run); });
}

/// Where the active canvas looks at another run than it did.
void Workspace::tellSource() {
  if (source() != std::exchange(told_, source())) emit sourceChanged();
}

void Workspace::setSource(std::unique_ptr<EvidenceSource> source) {
  source_ = std::move(source);
  told_ = this->source();
  if (source_) {
    connectSource(*source_, {});
    connect(source_.get(), &EvidenceSource::opened, this, &Workspace::runsChanged);
    connect(source_.get(), &EvidenceSource::newestArrived, this, [this](const Newest& newest) {
      newest_ = newest;
      for (const auto& canvas : canvases_) {
        if (!canvas->time().followsLive() || !canvas->run().isEmpty()) continue;
        lookAtAwaited(*canvas, variantsOf(newest_, canvas->probeName()));
        showNewest(*canvas);
      }
    });
    // What is looked at is asked of this one.
    for (const auto& canvas : canvases_)
      fetch(*canvas);
  }
  emit sourceChanged();  // another one may lie where the one before did
  emit runsChanged();
}

QString Workspace::addBeside(const QString& title, std::unique_ptr<EvidenceSource> source) {
  const auto taken = [this](const QString& id) {
    return std::ranges::any_of(runs(), [&](const OpenRun& run) { return run.id == id || run.title == id; });
  };
  QString id = title;
  for (int i = 2; taken(id); ++i)
    id = tr("%1 (%2)").arg(title).arg(i);
  EvidenceSource& added = *source;
  beside_.push_back({id, id, std::move(source)});
  connectSource(added, id);
  connect(&added, &EvidenceSource::stepsChanged, this, [this, id] {
    for (const auto& canvas : canvases_)
      if (canvas->run() == id) fetch(*canvas);
  });
  // Canvases of a session may have waited for it.
  for (const auto& canvas : canvases_)
    if (canvas->run() == id) fetch(*canvas);
  tellSource();
  emit runsChanged();
  return id;
}

void Workspace::removeBeside(const QString& id) {
  const auto found = std::ranges::find_if(beside_, [&](const Beside& beside) { return beside.id == id; });
  if (found == beside_.end()) return;
  const std::unique_ptr<EvidenceSource> gone = std::move(found->source);
  beside_.erase(found);
  {
    const QScopedValueRollback quiet(quiet_, true);
    for (const auto& canvas : canvases_)
      if (canvas->run() == id) canvas->setRun({});
  }
  undo_.clear();  // what could be undone may name it
  tellSource();
  emit runsChanged();
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
  link_.readOut.removeAll();
  link_.brush.clear();
  const std::vector<Beside> gone = std::exchange(beside_, {});
  for (const auto& canvas : canvases_) {
    canvas->time().followLive();
    canvas->clear();
  }
  tellSource();
  if (!gone.empty()) emit runsChanged();
}

void Workspace::ask(const QString& variants) {
  if (EvidenceSource* asked = source()) asked->ask(variants);
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

void Workspace::onAsked(const AskedAnswer& answer, const QString& run) {
  // Of recorded moments there is more to be seen now; what is measured comes by itself.
  if (answer.error)
    awaited_.clear();
  else
    for (const auto& canvas : canvases_) {
      const std::optional<std::int64_t> step = wantedStep(*canvas);
      EvidenceSource* source = sourceOf(*canvas);
      if (canvas->run() != run || !source || !step || *step < 0) continue;
      const int view = views_.at(canvas.get());
      const auto waits = awaited_.find(view);
      asksAgain_.insert(view);
      source->request(
          {*step, canvas->probeName(), waits == awaited_.end() ? canvas->variant() : waits->second, view});
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
  if (place.step >= 0 && source())
    if (const std::int64_t nearest = nearestRecordedStep(*source()->steps(), place.step); nearest >= 0)
      canvas.time().pin(nearest);
  return canvas.time().followsLive() ? -1 : canvas.time().step();
}

CanvasModel* Workspace::canvasOf(int view) const {
  for (const auto& [canvas, its] : views_)
    if (its == view) return canvas;
  return nullptr;
}

std::optional<std::int64_t> Workspace::wantedStep(const CanvasModel& canvas) const {
  const EvidenceSource* source = sourceOf(canvas);
  const bool live = canvas.time().followsLive(), first = canvas.run().isEmpty();
  if (live && first) return {};
  const std::int64_t step = canvas.time().step();
  // While one run is looked at its steps alone are gone to, and its newest need not be recorded.
  if (first && beside_.empty()) return step;
  if (!source) return -1;
  const std::vector<std::int64_t>& steps = *source->steps();
  if (steps.empty()) return -1;
  if (live) return steps.back();
  if (first && !newest_.probes.empty() && newest_.probes.front()->step == step) return step;
  const auto after = std::upper_bound(steps.begin(), steps.end(), step);
  return after == steps.begin() ? -1 : *(after - 1);
}

void Workspace::fetch(CanvasModel& canvas) {
  const auto view = views_.find(&canvas);
  if (view == views_.end() || answered_) return;  // it is about to go, or what it wants is at hand
  if (&canvas == active_) tellSource();
  TimeCursor& time = canvas.time();
  const std::optional<std::int64_t> step = wantedStep(canvas);
  EvidenceSource* source = sourceOf(canvas);
  const std::int64_t standsFor =
      step && !time.followsLive() && *step != time.step() ? time.step() : std::int64_t{-1};
  if (!step) {
    if (!newest_.probes.empty()) showNewest(canvas);
  } else if (canvas.shows(*step)) {
    time.settle();
    canvas.setStandsFor(standsFor);
  } else if (source && *step >= 0) {
    source->request({*step, canvas.probeName(), canvas.variant(), view->second});
  } else if (!canvas.run().isEmpty()) {
    canvas.showNothing(source ? tr("'%1' has recorded nothing up to step %2")
                                    .arg(canvas.run(), countText(std::max<std::int64_t>(0, time.step())))
                              : tr("'%1' is not open: File ▸ Open beside… opens it").arg(canvas.run()),
                       {});
  } else if (!beside_.empty() && source) {
    canvas.showNothing(tr("Nothing was recorded up to step %1").arg(countText(time.step())), {});
  }
}

void Workspace::showNewest(CanvasModel& canvas) {
  const auto own = frameOf(newest_, canvas.probeName(), {});
  if (own && !batchPlace(own->image->name).empty()) return canvas.showMoment(own, newest_.probes);
  const QString probe =
      own ? canvas.probeName() : QString::fromStdString(newest_.probes.front()->image->name);
  std::vector<Variant> variants = variantsOf(newest_, probe);
  if (canvas.variant().isEmpty() && !baseOf(canvas))
    canvas.showProbes(newest_.probes, std::move(variants));
  else if (auto frame = frameOf(newest_, probe, canvas.variant()))
    canvas.showMoment(prepared(canvas, std::move(frame)), newest_.probes, std::move(variants));
  else
    canvas.showNothing(
        tr("'%1' is not asked while training goes on: train.variants says what is").arg(canvas.variant()),
        newest_.probes, std::move(variants));
}

void Workspace::onMoment(const Moment& moment, const QString& run) {
  CanvasModel* canvas = canvasOf(moment.view);
  if (!canvas || canvas->run() != run) return;
  // Meanwhile something else may be looked at, or be there from elsewhere.
  const std::optional<std::int64_t> wanted = wantedStep(*canvas);
  const bool again = asksAgain_.erase(moment.view) > 0;
  if (!wanted || (canvas->shows(*wanted) && !again)) return;
  lookAtAwaited(*canvas, moment.variants);
  TimeCursor& time = canvas->time();
  if (moment.step == *wanted) time.settle();
  if (moment.frame)
    canvas->showMoment(prepared(*canvas, moment.frame), moment.probes, moment.variants);
  else
    canvas->showNothing(
        tr("Nothing of '%1' was recorded at step %2").arg(canvas->variant(), countText(moment.step)),
        moment.probes, moment.variants);
  const bool standsIn =
      moment.frame && moment.step == *wanted && !time.followsLive() && *wanted != time.step();
  canvas->setStandsFor(standsIn ? time.step() : -1);
}

/// What is shown stays, and its moment is looked at again.
void Workspace::onMissing(int view, std::int64_t step, const QString& run) {
  CanvasModel* canvas = canvasOf(view);
  if (!canvas || canvas->run() != run || wantedStep(*canvas) != step) return;
  // The moment of several runs does not follow one that lacks it.
  if (canvas->time().step() != step || canvas->time().followsLive() || !run.isEmpty()) {
    canvas->showNothing(tr("Step %1 of this run cannot be read").arg(countText(step)), {});
    return;
  }
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
  for (const auto& canvas : gone) {
    views_.erase(canvas.get());
    compared_.erase(canvas.get());
  }
  if (!views_.contains(active_)) {
    active_ = canvasOf(arrangement["active"].toInt());
    if (!active_) active_ = canvases_.front().get();
    emit activeChanged();
  }
  if (const bool linked = arrangement["linked"].toBool(true); linked != viewportsLinked_) {
    viewportsLinked_ = linked;
    emit viewportsLinkedChanged(linked);
  }
  tellSource();
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
  for (const OpenRun& run : runs())
    if (run.source && !run.source->folder().isEmpty())
      sources.append(QJsonObject{{"run", run.id}, {"folder", run.source->folder()}});
  return {{"version", kVersion},
          {"sources", sources},
          {"canvases", canvases},
          {"active", activeIndex()},
          {"linked", viewportsLinked_},
          {"time", link_.time.save()},
          {"viewport", link_.viewport.save()},
          {"onion", link_.onion.save()},
          {"comparing", comparing_},
          {"selection", link_.selection.save()},
          {"brush", link_.brush.save()},
          {"readOut", link_.readOut.save()}};
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
  link_.readOut.restore(saved["readOut"].toObject());
  link_.brush.restore(saved["brush"].toObject());
  setComparing(saved["comparing"].toBool(false));
  for (int i = 0; i < canvasCount(); ++i) {
    canvas(i).restore(canvases[i].toObject());
    canvas(i).setOwnViewport(!viewportsLinked_);
  }
  link_.time.restore(saved["time"].toObject());
  setActive(canvas(std::clamp(saved["active"].toInt(), 0, canvasCount() - 1)));
  return {};
}

}  // namespace anchorscope
