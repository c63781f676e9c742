#pragma once
// What belongs to a heat layer: which place of the network and which measure it shows, smooth or cell by
// cell.

#include <QWidget>

#include "widgets/state/canvas_model.h"

class QCheckBox;
class QComboBox;

namespace anchorscope {

struct CellName;

/// Edits the active layer of a canvas while that is a heat layer. GUI thread only.
class CellEditor : public QWidget {
  Q_OBJECT

 public:
  explicit CellEditor(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Which canvas' layers; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);
  /// Shows the active layer; hides what there is no choice of.
  void refresh();

 private:
  void choose(const CellName& wanted);

  CanvasModel* canvas_;
  QComboBox *place_, *measure_;
  QCheckBox* smooth_;
  bool refreshing_ = false;
};

}  // namespace anchorscope
