#include "widgets/panels/all_objects_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QVBoxLayout>

#include "widgets/models/all_objects_model.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/column_header.h"
#include "widgets/panels/jump_table.h"
#include "widgets/panels/objects_delegate.h"

namespace anchorscope {

namespace {

/// Objects of one state, or all.
class StateFilter final : public QSortFilterProxyModel {
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;
  void setState(int state) {
    state_ = state;
    invalidateFilter();
  }

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override {
    return state_ < 0 ||
           sourceModel()->index(row, 0, parent).data(ObjectsModel::kStateRole).toInt() == state_;
  }

 private:
  int state_ = -1;
};

}  // namespace

AllObjectsView::AllObjectsView(QWidget* parent)
    : QWidget(parent),
      model_(new AllObjectsModel(this)),
      sorted_(new StateFilter(this)),
      title_(new QLabel),
      note_(new QLabel),
      states_(new QComboBox),
      table_(new JumpTable) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(10, 8, 8, 8);
  column->setSpacing(4);
  auto* line = new QHBoxLayout;
  title_->setObjectName(QStringLiteral("allObjectsTitle"));
  title_->setProperty("role", "section");
  line->addWidget(title_, 1);
  states_->setObjectName(QStringLiteral("objectStates"));
  states_->setAccessibleName(tr("State of the objects that are listed"));
  states_->setToolTip(tr("List all objects, or those of one state"));
  states_->addItem(tr("all"), -1);
  for (const ObjectState state :
       {ObjectState::kStarved, ObjectState::kContested, ObjectState::kServed, ObjectState::kIgnored})
    states_->addItem(stateText(state), static_cast<int>(state));
  line->addWidget(states_);
  column->addLayout(line);
  note_->setObjectName(QStringLiteral("allObjectsNote"));
  note_->setProperty("role", "secondary");
  note_->setWordWrap(true);
  column->addWidget(note_);
  sorted_->setSourceModel(model_);
  sorted_->setSortRole(ObjectsModel::kSortRole);
  table_->setObjectName(QStringLiteral("allObjectsTable"));
  table_->setAccessibleName(tr("Objects of the probes"));
  table_->setModel(sorted_);
  table_->setItemDelegate(new ObjectsDelegate(table_));
  auto* header = new ColumnHeader;
  table_->setHorizontalHeader(header);
  header->setMinimumSectionSize(16);
  header->setStretchLastSection(true);
  header->setSortIndicator(-1, Qt::AscendingOrder);  // their own order at first
  table_->setSortingEnabled(true);
  column->addWidget(table_, 1);
  constexpr int kWidths[] = {96, 30, 60, 36, 44, 48, 52, 70};
  for (int section = 0; section < model_->columnCount(); ++section)
    header->resizeSection(section, kWidths[section]);
  connect(states_, &QComboBox::currentIndexChanged, this, [this] {
    static_cast<StateFilter*>(sorted_)->setState(states_->currentData().toInt());
    refreshTitle();
  });
  connect(table_, &JumpTable::rowChosen, this, [this](int row) {
    const AllObjectsModel::Row chosen = model_->at(sorted_->mapToSource(sorted_->index(row, 0)).row());
    if (chosen.object >= 0) emit objectWanted(chosen.image, chosen.stage, chosen.object);
  });
  refreshTitle();
}

void AllObjectsView::show(const std::vector<std::shared_ptr<const StageEvidence>>& images, int missing) {
  missing_ = missing;
  model_->show(images);
  refreshTitle();
}

void AllObjectsView::refreshTitle() {
  QStringList parts{countText(model_->rowCount(), noun::kObjects).toUpper()};
  for (const ObjectState state : {ObjectState::kStarved, ObjectState::kContested})
    if (const int count = model_->countOf(state); count > 0)
      parts << QStringLiteral("%1 %2").arg(countText(count), stateText(state).toUpper());
  if (sorted_->rowCount() < model_->rowCount()) parts << tr("%1 LISTED").arg(countText(sorted_->rowCount()));
  title_->setText(parts.join(QStringLiteral(" · ")));
  const QString of = tr("Of %1, the probes: of other images no evidence is made.")
                         .arg(countText(model_->images() + missing_, noun::kImages));
  note_->setText(missing_ > 0 ? of + tr(" %1 being read.").arg(countText(missing_)) : of);
}

void AllObjectsView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  emit shown();
}

}  // namespace anchorscope
