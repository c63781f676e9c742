#pragma once
// One step of what can be undone: how the canvases looked at things before and after.

#include <QJsonObject>
#include <QUndoCommand>

namespace anchorscope {

class Workspace;

/// Consecutive changes of the same value of one layer (a slider that is dragged) become one. GUI thread only.
class ViewChange : public QUndoCommand {
 public:
  /// The workspace must outlive it. `after` is what there is already when it is pushed.
  ViewChange(Workspace& workspace, QJsonObject before, QJsonObject after);

  void undo() override;
  void redo() override;
  int id() const override;
  bool mergeWith(const QUndoCommand* other) override;

 private:
  Workspace& workspace_;
  QJsonObject before_, after_;
  QString value_;  ///< What is changed alone, where that may be changed bit by bit; else empty.
  bool done_ = true;
};

}  // namespace anchorscope
