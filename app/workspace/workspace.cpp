#include "app/workspace/workspace.h"

#include <QMetaObject>
#include <QScopedValueRollback>
#include <algorithm>
#include <utility>

#include "app/workspace/view_change.h"
#include "core/base/check.h"
#include "core/evidence/frame_comparison.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/layer_presets.h"

namespace anchorscope {
namespace {

constexpr int kVersion = 1;

bool isDifference(const std::string& channel) {
  return channel.starts_with("difference.");
}

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

/// Looks at and shows the same, its differences as well.
std::unique_ptr<CanvasModel> Workspace::makeLikeActive(int view) {
  auto made = makeCanvas(view);
  if (const auto known = compared_.find(active_); known != compared_.end())
    compared_[made.get()] = Compared(known->second);
  if (const auto known = hidden_.find(active_); known != hidden_.end())
    hidden_[made.get()] = QStringList(known->second);
  return made;
}

void Workspace::forgetCanvas(CanvasModel& canvas) {
  views_.erase(&canvas);
  compared_.erase(&canvas);
  hidden_.erase(&canvas);
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

void Workspace::activateFirstRun() {
  if (active_->run().isEmpty()) return;
  const auto at = std::ranges::find_if(canvases_, [](const auto& canvas) { return canvas->run().isEmpty(); });
  if (at != canvases_.end())
    setActive(**at);
  else
    active_->setRun({});
}

void Workspace::setCanvasCount(int count) {
  count = std::clamp(count, 1, kMostCanvases);
  if (count == canvasCount()) return;
  if (count == 1) setComparing(false);  // with whom?
  beginChange();
  std::vector<std::unique_ptr<CanvasModel>> gone;
  {
    const QScopedValueRollback quiet(quiet_, true);
    while (canvasCount() < count) {
      canvases_.push_back(makeLikeActive(++lastView_));
      canvases_.back()->becomeLike(*active_);
      canvases_.back()->setOwnViewport(!viewportsLinked_);
    }
    if (activeIndex() >= count)
      std::swap(canvases_[static_cast<std::size_t>(count) - 1],
                canvases_[static_cast<std::size_t>(activeIndex())]);
    while (canvasCount() > count) {
      forgetCanvas(*canvases_.back());
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
  // Before their frames are as they were: what is seen then is what was.
  if (!comparing)
    for (const auto& canvas : canvases_)
      undress(*canvas);
  compare();
  emit comparingChanged(comparing);
}

void Workspace::dress(CanvasModel& canvas) {
  const auto known = compared_.find(&canvas);
  if (hidden_.contains(&canvas) || !canvas.evidence() || known == compared_.end() ||
      known->second.shown == known->second.raw)
    return;
  const auto& channels = canvas.evidence()->channels;
  const auto difference =
      std::ranges::find_if(channels, [](const Channel& each) { return isDifference(each.spec.name); });
  if (difference == channels.end()) return;
  const QScopedValueRollback quiet(quiet_, true);
  LayerStack& layers = canvas.layers();
  layers.setStandInShown(false);
  QStringList& hidden = hidden_[&canvas];
  for (const Layer& layer : layers.layers())
    if (layer.visible && layer.hasChannel()) hidden << QString::fromStdString(layer.id);
  // What is shown otherwise would lie over what is decided otherwise.
  for (const QString& layer : std::as_const(hidden))
    layers.setVisible(layer.toStdString(), false);
  layers.setVisible("channel:" + difference->spec.name, true);
}

void Workspace::undress(CanvasModel& canvas) {
  const auto known = hidden_.find(&canvas);
  if (known == hidden_.end()) return;
  const QStringList hidden = std::move(known->second);
  hidden_.erase(known);
  const QScopedValueRollback quiet(quiet_, true);
  LayerStack& layers = canvas.layers();
  layers.setStandInShown(false);
  std::vector<std::string> differences;
  for (const Layer& layer : layers.layers())
    if (layer.visible && isDifference(layer.channel)) differences.push_back(layer.id);
  for (const std::string& layer : differences)
    layers.setVisible(layer, false);
  for (const QString& layer : hidden)
    layers.setVisible(layer.toStdString(), true);
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
  if (comparing_)
    for (int i = 1; i < canvasCount(); ++i)
      dress(canvas(i));
}

// ---- undo

QJsonObject Workspace::lookOf(const CanvasModel& canvas) const {
  QJsonObject out = canvas.save();
  if (const auto hidden = hidden_.find(&canvas); hidden != hidden_.end())
    out["hidden"] = QJsonArray::fromStringList(hidden->second);
  return out;
}

void Workspace::takeHidden(const CanvasModel& canvas, const QJsonObject& saved) {
  hidden_.erase(&canvas);
  if (!saved.contains("hidden")) return;
  for (const QJsonValue& layer : saved["hidden"].toArray())
    hidden_[&canvas] << layer.toString();
  hidden_.try_emplace(&canvas);
}

QJsonObject Workspace::arrangement() const {
  QJsonArray canvases;
  for (const auto& canvas : canvases_) {
    QJsonObject look = lookOf(*canvas);
    look["view"] = views_.at(canvas.get());
    canvases.append(look);
  }
  return {{"canvases", canvases}, {"linked", viewportsLinked_}, {"active", views_.at(active_)}};
}

QJsonObject Workspace::withoutPlaces(QJsonObject arrangement) {
  QJsonArray canvases = arrangement["canvases"].toArray();
  for (auto&& canvas : canvases) {
    QJsonObject look = canvas.toObject();
    look.remove("probe");
    look.remove("hidden");
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
                   looks = withoutPlaces(arrangement)["canvases"].toArray(),
                   present = withoutPlaces(this->arrangement())["canvases"].toArray();
  std::vector<std::unique_ptr<CanvasModel>> gone = std::exchange(canvases_, {});
  for (qsizetype i = 0; i < std::min<qsizetype>(places.size(), kMostCanvases); ++i) {
    const int view = places[i].toObject()["view"].toInt();
    const auto known = std::find_if(gone.begin(), gone.end(),
                                    [&](const auto& canvas) { return views_.at(canvas.get()) == view; });
    if (known != gone.end()) {
      // Those that are there stay where they have gone meanwhile.
      canvases_.push_back(std::move(*known));
      gone.erase(known);
      if (!present.contains(looks[i])) canvases_.back()->restore(looks[i].toObject());
    } else {
      canvases_.push_back(makeLikeActive(view));
      canvases_.back()->becomeLike(*active_);
      takeHidden(*canvases_.back(), places[i].toObject());
      canvases_.back()->restore(places[i].toObject());
      if (!comparing_) undress(*canvases_.back());
    }
  }
  for (const auto& canvas : gone)
    forgetCanvas(*canvas);
  if (canvasCount() == 1) setComparing(false);
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
    canvases.append(lookOf(*canvas));
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

std::vector<std::pair<QString, QString>> Workspace::besideIn(const QJsonObject& saved) {
  std::vector<std::pair<QString, QString>> out;
  for (const QJsonValue& source : saved["sources"].toArray())
    if (const QString run = source["run"].toString(), folder = source["folder"].toString();
        !run.isEmpty() && !folder.isEmpty())
      out.emplace_back(run, folder);
  return out;
}

Status Workspace::restore(const QJsonObject& saved) {
  const QJsonArray canvases = saved["canvases"].toArray();
  if (saved["version"].toInt() != kVersion || canvases.isEmpty() || canvases.size() > kMostCanvases)
    return makeError(ErrorCode::kBadData,
                     concat("What is looked at was saved by another version of the program (",
                            saved["version"].toInt(), " instead of ", kVersion, ")"),
                     "It is left out");
  const QScopedValueRollback quiet(quiet_, true);
  setComparing(false);
  setCanvasCount(static_cast<int>(canvases.size()));
  setViewportsLinked(saved["linked"].toBool(true));
  link_.viewport.restore(saved["viewport"].toObject());
  link_.selection.restore(saved["selection"].toObject());
  link_.onion.restore(saved["onion"].toObject());
  link_.readOut.restore(saved["readOut"].toObject());
  link_.brush.restore(saved["brush"].toObject());
  comparing_ = saved["comparing"].toBool(false) && canvasCount() > 1;
  for (int i = 0; i < canvasCount(); ++i) {
    takeHidden(canvas(i), canvases[i].toObject());
    canvas(i).restore(canvases[i].toObject());
    canvas(i).setOwnViewport(!viewportsLinked_);
    if (!comparing_) undress(canvas(i));
  }
  compare();
  if (comparing_) emit comparingChanged(true);
  link_.time.restore(saved["time"].toObject());
  setActive(canvas(std::clamp(saved["active"].toInt(), 0, canvasCount() - 1)));
  return {};
}

}  // namespace anchorscope
