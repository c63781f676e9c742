#pragma once
// Every bad record of the data set and every thing that went wrong in a run, as a table.

#include <QAbstractTableModel>
#include <vector>

#include "core/base/diagnostics.h"

namespace anchorscope {

/// One line of the problem list.
struct Problem {
  QString where;  ///< File and record, or the step.
  QString kind;
  QString message;
  QString action;        ///< What was done or can be done.
  bool ofData = false;   ///< A record of the data set.
  bool earlier = false;  ///< Of a run before the present one.
};

/// GUI thread only.
class ProblemsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  using QAbstractTableModel::QAbstractTableModel;

  void add(const Diagnostics& diagnostics);
  void add(Problem problem);
  /// The same in place of the newest problem whose message is `message`, if there is one.
  void amend(const QString& message, Problem problem);
  /// Another run begins: its data brings its own records, what else went wrong stays listed as earlier.
  void beginRun();
  /// Problems of the present run.
  int presentCount() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  void append(std::vector<Problem> problems);

  std::vector<Problem> problems_;
};

}  // namespace anchorscope
