#include "widgets/canvas/canvas_renderer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/overlays/heat.h"
#include "widgets/overlays/picture_raster.h"

namespace anchorscope {

namespace {

/// Whole device pixels of a line's nominal width.
int devicePixels(double nominal, double devicePixelRatio) {
  return std::clamp(static_cast<int>(std::lround(nominal * devicePixelRatio)), 1, 64);
}

RasterTarget rasterTarget(QImage& image, const QRect& part) {
  const auto pixelsPerRow = static_cast<std::size_t>(image.bytesPerLine()) / sizeof(std::uint32_t);
  auto* const pixels = reinterpret_cast<std::uint32_t*>(image.bits());
  return {pixels + static_cast<std::size_t>(part.y()) * pixelsPerRow + part.x(), part.width(), part.height(),
          pixelsPerRow};
}

PicturePixels picturePixels(const QImage& image) {
  return {reinterpret_cast<const std::uint32_t*>(image.constBits()), image.width(), image.height(),
          static_cast<std::size_t>(image.bytesPerLine()) / sizeof(std::uint32_t)};
}

}  // namespace

CanvasRenderer::CanvasRenderer(StripPool& pool) : pool_(pool) {}

void CanvasRenderer::setEvidence(std::shared_ptr<const StageEvidence> evidence) {
  evidence_ = std::move(evidence);
  std::shared_ptr<const ImagePixels> pixels =
      evidence_ && evidence_->image ? evidence_->image->pixels : nullptr;
  if (pixels == pixels_) return;
  pixels_ = std::move(pixels);
  mips_.clear();
}

bool CanvasRenderer::belongsToGround(const Entry& entry) {
  return entry.layer.kind == LayerKind::kImage || entry.layer.kind == LayerKind::kHeat ||
         entry.layer.kind == LayerKind::kAnchors;
}

std::size_t CanvasRenderer::groundEntries() const {
  const auto rest = std::find_if_not(entries_.begin(), entries_.end(), belongsToGround);
  return static_cast<std::size_t>(rest - entries_.begin());
}

/// Another snapshot of the same image changes what is measured on it, not the image.
bool CanvasRenderer::drawnAlike(const Entry& a, const Entry& b) {
  return a.layer == b.layer && a.highlight == b.highlight &&
         (a.layer.kind == LayerKind::kImage ? a.pixels == b.pixels : a.evidence == b.evidence);
}

void CanvasRenderer::prepare(const std::vector<Layer>& layers, int selectedObject,
                             const Highlight& highlight) {
  const auto end = [](std::vector<Entry>& entries, std::size_t count) {
    return entries.begin() + static_cast<std::ptrdiff_t>(count);
  };
  const std::size_t groundBefore = groundEntries();
  std::vector<Entry> before = std::exchange(entries_, {});
  const std::vector<std::size_t> drawn =
      evidence_ ? drawnLayers(layers, *evidence_) : std::vector<std::size_t>{};
  for (const std::size_t index : drawn) {
    Entry entry{layers[index], evidence_, pixels_, {}, {}, {}, {}};
    if (entry.layer.kind == LayerKind::kAnchors) entry.highlight = highlight;
    const auto same = std::find_if(before.begin(), before.end(), [&](const Entry& e) {
      return e.evidence == evidence_ && e.layer == entry.layer && e.highlight == entry.highlight;
    });
    switch (entry.layer.kind) {
      case LayerKind::kAnchors:
        entry.dense = same != before.end() ? std::exchange(same->dense, {})
                                           : denseBoxes(entry.layer, *evidence_, highlight);
        break;
      case LayerKind::kHeat:
        entry.cells = same != before.end() ? same->cells
                                           : heatImage(entry.layer, *evidence_->channel(entry.layer.channel))
                                                 .convertToFormat(QImage::Format_ARGB32_Premultiplied);
        break;
      case LayerKind::kBag:
        entry.bag = bagBoxes(entry.layer, *evidence_, selectedObject);
        break;
      default:
        break;
    }
    entries_.push_back(std::move(entry));
  }
  if (highlight.subset && evidence_) {
    // Below what colours anchors by value, so that it is seen however small that is.
    const auto place = std::find_if(entries_.begin(), end(entries_, groundEntries()), [](const Entry& entry) {
      return entry.layer.kind == LayerKind::kAnchors;
    });
    Entry entry{{}, evidence_, pixels_, {}, {}, {}, highlight};
    entry.layer.id = "brush";
    entry.layer.kind = LayerKind::kAnchors;
    entry.dense = subsetBoxes(*evidence_, *highlight.subset, entry.layer.boxes);
    entries_.insert(place, std::move(entry));
  }
  const std::size_t ground = groundEntries();
  if (!std::equal(before.begin(), end(before, groundBefore), entries_.begin(), end(entries_, ground),
                  drawnAlike))
    ++groundRevision_;
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
  if (mips_.empty()) mips_.push_back(toQImage(*evidence_).convertToFormat(QImage::Format_RGB32));
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

AxisTransform CanvasRenderer::deviceFromImage(const OverlayContext& context, double devicePixelRatio) {
  constexpr double kGrid = 1024;  // parts of a device pixel
  AxisTransform t = AxisTransform{devicePixelRatio, devicePixelRatio, 0, 0} * context.targetFromImage;
  t.offsetX = std::round(t.offsetX * kGrid) / kGrid;
  t.offsetY = std::round(t.offsetY * kGrid) / kGrid;
  return t;
}

void CanvasRenderer::drawImage(const RasterTarget& target, const AxisTransform& targetFromImage,
                               const Entry& entry) {
  if (!pixels_ || pixels_->size.width <= 0 || pixels_->size.height <= 0) return;
  const double deviceScale = std::abs(targetFromImage.scaleX);
  const QImage& image = mip(deviceScale);
  PicturePlacement placement;
  placement.pictureFromSource = {image.width() / double(pixels_->size.width),
                                 image.height() / double(pixels_->size.height), 0, 0};
  placement.sourceSize = pixels_->size;
  placement.smooth = deviceScale < 1;
  placement.opacity = entry.layer.opacity;
  drawPicture(target, targetFromImage, picturePixels(image), placement, pool_);
}

void CanvasRenderer::drawHeat(const RasterTarget& target, const AxisTransform& targetFromImage,
                              const Entry& entry) {
  if (entry.cells.isNull() || !pixels_) return;
  const CellGrid& grid = evidence_->channel(entry.layer.channel)->grid;
  const double perCell = entry.cells.width() / double(grid.columns), perInput = perCell / grid.stride;
  PicturePlacement placement;
  placement.pictureFromSource = AxisTransform{perInput, perInput, 0, 0} * evidence_->image->inputFromImage;
  placement.sourceSize = pixels_->size;  // cells of the padding say nothing about the image
  placement.smooth = entry.layer.smooth;
  drawPicture(target, targetFromImage, picturePixels(entry.cells), placement, pool_);
}

void CanvasRenderer::drawDense(const RasterTarget& target, const AxisTransform& targetFromImage,
                               const DenseBoxes& boxes, const RasterStyle& style) {
  drawBoxes(target, targetFromImage, boxes.boxesInImage, boxes.colors, style, pool_);
}

void CanvasRenderer::drawBag(QImage& target, const AxisTransform& deviceFromImage, const Entry& entry) {
  const double ratio = target.devicePixelRatio(), unit = static_cast<double>(entry.layer.lineWidthPx);
  for (const BagBatch& batch : entry.bag.batches) {
    const bool filled = batch.head == ColorScale::kRegression;
    drawDense(rasterTarget(target, target.rect()), deviceFromImage, batch.boxes,
              {devicePixels(batch.width * unit, ratio), filled ? entry.layer.fillOpacity : 0,
               batch.inset > 0 ? devicePixels(batch.inset * unit, ratio) : 0});
  }
}

void CanvasRenderer::renderGround(QImage& target, const OverlayContext& context, const QRect& part) {
  const QRect within = part & target.rect();
  if (within.isEmpty()) return;
  const double ratio = target.devicePixelRatio();
  const RasterTarget raster = rasterTarget(target, within);
  AxisTransform fromImage = deviceFromImage(context, ratio);
  fromImage.offsetX -= within.x();
  fromImage.offsetY -= within.y();
  for (std::size_t i = 0; i < groundEntries(); ++i)
    drawPixels(raster, fromImage, ratio, entries_[i]);
}

void CanvasRenderer::drawPixels(const RasterTarget& target, const AxisTransform& targetFromImage,
                                double devicePixelRatio, const Entry& entry) {
  if (entry.layer.kind == LayerKind::kImage) {
    drawImage(target, targetFromImage, entry);
  } else if (entry.layer.kind == LayerKind::kHeat) {
    drawHeat(target, targetFromImage, entry);
  } else {
    drawDense(target, targetFromImage, entry.dense,
              {devicePixels(static_cast<double>(entry.layer.lineWidthPx), devicePixelRatio),
               entry.layer.fillOpacity});
  }
}

void CanvasRenderer::renderRest(QImage& target, const OverlayContext& context) {
  labelsHidden_ = 0;
  if (!evidence_) return;
  const double ratio = target.devicePixelRatio();
  const AxisTransform fromImage = deviceFromImage(context, ratio);
  for (std::size_t i = groundEntries(); i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (belongsToGround(entry)) {
      drawPixels(rasterTarget(target, target.rect()), fromImage, ratio, entry);
      continue;
    }
    if (entry.layer.kind == LayerKind::kBag) drawBag(target, fromImage, entry);
    QPainter painter(&target);
    painter.setRenderHint(QPainter::Antialiasing);
    OverlayPainter overlay(painter, context, *evidence_);
    if (entry.layer.kind == LayerKind::kBag) {
      overlay.drawBagArrow(entry.layer, entry.bag);
    } else {
      overlay.draw(entry.layer);
    }
    labelsHidden_ += overlay.labelsLeftOut();
  }
  QPainter painter(&target);
  painter.setRenderHint(QPainter::Antialiasing);
  paintLabels(painter, context);
}

void CanvasRenderer::render(QImage& target, const OverlayContext& context) {
  renderGround(target, context, target.rect());
  renderRest(target, context);
}

}  // namespace anchorscope
