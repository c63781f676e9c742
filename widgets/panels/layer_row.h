#pragma once
// One line of the layer list: eye, colour, title, solo, opacity.

#include <QWidget>
#include <string>

#include "widgets/overlays/layer.h"

class QSlider;
class QToolButton;

namespace anchorscope {

class ElidedLabel;
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
  void changeEvent(QEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  void refreshSolo();

  LayerStack& layers_;
  std::string id_;
  Layer layer_;
  bool active_ = false, refreshing_ = false, pressed_ = false;
  QToolButton *eye_, *solo_;
  ElidedLabel* title_ = nullptr;
  QSlider* opacity_ = nullptr;
};

}  // namespace anchorscope
