#pragma once
// What the layer list says besides its rows: what a layer leaves out of the frame, and why layers that are
// on cannot be seen.

#include <QString>
#include <QWidget>

#include "widgets/state/view_state.h"

class QLabel;
class QToolButton;

namespace anchorscope {

struct Layer;

/// What a layer shows of the frame, counted; an empty text when it leaves nothing out.
struct LayerHint {
  QString text, help;
  float score = 0;  ///< kPredictions: the score from which they are shown, 0 to 1.
};
LayerHint layerHint(const Layer& layer, const ViewState& state);

/// One line for solo layers, one for layers that stand in for those of another method's run, each with the
/// click that undoes it. Hidden while there is nothing to say. GUI thread only.
class LayerNotices : public QWidget {
  Q_OBJECT

 public:
  explicit LayerNotices(ViewState& state, QWidget* parent = nullptr);

 private:
  struct Line {
    QWidget* host;
    QLabel* text;
    QToolButton* undo;
  };
  Line makeLine(const char* name);
  void refresh();

  ViewState& state_;
  Line solo_, standIn_;
};

}  // namespace anchorscope
