#pragma once
// What CanvasView keeps; shared by its source files only.

#include <optional>
#include <string>

#include "widgets/canvas/canvas_picture.h"
#include "widgets/canvas/canvas_renderer.h"
#include "widgets/canvas/canvas_view.h"

namespace anchorscope {

struct CanvasView::Private {
  explicit Private(CanvasModel& model) : state(model), renderer(StripPool::shared()) {}

  CanvasModel& state;
  CanvasRenderer renderer;
  CanvasPicture picture;  ///< All layers; drawn again when `dirty`.
  bool dirty = true;
  bool unprepared = true;   ///< Layers, frame or selection have changed since the renderer was told.
  bool publishing = false;  ///< What the viewport tells comes from here.
  std::string imageName;    ///< What the view was fitted to.
  SizePx imageSize;

  std::optional<QPointF> cursor;  ///< In canvas coordinates, while over the canvas.
  QPointF pressedAt, draggedFrom;
  bool pressed = false, panning = false, doubleClicked = false;
  int draggedPin = -1;  ///< Whose card the mouse holds.
  QPointF heldAt;       ///< From its card's corner.
  bool hovers = false;  ///< What is hovered was told by this view.
  BoxKind hoveredBox = BoxKind::kAnchor;
  QString status;
  QRectF colorBarCard;

  /// An anchor under the point and which of its boxes was hit.
  struct Hit {
    std::int64_t anchor = -1;
    BoxKind boxes = BoxKind::kAnchor;
  };
  Hit anchorAt(const CanvasView& view, QPointF canvas);
  /// Every anchor under the point, best first.
  std::vector<std::int64_t> anchorsAt(const CanvasView& view, QPointF canvas);
  /// Once for many changes, and not at all while nobody looks.
  void prepare();
  /// Topmost drawn layer of anchors or heat, the active one first; null when none is drawn.
  const Layer* explainedLayer() const;
  /// Drawn layers of anchors and heat that the frame has values for.
  std::vector<const Layer*> shownLayers() const;
  BoxKind selectedBox() const;
};

}  // namespace anchorscope
