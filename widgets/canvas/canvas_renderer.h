#pragma once
// Draws a frame's layers into an image, keeping what does not change between two views of the same frame.

#include <QFont>
#include <QImage>
#include <QRect>
#include <cstdint>
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

  void setEvidence(std::shared_ptr<const StageEvidence> evidence);
  const std::shared_ptr<const StageEvidence>& evidence() const { return evidence_; }

  /// Makes ready what the layers need for this frame; does nothing for those that are as before.
  /// What is highlighted has boxes of its own, below the layers of anchors.
  void prepare(const std::vector<Layer>& layers, int selectedObject, const Highlight& highlight = {});

  /// Draws the prepared layers. `target` is Format_RGB32 with its device pixel ratio set and its ground
  /// filled; `context` is in device-independent pixels.
  void render(QImage& target, const OverlayContext& context);

  /// The same in two parts. First the layers that take long, up to the first of another kind: the image, heat
  /// and anchors. They are drawn within a rectangle of device pixels, and are the same there whatever the
  /// rectangle; a transform that differs by whole device pixels moves them.
  void renderGround(QImage& target, const OverlayContext& context, const QRect& devicePixels);
  /// Then the layers above and the labels.
  void renderRest(QImage& target, const OverlayContext& context);
  /// Labels in view that renderRest() found no free place for, or whose boxes are too small for them.
  std::size_t labelsHidden() const { return labelsHidden_; }
  /// Changes whenever renderGround() would draw something else with the same context.
  std::uint64_t groundRevision() const { return groundRevision_; }

  /// From image to device pixels as the ground is drawn: the offset on a grid fine enough not to be seen, so
  /// that its part below a pixel stays exactly the same while the picture is moved.
  static AxisTransform deviceFromImage(const OverlayContext& context, double devicePixelRatio);

  /// What render() drew that can be picked, topmost layer first. Valid until the next prepare().
  std::vector<PickLayer> pickLayers() const;

 private:
  struct Entry {
    Layer layer;
    std::shared_ptr<const StageEvidence> evidence;  ///< What the rest was made from.
    std::shared_ptr<const ImagePixels> pixels;      ///< kImage
    DenseBoxes dense;                               ///< kAnchors
    QImage cells;                                   ///< kHeat
    BagBoxes bag;                                   ///< kBag
    Highlight highlight;                            ///< kAnchors
  };

  static bool belongsToGround(const Entry& entry);
  static bool drawnAlike(const Entry& a, const Entry& b);
  std::size_t groundEntries() const;
  /// A layer of the kinds that the ground is made of.
  void drawPixels(const RasterTarget& target, const AxisTransform& targetFromImage, double devicePixelRatio,
                  const Entry& entry);
  void drawDense(const RasterTarget& target, const AxisTransform& targetFromImage, const DenseBoxes& boxes,
                 const RasterStyle& style);
  void drawBag(QImage& target, const AxisTransform& deviceFromImage, const Entry& entry);
  void drawImage(const RasterTarget& target, const AxisTransform& targetFromImage, const Entry& entry);
  void drawHeat(const RasterTarget& target, const AxisTransform& targetFromImage, const Entry& entry);
  const QImage& mip(double deviceScale);

  StripPool& pool_;
  std::shared_ptr<const StageEvidence> evidence_;
  std::shared_ptr<const ImagePixels> pixels_;  ///< What mips_ was made from.
  std::vector<QImage> mips_;                   ///< The image, and halves of it as far as they were needed.
  std::vector<Entry> entries_;                 ///< Layers to draw, bottom to top.
  std::uint64_t groundRevision_ = 0;
  std::size_t labelsHidden_ = 0;
};

}  // namespace anchorscope
