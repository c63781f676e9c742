#pragma once
// In what two runs differ, as a table: what, of the one, of the other.

#include <QWidget>
#include <vector>

#include "core/trainer/run_difference.h"

class QLabel;
class QStandardItemModel;
class QTableView;
class QToolButton;

namespace anchorscope {

/// GUI thread only.
class DifferencesView : public QWidget {
  Q_OBJECT

 public:
  explicit DifferencesView(QWidget* parent = nullptr);
  /// There are no two runs: why, or what can be done.
  void clear(const QString& why);
  void showDifferences(const QString& a, const QString& b, const std::vector<RunDifference>& differences);
  QTableView* table() const { return table_; }

 private:
  void copy() const;

  QStandardItemModel* model_;
  QTableView* table_;
  QLabel* note_;
  QToolButton* copy_;
};

}  // namespace anchorscope
