#pragma once
// The line above a canvas: which image and moment it shows, the newest evaluation, and what is done with it
// most.

#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;
class QToolButton;

namespace anchorscope {

class CanvasView;
class ViewState;

/// GUI thread only.
class CanvasHeader : public QWidget {
  Q_OBJECT

 public:
  /// Both must outlive it.
  CanvasHeader(ViewState& state, CanvasView& canvas, QWidget* parent = nullptr);

  /// Whether what is followed live is a run that trains.
  void setLive(bool live);
  /// In a line; empty hides it. `cancel`: a button that ends what is going on, while that can be done.
  void setEvaluation(const QString& text, bool active);
  /// Buttons at the end of the line; the first, `cancel`, stands beside an evaluation that is going on.
  void setActions(QAction* cancel, const QList<QAction*>& actions);

 signals:
  void evaluationClicked();

 private:
  void refresh();
  QToolButton* addButton(QAction* action);

  ViewState& state_;
  CanvasView& canvas_;
  bool live_ = false;
  QHBoxLayout* line_;
  QLabel *title_, *info_;
  QToolButton *evaluation_, *cancel_ = nullptr;
};

}  // namespace anchorscope
