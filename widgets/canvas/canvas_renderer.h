#pragma once
// Draws a frame's layers into an image, keeping what does not change between two views of the same frame.

#include <QFont>
#include <QImage>
#include <memory>
#include <string>
#include <vector>

#include "widgets/overlays/bag_boxes.h"
#include "widgets/overlays/box_raster.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/overlay_painter.h"
#include "widgets/overlays/strip_pool.h"

namespace anchorscope {

/// Boxes of a drawn layer that can be picked.
struct PickLayer {
  BoxKind boxes = BoxKind::kAnchor;
  const std::vector<Box>* boxesInImage = nullptr;  ///< First drawn first.
  const std::vector<std::uint32_t>* anchors = nullptr;
};

/// GUI thread only.
class CanvasRenderer {
 public:
  explicit CanvasRenderer(StripPool& pool);

  void setFrame(std::shared_ptr<const ProbeFrame> frame);
  const std::shared_ptr<const ProbeFrame>& frame() const { return frame_; }

  /// Makes ready what the layers need for this frame; does nothing for those that are as before.
  void prepare(const std::vector<Layer>& layers, int selectedObject);

  /// Draws the prepared layers. `target` is Format_RGB32 with its device pixel ratio set and its ground
  /// filled; `context` is in device-independent pixels.
  void render(QImage& target, const OverlayContext& context);

  /// What render() drew that can be picked, topmost layer first. Valid until the next prepare().
  std::vector<PickLayer> pickLayers() const;

 private:
  struct Entry {
    Layer layer;
    std::shared_ptr<const ProbeFrame> frame;  ///< What `dense` was made from.
    DenseBoxes dense;                         ///< kAnchors
    BagBoxes bag;                             ///< kBag
  };

  void drawDense(QImage& target, const AxisTransform& deviceFromImage, const DenseBoxes& boxes,
                 const RasterStyle& style);
  void drawBag(QImage& target, const AxisTransform& deviceFromImage, const Entry& entry);
  void drawImage(QPainter& painter, const OverlayContext& context, double opacity, double devicePixelRatio);
  const QImage& mip(double deviceScale);

  StripPool& pool_;
  std::shared_ptr<const ProbeFrame> frame_;
  std::shared_ptr<const ImagePixels> pixels_;  ///< What mips_ was made from.
  std::vector<QImage> mips_;                   ///< The image, and halves of it as far as they were needed.
  std::vector<Entry> entries_;                 ///< Layers to draw, bottom to top.
};

}  // namespace anchorscope
