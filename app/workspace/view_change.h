#pragma once
// One step of what can be undone: what of how the canvases look at things it has changed.

#include <QJsonObject>
#include <QUndoCommand>

namespace anchorscope {

class Workspace;

/// What differs between before and after is set; what has become otherwise since by something else stays.
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
  /// `now` with what differs between the others as it is in `to`.
  static QJsonObject applied(const QJsonObject& now, const QJsonObject& from, const QJsonObject& to);

  Workspace& workspace_;
  QJsonObject before_, after_;
  QString value_;  ///< What is changed alone, where that may be changed bit by bit; else empty.
  bool done_ = true;
};

}  // namespace anchorscope
