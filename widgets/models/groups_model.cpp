#include "widgets/models/groups_model.h"

#include <cmath>
#include <limits>
#include <utility>

#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {

void GroupsModel::show(GroupTable table) {
  const auto sameShape = [&] {
    if (table.by != table_.by || table.groups.size() != table_.groups.size() || table.losses != table_.losses)
      return false;
    for (std::size_t i = 0; i < table.groups.size(); ++i)
      if (table.groups[i].name != table_.groups[i].name) return false;
    return true;
  };
  if (sameShape() && !table.groups.empty()) {  // what is selected and scrolled to stays
    table_ = std::move(table);
    emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    return;
  }
  beginResetModel();
  table_ = std::move(table);
  endResetModel();
}

const CandidateGroup* GroupsModel::group(int row) const {
  return row >= 0 && static_cast<std::size_t>(row) < table_.groups.size()
             ? &table_.groups[static_cast<std::size_t>(row)]
             : nullptr;
}

const CandidateGroup& GroupsModel::at(int row) const {
  const CandidateGroup* its = group(row);
  return its ? *its : table_.all;
}

int GroupsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || table_.groups.empty() ? 0 : static_cast<int>(table_.groups.size()) + 1;
}

int GroupsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : scoreColumn() + 2;
}

double GroupsModel::number(const CandidateGroup& group, int column) const {
  switch (column) {
    case kCandidates:
      return static_cast<double>(group.candidates);
    case kBrushed:
      return static_cast<double>(group.inSubset);
    case kPositives:
      return static_cast<double>(group.positives);
    default: {
      if (!isLoss(column)) return column == scoreColumn() ? group.score : group.iou;
      const auto loss = static_cast<std::size_t>(column - kFirstLoss);
      return loss < group.losses.size() ? group.losses[loss] : std::numeric_limits<double>::quiet_NaN();
    }
  }
}

double GroupsModel::share(const CandidateGroup& group, int column) const {
  return number(group, column) / number(table_.all, column);
}

QVariant GroupsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const CandidateGroup& group = at(index.row());
  const int column = index.column();
  const bool isLoss = this->isLoss(column), isCount = column < kFirstLoss;
  switch (role) {
    case Qt::DisplayRole:
      if (column == kName) return declaredText(group.name);
      if (isCount) return countText(static_cast<qint64>(number(group, column)));
      return cellText(number(group, column));
    case Qt::ToolTipRole: {
      if (column == kName) return tr("Click to highlight its candidates in every view");
      if (!isLoss) return isCount ? QVariant() : QString::number(number(group, column), 'g', 9);
      const double part = share(group, column);
      return tr("%1 in all, %2 % of the whole")
          .arg(QString::number(number(group, column), 'g', 9))
          .arg(std::isfinite(part) ? QString::number(100 * part, 'f', 1) : QStringLiteral("–"));
    }
    case Qt::TextAlignmentRole:
      return QVariant(column == kName ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    case kSortRole:
      if (column == kName) return index.row();
      return std::isnan(number(group, column)) ? -std::numeric_limits<double>::infinity()
                                               : number(group, column);
    case kShareRole:
      return isLoss && std::isfinite(share(group, column)) ? QVariant(share(group, column)) : QVariant();
    case kColorRole:
      return isLoss ? QVariant(static_cast<int>(
                          table_.losses[static_cast<std::size_t>(column - kFirstLoss)].scale))
                    : QVariant();
    case kAllRole:
      return this->group(index.row()) == nullptr;
    default:
      return {};
  }
}

QVariant GroupsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant(section == kName ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
  struct Text {
    QString title, help;
  };
  const auto text = [&]() -> Text {
    switch (section) {
      case kName:
        switch (table_.by) {
          case GroupBy::kRole:
            return {tr("Role"), tr("What training does with a candidate")};
          case GroupBy::kLevel:
            return {tr("Level"), tr("Pyramid level")};
          case GroupBy::kClass:
            return {tr("Class"), tr("Class of the object that is learnt")};
          case GroupBy::kObject:
            return {tr("Object"), tr("The object that is learnt")};
          case GroupBy::kImage:
            return {tr("Image"), tr("Probe image")};
        }
        return {};
      case kCandidates:
        return {tr("All"),
                tr("How many candidates. One that two heads learn for two objects counts for both.")};
      case kBrushed:
        return {tr("Brushed"), tr("Of them brushed")};
      case kPositives:
        return {tr("Pos."), tr("Of them learnt for an object by some head")};
      default: {
        if (section == scoreColumn())
          return {tr("Score"), tr("Mean score of the object's class over the positives")};
        if (!isLoss(section)) return {tr("IoU"), tr("Mean IoU of the predicted boxes over the positives")};
        const ChannelSpec& loss = table_.losses[static_cast<std::size_t>(section - kFirstLoss)];
        return {
            declaredTitle(loss),
            tr("%1 Summed, before it is normalised; counted by what the loss's own head learns. The bar is "
               "the share of the whole.")
                .arg(declaredText(loss.description))};
      }
    }
  }();
  if (role == Qt::DisplayRole) return text.title;
  if (role == Qt::ToolTipRole) return QStringLiteral("%1\n%2").arg(text.title, text.help);
  return {};
}

}  // namespace anchorscope
