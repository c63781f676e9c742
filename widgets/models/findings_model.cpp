#include "widgets/models/findings_model.h"

#include <utility>

#include "widgets/models/number_text.h"

namespace anchorscope {

QString severityText(Severity severity) {
  switch (severity) {
    case Severity::kHint:
      return FindingsModel::tr("hint");
    case Severity::kWarning:
      return FindingsModel::tr("warning");
    case Severity::kProblem:
      return FindingsModel::tr("problem");
  }
  return {};
}

void FindingsModel::show(std::vector<Finding> findings) {
  beginResetModel();
  findings_ = std::move(findings);
  filter();
  endResetModel();
}

void FindingsModel::setRule(const QString& rule) {
  if (rule == rule_) return;
  beginResetModel();
  rule_ = rule;
  filter();
  endResetModel();
}

void FindingsModel::filter() {
  rows_.clear();
  for (std::size_t i = 0; i < findings_.size(); ++i)
    if (rule_.isEmpty() || QString::fromStdString(findings_[i].rule) == rule_) rows_.push_back(i);
}

const Finding* FindingsModel::findingOfRow(int row) const {
  return row >= 0 && row < rowCount() ? &findings_[rows_[static_cast<std::size_t>(row)]] : nullptr;
}

int FindingsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant FindingsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Finding& finding = *findingOfRow(index.row());
  const QString title = QString::fromStdString(finding.title);
  // Of what speaks of no object in particular a 0 would say that it costs nothing.
  const auto count = [](std::int64_t value) { return value > 0 ? countText(value) : QStringLiteral("–"); };
  switch (role) {
    case Qt::DisplayRole:
      return index.column() == kTitle     ? title
             : index.column() == kObjects ? count(finding.objects)
                                          : count(finding.images);
    case Qt::AccessibleTextRole:
      return index.column() == kTitle ? tr("%1: %2").arg(severityText(finding.severity), title) : QVariant();
    case Qt::ToolTipRole:
      return index.column() == kTitle
                 ? tr("%1 (%2)").arg(severityText(finding.severity), QString::fromStdString(finding.rule))
             : finding.who.empty()        ? tr("It speaks of no object in particular")
             : index.column() == kObjects ? countText(finding.objects, noun::kObjects)
                                          : countText(finding.images, noun::kImages);
    case Qt::TextAlignmentRole:
      return index.column() == kTitle ? int(Qt::AlignLeft | Qt::AlignVCenter)
                                      : int(Qt::AlignRight | Qt::AlignVCenter);
    case kSeverityRole:
      return static_cast<int>(finding.severity);
    default:
      return {};
  }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumns) return {};
  if (role == Qt::TextAlignmentRole)
    return section == kTitle ? int(Qt::AlignLeft | Qt::AlignVCenter) : int(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole)
    return section == kTitle     ? tr("What is wrong; what costs most objects comes first")
           : section == kObjects ? tr("Objects that it costs")
                                 : tr("Images that those are in");
  if (role != Qt::DisplayRole) return {};
  return section == kTitle ? tr("finding") : section == kObjects ? tr("objects") : tr("images");
}

// ---- objects

void FindingObjectsModel::show(std::vector<ObjectRef> who) {
  beginResetModel();
  who_ = std::move(who);
  endResetModel();
}

void FindingObjectsModel::setShownImages(QSet<QString> images) {
  images_ = std::move(images);
  if (!who_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

bool FindingObjectsModel::leadsSomewhere(int row) const {
  return row >= 0 && row < rowCount() &&
         images_.contains(QString::fromStdString(who_[static_cast<std::size_t>(row)].image));
}

int FindingObjectsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(who_.size());
}

QVariant FindingObjectsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const ObjectRef& ref = who_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return index.column() == kImage ? QString::fromStdString(ref.image)
             : ref.object >= 0        ? countText(ref.object)
                                      : tr("all of it");
    case Qt::ToolTipRole:
      return leadsSomewhere(index.row())
                 ? tr("%1: a click shows it").arg(QString::fromStdString(ref.image))
                 : tr("%1 is no probe of this run: there is no evidence of it to be shown")
                       .arg(QString::fromStdString(ref.image));
    case Qt::TextAlignmentRole:
      return index.column() == kImage ? int(Qt::AlignLeft | Qt::AlignVCenter)
                                      : int(Qt::AlignRight | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant FindingObjectsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumns) return {};
  if (role == Qt::TextAlignmentRole)
    return section == kImage ? int(Qt::AlignLeft | Qt::AlignVCenter) : int(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  return section == kImage ? tr("image") : tr("object");
}

}  // namespace anchorscope
