#pragma once
// All objects of the probes as one sortable table: which are starved, contested, lost.

#include <QWidget>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"

class QComboBox;
class QLabel;
class QSortFilterProxyModel;

namespace anchorscope {

class AllObjectsModel;
class JumpTable;

/// GUI thread only.
class AllObjectsView : public QWidget {
  Q_OBJECT

 public:
  explicit AllObjectsView(QWidget* parent = nullptr);
  /// Whole evidence, one stage of each image. `missing`: of so many images it is still read.
  void show(const std::vector<std::shared_ptr<const StageEvidence>>& images, int missing);
  AllObjectsModel* model() const { return model_; }
  JumpTable* table() const { return table_; }

 signals:
  void objectWanted(const QString& image, const QString& stage, int object);
  /// It has come into sight, and what is to be shown may be out of date.
  void shown();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void refreshTitle();

  AllObjectsModel* model_;
  QSortFilterProxyModel* sorted_;
  QLabel *title_, *note_;
  QComboBox* states_;
  JumpTable* table_;
  int missing_ = 0;
};

}  // namespace anchorscope
