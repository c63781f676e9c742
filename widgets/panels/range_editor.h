#pragma once
// The active channel's values as a histogram over its colour range, with two handles to set the range.

#include <QWidget>

#include "widgets/overlays/layer.h"

namespace anchorscope {

/// GUI thread only.
class RangeEditor : public QWidget {
  Q_OBJECT

 public:
  explicit RangeEditor(QWidget* parent = nullptr);
  /// Shows the values of a channel under a layer's settings; a null channel shows an empty bar.
  void show(const Layer& layer, const Channel* channel);
  QSize sizeHint() const override { return {200, 78}; }
  QSize minimumSizeHint() const override { return {120, 78}; }

  ValueRange range() const { return range_; }
  /// Widget x of a value and back; the bar spans the shown domain.
  double xOf(float value) const;
  float valueAt(double x) const;

 signals:
  /// The user moved a handle.
  void rangeEdited(float low, float high);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  QRectF bar() const;

  ColorMapId map_ = ColorMapId::kCividis;
  ValueRange range_, domain_;
  Histogram histogram_;
  bool empty_ = true;
  int dragged_ = -1;  ///< 0 low, 1 high
};

}  // namespace anchorscope
