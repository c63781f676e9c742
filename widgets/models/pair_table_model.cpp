#include "widgets/models/pair_table_model.h"

#include <QString>
#include <algorithm>
#include <cmath>
#include <limits>

#include "widgets/models/number_text.h"

namespace anchorscope {

PairTableModel::PairTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void PairTableModel::show(std::shared_ptr<const ProbeFrame> frame, int object, bool bagOnly) {
  beginResetModel();
  frame_ = std::move(frame);
  table_ = frame_ && !frame_->pairTables.empty() ? &frame_->pairTables.front() : nullptr;
  rows_.clear();
  memberCount_ = consideredCount_ = 0;
  if (table_ && table_->spec.name != shownTable_) {
    shownTable_ = table_->spec.name;
    sortColumn_ = -1;
  }
  if (table_ && object >= 0) {
    const auto [first, last] = table_->rowsOfObject(object);
    consideredCount_ = static_cast<int>(last - first);
    for (std::size_t row = first; row < last; ++row) {
      const bool member = isMember(row);
      memberCount_ += member ? 1 : 0;
      if (member || !bagOnly) rows_.push_back(row);
    }
  }
  largest_.assign(table_ ? table_->columns.size() : 0, 0.0f);
  for (std::size_t column = 0; column < largest_.size(); ++column)
    for (const std::size_t row : rows_)
      if (const float v = table_->columns[column][row]; std::isfinite(v))
        largest_[column] = std::max(largest_[column], v);
  sortRows();
  endResetModel();
}

float PairTableModel::value(std::size_t tableRow, int column) const {
  if (column < 0 || column >= static_cast<int>(table_->columns.size()))
    return std::numeric_limits<float>::quiet_NaN();
  return table_->columns[static_cast<std::size_t>(column)][tableRow];
}

bool PairTableModel::isMember(std::size_t tableRow) const {
  const int column = table_->columnIndex(table_->spec.memberColumn);
  return column < 0 || value(tableRow, column) > 0;
}

void PairTableModel::sortRows() {
  if (!table_) return;
  const bool declared = sortColumn_ < 0;
  const int column = declared ? table_->columnIndex(table_->spec.sortColumn) : sortColumn_ - 1;
  const bool descending = declared ? table_->spec.sortDescending : sortOrder_ == Qt::DescendingOrder;
  const auto key = [&](std::size_t row) {
    return column < 0 ? static_cast<float>(table_->anchor[row]) : value(row, column);
  };
  std::stable_sort(rows_.begin(), rows_.end(), [&](std::size_t a, std::size_t b) {
    // In the declared order the bag stands before what was merely considered.
    if (declared && isMember(a) != isMember(b)) return isMember(a);
    const float x = key(a), y = key(b);
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return descending ? x > y : x < y;
  });
}

void PairTableModel::sort(int column, Qt::SortOrder order) {
  emit layoutAboutToBeChanged();
  const QModelIndexList before = persistentIndexList();
  std::vector<std::size_t> persistentRows;
  for (const QModelIndex& index : before)
    persistentRows.push_back(rows_[static_cast<std::size_t>(index.row())]);
  sortColumn_ = column;
  sortOrder_ = order;
  sortRows();
  QModelIndexList after;
  for (int i = 0; i < before.size(); ++i) {
    const auto found = std::find(rows_.begin(), rows_.end(), persistentRows[static_cast<std::size_t>(i)]);
    after.push_back(index(static_cast<int>(found - rows_.begin()), before[i].column()));
  }
  changePersistentIndexList(before, after);
  emit layoutChanged();
}

std::int32_t PairTableModel::anchorOfRow(int row) const {
  if (!table_ || row < 0 || row >= static_cast<int>(rows_.size())) return -1;
  return table_->anchor[rows_[static_cast<std::size_t>(row)]];
}

int PairTableModel::rowOfAnchor(std::int64_t anchor) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (table_->anchor[rows_[i]] == anchor) return static_cast<int>(i);
  return -1;
}

int PairTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int PairTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || !table_ ? 0 : static_cast<int>(table_->spec.columns.size()) + 1;
}

QVariant PairTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !table_) return {};
  const std::size_t row = rows_[static_cast<std::size_t>(index.row())];
  if (role == kMemberRole) return isMember(row);
  if (index.column() == 0) {
    const auto anchor = static_cast<std::size_t>(table_->anchor[row]);
    if (role == Qt::DisplayRole) return countText(static_cast<qint64>(anchor));
    if (role == kValueRole) return static_cast<qint64>(anchor);
    if (role == Qt::ToolTipRole) return QString::fromStdString(frame_->anchors->label(anchor));
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignRight | Qt::AlignVCenter);
    return {};
  }
  const int column = index.column() - 1;
  const ColumnSpec& spec = table_->spec.columns[static_cast<std::size_t>(column)];
  const float number = value(row, column);
  switch (role) {
    case Qt::DisplayRole:
      if (spec.integer)
        return std::isnan(number) || number < 0 ? QStringLiteral("–")
                                                : QString::number(static_cast<qint64>(number));
      return numberText(static_cast<double>(number));
    case Qt::ToolTipRole:
      return QString::fromStdString(spec.title) + QStringLiteral(": ") + exactText(number);
    case Qt::TextAlignmentRole:
      return int(Qt::AlignRight | Qt::AlignVCenter);
    case kValueRole:
      return number;
    case kScaleRole:
      return static_cast<int>(spec.scale);
    case kShareRole: {
      const float largest = largest_[static_cast<std::size_t>(column)];
      return largest > 0 && std::isfinite(number) ? std::clamp(number / largest, 0.0f, 1.0f) : 0.0f;
    }
    default:
      return {};
  }
}

QVariant PairTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || !table_ || section < 0 || section >= columnCount()) return {};
  if (section == 0) {
    if (role == Qt::DisplayRole) return tr("anchor");
    if (role == Qt::ToolTipRole) return tr("Index of the anchor over all levels");
    return {};
  }
  const ColumnSpec& spec = table_->spec.columns[static_cast<std::size_t>(section - 1)];
  if (role == Qt::DisplayRole) return QString::fromStdString(spec.name);
  if (role == Qt::ToolTipRole)
    return QString::fromStdString(spec.title +
                                  (spec.unit.empty() || spec.unit == "1" ? "" : " (" + spec.unit + ")") +
                                  "\n" + spec.description);
  return {};
}

}  // namespace anchorscope
