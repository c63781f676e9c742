#include "widgets/plot/plot_brush.h"

#include <QApplication>
#include <QMouseEvent>
#include <QPainter>

#include "widgets/state/theme.h"

namespace anchorscope {

void PlotBrush::press(const QMouseEvent& event, bool outline) {
  pressed_ = true;
  drawing_ = false;
  outline_ = outline;
  from_ = to_ = event.position();
  polygon_ = QPolygonF({from_});
}

bool PlotBrush::move(const QMouseEvent& event) {
  if (!pressed_) return false;
  to_ = event.position();
  if (outline_) polygon_ << to_;
  drawing_ = drawing_ || (to_ - from_).manhattanLength() >= QApplication::startDragDistance() / 2.0;
  return drawing_;
}

bool PlotBrush::release(const QMouseEvent& event) {
  const bool drawn = pressed_ && move(event);
  pressed_ = drawing_ = false;
  return drawn;
}

void PlotBrush::paint(QPainter& painter, const Theme& theme, const QRectF& within) const {
  if (!drawing_) return;
  QColor fill = theme.selection;
  fill.setAlpha(50);
  painter.save();
  painter.setClipRect(within);
  painter.setPen(QPen(theme.selection, 1.5));
  painter.setBrush(fill);
  if (outline_)
    painter.drawPolygon(polygon_);
  else
    painter.drawRect(rect());
  painter.restore();
}

}  // namespace anchorscope
