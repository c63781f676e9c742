// Mouse and keys of the canvas.

#include <QApplication>
#include <QInputDialog>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/canvas/candidate_walk.h"
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
          {tr("Right-click"), tr("Pin what is under the cursor, or remove the pin whose card it is")},
          {tr("Arrow keys"), tr("Walk one cell, with a pin if one is current")},
          {tr("Del"), tr("Remove the current pin")},
          {tr("PgUp / PgDn"), tr("One pyramid level coarser / finer")},
          {tr("[ / ]"), tr("Previous / next anchor of the cell")},
          {tr("Ctrl+G"), tr("Go to an anchor by number")},
          {tr("Esc"), tr("Leave the current pin, clear the brush, then the selection")}};
}

void CanvasView::wheelEvent(QWheelEvent* event) {
  const double notches = event->angleDelta().y() / 120.0;
  if (notches != 0) setZoom(zoom() * std::pow(kZoomPerNotch, notches), event->position());
  event->accept();
}

void CanvasView::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::RightButton) return pinAtCursor(event->position());
  if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  for (const PinCard& pin : pins())
    if (pin.rect.contains(event->position())) {
      d_->draggedPin = pin.index;
      d_->heldAt = event->position() - pin.rect.topLeft();
    }
  if (d_->draggedPin >= 0) return d_->state.readOut().setCurrent(d_->draggedPin);
  d_->pressed = true;
  d_->pressedAt = d_->draggedFrom = event->position();
}

void CanvasView::mouseMoveEvent(QMouseEvent* event) {
  d_->cursor = event->position();
  if (d_->draggedPin >= 0) {
    for (const PinCard& pin : pins())
      if (pin.index == d_->draggedPin)
        d_->state.readOut().setOffset(pin.index, event->position() - d_->heldAt - pin.place);
    return;
  }
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
  if (const int held = std::exchange(d_->draggedPin, -1); held >= 0) {
    for (const PinCard& pin : pins())
      if (pin.index == held && closerOf(pin).contains(event->position()) &&
          closerOf(pin).contains(pin.rect.topLeft() + d_->heldAt))
        return d_->state.readOut().remove(held);
    return;
  }
  const bool clicked = d_->pressed && !d_->panning && !d_->doubleClicked;
  d_->dirty = d_->dirty || d_->panning;  // the colour bar's card finds its new place, and labels theirs
  d_->pressed = d_->panning = d_->doubleClicked = false;
  unsetCursor();
  d_->cursor = event->position();
  if (clicked) click(event->position(), event->modifiers());
  updateHover();
  update();
}

void CanvasView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || pinAt(event->position()) >= 0) return;
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
  state.readOut().setCurrent(-1);
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
  if (readOutKey(event->key())) return;
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

bool CanvasView::readOutKey(int key) {
  ReadOut& readOut = d_->state.readOut();
  switch (key) {
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
      if (readOut.current() < 0) return false;
      readOut.remove(readOut.current());
      return true;
    case Qt::Key_Escape:
      if (readOut.current() < 0) return false;
      readOut.setCurrent(-1);
      return true;
    default:
      return false;
  }
}

void CanvasView::walk(int rows, int columns) {
  const auto beside = [&](const CandidateSet& candidates, std::int64_t from) {
    return candidateBeside(candidates, from, rows, columns);
  };
  if (movePin(beside, {columns, rows})) return;
  const auto& evidence = d_->renderer.evidence();
  if (!evidence || !evidence->candidates || !evidence->image) return;
  const CandidateSet& anchors = *evidence->candidates;
  const std::int64_t from = d_->state.selectedAnchor();
  if (from >= 0) return goToAnchor(beside(anchors, from));
  // Nothing is selected: start with the first, on a grid in the middle of what is in view, on the middle
  // level.
  if (!anchors.onGrid()) return goToAnchor(std::max(0, rows + columns - 1));
  const QPointF image = imageFromCanvas({width() / 2.0, height() / 2.0});
  const int levelIndex = static_cast<int>(anchors.levels.size()) / 2;
  const LevelLayout& level = anchors.levels[static_cast<std::size_t>(levelIndex)];
  const auto cell = [&](double input, int count) {
    return std::clamp(static_cast<int>(input / level.stride), 0, count - 1);
  };
  const GridAddress start{levelIndex, cell(evidence->image->inputFromImage.mapY(image.y()), level.rows),
                          cell(evidence->image->inputFromImage.mapX(image.x()), level.columns), 0};
  goToAnchor(anchors.index(start));
}

void CanvasView::changeLevel(int by) {
  const auto ofLevel = [by](const CandidateSet& candidates, std::int64_t from) {
    return candidateOfLevel(candidates, from, by);
  };
  if (movePin(ofLevel, {})) return;
  if (d_->state.selectedAnchor() < 0) return walk(0, 0);
  goToAnchor(ofLevel(*d_->renderer.evidence()->candidates, d_->state.selectedAnchor()));
}

void CanvasView::changeSlot(int by) {
  const auto ofCell = [by](const CandidateSet& candidates, std::int64_t from) {
    return candidateOfCell(candidates, from, by);
  };
  if (movePin(ofCell, {})) return;
  if (d_->state.selectedAnchor() < 0) return walk(0, 0);
  goToAnchor(ofCell(*d_->renderer.evidence()->candidates, d_->state.selectedAnchor()));
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
