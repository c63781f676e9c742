#pragma once
// The header of a table whose columns may be narrower than their titles.

#include <QFontMetrics>
#include <QHeaderView>

namespace anchorscope {

constexpr int kColumnMargins = 12;  ///< px of a column beside its text.

/// Cuts a title off at its end where its column has too little room; the tooltip has all of it.
class ColumnHeader : public QHeaderView {
 public:
  ColumnHeader() : QHeaderView(Qt::Horizontal) {
    setSectionsClickable(true);
    setHighlightSections(false);
    setSortIndicatorShown(true);
  }

 protected:
  void initStyleOptionForIndex(QStyleOptionHeader* option, int section) const override {
    constexpr int kRounding = 2;  // of the widths that columns are given
    QHeaderView::initStyleOptionForIndex(option, section);
    option->text = option->fontMetrics.elidedText(option->text, Qt::ElideRight,
                                                  sectionSize(section) - kColumnMargins + kRounding);
  }
};

}  // namespace anchorscope
