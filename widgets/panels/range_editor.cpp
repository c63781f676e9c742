#include "widgets/panels/range_editor.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {
constexpr int kBins = 40;
constexpr double kHistogramHeight = 36;
constexpr double kBarHeight = 10;
}  // namespace

RangeEditor::RangeEditor(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Colour range"));
  setToolTip(
      tr("Drag the handles to set the colour range; the histogram counts this frame's values (square-root "
         "scale)"));
  setMouseTracking(true);
}

void RangeEditor::show(const Layer& layer, const Channel* channel) {
  map_ = layer.colorMap;
  empty_ = channel == nullptr;
  if (channel) {
    range_ = resolveRange(layer, *channel);
    // While a handle moves the domain stands still, or the handle would run away from the cursor.
    if (dragged_ < 0) {
      ValueRange values = range_;
      finiteRange(channel->values, values);
      domain_ = {std::min(values.low, range_.low), std::max(values.high, range_.high)};
      if (!(domain_.high > domain_.low)) domain_ = {domain_.low - 0.5f, domain_.low + 0.5f};
    }
    histogram_ = histogram(channel->values, domain_, kBins);
  }
  update();
}

QRectF RangeEditor::bar() const {
  return {6.0, 4 + kHistogramHeight + 4, width() - 12.0, kBarHeight};
}

double RangeEditor::xOf(float value) const {
  const QRectF area = bar();
  return area.left() +
         area.width() * static_cast<double>((value - domain_.low) / (domain_.high - domain_.low));
}

float RangeEditor::valueAt(double x) const {
  const QRectF area = bar();
  const double t = std::clamp((x - area.left()) / area.width(), 0.0, 1.0);
  return domain_.low + static_cast<float>(t) * (domain_.high - domain_.low);
}

void RangeEditor::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  const QRectF area = bar();
  if (empty_) {
    painter.setPen(theme.secondaryText);
    painter.drawText(rect().adjusted(6, 0, -6, 0), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("This layer has no values to colour"));
    return;
  }
  std::size_t most = 1;
  for (const std::size_t count : histogram_.counts)
    most = std::max(most, count);
  const double binWidth = area.width() / kBins;
  for (int bin = 0; bin < static_cast<int>(histogram_.counts.size()); ++bin) {
    const double share = std::sqrt(static_cast<double>(histogram_.counts[static_cast<std::size_t>(bin)]) /
                                   static_cast<double>(most));
    if (share <= 0) continue;
    const float value = domain_.low + (static_cast<float>(bin) + 0.5f) / kBins * (domain_.high - domain_.low);
    const double height = std::max(1.0, share * kHistogramHeight);
    painter.fillRect(QRectF(area.left() + bin * binWidth, 4 + kHistogramHeight - height,
                            std::max(1.0, binWidth - 1), height),
                     QColor::fromRgb(colorAt(map_, range_.normalized(value))));
  }
  for (int x = 0; x < static_cast<int>(area.width()); ++x)
    painter.fillRect(QRectF(area.left() + x, area.top(), 1, area.height()),
                     QColor::fromRgb(colorAt(map_, range_.normalized(valueAt(area.left() + x)))));
  painter.setRenderHint(QPainter::Antialiasing);
  for (const float value : {range_.low, range_.high}) {
    const QRectF handle(xOf(value) - 3, area.top() - 3, 6, area.height() + 6);
    painter.setPen(QPen(theme.surround, 1));
    painter.setBrush(theme.text);
    painter.drawRoundedRect(handle, 2, 2);
  }
  painter.setPen(theme.secondaryText);
  const QRectF labels(area.left(), area.bottom() + 4, area.width(), 16);
  painter.drawText(labels, Qt::AlignLeft, shortText(static_cast<double>(range_.low)));
  painter.drawText(labels, Qt::AlignRight, shortText(static_cast<double>(range_.high)));
  if (histogram_.undefined > 0)
    painter.drawText(labels, Qt::AlignHCenter,
                     tr("%1 undefined").arg(countText(static_cast<qint64>(histogram_.undefined))));
}

void RangeEditor::mousePressEvent(QMouseEvent* event) {
  if (empty_ || event->button() != Qt::LeftButton) return;
  const double toLow = std::abs(event->position().x() - xOf(range_.low));
  const double toHigh = std::abs(event->position().x() - xOf(range_.high));
  // At the right end of coinciding handles the upper one is meant.
  dragged_ = toLow < toHigh || (toLow == toHigh && event->position().x() < xOf(range_.low)) ? 0 : 1;
  mouseMoveEvent(event);
}

void RangeEditor::mouseMoveEvent(QMouseEvent* event) {
  if (dragged_ < 0) {
    const bool near = !empty_ && std::min(std::abs(event->position().x() - xOf(range_.low)),
                                          std::abs(event->position().x() - xOf(range_.high))) < 6;
    setCursor(near ? Qt::SizeHorCursor : Qt::ArrowCursor);
    return;
  }
  const float value = valueAt(event->position().x());
  if (dragged_ == 0)
    emit rangeEdited(std::min(value, range_.high), range_.high);
  else
    emit rangeEdited(range_.low, std::max(value, range_.low));
}

void RangeEditor::mouseReleaseEvent(QMouseEvent*) {
  dragged_ = -1;
}

}  // namespace anchorscope
