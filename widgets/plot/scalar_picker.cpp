#include "widgets/plot/scalar_picker.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QScreen>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace anchorscope {

namespace {

enum Column { kTitle, kUnit, kName, kColumnCount };

}  // namespace

ScalarPicker::ScalarPicker(QWidget* parent) : QFrame(parent, Qt::Popup) {
  setObjectName(QStringLiteral("scalarPicker"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 8, 8, 8);
  column->setSpacing(6);
  search_ = new QLineEdit;
  search_->setObjectName(QStringLiteral("scalarSearch"));
  search_->setPlaceholderText(tr("Search scalars"));
  search_->setAccessibleName(tr("Search scalars"));
  search_->setClearButtonEnabled(true);
  search_->installEventFilter(this);
  auto* top = new QHBoxLayout;
  top->addWidget(search_, 1);
  sets_ = new QComboBox;
  sets_->setObjectName(QStringLiteral("scalarSets"));
  sets_->setPlaceholderText(tr("Look at together…"));
  sets_->setAccessibleName(tr("Scalars that are looked at together"));
  sets_->setToolTip(tr("Scalars that belong together, instead of those that are chosen"));
  top->addWidget(sets_);
  column->addLayout(top);
  list_ = new QTreeWidget;
  list_->setObjectName(QStringLiteral("scalarList"));
  list_->setAccessibleName(tr("Scalars"));
  list_->setColumnCount(kColumnCount);
  list_->setHeaderLabels({tr("scalar"), tr("unit"), tr("name")});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setTextElideMode(Qt::ElideRight);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(kTitle, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(kUnit, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(kName, QHeaderView::ResizeToContents);
  list_->installEventFilter(this);
  column->addWidget(list_, 1);
  connect(search_, &QLineEdit::textChanged, this, &ScalarPicker::filter);
  connect(list_, &QTreeWidget::itemClicked, this, &ScalarPicker::toggle);
  connect(sets_, &QComboBox::activated, this, [this](int index) {
    const QStringList names = sets_->itemData(index).toStringList();
    for (int i = 0; i < list_->topLevelItemCount(); ++i) {
      QTreeWidgetItem* item = list_->topLevelItem(i);
      if (item->flags() & Qt::ItemIsEnabled)
        item->setCheckState(kTitle, names.contains(item->text(kName)) ? Qt::Checked : Qt::Unchecked);
    }
    emit setChosen(names);
  });
}

void ScalarPicker::setSets(const std::vector<CurveSet>& sets) {
  sets_->clear();
  for (const CurveSet& set : sets)
    sets_->addItem(set.title, set.names);
  sets_->setCurrentIndex(-1);
  sets_->setVisible(!sets.empty());
}

void ScalarPicker::setRows(const std::vector<Row>& rows, const QStringList& chosen) {
  list_->clear();
  for (const Row& row : rows) {
    auto* item = new QTreeWidgetItem(list_, {row.title, row.unit, row.name});
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);  // ticked by us, wherever the line is clicked
    item->setCheckState(kTitle, chosen.contains(row.name) ? Qt::Checked : Qt::Unchecked);
    for (int cell = 0; cell < kColumnCount; ++cell)
      item->setToolTip(cell, row.help);
    item->setForeground(kUnit, palette().placeholderText());
    item->setForeground(kName, palette().placeholderText());
  }
  if (rows.empty()) {
    auto* nothing = new QTreeWidgetItem(list_, {tr("No scalars yet: start a run")});
    nothing->setFlags(Qt::NoItemFlags);
  }
  filter(search_->text());
}

void ScalarPicker::popUp(const QWidget& beside) {
  search_->clear();
  const QRect room = beside.screen()->availableGeometry();
  const QSize size = sizeHint().boundedTo(room.size());
  const QPoint corner = beside.mapToGlobal(QPoint(beside.width(), 0));
  const int below = corner.y() + beside.height();
  const int y = below + size.height() <= room.bottom() ? below : corner.y() - size.height();
  setGeometry(QRect(QPoint(std::clamp(corner.x() - size.width(), room.left(), room.right() - size.width()),
                           std::clamp(y, room.top(), room.bottom() - size.height())),
                    size));
  show();
  search_->setFocus();
}

void ScalarPicker::filter(const QString& text) {
  const QStringList words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
  for (int i = 0; i < list_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* item = list_->topLevelItem(i);
    const QString whole =
        item->text(kTitle) + QLatin1Char(' ') + item->text(kUnit) + QLatin1Char(' ') + item->text(kName);
    item->setHidden(!std::all_of(words.begin(), words.end(), [&](const QString& word) {
      return whole.contains(word, Qt::CaseInsensitive);
    }));
  }
}

void ScalarPicker::toggle(QTreeWidgetItem* item) {
  if (!item || !(item->flags() & Qt::ItemIsEnabled)) return;
  const bool on = item->checkState(kTitle) != Qt::Checked;
  item->setCheckState(kTitle, on ? Qt::Checked : Qt::Unchecked);
  emit toggled(item->text(kName), on);
}

bool ScalarPicker::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    const bool confirms = key == Qt::Key_Return || key == Qt::Key_Enter;
    if (watched == search_ && (key == Qt::Key_Down || confirms)) {
      // To the first that matches; Enter also takes it.
      for (int i = 0; i < list_->topLevelItemCount(); ++i)
        if (QTreeWidgetItem* item = list_->topLevelItem(i); !item->isHidden()) {
          list_->setCurrentItem(item);
          if (confirms)
            toggle(item);
          else
            list_->setFocus();
          break;
        }
      return true;
    }
    if (watched == list_ && (key == Qt::Key_Space || confirms)) {
      toggle(list_->currentItem());
      return true;
    }
  }
  return QFrame::eventFilter(watched, event);
}

}  // namespace anchorscope
