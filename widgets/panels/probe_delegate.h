#pragma once
// How an image stands in a list: its thumbnail, name and number of objects, how many are starved.

#include <QImage>
#include <QStyledItemDelegate>

#include "core/evidence/frame.h"

namespace anchorscope {

class ProbeDelegate : public QStyledItemDelegate {
 public:
  enum Role {
    kImageRole = Qt::UserRole,  ///< QImage, see thumbnailOf().
    kObjectsRole,               ///< int
    kStarvedRole,               ///< int; 0: nothing is said of it.
    kNameRole,                  ///< What the image is called.
    kNoteRole                   ///< A last line; empty: none.
  };
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// Null pixels: a null image.
QImage thumbnailOf(const ImagePixels* pixels, double devicePixelRatio);

}  // namespace anchorscope
