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

/// Every value of an anchor, the active layer's channel first.
CanvasCard anchorCard(const ProbeFrame& frame, std::int64_t anchor, const Layer* active);

/// An object: class, size and its columns.
CanvasCard objectCard(const ProbeFrame& frame, int object);

/// A channel's value of an anchor as text: six significant digits, "–" when undefined, "object 9" or
/// "background" for a channel that names winners.
QString valueText(const ProbeFrame& frame, const Channel& channel, std::size_t anchor);

/// 3412 as "3,412".
QString groupedNumber(std::int64_t number);

/// Draws the card beside the point, inside the bounds. Device-independent pixels.
void paintCard(QPainter& painter, const CanvasCard& card, QPointF beside, const QRectF& bounds,
               const QFont& font, const Theme& theme);

}  // namespace anchorscope
