#pragma once
// How often a channel has which values, of all candidates and of those brushed, parted by role or level. A
// range of values can be brushed.

#include <QColor>
#include <QWidget>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/subset.h"
#include "widgets/plot/plot_axes.h"
#include "widgets/plot/plot_brush.h"

namespace anchorscope {

enum class HistogramParts { kNone, kRole, kLevel };

/// Dragging brushes a range, with Ctrl within what is brushed already; a click and Esc clear the brush.
/// Nothing is computed while it is not seen. GUI thread only.
class ChannelHistogram : public QWidget {
  Q_OBJECT

 public:
  explicit ChannelHistogram(QWidget* parent = nullptr);

  void show(std::shared_ptr<const StageEvidence> evidence, std::shared_ptr<const CandidateSubset> subset);
  void setChannel(const std::string& name);
  /// The counts' axis.
  void setLogarithmic(bool logarithmic);
  void setParts(HistogramParts parts);

  struct Series {
    QString name;
    QColor color;
    std::vector<std::int64_t> counts;  ///< Per bin.
  };
  /// All, then what is brushed (where something is), then the parts. For tests and tooltips.
  const std::vector<Series>& series();
  const PlotAxes& axes();
  QSize sizeHint() const override { return {300, 140}; }
  QSize minimumSizeHint() const override { return {140, 96}; }

 signals:
  void brushWanted(const CandidateCondition& condition, bool within);
  void brushCleared();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void invalidate();
  void prepare();
  QPolygonF outlineOf(const Series& series) const;
  double countHeight(std::int64_t count) const;

  std::shared_ptr<const StageEvidence> evidence_;
  std::shared_ptr<const CandidateSubset> subset_;
  std::string name_;
  HistogramParts parts_ = HistogramParts::kRole;
  bool logarithmic_ = true;
  PlotBrush brush_;

  bool stale_ = true;
  QSize preparedFor_;
  const Channel* channel_ = nullptr;
  PlotAxes axes_;
  std::vector<Series> series_;
};

}  // namespace anchorscope
