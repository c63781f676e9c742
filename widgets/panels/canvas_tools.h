#pragma once
// The newest evaluation and what is done most with what is shown: a few buttons in a line.

#include <QWidget>

class QAction;
class QHBoxLayout;
class QToolButton;

namespace anchorscope {

/// GUI thread only.
class CanvasTools : public QWidget {
  Q_OBJECT

 public:
  explicit CanvasTools(QWidget* parent = nullptr);

  /// In a line; empty hides it. `active`: it is going on, and can be ended.
  void setEvaluation(const QString& text, bool active);
  /// Buttons; the first, `cancel`, stands beside an evaluation that is going on.
  void setActions(QAction* cancel, const QList<QAction*>& actions);

 signals:
  void evaluationClicked();

 private:
  QToolButton* addButton(QAction* action);

  QHBoxLayout* line_;
  QToolButton *evaluation_, *cancel_ = nullptr;
};

}  // namespace anchorscope
