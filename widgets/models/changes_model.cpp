#include "widgets/models/changes_model.h"

#include <bit>
#include <utility>

#include "widgets/models/number_text.h"

namespace anchorscope {
namespace {

const ChangeCounts* countsOf(const AssignmentDifference* difference,
                             std::vector<ChangeCounts> AssignmentDifference::*group, std::size_t index) {
  if (!difference || index >= (difference->*group).size()) return nullptr;
  return &(difference->*group)[index];
}

std::size_t sizeOf(const AssignmentDifference* difference,
                   std::vector<ChangeCounts> AssignmentDifference::*group) {
  return difference ? (difference->*group).size() : 0;
}

QString levelText(const LevelLayout& level) {
  const auto stride = static_cast<unsigned>(level.stride);
  return std::has_single_bit(stride) ? QStringLiteral("P%1").arg(std::countr_zero(stride))
                                     : ChangesModel::tr("stride %1").arg(stride);
}

}  // namespace

void ChangesModel::addRow(Row row) {
  if (rows_.empty() || row.cls != ChangeCounts() || row.reg != ChangeCounts())
    rows_.push_back(std::move(row));
}

void ChangesModel::show(std::shared_ptr<const StageEvidence> variant) {
  beginResetModel();
  rows_.clear();
  variant_ = std::move(variant);
  const std::vector<AssignmentDifference> differences =
      variant_ ? differencesIn(*variant_) : std::vector<AssignmentDifference>();
  const AssignmentDifference *cls = nullptr, *reg = nullptr;
  for (const AssignmentDifference& difference : differences)
    (difference.head == "cls" ? cls : reg) = &difference;
  if (cls || reg)
    addRow({tr("All"), -1, true, cls ? cls->all : ChangeCounts(), reg ? reg->all : ChangeCounts()});
  const auto addGroup = [&](std::vector<ChangeCounts> AssignmentDifference::*group, const auto& rowOf) {
    for (std::size_t i = 0; i < std::max(sizeOf(cls, group), sizeOf(reg, group)); ++i) {
      Row row = rowOf(i);
      if (const ChangeCounts* counts = countsOf(cls, group, i)) row.cls = *counts;
      if (const ChangeCounts* counts = countsOf(reg, group, i)) row.reg = *counts;
      addRow(std::move(row));
    }
  };
  addGroup(&AssignmentDifference::perLevel, [&](std::size_t i) {
    return Row{levelText(variant_->candidates->levels[i]), -1, true, {}, {}};
  });
  const auto className = [&](std::size_t i) {
    return variant_->classNames && i < variant_->classNames->size()
               ? QString::fromStdString((*variant_->classNames)[i])
               : tr("class %1").arg(i);
  };
  addGroup(&AssignmentDifference::perClass, [&](std::size_t i) {
    return Row{className(i), -1, false, {}, {}};
  });
  addGroup(&AssignmentDifference::perObject, [&](std::size_t i) {
    const auto ofClass = static_cast<std::size_t>(std::max(0, variant_->image->objects[i].classIndex));
    return Row{tr("object %1, %2").arg(i).arg(className(ofClass)), static_cast<int>(i), false, {}, {}};
  });
  endResetModel();
}

int ChangesModel::objectOf(int row) const {
  return row >= 0 && row < rowCount() ? rows_[static_cast<std::size_t>(row)].object : -1;
}

int ChangesModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant ChangesModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  if (role == Qt::TextAlignmentRole && column != kWhat) return int(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole && row.object >= 0) return tr("Select object %1").arg(row.object);
  if (role == Qt::ToolTipRole && column == kWhat) return row.what;
  if (role != Qt::DisplayRole) return {};
  if (column == kWhat) return row.what;
  const ChangeCounts& counts = column == kCls ? row.cls : row.reg;
  QStringList parts;
  if (counts.added > 0) parts << QLatin1Char('+') + countText(counts.added);
  if (counts.removed > 0) parts << QStringLiteral("−") + countText(counts.removed);
  if (counts.moved > 0 && row.knowsMoved) parts << QStringLiteral("⇄") + countText(counts.moved);
  return parts.isEmpty() ? tr("none") : parts.join(QLatin1Char(' '));
}

QVariant ChangesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole && section != kWhat) return int(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole && section != kWhat)
    return tr("+ learn an object here and none in the run, − the contrary, ⇄ another object");
  if (role != Qt::DisplayRole) return {};
  return section == kWhat ? tr("candidates") : section == kCls ? tr("classification") : tr("box");
}

}  // namespace anchorscope
