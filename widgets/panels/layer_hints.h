#pragma once
// What the layer list says besides its rows: what a layer leaves out of the frame, and why layers that are
// on cannot be seen.

#include <QString>
#include <QWidget>

#include "widgets/state/canvas_model.h"

class QLabel;
class QToolButton;

namespace anchorscope {

struct Layer;

/// What a layer shows of the frame, counted; an empty text when it leaves nothing out.
struct LayerHint {
  QString text, help;
  float score = 0;  ///< kPredictions: the score from which they are shown, 0 to 1.
};
LayerHint layerHint(const Layer& layer, const CanvasModel& canvas);

/// One line for solo layers, one for layers that stand in for those of another method's run, each with the
/// click that undoes it. Hidden while there is nothing to say. GUI thread only.
class LayerNotices : public QWidget {
  Q_OBJECT

 public:
  explicit LayerNotices(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Which canvas' layers; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);

 private:
  struct Line {
    QWidget* host;
    QLabel* text;
    QToolButton* undo;
  };
  Line makeLine(const char* name);
  void refresh();

  CanvasModel* canvas_ = nullptr;
  Line solo_, standIn_;
};

}  // namespace anchorscope
