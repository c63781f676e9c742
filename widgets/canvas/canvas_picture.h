#pragma once
// The canvas' picture, drawn anew only where it has to be: moved when panning, its slow layers kept while
// only others change.

#include <QColor>
#include <QImage>
#include <QSize>
#include <cstdint>

#include "widgets/canvas/canvas_renderer.h"

namespace anchorscope {

/// GUI thread only.
class CanvasPicture {
 public:
  /// The prepared layers over a ground of one colour, in so many device pixels: the same pixels as render()
  /// gives, whatever was drawn before.
  const QImage& draw(CanvasRenderer& renderer, const OverlayContext& context, QSize devicePixels,
                     double devicePixelRatio, const QColor& surround);

  /// What the last draw() gave.
  const QImage& picture() const { return picture_; }

  /// Pixels of slow layers drawn so far, to see how little is.
  std::int64_t groundPixelsDrawn() const { return groundPixelsDrawn_; }

 private:
  struct Key {
    std::uint64_t revision = 0;
    QSize size;
    double devicePixelRatio = 0;
    QRgb surround = 0;
    AxisTransform deviceFromImage;
  };

  void drawGround(CanvasRenderer& renderer, const OverlayContext& context, const QRect& part);
  bool moveGround(const Key& now, QPoint& by) const;

  QImage ground_, picture_;
  Key key_;  ///< Of the ground.
  std::int64_t groundPixelsDrawn_ = 0;
};

}  // namespace anchorscope
