#pragma once
// How objects stand in tables.

#include <QStyledItemDelegate>

#include "widgets/models/objects_model.h"
#include "widgets/state/theme.h"

namespace anchorscope {

/// What is starved stands out, what is not trained on steps back.
class ObjectsDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    const Theme& theme = themeOf(option->palette);
    const auto state = static_cast<ObjectState>(index.data(ObjectsModel::kStateRole).toInt());
    if (state == ObjectState::kIgnored) option->palette.setColor(QPalette::Text, theme.secondaryText);
    // The state is the last column, whatever stands before the object.
    if (state == ObjectState::kStarved && index.column() == index.model()->columnCount() - 1) {
      option->palette.setColor(QPalette::Text, theme.rejected);
      option->font.setBold(true);
    }
  }
};

}  // namespace anchorscope
