#include "widgets/canvas/card_place.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anchorscope {

namespace {

constexpr double kAway = 18;       ///< From the point, which has a cursor.
constexpr double kGap = 6;         ///< From what is looked at.
constexpr double kFarthest = 280;  ///< From the point to the card, to be beside it still.

double overlap(const QRectF& a, const QRectF& b) {
  const QRectF common = a & b;
  return common.isEmpty() ? 0 : common.width() * common.height();
}

double distance(const QRectF& rect, QPointF point) {
  const double x = std::max({rect.left() - point.x(), point.x() - rect.right(), 0.0}),
               y = std::max({rect.top() - point.y(), point.y() - rect.bottom(), 0.0});
  return std::hypot(x, y);
}

QRectF inside(QRectF rect, const QRectF& bounds) {
  rect.moveLeft(
      std::clamp(rect.left(), bounds.left(), std::max(bounds.left(), bounds.right() - rect.width())));
  rect.moveTop(std::clamp(rect.top(), bounds.top(), std::max(bounds.top(), bounds.bottom() - rect.height())));
  return rect;
}

}  // namespace

QRectF placeBeside(QSizeF size, QPointF point, const CardSurroundings& around) {
  const QRectF& looked = around.looked;
  std::vector<double> lefts{point.x() + kAway, point.x() - kAway - size.width()},
      tops{point.y() + kAway, point.y() - kAway - size.height()};
  if (!looked.isNull()) {
    lefts.insert(lefts.end(), {looked.right() + kGap, looked.left() - kGap - size.width()});
    tops.insert(tops.end(), {looked.bottom() + kGap, looked.top() - kGap - size.height()});
  }
  for (const QRectF& other : around.taken) {
    lefts.insert(lefts.end(), {other.right() + kGap, other.left() - kGap - size.width()});
    tops.insert(tops.end(), {other.bottom() + kGap, other.top() - kGap - size.height()});
  }
  constexpr double kLookedMatters = 4;
  QRectF best;
  double least = std::numeric_limits<double>::infinity(), nearest = least;
  for (const double top : tops)
    for (const double left : lefts) {
      const QRectF place = inside(QRectF(QPointF(std::round(left), std::round(top)), size), around.bounds);
      const double away = distance(place, point);
      if (away > kFarthest) continue;
      double covered = kLookedMatters * overlap(place, looked);
      for (const QRectF& other : around.taken)
        covered += overlap(place, other);
      if (place.adjusted(-kGap, -kGap, kGap, kGap).contains(point)) covered += size.width() * size.height();
      if (covered > least || (covered == least && away >= nearest)) continue;
      best = place;
      least = covered;
      nearest = away;
    }
  // Nothing near the point is inside the bounds: it is out of view.
  return best.isNull() ? inside(QRectF(point, size), around.bounds) : best;
}

}  // namespace anchorscope
