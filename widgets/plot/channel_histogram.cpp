#include "widgets/plot/channel_histogram.h"

#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/models/brush_text.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/layer.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kBinPx = 5, kMostBins = 128;

}  // namespace

ChannelHistogram::ChannelHistogram(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Histogram of a channel"));
}

void ChannelHistogram::show(std::shared_ptr<const StageEvidence> evidence,
                            std::shared_ptr<const CandidateSubset> subset) {
  if (evidence == evidence_ && subset == subset_) return;
  evidence_ = std::move(evidence);
  subset_ = std::move(subset);
  invalidate();
}

void ChannelHistogram::setChannel(const std::string& name) {
  if (name == name_) return;
  name_ = name;
  invalidate();
}

void ChannelHistogram::setLogarithmic(bool logarithmic) {
  if (logarithmic == logarithmic_) return;
  logarithmic_ = logarithmic;
  invalidate();
}

void ChannelHistogram::setParts(HistogramParts parts) {
  if (parts == parts_) return;
  parts_ = parts;
  invalidate();
}

void ChannelHistogram::invalidate() {
  stale_ = true;
  update();
}

const std::vector<ChannelHistogram::Series>& ChannelHistogram::series() {
  prepare();
  return series_;
}

const PlotAxes& ChannelHistogram::axes() {
  prepare();
  return axes_;
}

void ChannelHistogram::prepare() {
  if (!stale_ && preparedFor_ == size()) return;
  stale_ = false;
  preparedFor_ = size();
  series_.clear();
  const Channel* channel = evidence_ ? evidence_->channel(name_) : nullptr;
  channel_ = channel && channel->spec.domain == ChannelDomain::kCandidate && evidence_->candidates &&
                     channel->values.size() == evidence_->candidates->count()
                 ? channel
                 : nullptr;
  if (!channel_) return;
  const Theme& theme = themeOf(palette());
  const std::vector<float>& values = channel_->values;
  ValueRange range{0, 1};
  if (finiteRange(values, range) && range.low == range.high) range.high = range.low + 1;
  // Shares over all of [0, 1], unless they are tiny.
  const ValueRange declared = resolveRange(channelLayer(channel_->spec), *channel_);
  if (declared.low <= range.low && declared.high >= range.high &&
      range.high - declared.low >= 0.5f * (declared.high - declared.low))
    range = declared;
  axes_.x = {static_cast<double>(range.low), static_cast<double>(range.high), false,
             declaredTitle(channel_->spec)};
  axes_.y = {0, 1, false, tr("Candidates")};
  // The room for the numbers beside it is that of the longest.
  axes_.y.high = static_cast<double>(std::max<std::size_t>(1, values.size()));
  axes_.area = plotArea(QRectF(rect()), axes_.y, font());
  const int bins = std::clamp(static_cast<int>(axes_.area.width()) / kBinPx, 4, kMostBins);

  const auto add = [&](const QString& name, const QColor& color) -> std::size_t {
    series_.push_back({name, color, std::vector<std::int64_t>(static_cast<std::size_t>(bins), 0)});
    return series_.size() - 1;
  };
  add(tr("all"), theme.secondaryText);
  const std::size_t brushed = subset_ ? add(tr("brushed"), theme.selection) : 0;
  const std::size_t firstPart = series_.size();
  std::vector<CandidateRole> roles;
  const CandidateSet& candidates = *evidence_->candidates;
  if (parts_ == HistogramParts::kRole) {
    roles = rolesOf(*evidence_);
    for (const auto& [role, color] : {std::pair{CandidateRole::kPositive, theme.passed},
                                      std::pair{CandidateRole::kBackground, theme.text},
                                      std::pair{CandidateRole::kIgnored, theme.paused}})
      if (!roles.empty()) add(roleText(role), color);
  } else if (parts_ == HistogramParts::kLevel) {
    const auto levels = static_cast<int>(candidates.levels.size());
    for (int level = 0; level < levels; ++level)
      add(QString::fromStdString(levelName(candidates, level)),
          QColor::fromRgb(colorAt(
              ColorMapId::kViridis,
              0.2f + 0.75f * static_cast<float>(level) / static_cast<float>(std::max(1, levels - 1)))));
  }
  const double perBin = bins / (axes_.x.high - axes_.x.low);
  std::size_t level = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    while (level + 1 < candidates.levels.size() &&
           candidates.levels[level + 1].firstAnchor <= static_cast<std::int64_t>(i))
      ++level;
    if (!std::isfinite(values[i])) continue;
    const auto bin = static_cast<std::size_t>(
        std::clamp(static_cast<int>((static_cast<double>(values[i]) - axes_.x.low) * perBin), 0, bins - 1));
    ++series_[0].counts[bin];
    if (subset_ && i < subset_->inside.size() && subset_->inside[i]) ++series_[brushed].counts[bin];
    if (!roles.empty())
      ++series_[firstPart + static_cast<std::size_t>(roles[i])].counts[bin];
    else if (parts_ == HistogramParts::kLevel && candidates.onGrid())
      ++series_[firstPart + level].counts[bin];
  }
  // What never occurs is not named.
  for (std::size_t i = series_.size(); i-- > firstPart;)
    if (std::all_of(series_[i].counts.begin(), series_[i].counts.end(),
                    [](auto count) { return count == 0; }))
      series_.erase(series_.begin() + static_cast<std::ptrdiff_t>(i));
  const auto most =
      static_cast<double>(*std::max_element(series_[0].counts.begin(), series_[0].counts.end()));
  axes_.y.logarithmic = logarithmic_;
  axes_.y.low = logarithmic_ ? 0.7 : 0;
  axes_.y.high = std::max(logarithmic_ ? 10.0 : 1.0, most * (logarithmic_ ? 1.6 : 1.05));
}

double ChannelHistogram::countHeight(std::int64_t count) const {
  return count == 0 ? axes_.area.bottom() : axes_.toWidget(axes_.x.low, static_cast<double>(count)).y();
}

QPolygonF ChannelHistogram::outlineOf(const Series& series) const {
  QPolygonF out;
  const double width = axes_.area.width() / static_cast<double>(series.counts.size());
  for (std::size_t bin = 0; bin < series.counts.size(); ++bin) {
    const double left = axes_.area.left() + width * static_cast<double>(bin),
                 top = countHeight(series.counts[bin]);
    out << QPointF(left, top) << QPointF(left + width, top);
  }
  return out;
}

void ChannelHistogram::paintEvent(QPaintEvent*) {
  prepare();
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  if (!channel_) {
    painter.setPen(theme.secondaryText);
    painter.drawText(rect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
                     evidence_ ? tr("This stage lacks the channel: choose another") : tr("No evidence yet"));
    return;
  }
  paintAxes(painter, axes_, font(), theme);
  painter.setClipRect(axes_.area);
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const Series& series = series_[i];
    const bool filled = i == 0 || (subset_ && i == 1);
    QPolygonF outline = outlineOf(series);
    if (filled) {
      QColor fill = series.color;
      fill.setAlpha(i == 0 ? (subset_ ? 40 : 70) : 150);
      QPolygonF closed = outline;
      closed << axes_.area.bottomRight() << axes_.area.bottomLeft();
      painter.setPen(Qt::NoPen);
      painter.setBrush(fill);
      painter.drawPolygon(closed);
    } else {
      painter.setPen(QPen(series.color, 1.4));
      painter.setBrush(Qt::NoBrush);
      painter.drawPolyline(outline);
    }
  }
  painter.setClipping(false);
  // Names in the upper right corner, one below the other.
  painter.setFont(plotFont(font()));
  const QFontMetricsF metrics(painter.font());
  double top = axes_.area.top() + 3;
  for (std::size_t i = 1; i < series_.size() && top + metrics.height() < axes_.area.bottom(); ++i) {
    const double width = metrics.horizontalAdvance(series_[i].name);
    const QRectF place(axes_.area.right() - width - 6, top, width + 1, metrics.height());
    QColor ground = theme.surround;
    ground.setAlpha(190);
    painter.fillRect(place.adjusted(-14, 0, 3, 0), ground);
    painter.fillRect(QRectF(place.left() - 11, place.center().y() - 1.5, 8, 3), series_[i].color);
    painter.setPen(theme.text);
    painter.drawText(place, Qt::AlignCenter, series_[i].name);
    top += metrics.height();
  }
  brush_.paint(painter, theme, axes_.area);
}

void ChannelHistogram::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  prepare();
  if (channel_) brush_.press(*event, false);
}

void ChannelHistogram::mouseMoveEvent(QMouseEvent* event) {
  if (brush_.isPressed()) {
    brush_.move(*event);
    return update();
  }
  prepare();
  if (!channel_ || !axes_.area.contains(event->position())) return QToolTip::hideText();
  const auto bins = static_cast<double>(series_[0].counts.size());
  const double share = (event->position().x() - axes_.area.left()) / axes_.area.width();
  const double bin = std::clamp(std::floor(share * bins), 0.0, bins - 1);
  QString text =
      tr("%1 to %2")
          .arg(numberText(axes_.x.fromShare(bin / bins)), numberText(axes_.x.fromShare((bin + 1) / bins)));
  for (const Series& series : series_)
    text +=
        QStringLiteral("\n%1: %2").arg(series.name, countText(series.counts[static_cast<std::size_t>(bin)]));
  QToolTip::showText(event->globalPosition().toPoint(), text, this);
}

void ChannelHistogram::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !brush_.isPressed()) return QWidget::mouseReleaseEvent(event);
  const bool drawn = brush_.release(*event);
  update();
  if (!drawn || !brush_.rect().adjusted(0, -1e6, 0, 1e6).intersects(axes_.area)) return emit brushCleared();
  const double from = std::max(brush_.rect().left(), axes_.area.left()),
               to = std::min(brush_.rect().right(), axes_.area.right());
  CandidateCondition condition;
  condition.ranges = {{name_, static_cast<float>(axes_.xAt(from)), static_cast<float>(axes_.xAt(to))}};
  emit brushWanted(condition, (event->modifiers() & Qt::ControlModifier) != 0);
}

void ChannelHistogram::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && subset_) return emit brushCleared();
  QWidget::keyPressEvent(event);
}

}  // namespace anchorscope
