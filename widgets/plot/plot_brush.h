#pragma once
// What a mouse draws over a plot to brush: a rectangle, or a free outline.

#include <QPointF>
#include <QPolygonF>
#include <QRectF>
#include <optional>

class QMouseEvent;
class QPainter;

namespace anchorscope {

struct Theme;

/// Fed with a widget's mouse events of the left button.
class PlotBrush {
 public:
  void press(const QMouseEvent& event, bool outline);
  /// Whether something is being drawn.
  bool move(const QMouseEvent& event);
  /// Ends it. False: nothing was drawn, it was a click.
  bool release(const QMouseEvent& event);
  bool isPressed() const { return pressed_; }
  bool isOutline() const { return outline_; }
  const QPolygonF& polygon() const { return polygon_; }
  QRectF rect() const { return QRectF(from_, to_).normalized(); }
  void paint(QPainter& painter, const Theme& theme, const QRectF& within) const;

 private:
  bool pressed_ = false, drawing_ = false, outline_ = false;
  QPointF from_, to_;
  QPolygonF polygon_;
};

}  // namespace anchorscope
