#pragma once
// A table whose rows lead somewhere: by a click, and by Enter.

#include <QTableView>

namespace anchorscope {

/// Rows are walked with the arrow keys; Tab leaves it. GUI thread only.
class JumpTable : public QTableView {
  Q_OBJECT

 public:
  explicit JumpTable(QWidget* parent = nullptr);

 signals:
  /// A row of the model was chosen. Comes when the click or key has been dealt with.
  void rowChosen(int row);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace anchorscope
