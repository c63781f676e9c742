#include "widgets/state/viewport.h"

#include <QJsonObject>
#include <cmath>

namespace anchorscope {

void Viewport::set(const ViewportPosition& position) {
  if (position == position_) return;
  position_ = position;
  emit changed();
}

QJsonObject Viewport::save() const {
  return {{"image", position_.image},
          {"fitted", position_.fitted},
          {"zoom", position_.zoom},
          {"x", position_.centre.x()},
          {"y", position_.centre.y()}};
}

void Viewport::restore(const QJsonObject& saved) {
  ViewportPosition read;
  read.image = saved["image"].toString();
  read.zoom = saved["zoom"].toDouble();
  read.centre = {saved["x"].toDouble(0.5), saved["y"].toDouble(0.5)};
  const bool holds = read.zoom > 0 && std::isfinite(read.zoom) && std::isfinite(read.centre.x()) &&
                     std::isfinite(read.centre.y());
  read.fitted = saved["fitted"].toBool(true) || !holds;
  set(read.fitted ? ViewportPosition{read.image} : read);
}

}  // namespace anchorscope
