#include "widgets/canvas/canvas_renderer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anchorscope {

namespace {

/// Whole device pixels of a line's nominal width.
int devicePixels(double nominal, double devicePixelRatio) {
  return std::clamp(static_cast<int>(std::lround(nominal * devicePixelRatio)), 1, 64);
}

}  // namespace

CanvasRenderer::CanvasRenderer(StripPool& pool) : pool_(pool) {}

void CanvasRenderer::setFrame(std::shared_ptr<const ProbeFrame> frame) {
  frame_ = std::move(frame);
  std::shared_ptr<const ImagePixels> pixels = frame_ && frame_->image ? frame_->image->pixels : nullptr;
  if (pixels == pixels_) return;
  pixels_ = std::move(pixels);
  mips_.clear();
}

void CanvasRenderer::prepare(const std::vector<Layer>& layers, int selectedObject) {
  std::vector<Entry> before = std::exchange(entries_, {});
  if (!frame_) return;
  for (const std::size_t index : drawnLayers(layers, *frame_)) {
    Entry entry{layers[index], frame_, {}, {}};
    if (entry.layer.kind == LayerKind::kAnchors) {
      const auto same = std::find_if(before.begin(), before.end(), [&](const Entry& e) {
        return e.frame == frame_ && e.layer == entry.layer;
      });
      entry.dense = same != before.end() ? std::move(same->dense) : denseBoxes(entry.layer, *frame_);
    } else if (entry.layer.kind == LayerKind::kBag) {
      entry.bag = bagBoxes(entry.layer, *frame_, selectedObject);
    }
    entries_.push_back(std::move(entry));
  }
}

std::vector<PickLayer> CanvasRenderer::pickLayers() const {
  std::vector<PickLayer> out;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    const auto add = [&](const DenseBoxes& boxes) {
      if (!boxes.anchors.empty()) out.push_back({entry->layer.boxes, &boxes.boxesInImage, &boxes.anchors});
    };
    for (auto batch = entry->bag.batches.rbegin(); batch != entry->bag.batches.rend(); ++batch)
      add(batch->boxes);
    add(entry->dense);
  }
  return out;
}

const QImage& CanvasRenderer::mip(double deviceScale) {
  if (mips_.empty()) mips_.push_back(toQImage(*frame_).convertToFormat(QImage::Format_RGB32));
  std::size_t level = 0;
  while (deviceScale * std::exp2(static_cast<double>(level)) <= 0.5 && mips_[level].width() > 1 &&
         mips_[level].height() > 1) {
    ++level;
    if (level < mips_.size()) continue;
    const QImage& larger = mips_.back();
    mips_.push_back(larger.scaled(std::max(1, larger.width() / 2), std::max(1, larger.height() / 2),
                                  Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
  }
  return mips_[level];
}

void CanvasRenderer::drawImage(QPainter& painter, const OverlayContext& context, double opacity,
                               double devicePixelRatio) {
  if (!pixels_ || pixels_->size.width <= 0 || pixels_->size.height <= 0) return;
  const AxisTransform& t = context.targetFromImage;
  const double deviceScale = std::abs(t.scaleX) * devicePixelRatio;
  const QImage& image = mip(deviceScale);
  const AxisTransform imageFromTarget = t.inverse();
  // Only the pixels in view: far magnified, the whole image is too large a rectangle to scale.
  const double left =
      std::clamp(std::floor(imageFromTarget.mapX(context.clip.left())), 0.0, double(pixels_->size.width));
  const double right =
      std::clamp(std::ceil(imageFromTarget.mapX(context.clip.right())), 0.0, double(pixels_->size.width));
  const double top =
      std::clamp(std::floor(imageFromTarget.mapY(context.clip.top())), 0.0, double(pixels_->size.height));
  const double bottom =
      std::clamp(std::ceil(imageFromTarget.mapY(context.clip.bottom())), 0.0, double(pixels_->size.height));
  if (right <= left || bottom <= top) return;
  const double mipX = image.width() / double(pixels_->size.width),
               mipY = image.height() / double(pixels_->size.height);
  painter.save();
  painter.setOpacity(opacity);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, deviceScale < 1);
  painter.drawImage(QRectF(QPointF(t.mapX(left), t.mapY(top)), QPointF(t.mapX(right), t.mapY(bottom))), image,
                    QRectF(QPointF(left * mipX, top * mipY), QPointF(right * mipX, bottom * mipY)));
  painter.restore();
}

void CanvasRenderer::drawDense(QImage& target, const AxisTransform& deviceFromImage, const DenseBoxes& boxes,
                               const RasterStyle& style) {
  const RasterTarget raster{reinterpret_cast<std::uint32_t*>(target.bits()), target.width(), target.height(),
                            static_cast<std::size_t>(target.bytesPerLine()) / sizeof(std::uint32_t)};
  drawBoxes(raster, deviceFromImage, boxes.boxesInImage, boxes.colors, style, pool_);
}

void CanvasRenderer::drawBag(QImage& target, const AxisTransform& deviceFromImage, const Entry& entry) {
  const double ratio = target.devicePixelRatio(), unit = static_cast<double>(entry.layer.lineWidthPx);
  for (const BagBatch& batch : entry.bag.batches) {
    const bool filled = batch.head == ColorScale::kRegression;
    drawDense(target, deviceFromImage, batch.boxes,
              {devicePixels(batch.width * unit, ratio), filled ? entry.layer.fillOpacity : 0,
               batch.inset > 0 ? devicePixels(batch.inset * unit, ratio) : 0});
  }
}

void CanvasRenderer::render(QImage& target, const OverlayContext& context) {
  if (!frame_) return;
  const double ratio = target.devicePixelRatio();
  const AxisTransform deviceFromImage = AxisTransform{ratio, ratio, 0, 0} * context.targetFromImage;
  for (const Entry& entry : entries_) {
    if (entry.layer.kind == LayerKind::kAnchors) {
      drawDense(target, deviceFromImage, entry.dense,
                {devicePixels(static_cast<double>(entry.layer.lineWidthPx), ratio), entry.layer.fillOpacity});
      continue;
    }
    if (entry.layer.kind == LayerKind::kBag) drawBag(target, deviceFromImage, entry);
    QPainter painter(&target);
    painter.setRenderHint(QPainter::Antialiasing);
    OverlayPainter overlay(painter, context, *frame_);
    if (entry.layer.kind == LayerKind::kImage) {
      drawImage(painter, context, static_cast<double>(entry.layer.opacity), ratio);
    } else if (entry.layer.kind == LayerKind::kBag) {
      overlay.drawBagArrow(entry.layer, entry.bag);
    } else {
      overlay.draw(entry.layer);
    }
  }
  QPainter painter(&target);
  painter.setRenderHint(QPainter::Antialiasing);
  paintLabels(painter, context);
}

}  // namespace anchorscope
