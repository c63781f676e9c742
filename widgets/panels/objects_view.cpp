#include "widgets/panels/objects_view.h"

#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <utility>

#include "widgets/models/number_text.h"
#include "widgets/models/objects_model.h"
#include "widgets/panels/column_header.h"
#include "widgets/panels/jump_table.h"
#include "widgets/panels/objects_delegate.h"

namespace anchorscope {
ObjectsView::ObjectsView(QWidget* parent)
    : QWidget(parent),
      model_(new ObjectsModel(this)),
      sorted_(new QSortFilterProxyModel(this)),
      title_(new QLabel),
      table_(new JumpTable) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(10, 0, 8, 8);
  column->setSpacing(4);
  title_->setObjectName(QStringLiteral("objectsTitle"));
  title_->setProperty("role", "section");
  column->addWidget(title_);
  sorted_->setSourceModel(model_);
  sorted_->setSortRole(ObjectsModel::kSortRole);
  table_->setObjectName(QStringLiteral("objectsTable"));
  table_->setAccessibleName(tr("Objects of the image"));
  table_->setModel(sorted_);
  table_->setItemDelegate(new ObjectsDelegate(table_));
  QHeaderView* header = new ColumnHeader;
  table_->setHorizontalHeader(header);
  header->setMinimumSectionSize(16);
  header->setSortIndicator(-1, Qt::AscendingOrder);  // their own order at first
  table_->setSortingEnabled(true);
  column->addWidget(table_, 1);
  connect(table_, &JumpTable::rowChosen, this, [this](int row) {
    if (const int object = objectOfRow(row); object >= 0) emit objectWanted(object);
  });
}

int ObjectsView::objectOfRow(int row) const {
  const QModelIndex index = sorted_->mapToSource(sorted_->index(row, 0));
  return index.isValid() ? index.row() : -1;
}

void ObjectsView::show(std::shared_ptr<const StageEvidence> evidence) {
  model_->show(std::move(evidence));
  const int objects = model_->rowCount();
  setVisible(objects > 0);
  QStringList parts{countText(objects, noun::kObjects).toUpper()};
  for (const ObjectState state : {ObjectState::kStarved, ObjectState::kContested})
    if (const int count = model_->countOf(state); count > 0)
      parts << QStringLiteral("%1 %2").arg(countText(count), stateText(state).toUpper());
  title_->setText(parts.join(QStringLiteral(" · ")));
  fitColumns();
}

void ObjectsView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fitColumns();
}

void ObjectsView::fitColumns() {
  // Every column as wide as its texts; of what is left the class gets what it needs, then titles grow whole.
  QHeaderView* header = table_->horizontalHeader();
  const QFontMetrics texts(table_->font()), titles(header->font());
  constexpr int kClassAtLeast = 36, kCellMargins = 8;
  std::array<int, ObjectsModel::kColumns> widths{}, wanted{};
  int left = table_->viewport()->width();
  for (int column = 0; column < ObjectsModel::kColumns; ++column) {
    int widest = 0;
    for (int row = 0; row < model_->rowCount(); ++row)
      widest = std::max(widest, texts.horizontalAdvance(model_->index(row, column).data().toString()));
    const int title = titles.horizontalAdvance(model_->headerData(column, Qt::Horizontal).toString());
    const auto at = static_cast<std::size_t>(column);
    widths[at] = widest + kCellMargins;
    wanted[at] = std::max(widest, title) + kColumnMargins;
    if (column != ObjectsModel::kClass) left -= widths[at];
  }
  constexpr std::size_t kClass = ObjectsModel::kClass;
  widths[kClass] = std::max(kClassAtLeast, std::min(widths[kClass], left));
  left -= widths[kClass];
  for (std::size_t column = 0; column < widths.size(); ++column) {
    const int more = std::clamp(wanted[column] - widths[column], 0, std::max(0, left));
    widths[column] += more;
    left -= more;
  }
  widths[kClass] += std::max(0, left);
  for (std::size_t column = 0; column < widths.size(); ++column)
    header->resizeSection(static_cast<int>(column), widths[column]);
}

}  // namespace anchorscope
