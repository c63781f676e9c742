#pragma once
// Cards beside the cursor and of pins: what is there, and its exact values.

#include <QColor>
#include <QFont>
#include <QPainter>
#include <QPointF>
#include <QRectF>
#include <QSizeF>
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
  QString footer;        ///< What was left out, how to get on.
  QString hint;          ///< The same in a word, beside the title.
  std::size_t more = 0;  ///< Values that were left out.
};

/// So many numbers stand beside the cursor until the rest is asked for.
constexpr std::size_t kBriefRows = 3;

/// The first rows, what stands out before the others; the hint counts the rest.
CanvasCard inBrief(CanvasCard card, const QString& key);

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

/// A point of the image: its pixel, and the cell of a heat layer where one is drawn (`active`; may be null).
CanvasCard pointCard(const StageEvidence& evidence, const Layer* active,
                     const std::vector<const Layer*>& shown, QPointF inImage, int object,
                     std::size_t mostRows);

/// What a card needs. Device-independent pixels, as all that follows.
QSizeF cardSize(const CanvasCard& card, const QFont& font);

/// A card's title and rows in a rectangle of its size; beside the title so much is left free on both sides.
void paintCardText(QPainter& painter, const CanvasCard& card, const QRectF& rect, const QFont& font,
                   const Theme& theme, double leftOfTitle = 0, double rightOfTitle = 0);

/// Draws the card into a rectangle of its size, with an edge of this colour.
void paintCard(QPainter& painter, const CanvasCard& card, const QRectF& rect, const QFont& font,
               const Theme& theme, const QColor& edge);

}  // namespace anchorscope
