#pragma once
// Two columns of the selected object's pairs against each other (score and IoU for most methods), as values
// or as ranks within the bag, linked to the selection.

#include <QWidget>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/evidence/frame.h"

class QToolButton;

namespace anchorscope {

/// As ranks only the bag is drawn, the best of both in the upper right corner: on the diagonal lies what both
/// heads agree about. GUI thread only.
class ScatterView : public QWidget {
  Q_OBJECT

 public:
  explicit ScatterView(QWidget* parent = nullptr);

  void show(std::shared_ptr<const StageEvidence> evidence, int object);
  void setSelectedAnchor(std::int64_t anchor);
  void setRanked(bool ranked);
  bool isRanked() const;
  /// Of the ranks that are drawn; none where there are none, or all are equal.
  std::optional<double> rankCorrelation() const { return correlation_; }
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
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Point {
    std::int32_t anchor;
    float x, y;  ///< Where it is drawn.
    bool member;
    float xValue, yValue;
  };
  void gather();
  void toRanks();
  QRectF plotArea() const;
  QPointF toWidget(float x, float y) const;
  const Point* nearest(QPointF at) const;

  std::shared_ptr<const StageEvidence> evidence_;
  std::vector<Point> points_;
  QString xTitle_, yTitle_;
  float xMax_ = 1, yMax_ = 1;
  std::int64_t selectedAnchor_ = -1;
  int object_ = -1;
  std::optional<double> correlation_;
  QToolButton* ranked_;
};

}  // namespace anchorscope
