// Curves with axes, drawn by us so that they are the same vectors in every format.

#include <QPainterPath>
#include <QPolygonF>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "widgets/figure/figure_page.h"
#include "widgets/overlays/color_bar.h"

namespace anchorscope {

namespace {

constexpr double kAspect = 0.42, kMostHeightMm = 50, kTickMm = 0.9, kGapMm = 1.0, kRightMm = 2, kScale = 0.9;
constexpr double kFinestPt = 0.05;  ///< 1440 columns an inch.

struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void makeValid() {
    if (!(high >= low)) low = 0, high = 1;
    if (!(high > low)) {
      low -= 0.5;
      high += 0.5;
    }
  }
};

struct Plot {
  QRectF area;
  Extent x, y;
  QString yTick(double value) const { return tickText(value, std::max(std::abs(y.low), std::abs(y.high))); }
  QPointF at(double vx, double vy) const {
    return {area.left() + (vx - x.low) / (x.high - x.low) * area.width(),
            area.bottom() - (vy - y.low) / (y.high - y.low) * area.height()};
  }
};

double plotHeight(const FigurePage& page, double width) {
  return std::min(width * kAspect, page.mm(kMostHeightMm));
}

void drawAxes(const FigurePage& page, const Plot& plot, const FigureCurves& curves) {
  const double line = page.lineHeight(kScale), tick = page.mm(kTickMm);
  for (const double value : niceTicks(plot.y.low, plot.y.high, 4)) {
    const double y = plot.at(plot.x.low, value).y();
    page.line({plot.area.left(), y}, {plot.area.right(), y}, page.colors.grid, 0.4);
    page.text(QRectF(0, y - line / 2, plot.area.left() - tick, line), Qt::AlignRight | Qt::AlignVCenter,
              plot.yTick(value), page.colors.text, kScale);
  }
  const int across = std::clamp(static_cast<int>(plot.area.width() / page.mm(16)), 2, 8);
  for (const double value : niceTicks(plot.x.low, plot.x.high, across)) {
    const double x = plot.at(value, plot.y.low).x();
    page.line({x, plot.area.bottom()}, {x, plot.area.bottom() + tick}, page.colors.text, 0.5);
    const double half = page.mm(8);
    page.text(QRectF(x - half, plot.area.bottom() + tick * 1.3, 2 * half, line), Qt::AlignHCenter,
              tickText(value), page.colors.text, kScale);
  }
  page.line(plot.area.bottomLeft(), plot.area.bottomRight(), page.colors.text, 0.6);
  page.text(QRectF(plot.area.left(), plot.area.bottom() + tick * 1.3 + line, plot.area.width(), line),
            Qt::AlignHCenter, QString::fromStdString(curves.xTitle), page.colors.secondary, kScale);
}

/// A line whose points are given from left to right. Of those in one column, finer than any device shows, the
/// first, the lowest, the highest and the last are kept: they paint what all of them would, and a curve of a
/// million steps stays a small file.
class FineLine {
 public:
  explicit FineLine(double columnWidth) : width_(columnWidth) {}
  void add(QPointF point) {
    const double column = std::floor(point.x() / width_);
    if (points_ == 0 || column != column_) endColumn();
    column_ = column;
    if (points_++ == 0) first_ = low_ = high_ = point;
    if (point.y() < low_.y()) low_ = point;
    if (point.y() > high_.y()) high_ = point;
    last_ = point;
  }
  /// All of it; it is empty afterwards.
  QPolygonF take() {
    endColumn();
    return std::exchange(line_, {});
  }

 private:
  void endColumn() {
    if (points_ == 0) return;
    line_.push_back(first_);
    const bool lowFirst = low_.x() < high_.x();
    for (const QPointF& point : {lowFirst ? low_ : high_, lowFirst ? high_ : low_, last_})
      if (point != line_.back()) line_.push_back(point);
    points_ = 0;
  }

  double width_, column_ = 0;
  std::size_t points_ = 0;  ///< In the present column.
  QPointF first_, low_, high_, last_;
  QPolygonF line_;
};

void drawSeries(QPainter& painter, const FigurePage& page, const Plot& plot, const FigureSeries& series) {
  QColor color = QColor::fromRgb(series.color);
  if (!series.emphasized) color.setAlphaF(0.35f);
  painter.setPen(QPen(color, page.pt(series.emphasized ? 1.0 : 0.5),
                      series.dashed ? Qt::DashLine : Qt::SolidLine,
                      series.dashed ? Qt::FlatCap : Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  FineLine line(page.pt(kFinestPt));
  const auto flush = [&] {
    if (const QPolygonF run = line.take(); run.size() > 1) painter.drawPolyline(run);
  };
  const std::size_t count = std::min(series.x.size(), series.y.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
      line.add(plot.at(series.x[i], series.y[i]));
    } else {
      flush();
    }
  }
  flush();
}

/// Titles of the drawn series in lines as wide as the plot; the first begins with the axis' title.
struct Legend {
  struct Entry {
    const FigureSeries* series;
    std::size_t line;
    double x;
  };
  std::vector<Entry> entries;
  std::size_t lines = 1;
};

Legend legendOf(const FigurePage& page, const FigureCurves& curves, double width) {
  const double dash = page.mm(4), gap = page.mm(1);
  Legend legend;
  double x =
      curves.yTitle.empty() ? 0 : page.textWidth(QString::fromStdString(curves.yTitle), kScale) + 3 * gap;
  for (const FigureSeries& series : curves.series) {
    if (series.title.empty() || !series.emphasized) continue;
    const double needed = dash + gap + page.textWidth(QString::fromStdString(series.title), kScale);
    if (x > 0 && x + needed > width) {
      x = 0;
      ++legend.lines;
    }
    legend.entries.push_back({&series, legend.lines - 1, x});
    x += needed + 2 * gap;
  }
  return legend;
}

double legendHeight(const FigurePage& page, const Legend& legend) {
  return page.lineHeight(kScale) * (static_cast<double>(legend.lines) + 0.3);
}

void drawLegend(const FigurePage& page, const QRectF& rect, const FigureCurves& curves,
                const Legend& legend) {
  const double dash = page.mm(4), gap = page.mm(1), line = page.lineHeight(kScale);
  if (!curves.yTitle.empty())
    page.text(QRectF(rect.topLeft(), QSizeF(rect.width(), line)), Qt::AlignLeft,
              QString::fromStdString(curves.yTitle), page.colors.secondary, kScale);
  for (const Legend::Entry& entry : legend.entries) {
    const double left = rect.left() + entry.x, top = rect.top() + static_cast<double>(entry.line) * line;
    page.line({left, top + line / 2}, {left + dash, top + line / 2}, QColor::fromRgb(entry.series->color),
              1.2);
    page.text(QRectF(left + dash + gap, top, rect.right() - left, line), Qt::AlignLeft,
              QString::fromStdString(entry.series->title), page.colors.text, kScale);
  }
}

/// Width that the numbers beside the axis take.
double marginOf(const FigurePage& page, const Plot& plot) {
  double labels = 0;
  for (const double value : niceTicks(plot.y.low, plot.y.high, 4))
    labels = std::max(labels, page.textWidth(plot.yTick(value), kScale));
  return labels + 2 * page.mm(kTickMm);
}

Plot plotOf(const FigureCurves& curves) {
  Plot plot;
  for (const FigureSeries& series : curves.series) {
    for (const double x : series.x)
      plot.x.add(x);
    for (const double y : series.y)
      plot.y.add(y);
  }
  plot.x.makeValid();
  plot.y.makeValid();
  if (plot.y.low > 0 && plot.y.low < 0.5 * plot.y.high) plot.y.low = 0;  // near enough to show the zero
  plot.y.high += (plot.y.high - plot.y.low) * 0.04;
  return plot;
}

}  // namespace

double curvesHeight(const FigurePage& page, const FigureCurves& curves, const QString& letter, double width) {
  const double line = page.lineHeight(kScale), caption = captionHeight(page, curves.caption, letter, width);
  const double plotWidth = width - marginOf(page, plotOf(curves)) - page.mm(kRightMm);
  return legendHeight(page, legendOf(page, curves, plotWidth)) + plotHeight(page, width) +
         page.mm(kTickMm) * 1.3 + 2 * line + (caption > 0 ? page.mm(kGapMm) + caption : 0);
}

void drawCurves(const FigurePage& page, const FigureCurves& curves, const QString& letter, QPointF topLeft,
                double width) {
  if (!page.meter.goesOn()) return;
  const double line = page.lineHeight(kScale);
  Plot plot = plotOf(curves);
  const double left = marginOf(page, plot), plotWidth = width - left - page.mm(kRightMm);
  const Legend legend = legendOf(page, curves, plotWidth);
  plot.area = QRectF(topLeft.x() + left, topLeft.y() + legendHeight(page, legend), plotWidth,
                     plotHeight(page, width));

  drawLegend(page, QRectF(plot.area.left(), topLeft.y(), plotWidth, line), curves, legend);
  // Axis numbers are set against the page's left edge.
  page.painter->save();
  page.painter->translate(topLeft.x(), 0);
  Plot shifted = plot;
  shifted.area.translate(-topLeft.x(), 0);
  drawAxes(page, shifted, curves);
  page.painter->restore();
  page.clipped(plot.area.adjusted(-page.pt(1), -page.pt(1), page.pt(1), page.pt(1)), [&](QPainter& painter) {
    for (const bool emphasized : {false, true})
      for (const FigureSeries& series : curves.series)
        if (series.emphasized == emphasized) drawSeries(painter, page, plot, series);
  });
  const double below = plot.area.bottom() + page.mm(kTickMm) * 1.3 + 2 * line + page.mm(kGapMm);
  drawCaption(page, curves.caption, letter, {topLeft.x(), below}, width);
  page.meter.endPart();
}

}  // namespace anchorscope
