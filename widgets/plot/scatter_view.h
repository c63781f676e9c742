#pragma once
// Two columns of the selected object's pairs against each other (score and IoU for most methods), linked to
// the selection.

#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// GUI thread only.
class ScatterView : public QWidget {
  Q_OBJECT

 public:
  explicit ScatterView(QWidget* parent = nullptr);

  void show(std::shared_ptr<const StageEvidence> evidence, int object);
  void setSelectedAnchor(std::int64_t anchor);
  QSize sizeHint() const override { return {160, 160}; }
  QSize minimumSizeHint() const override { return {120, 120}; }
  /// "p – q": what is drawn against what; empty when nothing is.
  QString title() const { return points_.empty() ? QString() : xTitle_ + QStringLiteral(" – ") + yTitle_; }
  /// Widget position of an anchor's point; null when it has none. For tests and links.
  QPointF pointOfAnchor(std::int64_t anchor) const;

 signals:
  void anchorClicked(std::int64_t anchor);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  struct Point {
    std::int32_t anchor;
    float x, y;
    bool member;
  };
  QRectF plotArea() const;
  QPointF toWidget(float x, float y) const;
  const Point* nearest(QPointF at) const;

  std::shared_ptr<const StageEvidence> evidence_;
  std::vector<Point> points_;
  QString xTitle_, yTitle_;
  float xMax_ = 1, yMax_ = 1;
  std::int64_t selectedAnchor_ = -1;
};

}  // namespace anchorscope
