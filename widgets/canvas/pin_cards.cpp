#include "widgets/canvas/pin_cards.h"

#include <algorithm>
#include <utility>

#include "widgets/canvas/card_place.h"

namespace anchorscope {

namespace {

constexpr double kLetter = 15, kCloser = 14;

/// What a pin is of: its box in the image, degenerate for a point; false where it is not here.
bool boxOf(const Pin& pin, const PinView& view, Box& box) {
  const StageEvidence& evidence = *view.evidence;
  if (pin.image != QString::fromStdString(evidence.image->name)) return false;
  if (pin.candidate >= 0) {
    if (pin.stage != QString::fromStdString(evidence.stage.name)) return false;
    box = view.candidateBox(pin.candidate);
    return !box.degenerate();
  }
  if (pin.object >= 0) {
    if (static_cast<std::size_t>(pin.object) >= evidence.image->objects.size()) return false;
    box = evidence.image->objects[static_cast<std::size_t>(pin.object)].boxInImage;
    return true;
  }
  const auto x = static_cast<float>(pin.point.x()), y = static_cast<float>(pin.point.y());
  box = {x, y, x, y};
  return true;
}

QRectF insideBounds(QRectF rect, const QRectF& bounds) {
  rect.moveLeft(
      std::clamp(rect.left(), bounds.left(), std::max(bounds.left(), bounds.right() - rect.width())));
  rect.moveTop(std::clamp(rect.top(), bounds.top(), std::max(bounds.top(), bounds.bottom() - rect.height())));
  return rect;
}

void paintLetter(QPainter& painter, QPointF middle, const QString& letter, const QFont& font,
                 const Theme& theme, bool current) {
  QFont small = font;
  small.setPixelSize(10);
  small.setWeight(QFont::DemiBold);
  const QRectF disc(middle - QPointF(kLetter, kLetter) / 2, QSizeF(kLetter, kLetter));
  painter.setPen(QPen(theme.halo, 1));
  painter.setBrush(current ? theme.selection : theme.raised);
  painter.drawEllipse(disc);
  painter.setFont(small);
  painter.setPen(current ? theme.onSelection : theme.text);
  painter.drawText(disc, Qt::AlignCenter, letter);
}

double titleMiddle(const PinCard& card) {
  return card.rect.top() + 15.5;
}

}  // namespace

QString pinLetter(int index) {
  return QString(QChar(u'A' + index % ReadOut::kMostPins));
}

QRectF closerOf(const PinCard& card) {
  return {card.rect.right() - kCloser - 4, titleMiddle(card) - kCloser / 2, kCloser, kCloser};
}

std::vector<PinCard> pinCards(const ReadOut& readOut, const PinView& view) {
  std::vector<PinCard> cards;
  if (!view.evidence || !view.evidence->image) return cards;
  std::vector<QRectF> taken;
  for (int index = 0; index < readOut.pins().size(); ++index) {
    const Pin& pin = readOut.pins()[index];
    Box box;
    if (!boxOf(pin, view, box)) continue;
    PinCard made;
    made.index = index;
    made.current = index == readOut.current();
    made.card = view.card(pin, made.current);
    const QRectF onCanvas = view.toCanvas(box);
    made.place = onCanvas.center();
    if (!box.degenerate()) made.box = onCanvas;
    // Beside the title there is room for the letter and the closer.
    const QSizeF size = cardSize(made.card, view.font) + QSizeF(kCloser + kLetter + 4, 0);
    const auto free = [&](const QRectF& rect) {
      return std::ranges::none_of(taken, [&](const QRectF& other) { return other.intersects(rect); });
    };
    if (pin.offset) made.rect = insideBounds(QRectF(made.place + *pin.offset, size), view.bounds);
    if (!pin.offset || !free(made.rect)) {
      // Not over its own box, as far as that is of a size to be kept in sight.
      const QRectF looked = made.box.width() < 0.4 * view.bounds.width() ? made.box : QRectF();
      made.rect = placeBeside(size, made.place, {view.bounds, looked, taken});
    }
    taken.push_back(made.rect);
    cards.push_back(std::move(made));
  }
  return cards;
}

void paintPins(QPainter& painter, const std::vector<PinCard>& cards, const QFont& font, const Theme& theme) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  for (const PinCard& card : cards) {
    const QColor color = card.current ? theme.selection : theme.object;
    painter.setBrush(Qt::NoBrush);
    const QPointF end(std::clamp(card.place.x(), card.rect.left(), card.rect.right()),
                      std::clamp(card.place.y(), card.rect.top(), card.rect.bottom()));
    for (const bool halo : {true, false}) {
      painter.setPen(QPen(halo ? theme.halo : color, halo ? 3.5 : 1.5));
      if (!card.box.isNull()) painter.drawRect(card.box);
      painter.setPen(QPen(halo ? theme.halo : color, halo ? 3 : 1));
      painter.drawLine(card.place, end);
    }
    paintLetter(painter, card.place, pinLetter(card.index), font, theme, card.current);
  }
  for (const PinCard& card : cards) {
    const QRectF closer = closerOf(card);
    paintCard(painter, {}, card.rect, font, theme, card.current ? theme.selection : theme.line);
    // Its rows use the whole width, its title what the letter and the closer leave.
    paintCardText(painter, card.card, card.rect, font, theme, kLetter + 4, kCloser);
    paintLetter(painter, {card.rect.left() + 8 + kLetter / 2, titleMiddle(card)}, pinLetter(card.index), font,
                theme, card.current);
    painter.setPen(QPen(theme.secondaryText, 1.2));
    const QRectF cross = closer.adjusted(4, 4, -4, -4);
    painter.drawLine(cross.topLeft(), cross.bottomRight());
    painter.drawLine(cross.topRight(), cross.bottomLeft());
  }
  painter.restore();
}

}  // namespace anchorscope
