#include "widgets/overlays/color_bar.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/overlay_painter.h"

namespace anchorscope {

namespace {

constexpr double kBarHeight = 8, kTickLength = 3, kGap = 3;  ///< Nominal pixels.

}  // namespace

bool colorBarOf(const Layer& layer, const StageEvidence& evidence, ColorBar& out) {
  const Channel* channel = layer.hasChannel() ? evidence.channel(layer.channel) : nullptr;
  if (!channel) return false;
  out.colorMap = layer.colorMap;
  out.reversed = layer.reverseColors;
  out.range = resolveRange(layer, *channel);
  out.title = declaredTitle(channel->spec);
  if (!channel->spec.unit.empty() && channel->spec.unit != "1" && channel->spec.unit != "rank")
    out.title += QStringLiteral(" (%1)").arg(QString::fromStdString(channel->spec.unit));
  if (const Channel* second = layer.second.empty() ? nullptr : evidence.channel(layer.second)) {
    out.mixed = true;
    out.title =
        QCoreApplication::translate("ColorBar", "%1 · both · %2").arg(out.title, declaredTitle(second->spec));
  }
  ValueRange seen;
  if (finiteRange(channel->values, seen)) {
    out.belowRange = seen.low < out.range.low;
    out.aboveRange = seen.high > out.range.high;
  }
  return true;
}

std::vector<double> niceTicks(double low, double high, int count) {
  std::vector<double> ticks;
  if (!(high > low) || count < 1) return ticks;
  const double rough = (high - low) / count, power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  const double slack = step * 1e-6;
  for (double n = std::ceil((low - slack) / step); n * step <= high + slack && ticks.size() < 64; ++n)
    ticks.push_back(n * step);
  return ticks;
}

QString tickText(double value, double end) {
  if (value == 0) return QStringLiteral("0");
  constexpr int kDigits = 4;
  const double size = std::abs(value), largest = end == 0 ? size : std::abs(end);
  QString text;
  if (largest >= 1e5 || largest < 1e-3) {
    text = QString::number(value, 'e', 1);
  } else if (size >= 1e-3) {
    text = QString::number(value, 'g', kDigits);
  } else {
    text = QString::number(value, 'f',
                           std::min(kDigits - 1 - static_cast<int>(std::floor(std::log10(size))), 12));
    while (text.endsWith(QLatin1Char('0')))
      text.chop(1);
  }
  return text.replace(QLatin1String("e-0"), QLatin1String("e-"))
      .replace(QLatin1String("e+0"), QLatin1String("e"))
      .replace(QLatin1Char('-'), QChar(0x2212));
}

double colorBarHeight(const QFont& font, double unit) {
  return 2 * QFontMetricsF(font).height() + (kBarHeight + kTickLength + 2 * kGap) * unit;
}

void paintColorBar(QPainter& painter, const QRectF& rect, const ColorBar& bar, const QFont& font,
                   const QColor& text, double unit, bool outlinedText) {
  const QFontMetricsF metrics(font);
  painter.save();
  const QString title = metrics.elidedText(bar.title, Qt::ElideRight, rect.width());
  drawCenteredText(painter,
                   QRectF(rect.left(), rect.top(), metrics.horizontalAdvance(title), metrics.height()), title,
                   font, text, outlinedText);

  const QRectF gradient(rect.left(), rect.top() + metrics.height() + kGap * unit, rect.width(),
                        kBarHeight * unit);
  QImage colors(256, bar.mixed ? 3 : 1, QImage::Format_RGB32);
  const auto& table = colorTable(bar.colorMap);
  for (int i = 0; i < 256; ++i) {
    if (!bar.mixed) {
      colors.setPixel(i, 0, table[static_cast<std::size_t>(bar.reversed ? 255 - i : i)]);
      continue;
    }
    const float t = static_cast<float>(i) / 255;
    colors.setPixel(i, 0, mixedColor(t, 0));
    colors.setPixel(i, 1, mixedColor(t, t));
    colors.setPixel(i, 2, mixedColor(0, t));
  }
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.drawImage(gradient, colors);

  const double span = static_cast<double>(bar.range.high) - static_cast<double>(bar.range.low);
  const int wanted = std::clamp(static_cast<int>(rect.width() / (metrics.averageCharWidth() * 9)), 1, 5);
  double free = -1e9;
  for (const double tick : niceTicks(bar.range.low, bar.range.high, wanted)) {
    const double x = gradient.left() + (tick - static_cast<double>(bar.range.low)) / span * gradient.width();
    painter.setPen(QPen(text, unit));
    painter.drawLine(QPointF(x, gradient.bottom()), QPointF(x, gradient.bottom() + kTickLength * unit));
    QString label = tickText(tick, std::max(std::abs(bar.range.low), std::abs(bar.range.high)));
    if (bar.belowRange && std::abs(tick - static_cast<double>(bar.range.low)) < span * 1e-6)
      label.prepend(QChar(0x2264));
    if (bar.aboveRange && std::abs(tick - static_cast<double>(bar.range.high)) < span * 1e-6)
      label.prepend(QChar(0x2265));
    const double width = metrics.horizontalAdvance(label);
    const double left = std::clamp(x - width / 2, rect.left(), std::max(rect.left(), rect.right() - width));
    if (left < free) continue;
    free = left + width + metrics.averageCharWidth();
    drawCenteredText(
        painter, QRectF(left, gradient.bottom() + (kTickLength + kGap * 0.5) * unit, width, metrics.height()),
        label, font, text, outlinedText);
  }
  painter.restore();
}

}  // namespace anchorscope
