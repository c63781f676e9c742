#pragma once
// The selected object's rows of a pair table (its candidate bag) as a Qt model, driven by the table's
// declaration alone.

#include <QAbstractTableModel>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// Columns: the ranks of all heads in one ("0 / 3"; only when the table's decision names ranks), the declared
/// columns in their order, and last the anchor's number. GUI thread only. Keeps the frame alive.
class PairTableModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Role {
    kValueRole = Qt::UserRole,  ///< float: the exact value; anchor column: the anchor index
    kScaleRole,                 ///< int(ColorScale) of the column
    kWeightRole,                ///< bool: what a head's outcome is decided with; drawn as a bar
    kShareRole,                 ///< float in [0,1]: value relative to the largest of the column's shown rows
    kMemberRole                 ///< bool: the row is in the bag
  };

  explicit PairTableModel(QObject* parent = nullptr);

  /// Shows the object's rows; bagOnly leaves out the pairs that were considered but not taken. A null frame
  /// empties it.
  void show(std::shared_ptr<const StageEvidence> evidence, int object, bool bagOnly);

  std::int32_t anchorOfRow(int row) const;
  int rowOfAnchor(std::int64_t anchor) const;  ///< -1 when the anchor has no shown row.
  int memberCount() const { return memberCount_; }
  /// Pairs the method considered, those that the bound on pairs left out included.
  int consideredCount() const { return consideredCount_; }
  int omittedCount() const { return omittedCount_; }  ///< Of them without a row.
  const PairTable* table() const { return table_; }

  int rankColumn() const { return rankColumns_.empty() ? -1 : 0; }  ///< The joined ranks; -1: there are none.
  int anchorColumn() const { return columnCount() - 1; }
  /// Model column of a declared column, -1 for an unknown name.
  int columnOf(std::string_view name) const;
  bool isWeight(int column) const;
  /// What a narrow table shows: the ranks, what is compared (the first three real-valued columns), the
  /// weights.
  bool shownAtFirst(int column) const;

  /// A text that every cell of the column is at most as wide as, in a font with digits of one width.
  QString widestText(int column) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
  void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

 private:
  int firstDeclared() const { return rankColumns_.empty() ? 0 : 1; }
  /// Declared column of a model column; -1 for the joined ranks and the anchor.
  int declared(int column) const;
  QString textOf(int declaredColumn, float number) const;
  void readOutcomes();
  float value(std::size_t tableRow, int declaredColumn) const;
  bool isMember(std::size_t tableRow) const;
  void sortRows();

  std::shared_ptr<const StageEvidence> evidence_;
  const PairTable* table_ = nullptr;              ///< Inside frame_.
  std::vector<std::size_t> rows_;                 ///< Table rows in shown order.
  std::vector<float> largest_, smallest_;         ///< Per declared column, over the shown rows and 0.
  std::vector<int> rankColumns_, weightColumns_;  ///< Declared columns the outcomes of the decision name.
  int memberCount_ = 0, consideredCount_ = 0, omittedCount_ = 0;
  int sortColumn_ = -1;  ///< -1: as declared by the table.
  Qt::SortOrder sortOrder_ = Qt::AscendingOrder;
  std::string shownTable_;
};

}  // namespace anchorscope
