#include "widgets/plot/scatter_view.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolButton>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/evidence/bag.h"
#include "core/evidence/score_iou_correlation.h"
#include "widgets/models/candidate_text.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kSmallPx = 10;

}  // namespace

ScatterView::ScatterView(QWidget* parent) : QWidget(parent), ranked_(new QToolButton(this)) {
  setMouseTracking(true);
  ranked_->setObjectName(QStringLiteral("rankPairs"));
  ranked_->setText(tr("ranks"));
  ranked_->setCheckable(true);
  ranked_->setProperty("role", "link");
  ranked_->setFocusPolicy(Qt::TabFocus);
  ranked_->setToolTip(
      tr("Ranks within the bag instead of values: what both heads agree about lies on the diagonal"));
  connect(ranked_, &QToolButton::toggled, this, [this] { gather(); });
}

bool ScatterView::isRanked() const {
  return ranked_->isChecked();
}

void ScatterView::setRanked(bool ranked) {
  ranked_->setChecked(ranked);
}

void ScatterView::show(std::shared_ptr<const StageEvidence> evidence, int object) {
  evidence_ = std::move(evidence);
  object_ = object;
  gather();
}

void ScatterView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  ranked_->adjustSize();
  ranked_->move(width() - ranked_->width() - 6, 8);
}

/// The best has the largest number, as with values; equal ones share their mean.
void ScatterView::toRanks() {
  std::erase_if(points_, [](const Point& point) { return !point.member; });
  const auto rank = [this](float Point::*value, float Point::*place) {
    std::vector<std::size_t> order(points_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return points_[a].*value < points_[b].*value; });
    for (std::size_t first = 0; first < order.size();) {
      std::size_t last = first;
      while (last < order.size() && points_[order[last]].*value == points_[order[first]].*value)
        ++last;
      for (std::size_t i = first; i < last; ++i)
        points_[order[i]].*place = 0.5f * static_cast<float>(first + 1 + last);
      first = last;
    }
  };
  rank(&Point::xValue, &Point::x);
  rank(&Point::yValue, &Point::y);
  std::vector<double> x, y;
  for (const Point& point : points_) {
    x.push_back(static_cast<double>(point.x));
    y.push_back(static_cast<double>(point.y));
  }
  correlation_ = spearman(x, y);
  xMax_ = yMax_ = std::max(1.f, static_cast<float>(points_.size()) + 0.5f);
}

void ScatterView::gather() {
  const int object = object_;
  correlation_.reset();
  points_.clear();
  xTitle_.clear();
  yTitle_.clear();
  const PairTable* table =
      evidence_ && !evidence_->pairTables.empty() ? &evidence_->pairTables.front() : nullptr;
  if (table && object >= 0) {
    // Score against overlap where the method publishes both, else the first two real-valued columns.
    std::vector<int> columns{qualityColumn(*evidence_, *table, ColorScale::kClassification),
                             qualityColumn(*evidence_, *table, ColorScale::kRegression)};
    if (columns[0] < 0 || columns[1] < 0) {
      columns.clear();
      for (std::size_t i = 0; i < table->spec.columns.size() && columns.size() < 2; ++i)
        if (!table->spec.columns[i].integer) columns.push_back(static_cast<int>(i));
    }
    if (columns.size() == 2) {
      const auto title = [&](int column) {
        const ColumnSpec& spec = table->spec.columns[static_cast<std::size_t>(column)];
        return declaredTitle(spec);
      };
      xTitle_ = title(columns[0]);
      yTitle_ = title(columns[1]);
      const int member = table->columnIndex(table->spec.memberColumn);
      const auto [first, last] = table->rowsOfObject(object);
      xMax_ = yMax_ = 0;
      for (std::size_t row = first; row < last; ++row) {
        const float x = table->columns[static_cast<std::size_t>(columns[0])][row];
        const float y = table->columns[static_cast<std::size_t>(columns[1])][row];
        if (!std::isfinite(x) || !std::isfinite(y)) continue;
        points_.push_back({table->candidate[row], x, y,
                           member < 0 || table->columns[static_cast<std::size_t>(member)][row] > 0, x, y});
        xMax_ = std::max(xMax_, x);
        yMax_ = std::max(yMax_, y);
      }
      // Shares stay on [0, 1] unless all of them are tiny.
      const auto rounded = [](float largest) {
        return largest > 0.5f && largest <= 1 ? 1.0f : largest > 0 ? largest * 1.05f : 1.0f;
      };
      xMax_ = rounded(xMax_);
      yMax_ = rounded(yMax_);
      // Bag members are drawn last, on top.
      std::stable_partition(points_.begin(), points_.end(), [](const Point& point) { return !point.member; });
      if (isRanked()) toRanks();
    }
  }
  ranked_->setVisible(!points_.empty());
  update();
}

void ScatterView::setSelectedAnchor(std::int64_t anchor) {
  selectedAnchor_ = anchor;
  update();
}

QRectF ScatterView::plotArea() const {
  // Room for the number at the axis' end, and for the title along it.
  QFont small = font();
  small.setPixelSize(kSmallPx);
  const int number = QFontMetrics(small).horizontalAdvance(shortText(static_cast<double>(yMax_)));
  return QRectF(rect()).adjusted(std::max(22, number + 6), 6, -4, -18);
}

QPointF ScatterView::toWidget(float x, float y) const {
  const QRectF area = plotArea();
  return {area.left() + area.width() * static_cast<double>(x / xMax_),
          area.bottom() - area.height() * static_cast<double>(y / yMax_)};
}

QPointF ScatterView::pointOfAnchor(std::int64_t anchor) const {
  for (const Point& point : points_)
    if (point.anchor == anchor) return toWidget(point.x, point.y);
  return {};
}

void ScatterView::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF area = plotArea();
  painter.setPen(theme.line);
  painter.setBrush(theme.surround);
  painter.drawRoundedRect(area, 3, 3);
  if (points_.empty()) {
    painter.setPen(theme.secondaryText);
    painter.drawText(area.adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Select an object to see its pairs"));
    return;
  }
  painter.setPen(QPen(theme.line, 1, Qt::DotLine));
  for (const double t : {0.25, 0.5, 0.75}) {
    painter.drawLine(QPointF(area.left() + t * area.width(), area.top()),
                     QPointF(area.left() + t * area.width(), area.bottom()));
    painter.drawLine(QPointF(area.left(), area.bottom() - t * area.height()),
                     QPointF(area.right(), area.bottom() - t * area.height()));
  }
  QFont small = font();
  small.setPixelSize(kSmallPx);
  painter.setFont(small);
  painter.setPen(theme.secondaryText);
  const QFontMetrics metrics(small);
  const auto count = countText(static_cast<qint64>(points_.size()));
  const QString begin = isRanked() ? count : QStringLiteral("0");
  painter.drawText(QRectF(area.left(), area.bottom() + 3, 60, 12), Qt::AlignLeft, begin);
  const QString xEnd = isRanked() ? QStringLiteral("1") : shortText(static_cast<double>(xMax_));
  painter.drawText(QRectF(area.right() - 60, area.bottom() + 3, 60, 12), Qt::AlignRight, xEnd);
  const int taken = 2 * (metrics.horizontalAdvance(xEnd) + 4);  // it stands in the middle
  painter.drawText(QRectF(area.left(), area.bottom() + 3, area.width(), 12), Qt::AlignCenter,
                   metrics.elidedText(xTitle_, Qt::ElideRight, static_cast<int>(area.width()) - taken));
  painter.drawText(QRectF(0, area.bottom() - 12, area.left() - 4, 12), Qt::AlignRight, begin);
  painter.drawText(QRectF(0, area.top(), area.left() - 4, 12), Qt::AlignRight,
                   isRanked() ? QStringLiteral("1") : shortText(static_cast<double>(yMax_)));
  painter.save();
  painter.translate(8, area.center().y());
  painter.rotate(-90);
  painter.drawText(QRectF(-area.height() / 2, -8, area.height(), 14), Qt::AlignCenter,
                   metrics.elidedText(yTitle_, Qt::ElideRight, static_cast<int>(area.height()) - 20));
  painter.restore();

  painter.setClipRect(area.adjusted(-3, -3, 3, 3));
  if (isRanked()) {
    painter.setPen(QPen(theme.secondaryText, 1, Qt::DashLine));
    painter.drawLine(area.bottomLeft(), area.topRight());
    if (correlation_) {
      painter.setPen(theme.text);
      painter.drawText(area.adjusted(6, 4, -6, -4), Qt::AlignLeft | Qt::AlignTop,
                       tr("rank correlation %1").arg(numberText(*correlation_)));
    }
  }
  QColor considered = theme.secondaryText;
  considered.setAlpha(80);
  painter.setPen(Qt::NoPen);
  for (const Point& point : points_) {
    painter.setBrush(point.member ? theme.passed : considered);
    const double radius = point.member ? 2.6 : 1.4;
    painter.drawEllipse(toWidget(point.x, point.y), radius, radius);
  }
  for (const Point& point : points_)
    if (point.anchor == selectedAnchor_) {
      painter.setBrush(Qt::NoBrush);
      painter.setPen(QPen(theme.selection, 2));
      painter.drawEllipse(toWidget(point.x, point.y), 6, 6);
    }
}

const ScatterView::Point* ScatterView::nearest(QPointF at) const {
  const Point* best = nullptr;
  double bestDistance = 8 * 8;
  for (const Point& point : points_) {
    const QPointF delta = toWidget(point.x, point.y) - at;
    const double distance = QPointF::dotProduct(delta, delta);
    if (distance <= bestDistance) {
      bestDistance = distance;
      best = &point;
    }
  }
  return best;
}

void ScatterView::mousePressEvent(QMouseEvent* event) {
  if (const Point* point = nearest(event->position())) emit anchorClicked(point->anchor);
}

void ScatterView::mouseMoveEvent(QMouseEvent* event) {
  if (const Point* point = nearest(event->position()))
    QToolTip::showText(event->globalPosition().toPoint(),
                       tr("%1\n%2: %3\n%4: %5")
                           .arg(candidateTitle(*evidence_, static_cast<std::size_t>(point->anchor)), xTitle_,
                                exactText(point->xValue), yTitle_, exactText(point->yValue)),
                       this);
  else
    QToolTip::hideText();
}

}  // namespace anchorscope
