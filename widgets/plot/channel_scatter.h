#pragma once
// Every candidate of a stage in the plane of two channels, score against IoU at first: as points, or where
// there are too many as a density. Brushed candidates stand out; a part of the plane can be brushed.

#include <QImage>
#include <QWidget>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/subset.h"
#include "widgets/plot/plot_axes.h"
#include "widgets/plot/plot_brush.h"

namespace anchorscope {

/// Dragging brushes a rectangle, with Shift an outline, with Ctrl within what is brushed already. A click
/// selects the nearest candidate; where there is none, and with Esc, the brush is cleared. Nothing is
/// computed while it is not seen. GUI thread only.
class ChannelScatter : public QWidget {
  Q_OBJECT

 public:
  explicit ChannelScatter(QWidget* parent = nullptr);

  /// `subset` may be null: nothing is brushed.
  void show(std::shared_ptr<const StageEvidence> evidence, std::shared_ptr<const CandidateSubset> subset);
  /// Names of channels. `color` may be empty: candidates are coloured by their role.
  void setChannels(const std::string& x, const std::string& y, const std::string& color = {});
  void setSelectedAnchor(std::int64_t anchor);

  /// Where a candidate is drawn; null where it has no place. For tests and links.
  QPointF pointOf(std::int64_t anchor);
  /// Of the candidates that have a place, those drawn as points; the others are a density.
  std::int64_t pointsDrawn();
  QSize sizeHint() const override { return {300, 220}; }
  QSize minimumSizeHint() const override { return {140, 120}; }

  /// Up to so many candidates each is a point of its own.
  static constexpr std::int64_t kMostPoints = 4000;

 signals:
  void brushWanted(const CandidateCondition& condition, bool within);
  void brushCleared();
  void anchorClicked(std::int64_t anchor);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Cell {
    std::int32_t all = 0, inside = 0, colored = 0;
    double color = 0;  ///< Sum over those with a value.
  };

  void invalidate();
  void prepare();
  const Channel* channelOf(const std::string& name) const;
  bool isInside(std::size_t candidate) const;
  QColor pointColor(std::size_t candidate) const;
  QImage density(const std::vector<Cell>& cells, int columns, int rows) const;
  std::int64_t nearest(QPointF at) const;

  std::shared_ptr<const StageEvidence> evidence_;
  std::shared_ptr<const CandidateSubset> subset_;
  std::string xName_, yName_, colorName_;
  std::int64_t selected_ = -1;
  PlotBrush brush_;

  // Made when it is seen first.
  bool stale_ = true;
  QSize preparedFor_;
  const Channel *x_ = nullptr, *y_ = nullptr, *color_ = nullptr;
  PlotAxes axes_;
  double colorLow_ = 0, colorHigh_ = 1;
  std::vector<CandidateRole> roles_;
  QImage density_;
  std::vector<std::uint32_t> points_;  ///< Drawn one by one, the last on top.
  std::int64_t placed_ = 0;
};

}  // namespace anchorscope
