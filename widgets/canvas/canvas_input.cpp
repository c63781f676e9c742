// Mouse and keys of the canvas.

#include <QApplication>
#include <QInputDialog>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/canvas_view.h"
#include "widgets/canvas/canvas_view_private.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {

namespace {

constexpr double kZoomPerNotch = 1.2, kObjectReach = 4;

/// The object whose outline passes nearest to the point, within reach; -1: none.
int objectOutlineAt(const StageEvidence& evidence, QPointF image, double reach) {
  int best = -1;
  double nearest = reach;
  const auto& objects = evidence.image->objects;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const Box& box = objects[i].boxInImage;
    const double x = std::clamp(image.x(), double(box.x1), double(box.x2)),
                 y = std::clamp(image.y(), double(box.y1), double(box.y2));
    double distance = std::hypot(image.x() - x, image.y() - y);
    if (distance == 0)
      distance = std::min({image.x() - double(box.x1), double(box.x2) - image.x(), image.y() - double(box.y1),
                           double(box.y2) - image.y()});
    if (distance > nearest) continue;
    nearest = distance;
    best = static_cast<int>(i);
  }
  return best;
}

bool showsObjects(const std::vector<Layer>& layers, const StageEvidence& evidence) {
  for (const std::size_t index : drawnLayers(layers, evidence))
    if (layers[index].kind == LayerKind::kObjects) return true;
  return false;
}

}  // namespace

std::vector<std::pair<QString, QString>> CanvasView::gestures() {
  return {{tr("Wheel"), tr("Zoom at the cursor")},
          {tr("Drag"), tr("Pan")},
          {tr("Double-click, F, Home"), tr("Fit the image")},
          {tr("1"), tr("100 %")},
          {tr("+ / −"), tr("Zoom in / out")},
          {tr("Click"), tr("Select the anchor, or on an object's outline the object")},
          {tr("Ctrl+click"), tr("Select the object")},
          {tr("Alt+click"), tr("Select the next anchor under the cursor")},
          {tr("Arrow keys"), tr("Walk one cell")},
          {tr("PgUp / PgDn"), tr("One pyramid level coarser / finer")},
          {tr("[ / ]"), tr("Previous / next anchor of the cell")},
          {tr("Ctrl+G"), tr("Go to an anchor by number")},
          {tr("Esc"), tr("Clear the brush, then the selection")}};
}

void CanvasView::wheelEvent(QWheelEvent* event) {
  const double notches = event->angleDelta().y() / 120.0;
  if (notches != 0) setZoom(zoom() * std::pow(kZoomPerNotch, notches), event->position());
  event->accept();
}

void CanvasView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  d_->pressed = true;
  d_->pressedAt = d_->draggedFrom = event->position();
}

void CanvasView::mouseMoveEvent(QMouseEvent* event) {
  d_->cursor = event->position();
  if (d_->pressed && !d_->panning &&
      (event->position() - d_->pressedAt).manhattanLength() >= QApplication::startDragDistance() / 2.0) {
    d_->panning = true;
    setCursor(Qt::ClosedHandCursor);
  }
  if (d_->panning) {
    // In whole device pixels, so that the picture can be moved instead of drawn; what is left over counts
    // next time.
    const double ratio = devicePixelRatioF();
    const QPointF dragged = (event->position() - d_->draggedFrom) * ratio;
    const QPointF by = QPointF(std::round(dragged.x()), std::round(dragged.y())) / ratio;
    d_->draggedFrom += by;
    AxisTransform moved = canvasFromImage_;
    moved.offsetX += by.x();
    moved.offsetY += by.y();
    setCanvasFromImage(keptInReach(moved));
    return;
  }
  updateHover();
  update();
}

void CanvasView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QWidget::mouseReleaseEvent(event);
  const bool clicked = d_->pressed && !d_->panning && !d_->doubleClicked;
  d_->pressed = d_->panning = d_->doubleClicked = false;
  unsetCursor();
  d_->cursor = event->position();
  if (clicked) click(event->position(), event->modifiers());
  updateHover();
  update();
}

void CanvasView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  d_->doubleClicked = true;
  fit();
}

void CanvasView::leaveEvent(QEvent*) {
  d_->cursor.reset();
  updateHover();
  update();
}

void CanvasView::click(QPointF canvas, Qt::KeyboardModifiers modifiers) {
  CanvasModel& state = d_->state;
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->image) return;
  if (modifiers & Qt::ControlModifier) return state.selectPair(objectAt(canvas), -1);
  if (modifiers & Qt::AltModifier) {
    const std::vector<std::int64_t> anchors = d_->anchorsAt(*this, canvas);
    if (anchors.empty()) return;
    const auto current = std::find(anchors.begin(), anchors.end(), state.selectedAnchor());
    const bool last = current == anchors.end() || current + 1 == anchors.end();
    return state.selectAnchor(last ? anchors.front() : *(current + 1));
  }
  if (showsObjects(state.layers().layers(), *evidence)) {
    const int object = objectOutlineAt(*evidence, imageFromCanvas(canvas), kObjectReach / zoom());
    if (object >= 0) return state.selectPair(object, -1);
  }
  if (const std::int64_t anchor = anchorAt(canvas); anchor >= 0) return state.selectAnchor(anchor);
  state.selectPair(objectAt(canvas), -1);
}

void CanvasView::keyPressEvent(QKeyEvent* event) {
  const bool control = (event->modifiers() & Qt::ControlModifier) != 0;
  const QPointF middle(width() / 2.0, height() / 2.0);
  if (control) {
    if (event->key() == Qt::Key_G) return askForAnchor();
    return QWidget::keyPressEvent(event);
  }
  switch (event->key()) {
    case Qt::Key_F:
    case Qt::Key_Home:
      return fit();
    case Qt::Key_1:
      return setZoom(1, d_->cursor.value_or(middle));
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return setZoom(zoom() * kZoomPerNotch, middle);
    case Qt::Key_Minus:
      return setZoom(zoom() / kZoomPerNotch, middle);
    case Qt::Key_Left:
      return walk(0, -1);
    case Qt::Key_Right:
      return walk(0, 1);
    case Qt::Key_Up:
      return walk(-1, 0);
    case Qt::Key_Down:
      return walk(1, 0);
    case Qt::Key_PageUp:
      return changeLevel(1);
    case Qt::Key_PageDown:
      return changeLevel(-1);
    case Qt::Key_BracketLeft:
      return changeSlot(-1);
    case Qt::Key_BracketRight:
      return changeSlot(1);
    case Qt::Key_Escape:
      if (d_->state.subset()) return d_->state.brush({});
      if (d_->state.selectedObject() < 0 && d_->state.selectedAnchor() < 0) break;
      return d_->state.selectPair(-1, -1);
    default:
      break;
  }
  QWidget::keyPressEvent(event);
}

std::int64_t CanvasView::anchorToWalkFrom() const {
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->candidates) return -1;
  return d_->state.selectedAnchor();
}

void CanvasView::walk(int rows, int columns) {
  const std::int64_t from = anchorToWalkFrom();
  // Without a grid there is but the order they stand in.
  if (const auto& evidence = d_->renderer.evidence();
      evidence && evidence->candidates && !evidence->candidates->onGrid())
    return goToAnchor(std::max<std::int64_t>(0, from + rows + columns));
  if (from < 0) {
    // Nothing is selected: start in the middle of what is in view, on the middle level.
    const auto& evidence = d_->renderer.evidence();
    if (!evidence || !evidence->candidates || !evidence->image) return;
    const CandidateSet& anchors = *evidence->candidates;
    const QPointF image = imageFromCanvas({width() / 2.0, height() / 2.0});
    const int levelIndex = static_cast<int>(anchors.levels.size()) / 2;
    const LevelLayout& level = anchors.levels[static_cast<std::size_t>(levelIndex)];
    const auto cell = [&](double input, int count) {
      return std::clamp(static_cast<int>(input / level.stride), 0, count - 1);
    };
    const GridAddress start{levelIndex, cell(evidence->image->inputFromImage.mapY(image.y()), level.rows),
                            cell(evidence->image->inputFromImage.mapX(image.x()), level.columns), 0};
    return goToAnchor(anchors.index(start));
  }
  const CandidateSet& anchors = *d_->renderer.evidence()->candidates;
  GridAddress to = anchors.address(static_cast<std::size_t>(from));
  to.row += rows;
  to.column += columns;
  if (const std::int64_t anchor = anchors.index(to); anchor >= 0) goToAnchor(anchor);
}

void CanvasView::changeLevel(int by) {
  const std::int64_t from = anchorToWalkFrom();
  if (from < 0) return walk(0, 0);
  const CandidateSet& anchors = *d_->renderer.evidence()->candidates;
  if (!anchors.onGrid()) return;
  const GridAddress at = anchors.address(static_cast<std::size_t>(from));
  const int target = at.level + by;
  if (target < 0 || target >= static_cast<int>(anchors.levels.size())) return;
  const LevelLayout& here = anchors.levels[static_cast<std::size_t>(at.level)];
  const LevelLayout& there = anchors.levels[static_cast<std::size_t>(target)];
  // The cell that contains this cell's centre.
  const auto cell = [&](int index, int count) {
    return std::clamp(static_cast<int>((index + 0.5) * here.stride / there.stride), 0, count - 1);
  };
  goToAnchor(anchors.index({target, cell(at.row, there.rows), cell(at.column, there.columns),
                            std::min(at.slot, there.anchorsPerCell - 1)}));
}

void CanvasView::changeSlot(int by) {
  const std::int64_t from = anchorToWalkFrom();
  if (from < 0) return walk(0, 0);
  const CandidateSet& anchors = *d_->renderer.evidence()->candidates;
  if (!anchors.onGrid()) return walk(0, by);
  GridAddress at = anchors.address(static_cast<std::size_t>(from));
  const int perCell = anchors.levels[static_cast<std::size_t>(at.level)].anchorsPerCell;
  at.slot = (at.slot + by + perCell) % perCell;
  goToAnchor(anchors.index(at));
}

void CanvasView::goToAnchor(std::int64_t anchor) {
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->candidates || anchor < 0 ||
      anchor >= static_cast<std::int64_t>(evidence->candidates->count()))
    return;
  d_->state.selectAnchor(anchor);
  bringIntoView(anchor);
}

void CanvasView::bringIntoView(std::int64_t anchor) {
  const Box box = anchorBoxInImage(*d_->renderer.evidence(), anchor, BoxKind::kAnchor);
  if (box.degenerate()) return;
  const QPointF center = toCanvas({double(box.centerX()), double(box.centerY())});
  if (QRectF(rect()).contains(center)) return;
  AxisTransform moved = canvasFromImage_;
  moved.offsetX += width() / 2.0 - center.x();
  moved.offsetY += height() / 2.0 - center.y();
  setCanvasFromImage(moved);
}

void CanvasView::askForAnchor() {
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->candidates || evidence->candidates->count() == 0) return;
  auto* dialog = new QInputDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setInputMode(QInputDialog::IntInput);
  dialog->setWindowTitle(tr("Go to anchor"));
  const int last = static_cast<int>(evidence->candidates->count()) - 1;
  dialog->setLabelText(tr("Number of the anchor, 0 to %1:").arg(last));
  dialog->setIntRange(0, last);
  dialog->setIntValue(static_cast<int>(std::max<std::int64_t>(0, d_->state.selectedAnchor())));
  connect(dialog, &QInputDialog::intValueSelected, this, [this](int anchor) { goToAnchor(anchor); });
  dialog->open();
}

}  // namespace anchorscope
