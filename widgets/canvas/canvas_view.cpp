#include "widgets/canvas/canvas_view.h"

#include <QPaintEvent>
#include <QPainter>
#include <QScopedValueRollback>
#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/canvas/canvas_view_private.h"
#include "widgets/canvas/picking.h"
#include "widgets/models/brush_text.h"
#include "widgets/models/candidate_text.h"
#include "widgets/overlays/color_bar.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/heat.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/state/theme.h"

namespace anchorscope {

namespace {

constexpr double kBarPadding = 10, kFitMargin = 16, kLargestZoom = 64, kPickReach = 3, kInView = 64,
                 kBrushNoteRoom = 32;

SizePx imageSizeOf(const ProbeMoment* frame) {
  return frame && frame->image && frame->image->pixels ? frame->image->pixels->size : SizePx{};
}

void paintEmptyState(QPainter& painter, const QRectF& rect, const QFont& font, const Theme& theme,
                     const QString& why) {
  QFont large = font;
  large.setPixelSize(QFontInfo(font).pixelSize() + 6);
  large.setWeight(QFont::DemiBold);
  painter.setFont(large);
  painter.setPen(theme.text);
  const QPointF middle = rect.center();
  painter.drawText(QRectF(rect.left(), middle.y() - 40, rect.width(), 30), Qt::AlignCenter,
                   why.isEmpty() ? QObject::tr("No image to look at yet") : QObject::tr("No evidence"));
  painter.setFont(font);
  painter.setPen(theme.secondaryText);
  painter.drawText(
      QRectF(rect.left(), middle.y() - 6, rect.width(), 60),
      Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap,
      why.isEmpty()
          ? QObject::tr("Try the demo, open data (Ctrl+O),\nor drop a folder or a recorded run here.")
          : why);
}

/// Where the card explaining the colours lies: in the corner where it covers the least of the objects, the
/// lower right one of equals. Null where it would cover too much of the canvas.
QRectF colorBarPlace(const QRectF& area, const QFont& font, const std::vector<QRectF>& objects) {
  constexpr double kWidth = 208, kLeastWidth = 120, kShare = 0.36, kMostHeight = 0.3, kAway = 12;
  const double width = std::clamp(std::round(area.width() * kShare), kLeastWidth, kWidth);
  const double height = std::ceil(colorBarHeight(font, 1) + 2 * kBarPadding - 4);
  const QRectF inner = area.adjusted(kAway, kAway, -kAway, -kAway);
  // On a low canvas it would lie over what it explains; the layer's range stands in the panel as well.
  if (inner.width() < width || inner.height() < height || height > kMostHeight * area.height()) return {};
  QRectF best;
  double least = 0;
  for (const double top : {inner.bottom() - height, inner.top()})
    for (const double left : {inner.right() - width, inner.left()}) {
      const QRectF place(left, top, width, height);
      double covered = 0;
      for (const QRectF& object : objects) {
        const QRectF part = object & place;
        covered += part.width() * part.height();
      }
      if (!best.isNull() && covered >= least) continue;
      best = place;
      least = covered;
    }
  return best;
}

void paintColorBarCard(QPainter& painter, const QRectF& card, const ColorBar& bar, const QFont& font,
                       const Theme& theme) {
  if (card.isNull()) return;
  QColor ground = theme.panel;
  ground.setAlpha(235);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme.line, 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  paintColorBar(painter, card.adjusted(kBarPadding, kBarPadding - 2, -kBarPadding, -kBarPadding), bar, font,
                theme.text, 1);
}

/// What is brushed, along the canvas' lower edge.
void paintBrushNote(QPainter& painter, const QString& text, const QRect& canvas, const QFont& font,
                    const Theme& theme) {
  constexpr double kAway = 8, kGap = 8;
  const QFontMetricsF metrics(font);
  const QString shown = metrics.elidedText(text, Qt::ElideRight, canvas.width() - 2 * (kAway + kGap));
  const double height = metrics.height() + kGap;
  const QRectF place(kAway, canvas.height() - kAway - height, metrics.horizontalAdvance(shown) + 2 * kGap,
                     height);
  QColor ground = theme.panel;
  ground.setAlpha(235);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme.selection, 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(place, height / 2, height / 2);
  painter.setFont(font);
  painter.setPen(theme.text);
  painter.drawText(place, Qt::AlignCenter, shown);
}

QString noteOf(const CanvasModel& model) {
  QStringList parts;
  if (model.frame() && model.standsFor() >= 0)
    parts << QObject::tr("Step %1: nothing was recorded at step %2")
                 .arg(model.frame()->step)
                 .arg(model.standsFor());
  if (!model.note().isEmpty()) parts << model.note();
  return parts.join(QStringLiteral(". "));
}

/// What has to be known of what is shown, where a header may have no room for it.
void paintNote(QPainter& painter, const QString& note, const QRectF& area, const QRectF& colorBar,
               const QFont& font, const Theme& theme) {
  constexpr double kAway = 10, kPadding = 6;
  const QFontMetricsF metrics(font);
  const double width = std::min(metrics.horizontalAdvance(note) + 2, area.width() - 2 * (kAway + kPadding));
  const QRectF text = metrics.boundingRect(QRectF(0, 0, width, area.height()), Qt::TextWordWrap, note);
  QRectF card(area.left() + kAway, area.top() + kAway, width + 2 * kPadding, text.height() + 2 * kPadding);
  if (card.intersects(colorBar)) card.moveTop(colorBar.bottom() + kAway);
  QColor ground = theme.panel;
  ground.setAlpha(235);
  painter.setPen(QPen(theme.paused, 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  painter.setPen(theme.text);
  painter.setFont(font);
  painter.drawText(card.adjusted(kPadding, kPadding, -kPadding, -kPadding), Qt::TextWordWrap, note);
}

}  // namespace

CanvasView::CanvasView(CanvasModel& model, QWidget* parent)
    : QWidget(parent), d_(std::make_unique<Private>(model)) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMinimumSize(160, 120);
  setAccessibleName(tr("Image canvas"));
  setStatusTip(
      tr("Wheel zooms, drag pans, click selects, right-click pins; Ctrl+click the object, Alt+click the next "
         "anchor below; I tells every value, M magnifies"));
  connect(&model, &CanvasModel::frameChanged, this, &CanvasView::showFrame);
  connect(&model, &CanvasModel::selectionChanged, this, &CanvasView::markDirty);
  connect(&model, &CanvasModel::hoverChanged, this, qOverload<>(&QWidget::update));
  connect(&model, &CanvasModel::noteChanged, this, qOverload<>(&QWidget::update));
  connect(&model, &CanvasModel::trailChanged, this, qOverload<>(&QWidget::update));
  connect(&model, &CanvasModel::brushChanged, this, &CanvasView::markDirty);
  connect(&model, &CanvasModel::viewportChanged, this, &CanvasView::follow);
  connect(&model.layers(), &LayerStack::changed, this, &CanvasView::markDirty);
  connect(&model.layers(), &LayerStack::activeChanged, this, &CanvasView::markDirty);
  connect(&model.readOut(), &ReadOut::changed, this, qOverload<>(&QWidget::update));
  showFrame();
}

CanvasView::~CanvasView() = default;

QSize CanvasView::sizeHint() const {
  return {800, 600};
}

void CanvasView::showFrame() {
  const auto& frame = d_->state.frame();
  d_->renderer.setEvidence(d_->state.evidence());
  const SizePx size = imageSizeOf(frame.get());
  const std::string name = frame && frame->image ? frame->image->name : std::string();
  if (size != d_->imageSize || name != d_->imageName) {
    d_->imageSize = size;
    d_->imageName = name;
    // Where it stands was chosen for this image or for several; another one is shown as a whole.
    if (const Viewport& viewport = d_->state.viewport();
        viewport.position().image == imageTitle() || viewport.isShared())
      follow();
    else if (!name.empty())
      fit();
    emit headerChanged();
  }
  markDirty();
}

void CanvasView::markDirty() {
  d_->dirty = d_->unprepared = true;
  updateHover();
  update();
}

QPointF CanvasView::imageFromCanvas(QPointF canvas) const {
  const AxisTransform t = canvasFromImage_.inverse();
  return {t.mapX(canvas.x()), t.mapY(canvas.y())};
}

QPointF CanvasView::toCanvas(QPointF image) const {
  return {canvasFromImage_.mapX(image.x()), canvasFromImage_.mapY(image.y())};
}

Box CanvasView::visibleInImage() const {
  const QPointF a = imageFromCanvas({0, 0}), b = imageFromCanvas({double(width()), double(height())});
  const auto clip = [](double value, int limit) {
    return static_cast<float>(std::clamp(value, 0.0, double(limit)));
  };
  return {clip(a.x(), d_->imageSize.width), clip(a.y(), d_->imageSize.height),
          clip(b.x(), d_->imageSize.width), clip(b.y(), d_->imageSize.height)};
}

std::vector<QRectF> CanvasView::objectsInView() const {
  std::vector<QRectF> objects;
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->image) return objects;
  for (const ObjectRecord& object : evidence->image->objects)
    objects.push_back(QRectF(toCanvas({double(object.boxInImage.x1), double(object.boxInImage.y1)}),
                             toCanvas({double(object.boxInImage.x2), double(object.boxInImage.y2)})) &
                      QRectF(rect()));
  return objects;
}

QString CanvasView::imageTitle() const {
  return QString::fromStdString(d_->imageName);
}

QStringList CanvasView::imageInfo() const {
  if (d_->imageSize.width <= 0) return {};
  const double percent = zoom() * 100;
  return {QStringLiteral("%1 × %2").arg(d_->imageSize.width).arg(d_->imageSize.height),
          QStringLiteral("%1 %").arg(percent, 0, 'f', percent < 10 ? 1 : 0)};
}

AxisTransform CanvasView::fittedTransform() const {
  const SizePx size = d_->imageSize;
  const double width = std::max(1.0, this->width() - 2 * kFitMargin),
               height = std::max(1.0, this->height() - 2 * kFitMargin);
  const double scale = std::min({width / size.width, height / size.height, kLargestZoom});
  return {scale, scale, (this->width() - scale * size.width) / 2, (this->height() - scale * size.height) / 2};
}

void CanvasView::fit() {
  if (d_->imageSize.width <= 0 || d_->imageSize.height <= 0) return;
  const QScopedValueRollback publishing(d_->publishing, true);
  place(fittedTransform());
  d_->state.viewport().set({imageTitle()});
}

void CanvasView::setCanvasFromImage(const AxisTransform& canvasFromImage) {
  if (d_->imageSize.width <= 0 || d_->imageSize.height <= 0) return;
  place(canvasFromImage);
  const QScopedValueRollback publishing(d_->publishing, true);
  const QPointF centre = imageFromCanvas({width() / 2.0, height() / 2.0});
  d_->state.viewport().set(
      {imageTitle(), false, zoom(), {centre.x() / d_->imageSize.width, centre.y() / d_->imageSize.height}});
}

void CanvasView::follow() {
  const SizePx size = d_->imageSize;
  if (d_->publishing || size.width <= 0 || size.height <= 0) return;
  const ViewportPosition& position = d_->state.viewport().position();
  if (position.fitted) return place(fittedTransform());
  const double scale = bounded(position.zoom);
  place(snapped(keptInReach({scale, scale, width() / 2.0 - scale * position.centre.x() * size.width,
                             height() / 2.0 - scale * position.centre.y() * size.height})));
}

/// What went through the viewport is rounded: a pan by whole pixels stays one, or all would be drawn anew.
AxisTransform CanvasView::snapped(AxisTransform to) const {
  constexpr double kSameZoom = 1e-9, kSamePixel = 1e-3;
  if (std::abs(to.scaleX - zoom()) > kSameZoom * zoom()) return to;
  to.scaleX = to.scaleY = zoom();
  const auto snap = [ratio = devicePixelRatioF()](double& offset, double present) {
    const double pixels = (offset - present) * ratio;
    if (std::abs(pixels - std::round(pixels)) < kSamePixel) offset = present + std::round(pixels) / ratio;
  };
  snap(to.offsetX, canvasFromImage_.offsetX);
  snap(to.offsetY, canvasFromImage_.offsetY);
  return to;
}

double CanvasView::bounded(double zoom) const {
  const SizePx size = d_->imageSize;
  const double fitted = std::min(double(width()) / size.width, double(height()) / size.height);
  return std::clamp(zoom, std::min(fitted, 1.0) / 32, kLargestZoom);
}

void CanvasView::setZoom(double zoom, QPointF aboutCanvas) {
  const SizePx size = d_->imageSize;
  if (size.width <= 0 || size.height <= 0 || !std::isfinite(zoom)) return;
  const double scale = bounded(zoom);
  const QPointF image = imageFromCanvas(aboutCanvas);
  setCanvasFromImage(
      keptInReach({scale, scale, aboutCanvas.x() - scale * image.x(), aboutCanvas.y() - scale * image.y()}));
}

AxisTransform CanvasView::keptInReach(AxisTransform canvasFromImage) const {
  const auto keep = [](double& offset, double length, int canvas) {
    const double inView = std::min({kInView, length, canvas / 2.0});
    offset = std::clamp(offset, inView - length, canvas - inView);
  };
  keep(canvasFromImage.offsetX, canvasFromImage.scaleX * d_->imageSize.width, width());
  keep(canvasFromImage.offsetY, canvasFromImage.scaleY * d_->imageSize.height, height());
  return canvasFromImage;
}

void CanvasView::place(const AxisTransform& canvasFromImage) {
  if (canvasFromImage == canvasFromImage_) return;
  canvasFromImage_ = canvasFromImage;
  d_->dirty = true;
  updateHover();
  update();
  emit headerChanged();
}

void CanvasView::Private::prepare() {
  if (!std::exchange(unprepared, false)) return;
  renderer.prepare(state.layers().layers(), state.selectedObject(),
                   {state.subset(), state.brushHidesOthers()});
}

CanvasView::Private::Hit CanvasView::Private::anchorAt(const CanvasView& view, QPointF canvas) {
  prepare();
  const QPointF image = view.imageFromCanvas(canvas);
  const PickPoint point{static_cast<float>(image.x()), static_cast<float>(image.y()),
                        static_cast<float>(kPickReach / view.zoom())};
  const std::vector<PickLayer> layers = renderer.pickLayers();
  for (const PickLayer& layer : layers)
    if (const std::int64_t index = pickOutline(*layer.boxesInImage, point); index >= 0)
      return {(*layer.anchors)[static_cast<std::size_t>(index)], layer.boxes};
  Hit hit;
  float smallest = 0;
  for (const PickLayer& layer : layers) {
    const std::int64_t index = pickInside(*layer.boxesInImage, point);
    if (index < 0) continue;
    const float area = (*layer.boxesInImage)[static_cast<std::size_t>(index)].area();
    if (hit.anchor >= 0 && area >= smallest) continue;
    smallest = area;
    hit = {(*layer.anchors)[static_cast<std::size_t>(index)], layer.boxes};
  }
  return hit;
}

std::vector<std::int64_t> CanvasView::Private::anchorsAt(const CanvasView& view, QPointF canvas) {
  prepare();
  const QPointF image = view.imageFromCanvas(canvas);
  const PickPoint point{static_cast<float>(image.x()), static_cast<float>(image.y()),
                        static_cast<float>(kPickReach / view.zoom())};
  std::vector<std::int64_t> anchors;
  for (const PickLayer& layer : renderer.pickLayers())
    for (const std::size_t index : pickAll(*layer.boxesInImage, point)) {
      const std::int64_t anchor = (*layer.anchors)[index];
      if (std::find(anchors.begin(), anchors.end(), anchor) == anchors.end()) anchors.push_back(anchor);
    }
  return anchors;
}

std::int64_t CanvasView::anchorAt(QPointF canvas) const {
  return d_->anchorAt(*this, canvas).anchor;
}

int CanvasView::objectAt(QPointF canvas) const {
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->image) return -1;
  const QPointF image = imageFromCanvas(canvas);
  int best = -1;
  const auto& objects = evidence->image->objects;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i].boxInImage.contains(static_cast<float>(image.x()), static_cast<float>(image.y())))
      continue;
    if (best < 0 || objects[i].boxInImage.area() < objects[static_cast<std::size_t>(best)].boxInImage.area())
      best = static_cast<int>(i);
  }
  return best;
}

std::vector<const Layer*> CanvasView::Private::shownLayers() const {
  std::vector<const Layer*> shown;
  // Of what is drawn, which a new frame's layers may be ahead of.
  const auto& evidence = renderer.evidence();
  if (!evidence) return shown;
  const std::vector<Layer>& layers = state.layers().layers();
  for (const std::size_t index : drawnLayers(layers, *evidence))
    if (layers[index].hasChannel()) shown.push_back(&layers[index]);
  return shown;
}

const Layer* CanvasView::Private::explainedLayer() const {
  const Layer* topmost = nullptr;
  for (const Layer* layer : shownLayers()) {
    topmost = layer;
    if (topmost == state.layers().active()) break;
  }
  return topmost;
}

BoxKind CanvasView::Private::selectedBox() const {
  const Layer* layer = explainedLayer();
  return layer && layer->kind == LayerKind::kAnchors ? layer->boxes : BoxKind::kAnchor;
}

void CanvasView::updateHover() {
  const auto& evidence = d_->renderer.evidence();
  Private::Hit hit;
  QString status;
  if (evidence && d_->cursor && !d_->panning && pinAt(*d_->cursor) < 0) {
    hit = d_->anchorAt(*this, *d_->cursor);
    const QPointF image = imageFromCanvas(*d_->cursor);
    status = QStringLiteral("x %1  y %2").arg(image.x(), 0, 'f', 1).arg(image.y(), 0, 'f', 1);
    if (const Layer* layer = d_->explainedLayer(); layer && layer->kind == LayerKind::kHeat) {
      const Channel& channel = *evidence->channel(layer->channel);
      if (const auto cell = cellAt(*evidence, channel, image.x(), image.y()))
        status += QStringLiteral("  cell (%1, %2)  %3 %4")
                      .arg(cell->row)
                      .arg(cell->column)
                      .arg(declaredText(layer->title), valueText(*evidence, channel, cell->index));
    }
    if (hit.anchor >= 0 && evidence->candidates) {
      const auto index = static_cast<std::size_t>(hit.anchor);
      const bool placed = evidence->candidates->onGrid();
      status += QStringLiteral("  %1").arg(placed ? QString::fromStdString(evidence->label(index))
                                                  : candidateTitle(*evidence, index));
      if (const Layer* layer = d_->explainedLayer(); layer && layer->kind == LayerKind::kAnchors)
        status += QStringLiteral("  %1 %2").arg(
            declaredText(layer->title), valueText(*evidence, *evidence->channel(layer->channel), index));
    }
  }
  d_->hoveredBox = hit.boxes;
  // While the cursor is elsewhere, another view may tell what is hovered.
  if (d_->cursor || d_->hovers) {
    d_->hovers = d_->cursor.has_value();
    d_->state.setHoveredAnchor(hit.anchor);
  }
  if (status == d_->status) return;
  d_->status = status;
  emit statusTextChanged(status);
}

void CanvasView::drawPicture() {
  d_->prepare();
  const double ratio = devicePixelRatioF();
  const QSize size(static_cast<int>(std::ceil(width() * ratio)),
                   static_cast<int>(std::ceil(height() * ratio)));
  OverlayContext context;
  context.targetFromImage = canvasFromImage_;
  context.clip = QRectF(rect());
  context.font = font();
  context.selectedObject = d_->state.selectedObject();
  context.selectedAnchor = d_->state.selectedAnchor();
  std::vector<PlacedLabel> labels;
  context.labels = &labels;
  if (!d_->panning) {  // else it would jump about
    const Layer* layer = d_->explainedLayer();
    ColorBar bar;
    const bool explained = layer && colorBarOf(*layer, *d_->renderer.evidence(), bar);
    const QRectF free = QRectF(rect()).adjusted(0, 0, 0, d_->state.subset() ? -kBrushNoteRoom : 0);
    d_->colorBarCard = explained ? colorBarPlace(free, font(), objectsInView()) : QRectF();
  }
  context.keptClear = {d_->colorBarCard, hiddenLabelsPlace(QStringLiteral("000 labels hidden"))};
  d_->picture.draw(d_->renderer, context, size, ratio, themeOf(palette()).surround);
  d_->dirty = false;
}

std::int64_t CanvasView::groundPixelsDrawn() const {
  return d_->picture.groundPixelsDrawn();
}

void CanvasView::paintEvent(QPaintEvent*) {
  if (d_->dirty || !qFuzzyCompare(d_->picture.picture().devicePixelRatio(), devicePixelRatioF()))
    drawPicture();
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  painter.drawImage(QPointF(0, 0), d_->picture.picture());
  const auto& evidence = d_->renderer.evidence();
  if (!evidence) {
    paintEmptyState(painter, QRectF(rect()), font(), theme, d_->state.whyNothing());
    return;
  }
  painter.setRenderHint(QPainter::Antialiasing);
  OverlayContext context;
  context.targetFromImage = canvasFromImage_;
  context.clip = QRectF(rect());
  context.font = font();
  context.selectedObject = d_->state.selectedObject();
  context.selectedAnchor = d_->state.selectedAnchor();
  context.selectedBox = d_->selectedBox();
  OverlayPainter overlay(painter, context, *evidence);
  overlay.drawTrail(d_->state.trail());
  overlay.drawSelection();
  const std::int64_t hovered = d_->state.hoveredAnchor();
  overlay.drawHover(hovered, d_->cursor ? d_->hoveredBox : d_->selectedBox());

  const Layer* layer = d_->explainedLayer();
  ColorBar bar;
  if (layer && colorBarOf(*layer, *evidence, bar))
    paintColorBarCard(painter, d_->colorBarCard, bar, font(), theme);
  if (const auto& subset = d_->state.subset())
    paintBrushNote(painter, brushText(*evidence, d_->state.brushCondition(), *subset), rect(), font(), theme);
  if (const QString note = noteOf(d_->state); !note.isEmpty())
    paintNote(painter, note, QRectF(rect()), d_->colorBarCard, font(), theme);
  drawReadOut(painter);
  if (hasFocus()) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(theme.selection, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void CanvasView::resizeEvent(QResizeEvent*) {
  d_->dirty = true;
  follow();
}

void CanvasView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
      event->type() == QEvent::StyleChange)
    d_->dirty = true;
  update();
}

}  // namespace anchorscope
