#pragma once
// The card beside the cursor: what is there, and its exact values.

#include <QColor>
#include <QFont>
#include <QPainter>
#include <QPointF>
#include <QRectF>
#include <QString>
#include <vector>

#include "core/evidence/frame.h"
#include "widgets/overlays/layer.h"
#include "widgets/state/theme.h"

namespace anchorscope {

struct CardRow {
  QString name, value;
  bool emphasized = false;
};

struct CanvasCard {
  QString title;
  std::vector<CardRow> rows;
  QString footer;  ///< What was left out, how to get on.
};

/// How many rows leave most of a canvas of this height uncovered.
std::size_t rowsThatFit(double canvasHeight, const QFont& font);

/// Values of an anchor: the active layer's channel, those of the other layers that are drawn, then the rest,
/// as far as there is room. `shown`: the drawn layers.
CanvasCard anchorCard(const StageEvidence& evidence, std::int64_t anchor, const Layer* active,
                      const std::vector<const Layer*>& shown, std::size_t mostRows);

/// The cell of the heat layer under a point of the image: its value, the other measures of its place and of
/// the other layers drawn there, and the object. Without rows where there is no cell.
CanvasCard cellCard(const StageEvidence& evidence, const Layer& active,
                    const std::vector<const Layer*>& shown, QPointF inImage, int object,
                    std::size_t mostRows);

/// An object: class, size and its columns.
CanvasCard objectCard(const StageEvidence& evidence, int object);

/// A channel's value of an anchor or a cell as text: six significant digits, "–" when undefined, "object 9"
/// or "background" for a channel that names winners, words for classes and states.
QString valueText(const StageEvidence& evidence, const Channel& channel, std::size_t index);

/// Draws the card beside the point, inside the bounds. Device-independent pixels.
void paintCard(QPainter& painter, const CanvasCard& card, QPointF beside, const QRectF& bounds,
               const QFont& font, const Theme& theme);

}  // namespace anchorscope
