#pragma once
// The image with its layers: zoom, pan, hover, selection, pins. Draws only what its model holds; never waits
// for anything.

#include <QPointF>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <QWidget>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/geometry.h"
#include "widgets/canvas/canvas_card.h"
#include "widgets/canvas/pin_cards.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {

/// GUI thread only. Canvas coordinates are the widget's device-independent pixels; image coordinates are
/// pixels of the original image, (0, 0) its top left corner.
///
/// Wheel zooms at the cursor, left-drag pans (a part of the image stays in view), double-click, F and Home
/// fit, 1 is 100 %. Click selects the anchor under the cursor, or the object when its outline or label is
/// nearer; Ctrl+click always the object, Alt+click the next anchor under the cursor. Arrows walk one cell,
/// PgUp/PgDn one level, [ and ] one anchor of the cell, Ctrl+G asks for an anchor's number, Esc clears.
/// Right-click pins what is under the cursor: its card stays, can be dragged, and is what those keys move
/// until something else is clicked; right-click or Del removes it. I tells every value, M magnifies.
class CanvasView : public QWidget {
  Q_OBJECT

 public:
  /// Zoom and pan go into the model's viewport and follow it. The model must outlive the view.
  explicit CanvasView(CanvasModel& model, QWidget* parent = nullptr);
  ~CanvasView() override;

  double zoom() const { return canvasFromImage_.scaleX; }  ///< Canvas pixels per image pixel; 1 = 100 %.
  const AxisTransform& canvasFromImage() const { return canvasFromImage_; }
  QPointF imageFromCanvas(QPointF canvas) const;
  QPointF toCanvas(QPointF image) const;
  /// The part of the image that is in view, clipped to the image; what an export of the current view shows.
  Box visibleInImage() const;
  /// "BloodImage_00001.jpg"; "640 × 480", "212 %": what the canvas' header shows. Empty without a frame.
  QString imageTitle() const;
  QStringList imageInfo() const;

  void fit();
  /// Zooms about a canvas point that stays where it is. Bounded to [1/32 of fit, 64].
  void setZoom(double zoom, QPointF aboutCanvas);
  void setCanvasFromImage(const AxisTransform& canvasFromImage);
  /// Selects the anchor and brings it into view.
  void goToAnchor(std::int64_t anchor);
  /// Asks for an anchor's number (Ctrl+G).
  void askForAnchor();

  /// The drawn anchor at a canvas point: first the topmost whose outline passes within 3 px (the most
  /// important one, since those are drawn last); where no outline is near, the smallest box around the point,
  /// the later drawn one on ties. What is not drawn (hidden layers, filtered or wholly faded values) is not
  /// found. -1: none.
  std::int64_t anchorAt(QPointF canvas) const;
  /// Smallest object box containing the point, -1: none.
  int objectAt(QPointF canvas) const;

  /// What is read off at present and where it stands, in canvas coordinates.
  struct ReadOutLayout {
    CanvasCard hovered;           ///< Beside the cursor.
    QRectF hoverCard, magnifier;  ///< Null: not shown.
    std::vector<PinCard> pins;    ///< Of this image and stage.
  };
  ReadOutLayout readOut() const;
  /// Labels that found no free place in the picture that was drawn last.
  std::size_t hiddenLabels() const;

  /// Device pixels of image, heat and anchors that were drawn since the start; those moved or kept are not.
  std::int64_t groundPixelsDrawn() const;

  /// Every key and mouse gesture with what it does, for the cheat sheet.
  static std::vector<std::pair<QString, QString>> gestures();

  QSize sizeHint() const override;

 signals:
  void headerChanged();                         ///< imageTitle() or imageInfo()
  void noteWanted(const QString& text);         ///< Why something was not done, for people.
  void statusTextChanged(const QString& text);  ///< Exact values under the cursor, for the status bar.

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  struct Private;

  // canvas_view.cpp
  void showFrame();
  void markDirty();
  void updateHover();
  void drawPicture();
  /// Whoever moves the view tells the viewport; what the viewport tells moves the view.
  void follow();
  void place(const AxisTransform& canvasFromImage);
  AxisTransform fittedTransform() const;
  double bounded(double zoom) const;
  AxisTransform snapped(AxisTransform to) const;
  std::vector<QRectF> objectsInView() const;
  /// The same, moved back so far that a part of the image is in view.
  AxisTransform keptInReach(AxisTransform canvasFromImage) const;

  // canvas_read_out.cpp
  QRectF onCanvas(const Box& boxInImage) const;
  /// What is told of a point of the canvas, given the candidate there; nothing outside the image.
  std::optional<Pin> under(QPointF canvas, std::int64_t candidate) const;
  CanvasCard cardOf(const Pin& what, bool all) const;
  bool pointIsPlain(const Pin& point) const;
  std::vector<PinCard> pins() const;
  /// The topmost card at a point; -1: none.
  int pinAt(QPointF canvas) const;
  void pinAtCursor(QPointF canvas);
  /// The current pin goes to another candidate, or by so many cells or objects; false: none is shown.
  bool movePin(const std::function<std::int64_t(const CandidateSet&, std::int64_t)>& candidate, QPoint cells);
  QRectF hiddenLabelsPlace(const QString& text) const;
  void drawReadOut(QPainter& painter);

  // canvas_input.cpp
  bool readOutKey(int key);
  void click(QPointF canvas, Qt::KeyboardModifiers modifiers);
  void walk(int rows, int columns);
  void changeLevel(int by);
  void changeSlot(int by);
  void bringIntoView(std::int64_t anchor);

  AxisTransform canvasFromImage_;
  std::unique_ptr<Private> d_;
};

}  // namespace anchorscope
