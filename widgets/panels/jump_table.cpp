#include "widgets/panels/jump_table.h"

#include <QHeaderView>
#include <QKeyEvent>

namespace anchorscope {

JumpTable::JumpTable(QWidget* parent) : QTableView(parent) {
  constexpr int kRowHeight = 22;
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setTabKeyNavigation(false);
  setShowGrid(false);
  setWordWrap(false);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  viewport()->setCursor(Qt::PointingHandCursor);
  verticalHeader()->hide();
  verticalHeader()->setMinimumSectionSize(kRowHeight);
  verticalHeader()->setDefaultSectionSize(kRowHeight);
  horizontalHeader()->setHighlightSections(false);
  // Queued: what follows may well empty this table.
  connect(
      this, &QAbstractItemView::clicked, this,
      [this](const QModelIndex& index) { emit rowChosen(index.row()); }, Qt::QueuedConnection);
}

void JumpTable::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (!enter || !currentIndex().isValid()) return QTableView::keyPressEvent(event);
  event->accept();
  QMetaObject::invokeMethod(
      this, [this, row = currentIndex().row()] { emit rowChosen(row); }, Qt::QueuedConnection);
}

}  // namespace anchorscope
