#pragma once
// All objects of an image as a sortable table, for when nothing is selected.

#include <QWidget>
#include <memory>

#include "core/evidence/frame.h"

class QLabel;
class QSortFilterProxyModel;

namespace anchorscope {

class JumpTable;
class ObjectsModel;

/// Shows an image's objects. GUI thread only.
class ObjectsView : public QWidget {
  Q_OBJECT

 public:
  explicit ObjectsView(QWidget* parent = nullptr);
  /// A null evidence empties and hides it.
  void show(std::shared_ptr<const StageEvidence> evidence);
  JumpTable* table() const { return table_; }
  ObjectsModel* model() const { return model_; }
  /// The object in a row as it is sorted.
  int objectOfRow(int row) const;

 signals:
  void objectWanted(int object);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fitColumns();

  ObjectsModel* model_;
  QSortFilterProxyModel* sorted_;
  QLabel* title_;
  JumpTable* table_;
};

}  // namespace anchorscope
