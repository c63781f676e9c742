#include "widgets/canvas/canvas_picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace anchorscope {

namespace {

/// Moves the pixels; those that nothing comes to keep what they had.
void scroll(QImage& image, QPoint by) {
  const int width = image.width(), height = image.height();
  const auto bytes = static_cast<std::size_t>(width - std::abs(by.x())) * sizeof(QRgb);
  const auto from = static_cast<std::ptrdiff_t>(std::max(0, -by.x())) * std::ptrdiff_t{sizeof(QRgb)},
             to = static_cast<std::ptrdiff_t>(std::max(0, by.x())) * std::ptrdiff_t{sizeof(QRgb)};
  uchar* const pixels = image.bits();
  const auto row = [&](int y) { return pixels + y * image.bytesPerLine(); };
  const int rows = height - std::abs(by.y());
  for (int i = 0; i < rows; ++i) {
    const int target = by.y() > 0 ? height - 1 - i : i;  // away from rows that are still to be read
    std::memmove(row(target) + to, row(target - by.y()) + from, bytes);
  }
}

void copyPixels(const QImage& from, QImage& to) {
  if (to.size() != from.size() || to.format() != from.format()) to = QImage(from.size(), from.format());
  std::memcpy(to.bits(), from.constBits(), static_cast<std::size_t>(from.sizeInBytes()));
  to.setDevicePixelRatio(from.devicePixelRatio());
}

}  // namespace

/// Whether the ground's picture moved by whole pixels is what is wanted now, in part.
bool CanvasPicture::moveGround(const Key& now, QPoint& by) const {
  const AxisTransform &a = key_.deviceFromImage, &b = now.deviceFromImage;
  if (ground_.isNull() || key_.revision != now.revision || key_.size != now.size ||
      key_.devicePixelRatio != now.devicePixelRatio || key_.surround != now.surround ||
      a.scaleX != b.scaleX || a.scaleY != b.scaleY)
    return false;
  const double x = b.offsetX - a.offsetX, y = b.offsetY - a.offsetY;
  // The part below a pixel decides how everything is rounded: it must be the very same.
  if (x != std::round(x) || y != std::round(y) || std::abs(x) >= now.size.width() ||
      std::abs(y) >= now.size.height())
    return false;
  by = QPoint(static_cast<int>(x), static_cast<int>(y));
  return true;
}

void CanvasPicture::drawGround(CanvasRenderer& renderer, const OverlayContext& context, const QRect& part) {
  if (part.isEmpty()) return;
  for (int y = part.top(); y <= part.bottom(); ++y) {
    auto* const line = reinterpret_cast<QRgb*>(ground_.scanLine(y));
    std::fill(line + part.left(), line + part.right() + 1, key_.surround);
  }
  renderer.renderGround(ground_, context, part);
  groundPixelsDrawn_ += std::int64_t{part.width()} * part.height();
}

const QImage& CanvasPicture::draw(CanvasRenderer& renderer, const OverlayContext& context, QSize devicePixels,
                                  double devicePixelRatio, const QColor& surround) {
  if (devicePixels.isEmpty()) return picture_;
  const Key now{renderer.groundRevision(), devicePixels, devicePixelRatio, surround.rgb(),
                CanvasRenderer::deviceFromImage(context, devicePixelRatio)};
  QPoint by;
  const bool moves = moveGround(now, by);
  key_ = now;
  const QRect all(QPoint(0, 0), devicePixels);
  if (moves) {
    if (!by.isNull()) scroll(ground_, by);
    const QRect old = all & all.translated(by);
    drawGround(renderer, context, QRect(0, by.y() > 0 ? 0 : old.bottom() + 1, all.width(), std::abs(by.y())));
    drawGround(renderer, context,
               QRect(by.x() > 0 ? 0 : old.right() + 1, old.top(), std::abs(by.x()), old.height()));
  } else {
    if (ground_.size() != devicePixels) ground_ = QImage(devicePixels, QImage::Format_RGB32);
    ground_.setDevicePixelRatio(devicePixelRatio);
    drawGround(renderer, context, all);
  }
  copyPixels(ground_, picture_);
  renderer.renderRest(picture_, context);
  return picture_;
}

}  // namespace anchorscope
