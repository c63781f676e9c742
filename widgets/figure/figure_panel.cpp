// One image with its layers, colour bar and caption.

#include <QImage>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "widgets/figure/figure_page.h"
#include "widgets/overlays/box_raster.h"
#include "widgets/overlays/color_bar.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/overlay_painter.h"
#include "widgets/overlays/predictions.h"
#include "widgets/overlays/strip_pool.h"

namespace anchorscope {

namespace {

constexpr double kGapMm = 1.2, kBarShare = 0.45, kBarTextScale = 0.85, kLabelScale = 0.75;
constexpr std::size_t kBoxesAtOnce = 4096;  ///< Until somebody is told and asked.

Box cropOf(const FigurePanel& panel) {
  const SizePx size = panel.evidence->image->pixels->size;
  const Box whole{0, 0, static_cast<float>(size.width), static_cast<float>(size.height)};
  const Box crop{std::max(panel.cropInImage.x1, whole.x1), std::max(panel.cropInImage.y1, whole.y1),
                 std::min(panel.cropInImage.x2, whole.x2), std::min(panel.cropInImage.y2, whole.y2)};
  return crop.degenerate() ? whole : crop;
}

/// The topmost drawn layer that has a colour bar.
bool barOf(const FigurePage& page, const FigurePanel& panel, ColorBar& bar) {
  bool found = false;
  if (!page.spec.colorBar) return false;
  for (const std::size_t index : drawnLayers(panel.layers, *panel.evidence))
    found = colorBarOf(panel.layers[index], *panel.evidence, bar) || found;
  return found;
}

double barHeight(const FigurePage& page) {
  return colorBarHeight(page.font(kBarTextScale), page.pt(0.75));
}

class PanelPainter {
 public:
  PanelPainter(const FigurePage& page, const FigurePanel& panel, const QRectF& rect)
      : page_(page), panel_(panel), rect_(rect) {
    const Box crop = cropOf(panel);
    const double scale = rect.width() / static_cast<double>(crop.width());
    context_.targetFromImage = {scale, scale, rect.left() - scale * static_cast<double>(crop.x1),
                                rect.top() - scale * static_cast<double>(crop.y1)};
    context_.clip = rect;
    context_.unit = page.pt(page.spec.lineWidthPt);
    context_.font = page.font(kLabelScale);
    context_.vector = page.format != FigureFormat::kPng;
    context_.outlinedText = page.format == FigureFormat::kSvg;
    context_.selectedObject = panel.selectedObject;
    context_.selectedAnchor = panel.selectedAnchor;
    if (page.spec.scores) context_.labels = &labels_;
  }

  void paint() {
    for (const Layer& layer : panel_.layers)
      if (layer.visible && !hasValuesFor(layer, *panel_.evidence))
        page_.report.notes.push_back(
            concat("layer '", layer.title, "' is empty: this evidence has no channel ", layer.channel));
    page_.clipped(rect_, [this](QPainter& painter) {
      bool brushed = panel_.highlight.subset == nullptr;
      for (const std::size_t index : drawnLayers(panel_.layers, *panel_.evidence)) {
        const Layer& layer = panel_.layers[index];
        if (!page_.meter.goesOn()) return;
        // As on the canvas: above image and maps, below what colours anchors.
        const bool ground = layer.kind == LayerKind::kImage || layer.kind == LayerKind::kHeat;
        if (!ground && !std::exchange(brushed, true)) drawBrushed(painter);
        if (layer.kind == LayerKind::kImage) {
          drawImage(painter, layer);
        } else if (layer.kind == LayerKind::kAnchors) {
          drawAnchors(painter, layer, denseBoxes(layer, *panel_.evidence, panel_.highlight));
          if (layer.boxes == BoxKind::kPredicted) context_.selectedBox = BoxKind::kPredicted;
        } else {
          OverlayPainter overlay(painter, context_, *panel_.evidence);
          overlay.draw(layer);
          count(overlay.boxes());
          labelsLeftOut_ += overlay.labelsLeftOut();
          noteLeftOut(layer);
        }
        page_.meter.endPart();
      }
      if (!brushed) drawBrushed(painter);
      OverlayPainter overlay(painter, context_, *panel_.evidence);
      overlay.drawTrail(panel_.trail);
      count(panel_.trail.size());
      overlay.drawSelection();
      paintLabels(painter, context_);
    });
    if (labelsLeftOut_ > 0)
      page_.report.notes.push_back(concat(counted(static_cast<std::int64_t>(labelsLeftOut_), "label"),
                                          " found no free place: left out"));
  }

 private:
  void count(std::size_t boxes) {
    (page_.format == FigureFormat::kPng ? page_.report.rasterBoxes : page_.report.vectorBoxes) += boxes;
  }

  void noteLeftOut(const Layer& layer) {
    if (layer.kind == LayerKind::kPredictions) {
      const ShownPredictions shown = shownPredictions(layer, *panel_.evidence);
      const std::size_t all = panel_.evidence->predictions.size();
      if (shown.count() < all)
        page_.report.notes.push_back(concat(
            all - shown.count(), " of ", counted(static_cast<std::int64_t>(all), "prediction"),
            " left out: ", layer.adaptiveFilter ? "scores below " : "scores beyond the layer's limits",
            layer.adaptiveFilter ? tickText(static_cast<double>(shown.from)).toStdString() : std::string()));
    } else if (layer.kind == LayerKind::kBag) {
      const BagBoxes bag = bagBoxes(layer, *panel_.evidence, panel_.selectedObject);
      if (bag.faded > 0)
        page_.report.notes.push_back(concat(bag.faded, " of ",
                                            counted(static_cast<std::int64_t>(bag.members), "member"),
                                            " of the bag left out: next to no weight for either head"));
    }
  }

  void drawImage(QPainter& painter, const Layer& layer) {
    const Box crop = cropOf(panel_);
    // Whole pixels around the crop; the clip cuts them to size.
    const QRect pixels =
        QRect(QPoint(static_cast<int>(std::floor(crop.x1)), static_cast<int>(std::floor(crop.y1))),
              QPoint(static_cast<int>(std::ceil(crop.x2)) - 1, static_cast<int>(std::ceil(crop.y2)) - 1));
    const AxisTransform& t = context_.targetFromImage;
    const QRectF target(QPointF(t.mapX(pixels.left()), t.mapY(pixels.top())),
                        QPointF(t.mapX(pixels.right() + 1), t.mapY(pixels.bottom() + 1)));
    painter.save();
    painter.setOpacity(static_cast<double>(layer.opacity));
    // Reduced, a PNG needs filtering; everything else keeps the image's own pixels.
    painter.setRenderHint(QPainter::SmoothPixmapTransform,
                          page_.format == FigureFormat::kPng && t.scaleX < 1);
    painter.drawImage(target, page_.imagePart(*panel_.evidence, pixels));
    painter.restore();
  }

  void drawBrushed(QPainter& painter) {
    drawAnchors(painter, Layer(), subsetBoxes(*panel_.evidence, *panel_.highlight.subset, BoxKind::kAnchor));
  }

  void drawAnchors(QPainter& painter, const Layer& layer, const DenseBoxes& dense) {
    const bool asked = page_.spec.rasterAbove > 0 && dense.anchors.size() > page_.spec.rasterAbove;
    if (page_.format == FigureFormat::kPng || asked) {
      drawRaster(painter, layer, dense);
      page_.report.rasterBoxes += dense.anchors.size();
      if (page_.format != FigureFormat::kPng)
        page_.report.notes.push_back(concat("layer '", layer.title, "': ", dense.anchors.size(),
                                            " boxes as a raster of ", page_.spec.dpi,
                                            " dpi, as asked (more than ", page_.spec.rasterAbove, ")"));
      return;
    }
    drawVector(painter, layer, dense);
  }

  void drawVector(QPainter& painter, const Layer& layer, const DenseBoxes& dense) {
    const double width = static_cast<double>(layer.lineWidthPx) * context_.unit;
    const AxisTransform& t = context_.targetFromImage;
    bool first = true;
    Argb last = 0;
    const std::size_t count = dense.anchors.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i % kBoxesAtOnce == 0 && !page_.meter.goesOn(static_cast<double>(i) / static_cast<double>(count)))
        return;
      const Box& box = dense.boxesInImage[i];
      const QRectF target =
          QRectF(QPointF(t.mapX(box.x1), t.mapY(box.y1)), QPointF(t.mapX(box.x2), t.mapY(box.y2)))
              .normalized();
      if (!(target.width() >= 0 && target.height() >= 0)) continue;  // NaN
      if (!target.adjusted(-width, -width, width, width).intersects(rect_)) continue;
      if (first || dense.colors[i] != last) {
        const QColor color = QColor::fromRgba(dense.colors[i]);
        painter.setPen(QPen(color, width, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        QColor fill = color;
        fill.setAlphaF(color.alphaF() * layer.fillOpacity);
        painter.setBrush(layer.fillOpacity > 0 ? QBrush(fill) : QBrush(Qt::NoBrush));
        last = dense.colors[i];
        first = false;
      }
      painter.drawRect(target);
      ++page_.report.vectorBoxes;
    }
  }

  void drawRaster(QPainter& painter, const Layer& layer, const DenseBoxes& dense) {
    const double dotsPerUnit =
        page_.format == FigureFormat::kPng ? 1 : page_.spec.dpi / 25.4 / page_.unitsPerMm;
    const int width = std::max(1, static_cast<int>(std::ceil(rect_.width() * dotsPerUnit)));
    const int height = std::max(1, static_cast<int>(std::ceil(rect_.height() * dotsPerUnit)));
    QImage dots(width, height, QImage::Format_ARGB32_Premultiplied);
    dots.fill(0);
    const AxisTransform dotsFromTarget{dotsPerUnit, dotsPerUnit, -rect_.left() * dotsPerUnit,
                                       -rect_.top() * dotsPerUnit};
    const int line = std::clamp(
        static_cast<int>(std::lround(static_cast<double>(layer.lineWidthPx) * context_.unit * dotsPerUnit)),
        1, 64);
    StripPool pool(2);
    drawBoxes({reinterpret_cast<std::uint32_t*>(dots.bits()), width, height,
               static_cast<std::size_t>(dots.bytesPerLine()) / 4},
              dotsFromTarget * context_.targetFromImage, dense.boxesInImage, dense.colors,
              {line, layer.fillOpacity}, pool);
    painter.drawImage(QRectF(rect_.topLeft(), QSizeF(width / dotsPerUnit, height / dotsPerUnit)), dots);
  }

  const FigurePage& page_;
  const FigurePanel& panel_;
  const QRectF rect_;
  OverlayContext context_;
  std::vector<PlacedLabel> labels_;
  std::size_t labelsLeftOut_ = 0;
};

}  // namespace

double panelHeight(const FigurePage& page, const FigurePanel& panel, const QString& letter, double width) {
  const Box crop = cropOf(panel);
  const double image = width * static_cast<double>(crop.height()) / static_cast<double>(crop.width());
  ColorBar bar;
  const bool hasBar = barOf(page, panel, bar);
  const double caption = captionHeight(page, panel.caption, letter, width * (hasBar ? 1 - kBarShare : 1));
  const double below = std::max(caption, hasBar ? barHeight(page) : 0.0);
  return image + (below > 0 ? page.mm(kGapMm) + below : 0);
}

void drawPanel(const FigurePage& page, const FigurePanel& panel, const QString& letter, QPointF topLeft,
               double width) {
  const Box crop = cropOf(panel);
  const double height = width * static_cast<double>(crop.height()) / static_cast<double>(crop.width());
  const std::size_t before = page.report.notes.size();
  PanelPainter(page, panel, QRectF(topLeft, QSizeF(width, height))).paint();
  if (!letter.isEmpty())
    for (std::size_t i = before; i < page.report.notes.size(); ++i)
      page.report.notes[i].insert(0, letter.toStdString() + " ");
  ColorBar bar;
  const bool hasBar = barOf(page, panel, bar);
  const double below = topLeft.y() + height + page.mm(kGapMm);
  if (hasBar) {
    const double barWidth = width * kBarShare - page.mm(kGapMm);
    paintColorBar(*page.painter, QRectF(topLeft.x() + width - barWidth, below, barWidth, barHeight(page)),
                  bar, page.font(kBarTextScale), page.colors.text, page.pt(0.75),
                  page.format == FigureFormat::kSvg);
  }
  drawCaption(page, panel.caption, letter, {topLeft.x(), below}, width * (hasBar ? 1 - kBarShare : 1));
}

}  // namespace anchorscope
