#include "widgets/panels/probe_delegate.h"

#include <QCoreApplication>
#include <QPainter>

#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kThumbnailWidth = 72, kThumbnailHeight = 54;

}  // namespace

QSize ProbeDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
  return {160, kThumbnailHeight + 16};
}

void ProbeDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
  const Theme& theme = themeOf(option.palette);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setRenderHint(QPainter::SmoothPixmapTransform);
  const QRectF card = QRectF(option.rect).adjusted(3.5, 2.5, -3.5, -2.5);
  const bool selected = option.state & QStyle::State_Selected;
  if (selected || (option.state & QStyle::State_MouseOver)) {
    painter->setPen(selected ? QPen(theme.selection, 1) : Qt::NoPen);
    painter->setBrush(theme.raised);
    painter->drawRoundedRect(card, 6, 6);
  }
  const auto image = index.data(kImageRole).value<QImage>();
  const QRectF slot(card.left() + 5, card.top() + 5, kThumbnailWidth, kThumbnailHeight);
  if (!image.isNull()) {
    const QSizeF fitted = QSizeF(image.size()).scaled(slot.size(), Qt::KeepAspectRatio);
    painter->drawImage(QRectF(slot.center() - QPointF(fitted.width() / 2, fitted.height() / 2), fitted),
                       image);
  }
  const QRectF text = card.adjusted(kThumbnailWidth + 14, 8, -6, -6);
  painter->setPen(theme.text);
  const QFontMetrics metrics(option.font);
  painter->drawText(
      text, Qt::AlignLeft | Qt::AlignTop,
      metrics.elidedText(index.data(kNameRole).toString(), Qt::ElideMiddle, static_cast<int>(text.width())));
  painter->setPen(theme.secondaryText);
  painter->drawText(text.adjusted(0, 18, 0, 0), Qt::AlignLeft | Qt::AlignTop,
                    countText(index.data(kObjectsRole).toInt(), noun::kObjects));
  if (const int starved = index.data(kStarvedRole).toInt(); starved > 0) {
    const QString badge = QObject::tr("%1 starved").arg(starved);
    QFont small = option.font;
    small.setPixelSize(10);
    painter->setFont(small);
    const double width = QFontMetrics(small).horizontalAdvance(badge) + 12;
    const QRectF pill(text.left(), text.bottom() - 14, width, 15);
    painter->setPen(theme.failed);
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(pill, 7, 7);
    painter->drawText(pill, Qt::AlignCenter, badge);
  }
  if (const QString note = index.data(kNoteRole).toString(); !note.isEmpty()) {
    painter->setPen(theme.text);
    painter->setFont(option.font);
    painter->drawText(text, Qt::AlignLeft | Qt::AlignBottom,
                      metrics.elidedText(note, Qt::ElideRight, static_cast<int>(text.width())));
  }
  painter->restore();
}

QImage thumbnailOf(const ImagePixels* pixels, double devicePixelRatio) {
  if (!pixels) return {};
  const QImage whole(pixels->rgb.data(), pixels->size.width, pixels->size.height, 3 * pixels->size.width,
                     QImage::Format_RGB888);
  return whole.scaled(QSize(kThumbnailWidth, kThumbnailHeight) * devicePixelRatio, Qt::KeepAspectRatio,
                      Qt::SmoothTransformation);
}

}  // namespace anchorscope
