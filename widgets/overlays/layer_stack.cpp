#include "widgets/overlays/layer_stack.h"

#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <utility>

namespace anchorscope {

LayerStack::LayerStack(QObject* parent) : QObject(parent) {}

int LayerStack::indexOf(std::string_view id) const {
  const auto found =
      std::find_if(layers_.begin(), layers_.end(), [&](const Layer& layer) { return layer.id == id; });
  return found == layers_.end() ? -1 : static_cast<int>(found - layers_.begin());
}

const Layer* LayerStack::find(std::string_view id) const {
  const int index = indexOf(id);
  return index < 0 ? nullptr : &layers_[static_cast<std::size_t>(index)];
}

void LayerStack::adopt(const StageEvidence& evidence) {
  bool reset = false;
  if (layers_.empty()) {
    layers_ = defaultLayers(evidence);
    reset = true;
  } else {
    for (Layer& layer : defaultLayers(evidence)) {
      const bool isNew = layer.hasChannel() || layer.kind == LayerKind::kArrows;
      if (!isNew || find(layer.id)) continue;
      // New channels go on top of the channels there are, under objects, bag and predictions.
      auto place = std::find_if(layers_.rbegin(), layers_.rend(), [&](const Layer& other) {
        return !layer.hasChannel() || other.hasChannel() || other.kind == LayerKind::kImage;
      });
      layer.visible = false;
      layers_.insert(place.base(), std::move(layer));
      reset = true;
    }
  }
  if (standIn_ && std::any_of(standIn_->wanted.begin(), standIn_->wanted.end(), [&](const std::string& id) {
        const Layer* layer = find(id);
        return layer && hasValuesFor(*layer, evidence);
      })) {
    setStandInShown(false);
    endStandIn();
  }
  for (Layer& layer : layers_) {
    if (layer.rangeMode != RangeMode::kSticky) continue;
    const Channel* channel = evidence.channel(layer.channel);
    ValueRange seen;
    if (channel && finiteRange(channel->values, seen)) {
      layer.rangeLow = std::min(layer.rangeLow, seen.low);
      layer.rangeHigh = std::max(layer.rangeHigh, seen.high);
    }
  }
  const QString activeBefore = QString::fromStdString(activeId_);
  if (!active()) {
    const auto shown = std::find_if(layers_.begin(), layers_.end(),
                                    [](const Layer& l) { return l.visible && l.hasChannel(); });
    const auto any =
        std::find_if(layers_.begin(), layers_.end(), [](const Layer& l) { return l.hasChannel(); });
    activeId_ = shown != layers_.end() ? shown->id : any != layers_.end() ? any->id : std::string();
  }
  if (reset) emit layersReset();
  if (activeBefore != QString::fromStdString(activeId_))
    emit activeChanged(QString::fromStdString(activeId_));
  if (reset) emit changed();
}

void LayerStack::update(std::string_view id, const std::function<void(Layer&)>& change) {
  const int index = indexOf(id);
  if (index < 0) return;
  Layer& layer = layers_[static_cast<std::size_t>(index)];
  Layer edited = layer;
  change(edited);
  edited.id = layer.id;
  if (edited == layer) return;
  emit aboutToEdit();
  const bool chosen = edited.visible != layer.visible && layer.hasChannel();
  layer = std::move(edited);
  if (chosen) endStandIn();
  emit layerChanged(QString::fromStdString(layer.id));
  emit changed();
}

void LayerStack::setVisible(std::string_view id, bool visible) {
  update(id, [visible](Layer& layer) { layer.visible = visible; });
}

void LayerStack::setSolo(std::string_view id, bool solo) {
  update(id, [solo](Layer& layer) {
    layer.solo = solo;
    layer.visible = layer.visible || solo;
  });
}

void LayerStack::setOpacity(std::string_view id, float opacity) {
  update(id, [opacity](Layer& layer) { layer.opacity = std::clamp(opacity, 0.f, 1.f); });
}

void LayerStack::move(std::string_view id, int index) {
  const int from = indexOf(id);
  if (from < 0) return;
  const int to = std::clamp(index, 0, static_cast<int>(layers_.size()) - 1);
  if (from == to) return;
  emit aboutToEdit();
  const auto begin = layers_.begin();
  if (from < to) {
    std::rotate(begin + from, begin + from + 1, begin + to + 1);
  } else {
    std::rotate(begin + to, begin + from, begin + from + 1);
  }
  emit layersReset();
  emit changed();
}

void LayerStack::setActive(std::string_view id) {
  if (activeId_ == id || !find(id)) return;
  activeId_ = id;
  emit activeChanged(QString::fromStdString(activeId_));
}

void LayerStack::showOnly(std::string_view id) {
  const Layer* wanted = find(id);
  if (!wanted) return;
  const std::string wantedId = wanted->id;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!layers_[i].hasChannel()) continue;
    const std::string other = layers_[i].id;
    setVisible(other, other == wantedId);
  }
  setVisible(wantedId, true);
  setActive(wantedId);
}

void LayerStack::showInstead(std::vector<std::string> wanted, std::vector<std::string> instead,
                             std::string_view activeId) {
  standIn_ = StandIn{std::move(wanted), std::move(instead), true, activeId_, std::string(activeId)};
  applyStandIn();
}

void LayerStack::setStandInShown(bool shown) {
  if (!standIn_ || standIn_->shown == shown) return;
  standIn_->shown = shown;
  applyStandIn();
}

void LayerStack::applyStandIn() {
  for (Layer& layer : layers_)
    if (std::find(standIn_->instead.begin(), standIn_->instead.end(), layer.id) != standIn_->instead.end()) {
      layer.visible = standIn_->shown;
      emit layerChanged(QString::fromStdString(layer.id));
    }
  setActive(standIn_->shown ? standIn_->insteadActive : standIn_->wantedActive);
  emit standInChanged();
  emit changed();
}

void LayerStack::endStandIn() {
  if (!standIn_) return;
  standIn_.reset();
  emit standInChanged();
}

void LayerStack::clearSolo() {
  std::vector<std::string> solo;
  for (const Layer& layer : layers_)
    if (layer.solo) solo.push_back(layer.id);
  for (const std::string& id : solo)
    setSolo(id, false);
}

void LayerStack::setLayers(std::vector<Layer> layers, std::string_view activeId) {
  emit aboutToEdit();
  endStandIn();
  layers_ = std::move(layers);
  const bool activeDiffers = activeId_ != activeId;
  activeId_ = activeId;
  emit layersReset();
  if (activeDiffers) emit activeChanged(QString::fromStdString(activeId_));
  emit changed();
}

QJsonArray LayerStack::save() const {
  // What merely stands in for what was wanted is not what the next start should show.
  const bool standsIn = standIn_ && standIn_->shown;
  const std::string& activeId = standsIn ? standIn_->wantedActive : activeId_;
  QJsonArray saved;
  for (const Layer& layer : layers_) {
    const bool isInstead = standsIn && std::find(standIn_->instead.begin(), standIn_->instead.end(),
                                                 layer.id) != standIn_->instead.end();
    QJsonObject entry{{"id", QString::fromStdString(layer.id)},
                      {"kind", static_cast<int>(layer.kind)},
                      {"title", QString::fromStdString(layer.title)},
                      {"channel", QString::fromStdString(layer.channel)},
                      {"second", QString::fromStdString(layer.second)},
                      {"visible", layer.visible && !isInstead},
                      {"solo", layer.solo},
                      {"active", layer.id == activeId},
                      {"opacity", layer.opacity},
                      {"color_map", QString::fromLatin1(name(layer.colorMap).data())},
                      {"reverse_colors", layer.reverseColors},
                      {"range_mode", static_cast<int>(layer.rangeMode)},
                      {"range_low", layer.rangeLow},
                      {"range_high", layer.rangeHigh},
                      {"emphasis", static_cast<int>(layer.emphasis)},
                      {"fade", layer.fade},
                      {"smooth", layer.smooth},
                      {"boxes", static_cast<int>(layer.boxes)},
                      {"levels", static_cast<qint64>(layer.levels)},
                      {"line_width", layer.lineWidthPx},
                      {"fill", layer.fillOpacity},
                      {"adaptive", layer.adaptiveFilter}};
    if (std::isfinite(layer.filterMin)) entry["filter_min"] = layer.filterMin;
    if (std::isfinite(layer.filterMax)) entry["filter_max"] = layer.filterMax;
    saved.append(entry);
  }
  return saved;
}

void LayerStack::restore(const QJsonArray& saved) {
  std::vector<Layer> layers;
  std::string activeId;
  for (const auto& value : saved) {
    const QJsonObject entry = value.toObject();
    const auto integer = [&](const char* key, int highest, int otherwise) {
      const int read = entry[QLatin1String(key)].toInt(otherwise);
      return read >= 0 && read <= highest ? read : otherwise;
    };
    const auto number = [&](const char* key, float otherwise) {
      return static_cast<float>(entry[QLatin1String(key)].toDouble(otherwise));
    };
    Layer layer;
    layer.id = entry["id"].toString().toStdString();
    const bool known =
        std::any_of(layers.begin(), layers.end(), [&](const Layer& l) { return l.id == layer.id; });
    if (layer.id.empty() || known) continue;
    layer.kind = static_cast<LayerKind>(integer("kind", 6, 0));
    layer.title = entry["title"].toString().toStdString();
    layer.channel = entry["channel"].toString().toStdString();
    layer.second = entry["second"].toString().toStdString();
    layer.visible = entry["visible"].toBool(true);
    layer.solo = entry["solo"].toBool();
    layer.opacity = std::clamp(number("opacity", 1), 0.f, 1.f);
    colorMapFromName(entry["color_map"].toString().toStdString(), layer.colorMap);
    layer.reverseColors = entry["reverse_colors"].toBool();
    layer.rangeMode = static_cast<RangeMode>(integer("range_mode", 3, 0));
    layer.rangeLow = number("range_low", 0);
    layer.rangeHigh = number("range_high", 1);
    layer.filterMin = number("filter_min", layer.filterMin);
    layer.filterMax = number("filter_max", layer.filterMax);
    // Sessions of before there was this knew no filter of predictions.
    layer.adaptiveFilter = layer.kind == LayerKind::kPredictions && entry["adaptive"].toBool(true);
    layer.emphasis = static_cast<Emphasis>(integer("emphasis", 1, 0));
    layer.fade = entry["fade"].toBool(true);
    layer.smooth = entry["smooth"].toBool();
    layer.boxes = static_cast<BoxKind>(integer("boxes", 1, 0));
    layer.levels = static_cast<std::uint32_t>(entry["levels"].toInteger(0xFFFFFFFFll));
    layer.lineWidthPx = std::clamp(number("line_width", 1), 0.5f, 16.f);
    layer.fillOpacity = std::clamp(number("fill", 0), 0.f, 1.f);
    if (entry["active"].toBool()) activeId = layer.id;
    layers.push_back(std::move(layer));
  }
  if (!layers.empty()) setLayers(std::move(layers), activeId);
}

}  // namespace anchorscope
