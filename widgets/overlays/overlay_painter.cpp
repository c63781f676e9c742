#include "widgets/overlays/overlay_painter.h"

#include <QFontMetricsF>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "core/evidence/bag.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/heat.h"
#include "widgets/overlays/predictions.h"

namespace anchorscope {

namespace {

constexpr int kVectorCellPixels = 8;
const QColor kObjectColor(0xFFFFFF);
const QColor kHaloColor(0, 0, 0, 150);
const QColor kPredictionColor(0xFFD54F);
const QColor kSelectionColor = QColor::fromRgb(kSelectionArgb);
const QColor kHistoryColor(0xA78BFA);

QColor faded(QColor color, double opacity) {
  color.setAlphaF(static_cast<float>(color.alphaF() * std::clamp(opacity, 0.0, 1.0)));
  return color;
}

}  // namespace

QImage toQImage(const StageEvidence& evidence) {
  if (!evidence.image || !evidence.image->pixels) return {};
  const ImagePixels& pixels = *evidence.image->pixels;
  if (pixels.size.width <= 0 || pixels.size.height <= 0) return {};
  return QImage(pixels.rgb.data(), pixels.size.width, pixels.size.height, pixels.size.width * 3,
                QImage::Format_RGB888)
      .copy();
}

QString className(const StageEvidence& evidence, int classIndex) {
  if (evidence.classNames && classIndex >= 0 &&
      static_cast<std::size_t>(classIndex) < evidence.classNames->size())
    return QString::fromStdString((*evidence.classNames)[static_cast<std::size_t>(classIndex)]);
  return QStringLiteral("class %1").arg(classIndex);
}

void drawCenteredText(QPainter& painter, const QRectF& rect, const QString& text, const QFont& font,
                      const QColor& color, bool outlined) {
  const QFontMetricsF metrics(font);
  const QPointF base(rect.center().x() - metrics.horizontalAdvance(text) / 2,
                     rect.center().y() + (metrics.ascent() - metrics.descent()) / 2);
  if (outlined) {
    QPainterPath outlines;
    outlines.addText(base, font, text);
    painter.fillPath(outlines, color);
    return;
  }
  painter.setFont(font);
  painter.setPen(color);
  painter.drawText(base, text);
}

void paintLabels(QPainter& painter, const OverlayContext& context) {
  if (!context.labels) return;
  for (const PlacedLabel& label : *context.labels) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(faded(QColor(20, 22, 26, 205), label.opacity));
    painter.drawRoundedRect(label.place, 2 * context.unit, 2 * context.unit);
    drawCenteredText(painter, label.place, label.text, context.font, faded(label.color, label.opacity),
                     context.outlinedText);
  }
}

OverlayPainter::OverlayPainter(QPainter& painter, const OverlayContext& context,
                               const StageEvidence& evidence)
    : painter_(painter), context_(context), evidence_(evidence) {}

QRectF OverlayPainter::mapped(const Box& boxInImage) const {
  const AxisTransform& t = context_.targetFromImage;
  return QRectF(QPointF(t.mapX(boxInImage.x1), t.mapY(boxInImage.y1)),
                QPointF(t.mapX(boxInImage.x2), t.mapY(boxInImage.y2)))
      .normalized();
}

void OverlayPainter::strokeBox(const QRectF& rect, const QColor& color, double width, Qt::PenStyle style) {
  QPen pen(color, width * context_.unit, style, Qt::FlatCap, Qt::MiterJoin);
  painter_.setPen(pen);
  painter_.setBrush(Qt::NoBrush);
  painter_.drawRect(rect);
}

void OverlayPainter::haloBox(const QRectF& rect, const QColor& color, double width, double opacity) {
  strokeBox(rect, faded(kHaloColor, opacity), width + 2);
  strokeBox(rect, faded(color, opacity), width);
  ++boxes_;
}

void OverlayPainter::label(const QRectF& rect, const QString& text, const QColor& color, double opacity,
                           bool important) {
  if (!context_.labels || text.isEmpty()) return;
  const QFontMetricsF metrics(context_.font);
  const double gap = 3 * context_.unit, width = metrics.horizontalAdvance(text) + 2 * gap,
               height = metrics.height() + gap * 0.7;
  if (!context_.clip.isNull() && !context_.clip.intersects(rect)) return;
  if (!important && rect.width() < width * 0.6) {
    ++labelsLeftOut_;
    return;
  }
  const QRectF places[] = {
      QRectF(rect.left() - context_.unit, rect.top() - height - context_.unit, width, height),
      QRectF(rect.left() + context_.unit, rect.top() + context_.unit, width, height),
      QRectF(rect.left() - context_.unit, rect.bottom() + context_.unit, width, height),
      QRectF(rect.right() - width + context_.unit, rect.top() - height - context_.unit, width, height)};
  for (const QRectF& place : places) {
    const bool covered =
        std::any_of(context_.labels->begin(), context_.labels->end(),
                    [&](const PlacedLabel& other) { return other.place.intersects(place); }) ||
        std::any_of(context_.keptClear.begin(), context_.keptClear.end(),
                    [&](const QRectF& other) { return other.intersects(place); });
    const bool inside = context_.clip.isNull() || context_.clip.contains(place);
    if (covered || !inside) continue;
    context_.labels->push_back({place, text, color, opacity});
    return;
  }
  ++labelsLeftOut_;
}

void OverlayPainter::draw(const Layer& layer) {
  switch (layer.kind) {
    case LayerKind::kHeat:
      return drawHeat(layer);
    case LayerKind::kObjects:
      return drawObjects(layer);
    case LayerKind::kPredictions:
      return drawPredictions(layer);
    case LayerKind::kBag: {
      const BagBoxes bag = bagBoxes(layer, evidence_, context_.selectedObject);
      drawBagBoxes(layer, bag);
      return drawBagArrow(layer, bag);
    }
    case LayerKind::kArrows:
      return drawArrows(layer);
    case LayerKind::kImage:
    case LayerKind::kAnchors:
      return;
  }
}

void OverlayPainter::drawObjects(const Layer& layer) {
  if (!evidence_.image) return;
  const auto& objects = evidence_.image->objects;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const QRectF rect = mapped(objects[i].boxInImage);
    if (!context_.clip.isNull() && !context_.clip.intersects(rect)) continue;
    const bool selected = static_cast<int>(i) == context_.selectedObject;
    haloBox(rect, kObjectColor, (selected ? 2.0 : 1.4) * layer.lineWidthPx,
            layer.opacity * (objects[i].ignored ? 0.5 : 1));
  }
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const bool selected = static_cast<int>(i) == context_.selectedObject;
    QString text = className(evidence_, objects[i].classIndex);
    if (objects[i].ignored) text += QStringLiteral(" (ignored)");
    if (selected) text = QStringLiteral("%1 · %2").arg(i).arg(text);
    label(mapped(objects[i].boxInImage), text, selected ? kSelectionColor.lighter(125) : kObjectColor,
          layer.opacity, selected);
  }
}

void OverlayPainter::drawPredictions(const Layer& layer) {
  const ShownPredictions shown = shownPredictions(layer, evidence_);
  // Worst first, so that the best lie on top; labels the other way, so that the best get the free places.
  for (std::size_t i = shown.last; i-- > shown.first;) {
    const QRectF rect = mapped(evidence_.predictions[i].boxInImage);
    if (!context_.clip.isNull() && !context_.clip.intersects(rect)) continue;
    strokeBox(rect, faded(kHaloColor, layer.opacity), 1.6 * layer.lineWidthPx + 2, Qt::SolidLine);
    strokeBox(rect, faded(kPredictionColor, layer.opacity), 1.6 * layer.lineWidthPx, Qt::DashLine);
    ++boxes_;
  }
  for (std::size_t i = shown.first; i < shown.last; ++i) {
    const PredictionRecord& prediction = evidence_.predictions[i];
    const QString text = QStringLiteral("%1 %2")
                             .arg(className(evidence_, prediction.classIndex))
                             .arg(static_cast<double>(prediction.score), 0, 'f', 2);
    label(mapped(prediction.boxInImage), text, kPredictionColor, layer.opacity, false);
  }
}

void OverlayPainter::drawBagBoxes(const Layer& layer, const BagBoxes& bag) {
  const auto unit = static_cast<double>(layer.lineWidthPx);
  for (const BagBatch& batch : bag.batches) {
    // The lines of the two heads side by side, the outer one in the middle of the box's edge.
    const double inset = batch.inset > 0 ? (batch.inset + batch.width) / 2.0 * unit * context_.unit : 0;
    const bool filled = layer.fillOpacity > 0 && batch.head == ColorScale::kRegression;
    for (std::size_t i = 0; i < batch.boxes.anchors.size(); ++i) {
      const QRectF rect = mapped(batch.boxes.boxesInImage[i]).adjusted(inset, inset, -inset, -inset);
      if (!rect.isValid()) continue;
      const QColor color = QColor::fromRgba(batch.boxes.colors[i]);
      if (filled) painter_.fillRect(rect, faded(color, static_cast<double>(layer.fillOpacity)));
      strokeBox(rect, color, batch.width * unit);
      ++boxes_;
    }
  }
}

void OverlayPainter::drawBagArrow(const Layer& layer, const BagBoxes& bag) {
  if (bag.arrowFrom && bag.arrowTo)
    drawArrow(mapped(anchorBoxInImage(evidence_, *bag.arrowFrom, layer.boxes)).center(),
              mapped(anchorBoxInImage(evidence_, *bag.arrowTo, layer.boxes)).center(),
              static_cast<double>(layer.opacity));
}

void OverlayPainter::drawArrows(const Layer& layer) {
  if (!evidence_.image) return;
  for (std::size_t object = 0; object < evidence_.image->objects.size(); ++object) {
    const Bag bag = bagOf(evidence_, static_cast<int>(object));
    if (!bag.bestClassificationAnchor || !bag.bestRegressionAnchor) continue;
    drawArrow(mapped(anchorBoxInImage(evidence_, *bag.bestClassificationAnchor, layer.boxes)).center(),
              mapped(anchorBoxInImage(evidence_, *bag.bestRegressionAnchor, layer.boxes)).center(),
              static_cast<double>(layer.opacity));
  }
}

void OverlayPainter::drawArrow(QPointF from, QPointF to, double opacity) {
  const QPointF along = to - from;
  const double length = std::hypot(along.x(), along.y());
  const double dot = 3 * context_.unit, head = 8 * context_.unit;
  const auto stroke = [&](const QColor& color, double width) {
    painter_.setPen(QPen(color, width * context_.unit, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter_.setBrush(color);
    painter_.drawEllipse(from, dot * 0.6, dot * 0.6);
    if (length < 2 * context_.unit) return;
    const QPointF unit = along / length, normal(-unit.y(), unit.x());
    const double size = std::min(head, length * 0.6);
    painter_.drawLine(from, to - unit * size * 0.5);
    painter_.drawPolygon(
        QPolygonF({to, to - unit * size + normal * size * 0.45, to - unit * size - normal * size * 0.45}));
  };
  stroke(faded(QColor(0, 0, 0, 170), opacity), 4);
  stroke(faded(Qt::white, opacity), 2);
}

void OverlayPainter::drawHeat(const Layer& layer) {
  const Channel* channel = evidence_.channel(layer.channel);
  if (!channel || channel->spec.domain != ChannelDomain::kCell || !evidence_.image) return;
  const CellGrid& grid = channel->grid;
  QImage cells = heatImage(layer, *channel);
  if (cells.isNull()) return;
  // Some readers of vector files blur what they enlarge: there each cell is made of several pixels.
  if (context_.vector && !layer.smooth)
    cells = cells.scaled(cells.size() * kVectorCellPixels, Qt::IgnoreAspectRatio, Qt::FastTransformation);
  const auto stride = static_cast<float>(grid.stride);
  const Box boxInInput{0, 0, stride * static_cast<float>(grid.columns),
                       stride * static_cast<float>(grid.rows)};
  painter_.save();
  // Cells of the padding lie beyond the image; they say nothing about it.
  const SizePx size = evidence_.image->pixels ? evidence_.image->pixels->size : SizePx{};
  painter_.setClipRect(mapped({0, 0, static_cast<float>(size.width), static_cast<float>(size.height)}),
                       Qt::IntersectClip);
  painter_.setRenderHint(QPainter::SmoothPixmapTransform, layer.smooth);
  painter_.drawImage(mapped(evidence_.image->inputFromImage.inverse().map(boxInInput)), cells);
  painter_.restore();
}

void OverlayPainter::drawTrail(const std::vector<TrailBox>& trail) {
  for (const TrailBox& box : trail) {
    const QRectF rect = mapped(box.boxInImage);
    strokeBox(rect, faded(kHaloColor, 0.8 * box.fade), 3);
    strokeBox(rect, faded(kHistoryColor, box.fade), 1.5, box.away < 0 ? Qt::SolidLine : Qt::DashLine);
  }
}

void OverlayPainter::drawSelection() {
  if (evidence_.image && context_.selectedObject >= 0 &&
      static_cast<std::size_t>(context_.selectedObject) < evidence_.image->objects.size()) {
    const double out = 3 * context_.unit;
    const QRectF rect =
        mapped(evidence_.image->objects[static_cast<std::size_t>(context_.selectedObject)].boxInImage);
    strokeBox(rect.adjusted(-out, -out, out, out), faded(kSelectionColor, 0.9), 1.5, Qt::DotLine);
  }
  const Box box = anchorBoxInImage(evidence_, context_.selectedAnchor, context_.selectedBox);
  if (!box.degenerate()) {
    strokeBox(mapped(box), kHaloColor, 5);
    strokeBox(mapped(box), kSelectionColor, 2.5);
  }
}

void OverlayPainter::drawHover(std::int64_t anchor, BoxKind kind) {
  const Box box = anchorBoxInImage(evidence_, anchor, kind);
  if (box.degenerate()) return;
  strokeBox(mapped(box), kHaloColor, 3.5);
  strokeBox(mapped(box), Qt::white, 1.5);
}

}  // namespace anchorscope
