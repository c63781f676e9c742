#include "widgets/models/pair_table_model.h"

#include <QString>
#include <algorithm>
#include <cmath>
#include <limits>

#include "widgets/models/candidate_text.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {
namespace {

/// A rank or a count; "–" where there is none.
QString integerText(float number) {
  constexpr float kMost = 1e15f;
  return number >= 0 && number < kMost ? QString::number(static_cast<qint64>(number)) : QStringLiteral("–");
}

}  // namespace

PairTableModel::PairTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void PairTableModel::show(std::shared_ptr<const StageEvidence> evidence, int object, bool bagOnly) {
  beginResetModel();
  evidence_ = std::move(evidence);
  table_ = evidence_ && !evidence_->pairTables.empty() ? &evidence_->pairTables.front() : nullptr;
  rows_.clear();
  memberCount_ = consideredCount_ = omittedCount_ = 0;
  if (table_ && table_->spec.name != shownTable_) {
    shownTable_ = table_->spec.name;
    sortColumn_ = -1;
  }
  if (table_ && object >= 0) {
    const auto [first, last] = table_->rowsOfObject(object);
    omittedCount_ = table_->omittedOf(object);
    consideredCount_ = static_cast<int>(last - first) + omittedCount_;
    for (std::size_t row = first; row < last; ++row) {
      const bool member = isMember(row);
      memberCount_ += member ? 1 : 0;
      if (member || !bagOnly) rows_.push_back(row);
    }
  }
  readOutcomes();
  const std::size_t columns = table_ ? table_->columns.size() : 0;
  largest_.assign(columns, 0.0f);
  smallest_.assign(columns, 0.0f);
  for (std::size_t column = 0; column < columns; ++column)
    for (const std::size_t row : rows_)
      if (const float v = table_->columns[column][row]; std::isfinite(v)) {
        largest_[column] = std::max(largest_[column], v);
        smallest_[column] = std::min(smallest_[column], v);
      }
  sortRows();
  endResetModel();
}

void PairTableModel::readOutcomes() {
  rankColumns_.clear();
  weightColumns_.clear();
  if (!table_) return;
  for (const DecisionSpec& decision : evidence_->decisions) {
    if (decision.pairTable != table_->spec.name) continue;
    for (const OutcomeSpec& outcome : decision.outcomes) {
      if (const int rank = table_->columnIndex(outcome.rankColumn); rank >= 0) rankColumns_.push_back(rank);
      if (const int weight = table_->columnIndex(outcome.weightColumn); weight >= 0)
        weightColumns_.push_back(weight);
    }
  }
}

QString PairTableModel::textOf(int declaredColumn, float number) const {
  return table_->spec.columns[static_cast<std::size_t>(declaredColumn)].integer
             ? integerText(number)
             : cellText(static_cast<double>(number));
}

QString PairTableModel::widestText(int column) const {
  if (!table_) return {};
  if (column == rankColumn()) {
    QStringList ranks;
    for (const int rank : rankColumns_)
      ranks << integerText(std::max(largest_[static_cast<std::size_t>(rank)], 99.0f));
    return ranks.join(QStringLiteral(" / "));
  }
  if (column == anchorColumn())
    return countText(std::max<qint64>(static_cast<qint64>(evidence_->candidates->count()), 999'999));
  const int index = declared(column);
  QString widest = QStringLiteral("0.0000");
  if (index < 0) return widest;
  for (const float extreme :
       {largest_[static_cast<std::size_t>(index)], smallest_[static_cast<std::size_t>(index)]})
    if (const QString text = textOf(index, extreme); text.size() > widest.size()) widest = text;
  if (smallest_[static_cast<std::size_t>(index)] < 0 && !widest.startsWith(QLatin1Char('-')))
    widest.prepend(QLatin1Char('-'));
  return widest;
}

int PairTableModel::declared(int column) const {
  const int index = column - firstDeclared();
  return table_ && index >= 0 && index < static_cast<int>(table_->spec.columns.size()) ? index : -1;
}

int PairTableModel::columnOf(std::string_view name) const {
  const int index = table_ ? table_->columnIndex(name) : -1;
  return index < 0 ? -1 : index + firstDeclared();
}

bool PairTableModel::isWeight(int column) const {
  const int index = declared(column);
  return index >= 0 && std::find(weightColumns_.begin(), weightColumns_.end(), index) != weightColumns_.end();
}

bool PairTableModel::shownAtFirst(int column) const {
  if (column == rankColumn() || isWeight(column)) return true;
  const int index = declared(column);
  if (index < 0) return rankColumns_.empty() && column == anchorColumn();
  const auto& columns = table_->spec.columns;
  if (columns[static_cast<std::size_t>(index)].integer) return false;
  int before = 0;
  for (int i = 0; i < index; ++i)
    before += columns[static_cast<std::size_t>(i)].integer || isWeight(i + firstDeclared()) ? 0 : 1;
  return before < 3;
}

float PairTableModel::value(std::size_t tableRow, int declaredColumn) const {
  if (declaredColumn < 0 || declaredColumn >= static_cast<int>(table_->columns.size()))
    return std::numeric_limits<float>::quiet_NaN();
  return table_->columns[static_cast<std::size_t>(declaredColumn)][tableRow];
}

bool PairTableModel::isMember(std::size_t tableRow) const {
  const int column = table_->columnIndex(table_->spec.memberColumn);
  return column < 0 || value(tableRow, column) > 0;
}

void PairTableModel::sortRows() {
  if (!table_) return;
  const bool asDeclared = sortColumn_ < 0;
  int column = asDeclared ? table_->columnIndex(table_->spec.sortColumn) : declared(sortColumn_);
  const bool byRank = !asDeclared && sortColumn_ == rankColumn();
  if (byRank) column = rankColumns_.front();
  const bool descending = asDeclared ? table_->spec.sortDescending : sortOrder_ == Qt::DescendingOrder;
  const auto key = [&](std::size_t row) {
    if (column < 0) return static_cast<float>(table_->candidate[row]);
    const float v = value(row, column);
    return byRank && v < 0 ? std::numeric_limits<float>::quiet_NaN() : v;  // no rank stands last
  };
  std::stable_sort(rows_.begin(), rows_.end(), [&](std::size_t a, std::size_t b) {
    // In the declared order the bag stands before what was merely considered.
    if (asDeclared && isMember(a) != isMember(b)) return isMember(a);
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
  return table_->candidate[rows_[static_cast<std::size_t>(row)]];
}

int PairTableModel::rowOfAnchor(std::int64_t anchor) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (table_->candidate[rows_[i]] == anchor) return static_cast<int>(i);
  return -1;
}

int PairTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int PairTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || !table_ ? 0
                                     : static_cast<int>(table_->spec.columns.size()) + firstDeclared() + 1;
}

QVariant PairTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !table_) return {};
  const std::size_t row = rows_[static_cast<std::size_t>(index.row())];
  if (role == kMemberRole) return isMember(row);
  if (role == kWeightRole) return isWeight(index.column());
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignRight | Qt::AlignVCenter);
  if (index.column() == anchorColumn()) {
    const auto anchor = static_cast<std::size_t>(table_->candidate[row]);
    if (role == Qt::DisplayRole) return countText(static_cast<qint64>(anchor));
    if (role == kValueRole) return static_cast<qint64>(anchor);
    if (role == Qt::ToolTipRole) return candidateTitle(*evidence_, anchor);
    return {};
  }
  if (index.column() == rankColumn()) {
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    QStringList ranks;
    for (const int column : rankColumns_)
      ranks << (role == Qt::DisplayRole
                    ? integerText(value(row, column))
                    : QStringLiteral("%1: %2").arg(
                          declaredTitle(table_->spec.columns[static_cast<std::size_t>(column)]),
                          integerText(value(row, column))));
    if (role == Qt::DisplayRole) return ranks.join(QStringLiteral(" / "));
    const auto anchor = static_cast<std::size_t>(table_->candidate[row]);
    ranks.prepend(candidateTitle(*evidence_, anchor));
    return ranks.join(QLatin1Char('\n'));
  }
  const int column = declared(index.column());
  const ColumnSpec& spec = table_->spec.columns[static_cast<std::size_t>(column)];
  const float number = value(row, column);
  switch (role) {
    case Qt::DisplayRole:
      return textOf(column, number);
    case Qt::ToolTipRole:
      return declaredTitle(spec) + QStringLiteral(": ") + exactText(number);
    case kValueRole:
      return number;
    case kScaleRole:
      return static_cast<int>(spec.scale);
    case kShareRole: {
      const float largest = largest_[static_cast<std::size_t>(column)];
      return std::isfinite(number) && largest > 0 ? std::clamp(number / largest, 0.0f, 1.0f) : 0.0f;
    }
    default:
      return {};
  }
}

QVariant PairTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || !table_ || section < 0 || section >= columnCount()) return {};
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  const bool help = role == Qt::ToolTipRole;
  if (section == anchorColumn()) {
    const QString noun = declaredText(evidence_->stage.candidate);
    if (!help) return noun;
    return evidence_->candidates->onGrid() ? tr("Number of the %1, counted over all levels").arg(noun)
                                           : tr("Number of the %1").arg(noun);
  }
  if (section == rankColumn()) {
    if (!help) return tr("rank");
    QStringList names;
    for (const int column : rankColumns_)
      names << declaredTitle(table_->spec.columns[static_cast<std::size_t>(column)]);
    return tr("%1; 0 is the best of the bag").arg(names.join(QStringLiteral(" / ")));
  }
  const ColumnSpec& spec = table_->spec.columns[static_cast<std::size_t>(declared(section))];
  if (!help) return declaredTitle(spec);
  const QString unit = spec.unit.empty() || spec.unit == "1"
                           ? QString()
                           : QStringLiteral(" (%1)").arg(QString::fromStdString(spec.unit));
  return declaredTitle(spec) + unit + QLatin1Char('\n') + declaredText(spec.description);
}

}  // namespace anchorscope
