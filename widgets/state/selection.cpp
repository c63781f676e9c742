#include "widgets/state/selection.h"

#include <QJsonObject>
#include <algorithm>

namespace anchorscope {

void Selection::select(const Selected& selected) {
  if (selected == selected_) return;
  selected_ = selected;
  emit changed();
}

void Selection::hover(const Selected& hovered) {
  if (hovered == hovered_) return;
  hovered_ = hovered;
  emit hoverChanged();
}

QJsonObject Selection::save() const {
  return {{"image", selected_.image},
          {"stage", selected_.stage},
          {"object", selected_.object},
          {"candidate", static_cast<qint64>(selected_.candidate)}};
}

void Selection::restore(const QJsonObject& saved) {
  select({saved["image"].toString(), saved["stage"].toString(), std::max(-1, saved["object"].toInt(-1)),
          std::max<std::int64_t>(-1, saved["candidate"].toInteger(-1))});
}

}  // namespace anchorscope
