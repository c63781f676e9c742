#include "widgets/plot/plot_axes.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kSmallPx = 10;
constexpr double kTitleHeight = 13, kNumberHeight = 13, kGap = 4;

QString tickText(double value) {
  const double size = std::abs(value);
  if (size == 0) return QStringLiteral("0");
  return size >= 1e5 || size < 1e-3 ? QString::number(value, 'e', 0) : QString::number(value, 'g', 5);
}

}  // namespace

QFont plotFont(const QFont& font) {
  QFont small = font;
  small.setPixelSize(kSmallPx);
  return small;
}

double PlotAxis::toShare(double value) const {
  if (!logarithmic) return (value - low) / (high - low);
  return std::log(std::max(value, low) / low) / std::log(high / low);
}

double PlotAxis::fromShare(double share) const {
  return logarithmic ? low * std::pow(high / low, share) : low + share * (high - low);
}

std::vector<double> PlotAxis::ticks(int most) const {
  std::vector<double> out;
  if (logarithmic) {
    const double first = std::ceil(std::log10(low) - 1e-9), last = std::floor(std::log10(high) + 1e-9);
    const double every = std::max(1.0, std::ceil((last - first + 1) / std::max(1, most)));
    for (double power = first; power <= last; power += every)
      out.push_back(std::pow(10.0, power));
    return out;
  }
  const double rough = (high - low) / std::max(1, most),
               power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0})
    if (power * factor >= rough * (1 - 1e-9)) {
      step = power * factor;
      break;
    }
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i)
    out.push_back(i * step + 0.0);
  return out;
}

QPointF PlotAxes::toWidget(double xValue, double yValue) const {
  return {area.left() + area.width() * x.toShare(xValue), area.bottom() - area.height() * y.toShare(yValue)};
}

double PlotAxes::xAt(double widgetX) const {
  return x.fromShare((widgetX - area.left()) / area.width());
}

double PlotAxes::yAt(double widgetY) const {
  return y.fromShare((area.bottom() - widgetY) / area.height());
}

QRectF plotArea(const QRectF& widget, const PlotAxis& y, const QFont& font) {
  const QFontMetricsF metrics(plotFont(font));
  double widest = 0;
  for (const double tick : y.ticks(4))
    widest = std::max(widest, metrics.horizontalAdvance(tickText(tick)));
  return widget.adjusted(widest + kGap + kTitleHeight, 6, -8, -(kNumberHeight + kTitleHeight + 2));
}

void paintAxes(QPainter& painter, const PlotAxes& axes, const QFont& font, const Theme& theme) {
  const QRectF& area = axes.area;
  const QFont small = plotFont(font);
  const QFontMetricsF metrics(small);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(theme.line);
  painter.setBrush(theme.surround);
  painter.drawRoundedRect(area, 3, 3);
  painter.setFont(small);
  constexpr double kPerTick = 54, kPerRow = 28;
  double taken = -1e9;
  for (const double tick : axes.x.ticks(std::clamp(static_cast<int>(area.width() / kPerTick), 1, 8))) {
    const double at = axes.toWidget(tick, axes.y.low).x();
    painter.setPen(QPen(theme.line, 1, Qt::DotLine));
    painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
    const QString text = tickText(tick);
    const double width = metrics.horizontalAdvance(text),
                 left = std::clamp(at - width / 2, area.left() - 4, area.right() + 6 - width);
    if (left < taken + kGap) continue;
    taken = left + width;
    painter.setPen(theme.secondaryText);
    painter.drawText(QRectF(left, area.bottom() + 2, width + 1, kNumberHeight), Qt::AlignCenter, text);
  }
  for (const double tick : axes.y.ticks(std::clamp(static_cast<int>(area.height() / kPerRow), 1, 5))) {
    const double at = axes.toWidget(axes.x.low, tick).y();
    painter.setPen(QPen(theme.line, 1, Qt::DotLine));
    painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at));
    painter.setPen(theme.secondaryText);
    const double top = std::clamp(at - kNumberHeight / 2, area.top() - 2, area.bottom() - kNumberHeight + 2);
    painter.drawText(QRectF(0, top, area.left() - kGap, kNumberHeight), Qt::AlignRight | Qt::AlignVCenter,
                     tickText(tick));
  }
  painter.setPen(theme.secondaryText);
  painter.drawText(QRectF(area.left(), area.bottom() + kNumberHeight + 1, area.width(), kTitleHeight),
                   Qt::AlignCenter, metrics.elidedText(axes.x.title, Qt::ElideRight, area.width()));
  painter.save();
  painter.translate(kTitleHeight / 2, area.center().y());
  painter.rotate(-90);
  painter.drawText(QRectF(-area.height() / 2, -kTitleHeight / 2, area.height(), kTitleHeight),
                   Qt::AlignCenter, metrics.elidedText(axes.y.title, Qt::ElideRight, area.height()));
  painter.restore();
}

}  // namespace anchorscope
