#pragma once
// Two axes of a small plot: where values lie in the widget, and how the axes are drawn. For plots of
// hundreds of thousands of values, which no plotting library draws within a frame.

#include <QFont>
#include <QPointF>
#include <QRectF>
#include <QString>
#include <vector>

class QPainter;

namespace anchorscope {

struct Theme;

struct PlotAxis {
  double low = 0, high = 1;  ///< low < high; of a logarithmic axis both above 0.
  bool logarithmic = false;
  QString title;

  double toShare(double value) const;    ///< 0 at low, 1 at high.
  double fromShare(double share) const;  ///< The contrary.
  /// At most `most` round numbers within, ascending.
  std::vector<double> ticks(int most) const;
};

struct PlotAxes {
  PlotAxis x, y;
  QRectF area;  ///< Widget px.

  QPointF toWidget(double xValue, double yValue) const;
  double xAt(double widgetX) const;
  double yAt(double widgetY) const;
};

/// The area that is left of a widget beside the axes' numbers and titles.
QRectF plotArea(const QRectF& widget, const PlotAxis& y, const QFont& font);
/// The ground with grid, numbers and titles.
void paintAxes(QPainter& painter, const PlotAxes& axes, const QFont& font, const Theme& theme);
/// The font of axes: smaller than the window's.
QFont plotFont(const QFont& font);

}  // namespace anchorscope
