#pragma once
// A part of the image pixel by pixel, with the candidate and the cell that lie under a point.

#include <QFont>
#include <QPainter>
#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <cstdint>

#include "core/evidence/frame.h"
#include "widgets/overlays/layer.h"
#include "widgets/state/theme.h"

namespace anchorscope {

struct Magnified {
  QPointF inImage;  ///< The point in its middle.
  double zoom = 1;  ///< Of the canvas, than which it is larger.
  std::int64_t candidate = -1;
  BoxKind boxes = BoxKind::kAnchor;
  const Layer* active = nullptr;  ///< A heat layer's cell is shown; else that of the candidate.
};

/// Device-independent pixels per pixel of the image: a whole number, 8 at least.
int magnification(double canvasZoom);

/// What it needs, with two lines of text. Device-independent pixels.
QSizeF magnifierSize(const QFont& font);

/// Draws it into a rectangle of that size. Pixels keep their sharp edges.
void paintMagnifier(QPainter& painter, const QRectF& rect, const StageEvidence& evidence,
                    const Magnified& what, const QFont& font, const Theme& theme);

}  // namespace anchorscope
