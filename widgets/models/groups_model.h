#pragma once
// Groups of candidates as a Qt model: how many, what they score, what they cost.

#include <QAbstractTableModel>

#include "core/evidence/groups.h"

namespace anchorscope {

/// One row per group, then one of all. GUI thread only.
class GroupsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  /// From the last on the losses, one column each, then the mean score and IoU of the positives.
  enum Column { kName, kCandidates, kBrushed, kPositives, kFirstLoss };
  enum Role {
    kSortRole = Qt::UserRole,
    kShareRole,  ///< Of a loss: the group's share of all, 0 to 1; invalid elsewhere.
    kColorRole,  ///< int(ColorScale) of a loss.
    kAllRole     ///< Whether it is the row of all.
  };

  explicit GroupsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  void show(GroupTable table);
  const GroupTable& table() const { return table_; }
  /// Null for the row of all.
  const CandidateGroup* group(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  const CandidateGroup& at(int row) const;
  bool isLoss(int column) const { return column >= kFirstLoss && column < scoreColumn(); }
  int scoreColumn() const { return kFirstLoss + static_cast<int>(table_.losses.size()); }
  double number(const CandidateGroup& group, int column) const;
  double share(const CandidateGroup& group, int column) const;

  GroupTable table_;
};

}  // namespace anchorscope
