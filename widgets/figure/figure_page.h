#pragma once
// A page while a figure is drawn on it: units, colours and text, the same for PDF, SVG and PNG. Internal to
// widgets/figure.

#include <QByteArray>
#include <QColor>
#include <QFont>
#include <QImage>
#include <QPainter>
#include <QRect>
#include <QRectF>
#include <QString>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "widgets/figure/figure.h"

class QIODevice;
class QSvgGenerator;

namespace anchorscope {

enum class FigureFormat { kPdf, kSvg, kPng };

struct FigureColors {
  QColor ground, text, secondary, grid;
};
FigureColors colorsOf(FigureTheme theme);

/// A part of an SVG that is cut off at a rectangle; Qt's SVG writer knows no clipping.
struct SvgPart {
  QRectF rect;
  QByteArray svg;
};

/// How much of a figure is done: its drawn layers, its plots and the writing, of equal shares.
class FigureMeter {
 public:
  FigureMeter(const FigureSpec& spec, const FigureProgress& progress);

  /// Tells how far the present part is, in [0, 1]; false: the rest of the figure is not wanted.
  bool goesOn(double share = 0) const;
  void endPart() { ++done_; }

 private:
  const FigureProgress& progress_;
  std::size_t parts_ = 1, done_ = 0;
};

class FigurePage {
 public:
  /// Without a painter the page only measures.
  FigurePage(const FigureSpec& figure, FigureFormat pageFormat, double unitsPerMillimetre,
             QPainter* pagePainter, FigureReport& result, FigureMeter& work);

  const FigureSpec& spec;
  const FigureFormat format;
  const double unitsPerMm;
  QPainter* const painter;
  FigureReport& report;
  FigureMeter& meter;
  const FigureColors colors;

  double mm(double millimetres) const { return millimetres * unitsPerMm; }
  double pt(double points) const { return points * unitsPerMm * 25.4 / 72; }
  QFont font(double scale = 1, bool bold = false) const;
  double lineHeight(double scale = 1) const;
  double textWidth(const QString& text, double scale = 1, bool bold = false) const;

  /// One line of text in the rectangle. As outlines in SVG, so that it looks the same without the font.
  void text(const QRectF& rect, Qt::Alignment alignment, const QString& text, const QColor& color,
            double scale = 1, bool bold = false) const;
  /// The lines a text takes at a width; words longer than the width stand alone.
  std::vector<QString> wrapped(const QString& text, double width) const;
  /// Draws something that must not reach beyond the rectangle.
  void clipped(const QRectF& rect, const std::function<void(QPainter&)>& draw) const;
  /// A part of an image. The same part of the same pixels is one QImage, which a PDF then holds once.
  QImage imagePart(const StageEvidence& evidence, const QRect& part) const;
  /// What clipped() drew in an SVG, for the final document.
  std::vector<SvgPart> takeSvgParts() const { return std::move(svgParts_); }
  void line(QPointF from, QPointF to, const QColor& color, double widthPt) const;

 private:
  struct ImagePart {
    std::shared_ptr<const ImagePixels> pixels;
    QRect part;
    QImage image;
  };
  mutable std::vector<ImagePart> imageParts_;
  mutable std::vector<SvgPart> svgParts_;
};

/// Hints every painter of a figure has.
void preparePainter(QPainter& painter);

/// Starts an SVG of the given size in page units; the generator's device is the buffer.
void prepareSvg(QSvgGenerator& generator, QIODevice& buffer, const QSize& size);

/// The whole document: the ground, each part in its place and cut at its rectangle, and over them what the
/// page drew itself.
QByteArray joinSvg(QByteArray page, const QColor& ground, const std::vector<SvgPart>& parts);

double svgUnitsPerMm();

/// Height of a panel with its colour bar and caption in page units when it is drawn `width` wide.
double panelHeight(const FigurePage& page, const FigurePanel& panel, const QString& letter, double width);
void drawPanel(const FigurePage& page, const FigurePanel& panel, const QString& letter, QPointF topLeft,
               double width);

double curvesHeight(const FigurePage& page, const FigureCurves& curves, const QString& letter, double width);
void drawCurves(const FigurePage& page, const FigureCurves& curves, const QString& letter, QPointF topLeft,
                double width);

/// Letter and caption under a panel: height, and drawing. The letter may be empty.
double captionHeight(const FigurePage& page, const std::string& caption, const QString& letter, double width);
void drawCaption(const FigurePage& page, const std::string& caption, const QString& letter, QPointF topLeft,
                 double width);

}  // namespace anchorscope
