#pragma once
// Draws the sparse layers (image, heat, objects, bag, predictions, selection) with QPainter: the same on the
// canvas and in figures, where a nominal pixel is something else.

#include <QColor>
#include <QFont>
#include <QImage>
#include <QPainter>
#include <QRectF>
#include <QString>
#include <cstddef>
#include <vector>

#include "widgets/overlays/bag_boxes.h"
#include "widgets/overlays/layer.h"
#include "widgets/overlays/trail.h"

namespace anchorscope {

/// A label that has found its place.
struct PlacedLabel {
  QRectF place;
  QString text;
  QColor color;
  double opacity = 1;
};

struct OverlayContext {
  AxisTransform targetFromImage;  ///< Painter units from image pixels.
  QRectF clip;                    ///< Painter units; what lies outside need not be drawn.
  double unit = 1;                ///< Painter units per nominal pixel: line widths and gaps.
  QFont font;                     ///< Sized for the painter.
  bool vector = false;            ///< Painted into a vector file.
  bool outlinedText = false;      ///< Text as filled outlines: for SVG, whose readers may lack the font.
  /// Where labels are gathered, so that those of one layer keep clear of those of another and paintLabels()
  /// puts them over all boxes. Null: no labels.
  std::vector<PlacedLabel>* labels = nullptr;
  std::vector<QRectF> keptClear;  ///< Painter units; where labels have no place.
  int selectedObject = -1;
  std::int64_t selectedAnchor = -1;
  BoxKind selectedBox = BoxKind::kAnchor;
};

class OverlayPainter {
 public:
  OverlayPainter(QPainter& painter, const OverlayContext& context, const StageEvidence& evidence);

  /// Draws any layer but kAnchors and kImage.
  void draw(const Layer& layer);
  /// A bag's members as vectors; the canvas draws them with drawBoxes().
  void drawBagBoxes(const Layer& layer, const BagBoxes& bag);
  /// From the member with the best score to the one with the best localisation.
  void drawBagArrow(const Layer& layer, const BagBoxes& bag);
  /// Where a box was (solid) and will be (dashed), fading away.
  void drawTrail(const std::vector<TrailBox>& trail);
  /// The selected anchor and object, over everything.
  void drawSelection();
  /// A highlighted anchor (under the cursor).
  void drawHover(std::int64_t anchor, BoxKind kind);
  /// Boxes drawn so far.
  std::size_t boxes() const { return boxes_; }
  /// Labels that found no free place, or whose box is too small for them.
  std::size_t labelsLeftOut() const { return labelsLeftOut_; }

 private:
  QRectF mapped(const Box& boxInImage) const;
  void strokeBox(const QRectF& rect, const QColor& color, double width, Qt::PenStyle style = Qt::SolidLine);
  void haloBox(const QRectF& rect, const QColor& color, double width, double opacity);
  void label(const QRectF& rect, const QString& text, const QColor& color, double opacity, bool important);
  void drawObjects(const Layer& layer);
  void drawPredictions(const Layer& layer);
  void drawHeat(const Layer& layer);
  void drawArrows(const Layer& layer);
  void drawArrow(QPointF from, QPointF to, double opacity);

  QPainter& painter_;
  const OverlayContext& context_;
  const StageEvidence& evidence_;
  std::size_t boxes_ = 0, labelsLeftOut_ = 0;
};

/// Draws the labels that layers have gathered in the context.
void paintLabels(QPainter& painter, const OverlayContext& context);

/// Text centred in a rectangle, as text or as filled outlines.
void drawCenteredText(QPainter& painter, const QRectF& rect, const QString& text, const QFont& font,
                      const QColor& color, bool outlined);

/// The frame's image as QImage (RGB888, deep copy); null when there is none.
QImage toQImage(const StageEvidence& evidence);

/// Class name of an index, "class 7" when it has no name.
QString className(const StageEvidence& evidence, int classIndex);

}  // namespace anchorscope
