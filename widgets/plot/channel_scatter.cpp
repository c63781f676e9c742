#include "widgets/plot/channel_scatter.h"

#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/models/candidate_text.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kCellPx = 2;
constexpr double kReach = 8;

/// Shares stay on their declared range unless all of them are tiny.
void setRange(PlotAxis& axis, const Channel& channel) {
  const ValueRange declared = resolveRange(channelLayer(channel.spec), channel);
  ValueRange values;
  axis.low = static_cast<double>(declared.low);
  axis.high = static_cast<double>(declared.high);
  if (!finiteRange(channel.values, values)) return;
  // What lies outside the declared range is not hidden by it.
  axis.low = std::min(axis.low, static_cast<double>(values.low));
  const double largest = static_cast<double>(values.high), width = largest - axis.low;
  if (largest > axis.high || width < 0.5 * (axis.high - axis.low))
    axis.high = width > 0 ? axis.low + 1.05 * width : axis.low + 1;
}

/// Many on the far side of the plot's ground.
Argb densityColor(double share, bool dark) {
  constexpr float kFaintest = 0.12f;
  const float t = kFaintest + (1 - kFaintest) * static_cast<float>(share);
  return colorAt(ColorMapId::kCividis, dark ? t : 1 - t);
}

}  // namespace

ChannelScatter::ChannelScatter(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Candidates by two channels"));
}

void ChannelScatter::show(std::shared_ptr<const StageEvidence> evidence,
                          std::shared_ptr<const CandidateSubset> subset) {
  if (evidence == evidence_ && subset == subset_) return;
  evidence_ = std::move(evidence);
  subset_ = std::move(subset);
  invalidate();
}

void ChannelScatter::setChannels(const std::string& x, const std::string& y, const std::string& color) {
  if (x == xName_ && y == yName_ && color == colorName_) return;
  xName_ = x;
  yName_ = y;
  colorName_ = color;
  invalidate();
}

void ChannelScatter::setSelectedAnchor(std::int64_t anchor) {
  selected_ = anchor;
  update();
}

void ChannelScatter::invalidate() {
  stale_ = true;
  update();
}

const Channel* ChannelScatter::channelOf(const std::string& name) const {
  const Channel* channel = evidence_ && !name.empty() ? evidence_->channel(name) : nullptr;
  const bool fits = channel && channel->spec.domain == ChannelDomain::kCandidate && evidence_->candidates &&
                    channel->values.size() == evidence_->candidates->count();
  return fits ? channel : nullptr;
}

bool ChannelScatter::isInside(std::size_t candidate) const {
  return !subset_ || (candidate < subset_->inside.size() && subset_->inside[candidate] != 0);
}

void ChannelScatter::prepare() {
  if (!stale_ && preparedFor_ == size()) return;
  stale_ = false;
  preparedFor_ = size();
  x_ = channelOf(xName_);
  y_ = channelOf(yName_);
  color_ = channelOf(colorName_);
  points_.clear();
  density_ = {};
  placed_ = 0;
  if (!x_ || !y_) return;
  axes_.x.title = declaredTitle(x_->spec);
  axes_.y.title = declaredTitle(y_->spec);
  setRange(axes_.x, *x_);
  setRange(axes_.y, *y_);
  axes_.area = plotArea(QRectF(rect()), axes_.y, font());
  if (color_) {
    const ValueRange range = resolveRange(channelLayer(color_->spec), *color_);
    colorLow_ = static_cast<double>(range.low);
    colorHigh_ = static_cast<double>(range.high);
  }
  roles_ = rolesOf(*evidence_);

  const int columns = std::max(1, static_cast<int>(axes_.area.width()) / kCellPx),
            rows = std::max(1, static_cast<int>(axes_.area.height()) / kCellPx);
  std::vector<Cell> cells(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
  const std::vector<float>&xs = x_->values, &ys = y_->values;
  const double perX = columns / (axes_.x.high - axes_.x.low), perY = rows / (axes_.y.high - axes_.y.low);
  std::int64_t positives = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!std::isfinite(xs[i]) || !std::isfinite(ys[i])) continue;
    ++placed_;
    const int column = std::clamp(static_cast<int>((static_cast<double>(xs[i]) - axes_.x.low) * perX), 0,
                                  columns - 1),
              row = std::clamp(static_cast<int>((static_cast<double>(ys[i]) - axes_.y.low) * perY), 0,
                               rows - 1);
    Cell& cell = cells[static_cast<std::size_t>(rows - 1 - row) * static_cast<std::size_t>(columns) +
                       static_cast<std::size_t>(column)];
    ++cell.all;
    cell.inside += isInside(i) ? 1 : 0;
    if (color_ && std::isfinite(color_->values[i])) {
      cell.color += static_cast<double>(color_->values[i]);
      ++cell.colored;
    }
    positives += !roles_.empty() && roles_[i] == CandidateRole::kPositive ? 1 : 0;
  }
  const bool each = placed_ <= kMostPoints, eachPositive = positives <= kMostPoints;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!std::isfinite(xs[i]) || !std::isfinite(ys[i])) continue;
    const bool positive = !roles_.empty() && roles_[i] == CandidateRole::kPositive;
    if (each || (eachPositive && positive)) points_.push_back(static_cast<std::uint32_t>(i));
  }
  std::stable_partition(points_.begin(), points_.end(), [&](std::uint32_t i) {
    return roles_.empty() || roles_[i] != CandidateRole::kPositive;
  });
  if (subset_)
    std::stable_partition(points_.begin(), points_.end(), [&](std::uint32_t i) { return !isInside(i); });
  if (!each) density_ = density(cells, columns, rows);
}

QImage ChannelScatter::density(const std::vector<Cell>& cells, int columns, int rows) const {
  const bool dark = themeOf(palette()).dark;
  const QColor faint = themeOf(palette()).secondaryText;
  std::int32_t most = 1;
  for (const Cell& cell : cells)
    most = std::max(most, subset_ ? cell.inside : cell.all);
  const double scale = 1 / std::log1p(static_cast<double>(most));
  const ColorMapId map = color_ ? defaultColorMap(color_->spec.scale) : ColorMapId::kCividis;
  QImage out(columns, rows, QImage::Format_ARGB32);
  out.fill(Qt::transparent);
  for (int row = 0; row < rows; ++row) {
    auto* line = reinterpret_cast<QRgb*>(out.scanLine(row));
    for (int column = 0; column < columns; ++column) {
      const Cell& cell = cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                               static_cast<std::size_t>(column)];
      if (cell.all == 0) continue;
      if ((subset_ && cell.inside == 0) || (color_ && cell.colored == 0)) {
        line[column] = qRgba(faint.red(), faint.green(), faint.blue(), 60);
        continue;
      }
      const double share = std::log1p(static_cast<double>(subset_ ? cell.inside : cell.all)) * scale;
      if (color_) {
        const double mean = cell.color / cell.colored,
                     t = std::clamp((mean - colorLow_) / (colorHigh_ - colorLow_), 0.0, 1.0);
        line[column] = (colorAt(map, static_cast<float>(t)) & 0x00FFFFFFu) |
                       (static_cast<QRgb>(std::lround(90 + 165 * share)) << 24);
      } else {
        line[column] = densityColor(share, dark);
      }
    }
  }
  return out;
}

QColor ChannelScatter::pointColor(std::size_t candidate) const {
  const Theme& theme = themeOf(palette());
  if (color_) {
    const float value = color_->values[candidate];
    if (!std::isfinite(value)) return theme.secondaryText;
    const double t =
        std::clamp((static_cast<double>(value) - colorLow_) / (colorHigh_ - colorLow_), 0.0, 1.0);
    return QColor::fromRgb(colorAt(defaultColorMap(color_->spec.scale), static_cast<float>(t)));
  }
  const bool positive = !roles_.empty() && roles_[candidate] == CandidateRole::kPositive;
  return positive ? theme.passed : theme.secondaryText;
}

std::int64_t ChannelScatter::pointsDrawn() {
  prepare();
  return static_cast<std::int64_t>(points_.size());
}

QPointF ChannelScatter::pointOf(std::int64_t anchor) {
  prepare();
  if (!x_ || !y_ || anchor < 0 || static_cast<std::size_t>(anchor) >= x_->values.size()) return {};
  const auto index = static_cast<std::size_t>(anchor);
  if (!std::isfinite(x_->values[index]) || !std::isfinite(y_->values[index])) return {};
  return axes_.toWidget(static_cast<double>(x_->values[index]), static_cast<double>(y_->values[index]));
}

void ChannelScatter::paintEvent(QPaintEvent*) {
  prepare();
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  if (!x_ || !y_) {
    painter.setPen(theme.secondaryText);
    painter.drawText(rect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
                     evidence_ ? tr("This stage lacks a channel that is wanted here: choose another")
                               : tr("No evidence yet"));
    return;
  }
  paintAxes(painter, axes_, font(), theme);
  painter.setClipRect(axes_.area.adjusted(-4, -4, 4, 4));
  if (!density_.isNull()) {
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(axes_.area, density_);
  }
  for (const std::uint32_t i : points_) {
    QColor color = pointColor(i);
    const bool positive = !roles_.empty() && roles_[i] == CandidateRole::kPositive;
    if (!isInside(i)) color.setAlphaF(0.18f);
    const bool below = color_ && color_->spec.scale == ColorScale::kDiverging && color_->values[i] < 0;
    painter.setPen(below ? QPen(theme.text, 1) : QPen(Qt::NoPen));
    painter.setBrush(color);
    const double radius = below ? 3 : positive ? 2.6 : 1.4;
    painter.drawEllipse(
        axes_.toWidget(static_cast<double>(x_->values[i]), static_cast<double>(y_->values[i])), radius,
        radius);
  }
  if (const QPointF at = pointOf(selected_); !at.isNull()) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.halo, 4));
    painter.drawEllipse(at, 6, 6);
    painter.setPen(QPen(theme.selection, 2));
    painter.drawEllipse(at, 6, 6);
  }
  painter.setClipping(false);
  brush_.paint(painter, theme, axes_.area);
}

std::int64_t ChannelScatter::nearest(QPointF at) const {
  if (!x_ || !y_ || !axes_.area.adjusted(-kReach, -kReach, kReach, kReach).contains(at)) return -1;
  std::int64_t best = -1;
  double least = kReach * kReach;
  const std::vector<float>&xs = x_->values, &ys = y_->values;
  const double perX = axes_.area.width() / (axes_.x.high - axes_.x.low),
               perY = axes_.area.height() / (axes_.y.high - axes_.y.low);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const double dx = axes_.area.left() + (static_cast<double>(xs[i]) - axes_.x.low) * perX - at.x(),
                 dy = axes_.area.bottom() - (static_cast<double>(ys[i]) - axes_.y.low) * perY - at.y(),
                 distance = dx * dx + dy * dy;
    // Also NaN. Of equally near ones the first.
    if (!(distance <= least) || (distance == least && best >= 0) || !isInside(i)) continue;
    least = distance;
    best = static_cast<std::int64_t>(i);
  }
  return best;
}

void ChannelScatter::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  prepare();
  if (x_ && y_) brush_.press(*event, (event->modifiers() & Qt::ShiftModifier) != 0);
}

void ChannelScatter::mouseMoveEvent(QMouseEvent* event) {
  if (brush_.isPressed()) {
    brush_.move(*event);
    return update();
  }
  prepare();
  const std::int64_t anchor = nearest(event->position());
  if (anchor < 0) return QToolTip::hideText();
  const auto index = static_cast<std::size_t>(anchor);
  QString text = candidateTitle(*evidence_, index);
  for (const Channel* channel : {x_, y_, color_})
    if (channel)
      text += QStringLiteral("\n%1: %2").arg(declaredTitle(channel->spec), exactText(channel->values[index]));
  QToolTip::showText(event->globalPosition().toPoint(), text, this);
}

void ChannelScatter::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !brush_.isPressed()) return QWidget::mouseReleaseEvent(event);
  const bool drawn = brush_.release(*event);
  update();
  if (!drawn || (!brush_.isOutline() && !brush_.rect().intersects(axes_.area))) {
    const std::int64_t anchor = nearest(event->position());
    if (anchor >= 0)
      emit anchorClicked(anchor);
    else
      emit brushCleared();
    return;
  }
  CandidateCondition condition;
  if (brush_.isOutline()) {
    ChannelArea& area = condition.area.emplace();
    area.x = xName_;
    area.y = yName_;
    for (const QPointF& point : brush_.polygon())
      area.outline.emplace_back(static_cast<float>(axes_.xAt(point.x())),
                                static_cast<float>(axes_.yAt(point.y())));
  } else {
    const QRectF rect = brush_.rect() & axes_.area;
    condition.ranges = {
        {xName_, static_cast<float>(axes_.xAt(rect.left())), static_cast<float>(axes_.xAt(rect.right()))},
        {yName_, static_cast<float>(axes_.yAt(rect.bottom())), static_cast<float>(axes_.yAt(rect.top()))}};
    if (xName_ == yName_) condition.ranges.pop_back();
  }
  emit brushWanted(condition, (event->modifiers() & Qt::ControlModifier) != 0);
}

void ChannelScatter::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && subset_) return emit brushCleared();
  QWidget::keyPressEvent(event);
}

}  // namespace anchorscope
