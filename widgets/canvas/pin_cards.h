#pragma once
// Pinned cards on a canvas: what each tells, where it stands, and the line to its place.

#include <QFont>
#include <QPainter>
#include <QRectF>
#include <functional>
#include <vector>

#include "widgets/canvas/canvas_card.h"
#include "widgets/state/read_out.h"

namespace anchorscope {

/// A pin that has its image and stage on the canvas. Canvas coordinates.
struct PinCard {
  int index = -1;  ///< Into ReadOut::pins().
  CanvasCard card;
  QRectF rect;    ///< Of the card.
  QRectF box;     ///< Of the candidate or object; null for a point.
  QPointF place;  ///< The middle of the box, or the point.
  bool current = false;
};

/// What pins are of this evidence, and where they are.
struct PinView {
  const StageEvidence* evidence = nullptr;
  QRectF bounds;
  QFont font;
  std::function<QRectF(const Box& boxInImage)> toCanvas;
  std::function<Box(std::int64_t candidate)> candidateBox;
  std::function<CanvasCard(const Pin& pin, bool current)> card;
};

/// Cards where they were put, and out of each other's way. First pinned first.
std::vector<PinCard> pinCards(const ReadOut& readOut, const PinView& view);

/// The letter a pin is called by, at its card and at its place.
QString pinLetter(int index);
/// Where a card is closed.
QRectF closerOf(const PinCard& card);

void paintPins(QPainter& painter, const std::vector<PinCard>& cards, const QFont& font, const Theme& theme);

}  // namespace anchorscope
