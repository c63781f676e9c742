#include "widgets/figure/figure.h"

#include <QBuffer>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QIODevice>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/base/check.h"
#include "widgets/figure/figure_page.h"
#include "widgets/figure/figure_pdf.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {

namespace {

constexpr double kMarginMm = 1, kGapMm = 3;
constexpr int kPdfDotsPerInch = 1200;
constexpr double kMostPngPixels = 16384;

Result<FigureFormat> formatOf(const std::string& path) {
  const std::size_t dot = path.find_last_of('.');
  std::string extension = dot == std::string::npos ? std::string() : path.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (extension == "pdf") return FigureFormat::kPdf;
  if (extension == "svg") return FigureFormat::kSvg;
  if (extension == "png") return FigureFormat::kPng;
  return makeError(ErrorCode::kUsage, concat("A figure cannot be written as '", path, "'"),
                   "End the name with .pdf, .svg or .png");
}

Status check(const FigureSpec& spec) {
  if (spec.panels.empty() && spec.curves.empty())
    return makeError(ErrorCode::kUsage, "The figure is empty", "Give it a panel or curves");
  if (!(spec.widthMm >= 10 && spec.widthMm <= 2000))
    return makeError(ErrorCode::kUsage, concat("A figure cannot be ", spec.widthMm, " mm wide"),
                     "Give 10 to 2000 mm");
  if (!(spec.dpi >= 36 && spec.dpi <= 2400))
    return makeError(ErrorCode::kUsage, concat("A figure cannot have ", spec.dpi, " dpi"),
                     "Give 36 to 2400 dpi");
  if (!(spec.fontPt >= 3 && spec.fontPt <= 72) || !(spec.lineWidthPt > 0 && spec.lineWidthPt <= 20))
    return makeError(
        ErrorCode::kUsage,
        concat("Text of ", spec.fontPt, " pt and lines of ", spec.lineWidthPt, " pt cannot be drawn"),
        "Give a font of 3 to 72 pt and lines of up to 20 pt");
  for (std::size_t i = 0; i < spec.panels.size(); ++i) {
    const FigurePanel& panel = spec.panels[i];
    if (!panel.evidence || !panel.evidence->image || !panel.evidence->image->pixels ||
        panel.evidence->image->pixels->size.width <= 0 || panel.evidence->image->pixels->size.height <= 0)
      return makeError(ErrorCode::kUsage, concat("Panel ", i + 1, " of the figure has no image"),
                       "Choose a probe image and a step");
  }
  if (!qGuiApp)
    return makeError(ErrorCode::kUnsupported,
                     "Figures need Qt's fonts, and this program was started without them",
                     "Set QT_QPA_PLATFORM=offscreen where there is no display");
  if (QFontDatabase::families().isEmpty())
    return makeError(ErrorCode::kUnsupported, "No font is installed",
                     "Install fonts-dejavu-core, then repeat");
  return {};
}

QString letter(const FigureSpec& spec, std::size_t index) {
  const std::size_t count = spec.panels.size() + spec.curves.size();
  if (!spec.letters || count < 2) return {};
  return QStringLiteral("(%1)").arg(index < 26 ? QString(QChar(static_cast<char16_t>(u'a' + index)))
                                               : QString::number(index + 1));
}

/// Draws everything below one another on a page, or only measures it; returns the height in page units.
double layOut(const FigurePage& page) {
  const FigureSpec& spec = page.spec;
  const double gap = page.mm(kGapMm), left = page.mm(kMarginMm),
               width = page.mm(spec.widthMm - 2 * kMarginMm);
  double y = page.mm(kMarginMm);
  const std::size_t columns =
      std::max<std::size_t>(1, spec.columns > 0 ? static_cast<std::size_t>(spec.columns)
                                                : std::min<std::size_t>(spec.panels.size(), 4));
  const double panelWidth = (width - gap * static_cast<double>(columns - 1)) / static_cast<double>(columns);
  for (std::size_t first = 0; first < spec.panels.size(); first += columns) {
    double rowHeight = 0;
    for (std::size_t i = first; i < std::min(first + columns, spec.panels.size()); ++i) {
      const QPointF at(left + static_cast<double>(i - first) * (panelWidth + gap), y);
      if (page.painter) drawPanel(page, spec.panels[i], letter(spec, i), at, panelWidth);
      rowHeight = std::max(rowHeight, panelHeight(page, spec.panels[i], letter(spec, i), panelWidth));
    }
    y += rowHeight + gap;
  }
  for (std::size_t i = 0; i < spec.curves.size(); ++i) {
    const QString mark = letter(spec, spec.panels.size() + i);
    if (page.painter) drawCurves(page, spec.curves[i], mark, {left, y}, width);
    y += curvesHeight(page, spec.curves[i], mark, width) + gap;
  }
  return y - gap + page.mm(kMarginMm);
}

/// Height in millimetres: what the content needs, rounded up to a whole point (see correctPdf).
double measure(const FigureSpec& spec, FigureFormat format, double unitsPerMm, FigureMeter& meter) {
  FigureReport unused;
  const double height = layOut(FigurePage(spec, format, unitsPerMm, nullptr, unused, meter)) / unitsPerMm;
  return std::ceil(height * 72 / 25.4 - 1e-9) * 25.4 / 72;
}

/// Draws a page; returns the parts an SVG is put together from.
std::vector<SvgPart> paint(const FigureSpec& spec, FigureFormat format, double unitsPerMm, QPainter& painter,
                           FigureReport& report, FigureMeter& meter) {
  const FigurePage page(spec, format, unitsPerMm, &painter, report, meter);
  preparePainter(painter);
  // Slightly beyond the page, whose size the writers round. An SVG gets its ground when it is put together.
  if (format != FigureFormat::kSvg)
    painter.fillRect(QRectF(0, 0, page.mm(report.widthMm + 1), page.mm(report.heightMm + 1)),
                     page.colors.ground);
  layOut(page);
  return page.takeSvgParts();
}

Result<QByteArray> renderPdf(const FigureSpec& spec, FigureReport& report, FigureMeter& meter) {
  const double unitsPerMm = kPdfDotsPerInch / 25.4;
  report.heightMm = measure(spec, FigureFormat::kPdf, unitsPerMm, meter);
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setPdfVersion(QPdfWriter::PdfVersion_1_6);
    writer.setResolution(kPdfDotsPerInch);
    writer.setCreator(QStringLiteral("Anchorscope"));
    writer.setPageSize(QPageSize(QSizeF(report.widthMm, report.heightMm), QPageSize::Millimeter,
                                 QStringLiteral("figure"), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    QPainter painter;
    if (!painter.begin(&writer)) return makeError(ErrorCode::kInternal, "Qt could not start a PDF");
    paint(spec, FigureFormat::kPdf, unitsPerMm, painter, report, meter);
  }
  ANCHORSCOPE_TRY(correctPdf(bytes, report.widthMm * 72 / 25.4, report.heightMm * 72 / 25.4));
  return bytes;
}

Result<QByteArray> renderSvg(const FigureSpec& spec, FigureReport& report, FigureMeter& meter) {
  const double unitsPerMm = svgUnitsPerMm();
  report.heightMm = measure(spec, FigureFormat::kSvg, unitsPerMm, meter);
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  std::vector<SvgPart> parts;
  {
    QSvgGenerator generator;
    prepareSvg(generator, buffer,
               QSize(static_cast<int>(std::lround(report.widthMm * unitsPerMm)),
                     static_cast<int>(std::lround(report.heightMm * unitsPerMm))));
    QPainter painter;
    if (!painter.begin(&generator)) return makeError(ErrorCode::kInternal, "Qt could not start an SVG");
    parts = paint(spec, FigureFormat::kSvg, unitsPerMm, painter, report, meter);
  }
  return joinSvg(bytes, colorsOf(spec.theme).ground, parts);
}

/// Takes the bytes of a file for as long as it is wanted, which is asked every now and then. (libpng remarks
/// on stderr that the rest was not taken.)
class WantedBytes : public QIODevice {
 public:
  WantedBytes(QByteArray& bytes, const FigureMeter& meter) : bytes_(bytes), meter_(meter) {}

 protected:
  qint64 readData(char*, qint64) override { return -1; }
  qint64 writeData(const char* data, qint64 size) override {
    constexpr qsizetype kAtOnce = 1 << 18;
    const bool asks = bytes_.size() / kAtOnce != (bytes_.size() + size) / kAtOnce;
    if (asks && !meter_.goesOn()) return -1;
    bytes_.append(data, size);
    return size;
  }

 private:
  QByteArray& bytes_;
  const FigureMeter& meter_;
};

Result<QByteArray> renderPng(const FigureSpec& spec, FigureReport& report, FigureMeter& meter) {
  const double unitsPerMm = spec.dpi / 25.4;
  report.heightMm = measure(spec, FigureFormat::kPng, unitsPerMm, meter);
  const double width = std::round(report.widthMm * unitsPerMm),
               height = std::round(report.heightMm * unitsPerMm);
  if (width > kMostPngPixels || height > kMostPngPixels)
    return makeError(ErrorCode::kUsage, concat("A PNG of ", width, " x ", height, " pixels is too large"),
                     "Lower the dpi or the width, or write PDF");
  QImage image(static_cast<int>(width), static_cast<int>(height), QImage::Format_RGB32);
  if (image.isNull())
    return makeError(ErrorCode::kIo, concat("No memory for a PNG of ", width, " x ", height, " pixels"),
                     "Lower the dpi");
  image.setDotsPerMeterX(static_cast<int>(std::lround(spec.dpi / 0.0254)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  {
    QPainter painter(&image);
    paint(spec, FigureFormat::kPng, unitsPerMm, painter, report, meter);
  }
  QByteArray bytes;
  if (!meter.goesOn()) return bytes;
  WantedBytes file(bytes, meter);  // packing takes longer than drawing
  file.open(QIODevice::WriteOnly);
  if (!image.save(&file, "PNG")) return makeError(ErrorCode::kInternal, "Qt could not encode the PNG");
  return bytes;
}

}  // namespace

Status FigureProgress::wanted(const std::string& path) const {
  if (!stop.stop_requested()) return {};
  return makeError(ErrorCode::kCancelled, concat("Writing ", path, " was cancelled: nothing was written"));
}

Result<FigureReport> renderFigure(const FigureSpec& spec, const std::string& path, Overwrite overwrite,
                                  const FigureProgress& progress) {
  const Result<FigureFormat> format = formatOf(path);
  if (!format) return format.error();
  ANCHORSCOPE_TRY(check(spec));
  FigureReport report;
  report.widthMm = spec.widthMm;
  FigureMeter meter(spec, progress);
  Result<QByteArray> bytes = *format == FigureFormat::kPdf   ? renderPdf(spec, report, meter)
                             : *format == FigureFormat::kSvg ? renderSvg(spec, report, meter)
                                                             : renderPng(spec, report, meter);
  ANCHORSCOPE_TRY(progress.wanted(path));
  if (!bytes) return std::move(bytes).error().in(concat("drawing the figure ", path));
  ANCHORSCOPE_TRY(writeFileAtomically(
      path, std::string_view(bytes->constData(), static_cast<std::size_t>(bytes->size())), overwrite));
  meter.endPart();
  meter.goesOn();
  return report;
}

FigurePanel panelFromView(const CanvasModel& canvas, const Box& visibleInImage) {
  FigurePanel panel;
  panel.evidence = canvas.evidence();
  panel.layers = canvas.layers().layers();
  panel.selectedObject = canvas.selectedObject();
  panel.selectedAnchor = canvas.selectedAnchor();
  panel.trail = canvas.trail();
  panel.cropInImage = visibleInImage;
  panel.highlight = {canvas.subset(), canvas.brushHidesOthers()};
  return panel;
}

}  // namespace anchorscope
