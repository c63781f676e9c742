#include "widgets/state/read_out.h"

#include <QJsonArray>
#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <utility>

namespace anchorscope {

bool Pin::isOf(const Pin& other) const {
  return image == other.image && object == other.object && candidate == other.candidate &&
         (candidate < 0 || stage == other.stage) && (object >= 0 || candidate >= 0 || point == other.point);
}

void ReadOut::add(const Pin& pin) {
  const auto same = std::ranges::find_if(pins_, [&](const Pin& other) { return other.isOf(pin); });
  if (same == pins_.end()) {
    if (pins_.size() >= kMostPins) return;
    pins_ << pin;
    current_ = static_cast<int>(pins_.size()) - 1;
  } else {
    current_ = static_cast<int>(same - pins_.begin());
  }
  emit changed();
}

void ReadOut::remove(int index) {
  if (index < 0 || index >= pins_.size()) return;
  pins_.removeAt(index);
  if (current_ >= index) current_ = current_ == index ? -1 : current_ - 1;
  emit changed();
}

void ReadOut::removeAll() {
  if (pins_.isEmpty()) return;
  pins_.clear();
  current_ = -1;
  emit changed();
}

void ReadOut::change(int index, Pin pin) {
  if (index < 0 || index >= pins_.size()) return;
  pin.offset = pins_[index].offset;
  if (pin == pins_[index]) return;
  pins_[index] = std::move(pin);
  for (int other = static_cast<int>(pins_.size()) - 1; other >= 0; --other)
    if (other != index && pins_[other].isOf(pins_[index])) {
      pins_.removeAt(other);
      if (current_ == other) current_ = -1;
      if (current_ > other) --current_;
      if (index > other) --index;
    }
  emit changed();
}

void ReadOut::setOffset(int index, QPointF offset) {
  if (index < 0 || index >= pins_.size() || pins_[index].offset == offset) return;
  pins_[index].offset = offset;
  emit changed();
}

void ReadOut::setCurrent(int index) {
  if (index == current_ || index < -1 || index >= pins_.size()) return;
  current_ = index;
  emit changed();
}

void ReadOut::setMagnifies(bool on) {
  if (std::exchange(magnifies_, on) != on) emit changed();
}

void ReadOut::setTellsAll(bool on) {
  if (std::exchange(tellsAll_, on) != on) emit changed();
}

QJsonObject ReadOut::save() const {
  QJsonArray pins;
  for (const Pin& pin : pins_) {
    QJsonObject saved{{"image", pin.image},   {"stage", pin.stage},
                      {"object", pin.object}, {"candidate", static_cast<qint64>(pin.candidate)},
                      {"x", pin.point.x()},   {"y", pin.point.y()}};
    if (pin.offset) saved["card"] = QJsonArray{pin.offset->x(), pin.offset->y()};
    pins.append(saved);
  }
  return {{"pins", pins}, {"magnifies", magnifies_}, {"all", tellsAll_}};
}

void ReadOut::restore(const QJsonObject& saved) {
  pins_.clear();
  current_ = -1;
  for (const QJsonValue& value : saved["pins"].toArray()) {
    const QJsonObject of = value.toObject();
    Pin pin{of["image"].toString(),
            of["stage"].toString(),
            std::max(-1, of["object"].toInt(-1)),
            std::max<std::int64_t>(-1, of["candidate"].toInteger(-1)),
            {of["x"].toDouble(), of["y"].toDouble()},
            {}};
    const QJsonArray card = of["card"].toArray();
    const QPointF offset(card.at(0).toDouble(), card.at(1).toDouble());
    if (card.size() == 2 && std::isfinite(offset.x()) && std::isfinite(offset.y())) pin.offset = offset;
    const bool known = std::ranges::any_of(pins_, [&](const Pin& other) { return other.isOf(pin); });
    const bool place = std::isfinite(pin.point.x()) && std::isfinite(pin.point.y());
    if (!pin.image.isEmpty() && place && !known && pins_.size() < kMostPins) pins_ << pin;
  }
  magnifies_ = saved["magnifies"].toBool();
  tellsAll_ = saved["all"].toBool();
  emit changed();
}

}  // namespace anchorscope
