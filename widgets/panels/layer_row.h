#pragma once
// One line of the layer list: eye, colour, title, solo, opacity.

#include <QWidget>
#include <string>

#include "widgets/overlays/layer.h"

class QLabel;
class QSlider;
class QToolButton;

namespace anchorscope {

class LayerStack;

/// Edits one layer of the stack. Dragging it up or down asks for another place. GUI thread only.
class LayerRow : public QWidget {
  Q_OBJECT

 public:
  LayerRow(LayerStack& layers, const Layer& layer);
  void refresh(const Layer& layer, bool active);

  static constexpr int kHeight = 28;

 signals:
  /// While dragging: so many rows further down (negative: up) than where it is.
  void dragged(int rows);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void elideTitle();

  LayerStack& layers_;
  std::string id_;
  Layer layer_;
  bool active_ = false, refreshing_ = false, pressed_ = false;
  QToolButton *eye_, *solo_;
  QLabel* title_;
  QSlider* opacity_;
};

}  // namespace anchorscope
