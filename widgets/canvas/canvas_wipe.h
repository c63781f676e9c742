#pragma once
// Two canvases in the place of one: left of a line the one, right of it the other, which is moved by hand.

#include <QString>
#include <QWidget>

class QLabel;

namespace anchorscope {

class CanvasModel;
class CanvasView;

/// Lies over a canvas and goes with it. What the other one shows is there as on its own canvas: it is
/// hovered, clicked, zoomed and panned; both have one viewport, or they would show other parts. The line is
/// dragged, or moved with the arrow keys while it has the focus. GUI thread only.
class CanvasWipe : public QWidget {
  Q_OBJECT

 public:
  /// The models must outlive it; `canvas` is the first one's view.
  CanvasWipe(CanvasView& canvas, CanvasModel& model, CanvasModel& other);

  /// Where the line is, as a share of the canvas' width.
  double share() const { return share_; }
  void setShare(double share);
  CanvasView& other() { return *view_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  class Line;
  void arrange();
  void refresh();

  QWidget& canvas_;
  CanvasModel &model_, &otherModel_;
  CanvasView* view_;
  Line* line_;
  QLabel *left_, *right_;
  double share_ = 0.5;
};

}  // namespace anchorscope
