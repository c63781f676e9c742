#include "widgets/plot/curve_legend.h"

#include <QPainter>
#include <QStringList>
#include <algorithm>

#include "widgets/state/theme.h"

namespace anchorscope {

namespace {

constexpr int kDot = 8, kGap = 5, kBetween = 14, kMostLines = 2, kLeastTitle = 40;

}  // namespace

CurveLegend::CurveLegend(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

int CurveLegend::lineHeight() const {
  return fontMetrics().height() + 2;
}

QSize CurveLegend::sizeHint() const {
  return {240, heightForWidth(std::max(width(), 80))};
}

QSize CurveLegend::minimumSizeHint() const {
  return {80, lineHeight()};
}

int CurveLegend::heightForWidth(int width) const {
  const std::vector<Place> places = layOut(width);
  const bool second = !places.empty() && places.back().rect.top() > 0;
  return lineHeight() * (second ? kMostLines : 1);
}

std::vector<CurveLegend::Place> CurveLegend::layOut(int width) const {
  const QFontMetrics metrics(font());
  QFont bold = font();
  bold.setWeight(QFont::DemiBold);
  const QFontMetrics boldMetrics(bold);
  const int more = metrics.horizontalAdvance(QStringLiteral("+00"));
  int x = moment_.isEmpty() ? 0 : metrics.horizontalAdvance(moment_) + kBetween, line = 0;
  std::vector<Place> places;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    // Room for as many digits as values usually have, so that nothing moves while they change.
    const int value = std::max(boldMetrics.horizontalAdvance(entry.value),
                               boldMetrics.horizontalAdvance(QStringLiteral("0.000")));
    const int fixed = kDot + 2 * kGap + value, title = metrics.horizontalAdvance(entry.title) + 1;
    const auto room = [&] {
      return width - x - (line == kMostLines - 1 && i + 1 < entries_.size() ? more + kGap : 0);
    };
    if (x > 0 && fixed + title > room() && line + 1 < kMostLines) {
      x = 0;
      ++line;
    }
    const int given = std::max(0, std::min(title, room() - fixed));
    if (given < std::min(title, kLeastTitle) && i > 0) break;
    places.push_back({QRect(x, line * lineHeight(), fixed + given, lineHeight()),
                      metrics.elidedText(entry.title, Qt::ElideRight, given)});
    x += fixed + given + kBetween;
  }
  return places;
}

void CurveLegend::setEntries(std::vector<Entry> entries, const QString& moment) {
  if (entries == entries_ && moment == moment_) return;
  entries_ = std::move(entries);
  moment_ = moment;
  places_ = layOut(width());
  QStringList all;
  for (const Entry& entry : entries_)
    all << entry.title + QStringLiteral(": ") + entry.value;
  setToolTip(all.join(QLatin1Char('\n')));
  if (heightForWidth(width()) != height()) updateGeometry();
  update();
}

void CurveLegend::resizeEvent(QResizeEvent*) {
  places_ = layOut(width());
}

void CurveLegend::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QFont bold = font();
  bold.setWeight(QFont::DemiBold);
  painter.setFont(font());
  if (!moment_.isEmpty()) {
    painter.setPen(theme.scrubber);
    painter.drawText(QRect(0, 0, width(), lineHeight()), Qt::AlignLeft | Qt::AlignVCenter, moment_);
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const QRect rect = places_[i].rect;
    painter.setPen(Qt::NoPen);
    painter.setBrush(entries_[i].color);
    painter.drawEllipse(QRectF(rect.left(), rect.center().y() - kDot / 2.0 + 0.5, kDot, kDot));
    painter.setPen(theme.text);
    painter.setFont(font());
    const QRect text = rect.adjusted(kDot + kGap, 0, 0, 0);
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, places_[i].title);
    painter.setFont(bold);
    painter.drawText(text.adjusted(fontMetrics().horizontalAdvance(places_[i].title) + kGap, 0, kBetween, 0),
                     Qt::AlignLeft | Qt::AlignVCenter, entries_[i].value);
  }
  if (places_.size() < entries_.size()) {
    painter.setFont(font());
    painter.setPen(theme.secondaryText);
    painter.drawText(rect(), Qt::AlignRight | Qt::AlignBottom,
                     QStringLiteral("+%1").arg(entries_.size() - places_.size()));
  }
}

}  // namespace anchorscope
