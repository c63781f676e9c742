#pragma once
// A measure of feature-map cells at every place of the network where it is made, side by side over the image.

#include <QImage>
#include <QWidget>
#include <string>
#include <vector>

#include "widgets/overlays/layer.h"
#include "widgets/state/canvas_model.h"

class QCheckBox;
class QComboBox;

namespace anchorscope {

/// The maps. Drawn when they are seen. GUI thread only.
class CellMapsView : public QWidget {
  Q_OBJECT

 public:
  explicit CellMapsView(QWidget* parent = nullptr);
  /// Channels by their names, in this order. `commonRange`: one scale for all.
  void show(std::shared_ptr<const StageEvidence> evidence, std::vector<std::string> channels,
            bool commonRange);
  void setChosen(const std::string& channel);
  /// Where a map is drawn with its title; null for one that is not.
  QRectF tileOf(const std::string& channel) const;
  QSize sizeHint() const override { return {320, 240}; }

 signals:
  void mapClicked(const QString& channel);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  void prepare();
  QRectF tile(std::size_t index) const;

  std::shared_ptr<const StageEvidence> evidence_;
  std::vector<std::string> channels_;
  std::string chosen_;
  bool commonRange_ = false, stale_ = true;
  QImage image_;
  std::vector<QImage> maps_;
  ValueRange common_;
};

/// Which measure, and its maps; a click shows one on the canvas. GUI thread only.
class CellMapsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit CellMapsPanel(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Whose moment; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);
  CellMapsView& maps() { return *maps_; }

 private:
  void refresh();
  void showMaps();

  CanvasModel* canvas_ = nullptr;
  QComboBox* measure_;
  QCheckBox* common_;
  CellMapsView* maps_;
};

}  // namespace anchorscope
