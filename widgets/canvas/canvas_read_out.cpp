// What is read off the canvas: the card beside the cursor, the magnifier, pins, and how many labels are
// hidden.

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/candidate_walk.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/canvas/canvas_view_private.h"
#include "widgets/canvas/card_place.h"
#include "widgets/canvas/magnifier.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/heat.h"
#include "widgets/state/theme.h"

namespace anchorscope {

namespace {

constexpr double kEdge = 8;
/// A box of a larger share of the canvas cannot be kept clear of.
constexpr double kLargeShare = 0.5;

}  // namespace

QRectF CanvasView::onCanvas(const Box& boxInImage) const {
  return QRectF(toCanvas({double(boxInImage.x1), double(boxInImage.y1)}),
                toCanvas({double(boxInImage.x2), double(boxInImage.y2)}));
}

CanvasCard CanvasView::cardOf(const Pin& what, bool all) const {
  const StageEvidence& evidence = *d_->renderer.evidence();
  const Layer* layer = d_->explainedLayer();
  const std::size_t rows = rowsThatFit(height() - 2 * kEdge, font());
  CanvasCard card;
  if (what.candidate >= 0)
    card = anchorCard(evidence, what.candidate, layer, d_->shownLayers(), rows);
  else if (what.object >= 0)
    card = objectCard(evidence, what.object);
  else
    card = pointCard(evidence, layer, d_->shownLayers(), what.point, objectAt(toCanvas(what.point)), rows);
  return all ? card : inBrief(card, tr("I"));
}

std::vector<PinCard> CanvasView::pins() const {
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || d_->state.readOut().pins().isEmpty()) return {};
  PinView view;
  view.evidence = evidence.get();
  view.bounds = QRectF(rect()).adjusted(kEdge, kEdge, -kEdge, -kEdge);
  view.font = font();
  view.toCanvas = [this](const Box& box) { return onCanvas(box); };
  view.candidateBox = [&](std::int64_t candidate) {
    return anchorBoxInImage(*evidence, candidate, d_->selectedBox());
  };
  view.card = [this](const Pin& pin, bool current) {
    CanvasCard card = cardOf(pin, current && d_->state.readOut().tellsAll());
    if (!current) card.hint.clear();  // the key is the current one's
    return card;
  };
  return pinCards(d_->state.readOut(), view);
}

std::optional<Pin> CanvasView::under(QPointF canvas, std::int64_t candidate) const {
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->image) return {};
  Pin pin;
  pin.image = QString::fromStdString(evidence->image->name);
  pin.stage = QString::fromStdString(evidence->stage.name);
  const QPointF image = imageFromCanvas(canvas);
  const SizePx size = d_->imageSize;
  const bool inImage = image.x() >= 0 && image.y() >= 0 && image.x() < size.width && image.y() < size.height;
  const Layer* layer = d_->explainedLayer();
  const bool cell = layer && layer->kind == LayerKind::kHeat &&
                    cellAt(*evidence, *evidence->channel(layer->channel), image.x(), image.y());
  if (!cell) pin.candidate = candidate;
  if (!cell && pin.candidate < 0) pin.object = objectAt(canvas);
  if (pin.candidate < 0 && pin.object < 0) {
    if (!inImage) return {};
    pin.point = image;
  }
  return pin;
}

CanvasView::ReadOutLayout CanvasView::readOut() const {
  ReadOutLayout out;
  out.pins = pins();
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !d_->cursor || d_->panning || d_->draggedPin >= 0) return out;
  const QPointF cursor = *d_->cursor;
  const bool overPin =
      std::ranges::any_of(out.pins, [&](const PinCard& pin) { return pin.rect.contains(cursor); });
  if (overPin) return out;

  CardSurroundings around;
  around.bounds = QRectF(rect()).adjusted(kEdge, kEdge, -kEdge, -kEdge);
  for (const PinCard& pin : out.pins)
    around.taken.push_back(pin.rect);
  if (!d_->colorBarCard.isNull()) around.taken.push_back(d_->colorBarCard);
  std::optional<Pin> what = under(cursor, d_->state.hoveredAnchor());
  // Where only pixels are under the cursor the magnifier tells of them.
  if (what && what->candidate < 0 && what->object < 0 && pointIsPlain(*what)) what.reset();
  if (what) {
    Box box;
    if (what->candidate >= 0) box = anchorBoxInImage(*evidence, what->candidate, d_->hoveredBox);
    if (what->object >= 0) box = evidence->image->objects[static_cast<std::size_t>(what->object)].boxInImage;
    if (!box.degenerate()) around.looked = onCanvas(box) & QRectF(rect());
    if (around.looked.width() * around.looked.height() > kLargeShare * width() * height()) around.looked = {};
    out.hovered = cardOf(*what, d_->state.readOut().tellsAll());
    out.hoverCard = placeBeside(cardSize(out.hovered, font()), cursor, around);
    around.taken.push_back(out.hoverCard);
  }
  if (d_->state.readOut().magnifies() && d_->imageSize.width > 0)
    out.magnifier = placeBeside(magnifierSize(font()), cursor, around);
  return out;
}

bool CanvasView::pointIsPlain(const Pin& point) const {
  const Layer* layer = d_->explainedLayer();
  return !layer || layer->kind != LayerKind::kHeat ||
         cellCard(*d_->renderer.evidence(), *layer, {}, point.point, -1, 1).rows.empty();
}

QRectF CanvasView::hiddenLabelsPlace(const QString& text) const {
  const QFontMetricsF metrics(font());
  const QSizeF size(std::ceil(metrics.horizontalAdvance(text) + 14), std::ceil(metrics.height() + 6));
  QRectF place(QPointF(kEdge + 4, height() - kEdge - 4 - size.height()), size);
  if (place.intersects(d_->colorBarCard)) place.moveRight(width() - kEdge - 4);
  return place;
}

std::size_t CanvasView::hiddenLabels() const {
  return d_->renderer.labelsHidden();
}

void CanvasView::drawReadOut(QPainter& painter) {
  const Theme& theme = themeOf(palette());
  const StageEvidence& evidence = *d_->renderer.evidence();
  if (const std::size_t hidden = hiddenLabels(); hidden > 0) {
    const QString text = tr("%1 hidden").arg(countText(static_cast<qint64>(hidden), noun::kLabels));
    const QRectF place = hiddenLabelsPlace(text);
    QColor ground = theme.panel;
    ground.setAlpha(225);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(place, 4, 4);
    painter.setFont(font());
    painter.setPen(theme.secondaryText);
    painter.drawText(place, Qt::AlignCenter, text);
  }
  const ReadOutLayout layout = readOut();
  paintPins(painter, layout.pins, font(), theme);
  if (!layout.magnifier.isNull())
    paintMagnifier(painter, layout.magnifier, evidence,
                   {imageFromCanvas(*d_->cursor), zoom(), d_->state.hoveredAnchor(), d_->hoveredBox,
                    d_->explainedLayer()},
                   font(), theme);
  if (!layout.hoverCard.isNull())
    paintCard(painter, layout.hovered, layout.hoverCard, font(), theme, theme.line);
}

int CanvasView::pinAt(QPointF canvas) const {
  int found = -1;  // the last is drawn on top
  for (const PinCard& pin : pins())
    if (pin.rect.contains(canvas)) found = pin.index;
  return found;
}

void CanvasView::pinAtCursor(QPointF canvas) {
  ReadOut& readOut = d_->state.readOut();
  if (const int pin = pinAt(canvas); pin >= 0) return readOut.remove(pin);
  const std::optional<Pin> what = under(canvas, anchorAt(canvas));
  if (!what) return;
  if (readOut.pins().size() >= ReadOut::kMostPins) {
    emit noteWanted(
        tr("There are %1 pins, and no more have a letter: remove one first.").arg(ReadOut::kMostPins));
    return;
  }
  readOut.add(*what);
  // Where it has found its place it stays, whatever is pinned later.
  for (const PinCard& pin : pins())
    if (pin.index == readOut.current() && !readOut.pins()[pin.index].offset)
      readOut.setOffset(pin.index, pin.rect.topLeft() - pin.place);
}

bool CanvasView::movePin(const std::function<std::int64_t(const CandidateSet&, std::int64_t)>& candidate,
                         QPoint cells) {
  ReadOut& readOut = d_->state.readOut();
  const std::vector<PinCard> shown = pins();
  const auto current = std::ranges::find_if(shown, &PinCard::current);
  if (current == shown.end()) return false;
  const StageEvidence& evidence = *d_->renderer.evidence();
  Pin pin = readOut.pins()[current->index];
  if (pin.candidate >= 0) {
    if (!evidence.candidates) return true;
    const std::int64_t to = candidate(*evidence.candidates, pin.candidate);
    if (to < 0) return true;
    pin.candidate = to;
    readOut.change(current->index, pin);
    bringIntoView(to);
  } else if (pin.object >= 0) {
    const int to = pin.object + cells.x() + cells.y();
    if (to < 0 || to >= static_cast<int>(evidence.image->objects.size())) return true;
    pin.object = to;
    readOut.change(current->index, pin);
  } else {
    // One cell of the map that is drawn, else one pixel.
    const Layer* layer = d_->explainedLayer();
    const AxisTransform imageFromInput = evidence.image->inputFromImage.inverse();
    QPointF step(1, 1);
    if (layer && layer->kind == LayerKind::kHeat)
      step = QPointF(imageFromInput.scaleX, imageFromInput.scaleY) *
             evidence.channel(layer->channel)->grid.stride;
    const QPointF to = pin.point + QPointF(cells.x() * step.x(), cells.y() * step.y());
    if (to.x() < 0 || to.y() < 0 || to.x() >= d_->imageSize.width || to.y() >= d_->imageSize.height)
      return true;
    pin.point = to;
    readOut.change(current->index, pin);
  }
  return true;
}

}  // namespace anchorscope
