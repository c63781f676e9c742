#pragma once
// A horizontal colour bar with ticks, for the canvas and for figures.

#include <QColor>
#include <QFont>
#include <QPainter>
#include <QRectF>
#include <QString>
#include <vector>

#include "widgets/overlays/layer.h"

namespace anchorscope {

struct ColorBar {
  ColorMapId colorMap = ColorMapId::kCividis;
  bool reversed = false;
  bool mixed = false;  ///< Two channels at once: bands of the first alone, of both, of the second alone.
  ValueRange range;
  QString title;
  bool belowRange = false,
       aboveRange = false;  ///< Values beyond the ends exist: said with < and > at the ends.
};

/// The bar of a channel layer for a frame; false when the frame lacks the channel.
bool colorBarOf(const Layer& layer, const StageEvidence& evidence, ColorBar& out);

/// About `count` round numbers inside the range, the ends left out unless round.
std::vector<double> niceTicks(double low, double high, int count);

/// A number as ticks and tooltips show it: at most 4 significant digits, no trailing zeros. `end`: the
/// largest by size of the numbers it stands among, which are all written with an exponent or all without; 0:
/// alone.
QString tickText(double value, double end = 0);

/// Height of a bar drawn with this font: gradient, ticks and one line of text.
double colorBarHeight(const QFont& font, double unit);

/// Draws title, gradient, tick marks and numbers, top to bottom, over the width of the rectangle.
/// `unit`: painter units per nominal pixel.
void paintColorBar(QPainter& painter, const QRectF& rect, const ColorBar& bar, const QFont& font,
                   const QColor& text, double unit, bool outlinedText = false);

}  // namespace anchorscope
