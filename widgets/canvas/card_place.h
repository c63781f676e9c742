#pragma once
// Where a card or a magnifier stands beside a point: near it, and not over what is looked at.

#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <vector>

namespace anchorscope {

struct CardSurroundings {
  QRectF bounds;              ///< Where it has to stay; the same units throughout.
  QRectF looked;              ///< What is looked at at the point; null: nothing but the point.
  std::vector<QRectF> taken;  ///< What else should stay in sight.
};

/// Of the places around the point, and beside what is looked at where that is not far away, the nearest that
/// covers nothing; else the one that covers the least, what is looked at counting most. Below and to the
/// right of equals. Always inside the bounds, as far as they have room for it.
QRectF placeBeside(QSizeF size, QPointF point, const CardSurroundings& around);

}  // namespace anchorscope
