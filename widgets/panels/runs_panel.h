#pragma once
// The recorded runs of a folder as a tree, forks below the run they were forked from. It reads nothing
// itself.

#include <QString>
#include <QWidget>

#include "core/session/run_tree.h"

class QLabel;
class QTreeWidget;

namespace anchorscope {

class ElidedLabel;

/// GUI thread only.
class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit RunsPanel(QWidget* parent = nullptr);

  /// What was selected stays selected where it is still there.
  void setTree(const RunTree& tree);
  /// In place of a tree, why there is none.
  void setProblem(const QString& folder, const QString& problem);
  /// Set in bold: the run that the window shows. Empty: none of them.
  void setCurrent(const QString& folder);
  QTreeWidget& tree() { return *tree_; }

 signals:
  /// A run was double-clicked, or Return pressed on it.
  void openWanted(const QString& folder);
  void folderWanted();  ///< Another folder is to be chosen.
  void refreshWanted();

 private:
  void markCurrent();

  ElidedLabel* folder_;
  QTreeWidget* tree_;
  QLabel* empty_;
  QString current_;
};

}  // namespace anchorscope
