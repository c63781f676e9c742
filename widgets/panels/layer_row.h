#pragma once
// One line of the layer list: eye, colour, title, solo, opacity; under them what the layer leaves out.

#include <QWidget>
#include <string>

#include "widgets/overlays/layer.h"

class QSlider;
class QToolButton;

namespace anchorscope {

class ElidedLabel;
class LayerStack;
struct LayerHint;

/// Edits one layer of the stack. Dragging it up or down asks for another place. GUI thread only.
class LayerRow : public QWidget {
  Q_OBJECT

 public:
  LayerRow(LayerStack& layers, const Layer& layer);
  void refresh(const Layer& layer, bool active);
  void setHint(const LayerHint& hint);

  static constexpr int kHeight = 28;  ///< Without a hint.
  static constexpr int kHintHeight = 20;

 signals:
  /// While dragging: so many rows further down (negative: up) than where it is.
  void dragged(int rows);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  void makeHintLine();
  void refreshSolo();

  LayerStack& layers_;
  std::string id_;
  Layer layer_;
  bool active_ = false, refreshing_ = false, pressed_ = false;
  QToolButton *eye_, *solo_;
  ElidedLabel* title_ = nullptr;
  QSlider *opacity_ = nullptr, *score_ = nullptr;  ///< score_: of predictions only.
  QToolButton* adaptive_ = nullptr;
  QWidget* hintLine_ = nullptr;
  ElidedLabel* hint_ = nullptr;
};

}  // namespace anchorscope
