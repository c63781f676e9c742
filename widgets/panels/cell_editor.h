#pragma once
// What belongs to a heat layer: which place of the network and which measure it shows, smooth or cell by
// cell.

#include <QWidget>

#include "widgets/state/view_state.h"

class QCheckBox;
class QComboBox;

namespace anchorscope {

struct CellName;

/// Edits the active layer of the ViewState's LayerStack while that is a heat layer. GUI thread only.
class CellEditor : public QWidget {
  Q_OBJECT

 public:
  explicit CellEditor(ViewState& state, QWidget* parent = nullptr);
  /// Shows the active layer; hides what there is no choice of.
  void refresh();

 private:
  void choose(const CellName& wanted);

  ViewState& state_;
  QComboBox *place_, *measure_;
  QCheckBox* smooth_;
  bool refreshing_ = false;
};

}  // namespace anchorscope
