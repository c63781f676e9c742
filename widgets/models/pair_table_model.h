#pragma once
// The selected object's rows of a pair table (its candidate bag) as a Qt model, driven by the table's
// declaration alone.

#include <QAbstractTableModel>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// Column 0 names the anchor, the others are the declared columns. GUI thread only. Keeps the frame alive.
class PairTableModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Role {
    kValueRole = Qt::UserRole,  ///< float: the exact value; column 0: the anchor index
    kScaleRole,                 ///< int(ColorScale) of the column
    kShareRole,                 ///< float in [0,1]: value relative to the largest of the column's shown rows
    kMemberRole                 ///< bool: the row is in the bag
  };

  explicit PairTableModel(QObject* parent = nullptr);

  /// Shows the object's rows; bagOnly leaves out the pairs that were considered but not taken. A null frame
  /// empties it.
  void show(std::shared_ptr<const ProbeFrame> frame, int object, bool bagOnly);

  std::int32_t anchorOfRow(int row) const;
  int rowOfAnchor(std::int64_t anchor) const;  ///< -1 when the anchor has no shown row.
  int memberCount() const { return memberCount_; }
  int consideredCount() const { return consideredCount_; }
  const PairTable* table() const { return table_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
  void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

 private:
  float value(std::size_t tableRow, int column) const;
  bool isMember(std::size_t tableRow) const;
  void sortRows();

  std::shared_ptr<const ProbeFrame> frame_;
  const PairTable* table_ = nullptr;  ///< Inside frame_.
  std::vector<std::size_t> rows_;     ///< Table rows in shown order.
  std::vector<float> largest_;        ///< Per column, over the shown rows.
  int memberCount_ = 0, consideredCount_ = 0;
  int sortColumn_ = -1;  ///< -1: as declared by the table.
  Qt::SortOrder sortOrder_ = Qt::AscendingOrder;
  std::string shownTable_;
};

}  // namespace anchorscope
