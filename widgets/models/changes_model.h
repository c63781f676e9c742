#pragma once
// What a variant decides otherwise than the run, counted, as a Qt model: all together, then by level, class
// and object.

#include <QAbstractTableModel>
#include <memory>
#include <vector>

#include "core/evidence/difference.h"

namespace anchorscope {

/// One row for all, and one for each level, class and object of which something is otherwise. GUI thread
/// only. Keeps the evidence alive.
class ChangesModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  /// Of each head what is added, removed and moved to another object: "+12 −3 ⇄1".
  enum Column { kWhat, kCls, kReg, kColumns };

  explicit ChangesModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  /// Of a variant, as differencesIn() takes it; null, or one without differences: no rows.
  void show(std::shared_ptr<const StageEvidence> variant);
  /// The object that a row is of; -1: none.
  int objectOf(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : kColumns; }
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  struct Row {
    QString what;
    int object = -1;
    bool knowsMoved = true;  ///< What moves from one object to another is counted with both.
    ChangeCounts cls, reg;
  };
  void addRow(Row row);

  std::shared_ptr<const StageEvidence> variant_;
  std::vector<Row> rows_;
};

}  // namespace anchorscope
