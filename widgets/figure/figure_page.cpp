#include "widgets/figure/figure_page.h"

#include <QBuffer>
#include <QFontMetricsF>
#include <QPainterPath>
#include <QStringList>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>

#include "widgets/overlays/overlay_painter.h"

namespace anchorscope {

namespace {

constexpr int kSvgDotsPerInch = 2540;  // hundredths of a millimetre

}  // namespace

double svgUnitsPerMm() {
  return kSvgDotsPerInch / 25.4;
}

FigureColors colorsOf(FigureTheme theme) {
  if (theme == FigureTheme::kDark) return {0x14161A, 0xE6E8EC, 0x9AA3B2, 0x343A46};
  return {0xFFFFFF, 0x1B1F27, 0x5B6472, 0xD5D9E0};
}

FigureMeter::FigureMeter(const FigureSpec& spec, const FigureProgress& progress)
    : progress_(progress), parts_(spec.curves.size() + 1) {
  for (const FigurePanel& panel : spec.panels)
    parts_ += drawnLayers(panel.layers, *panel.evidence).size();
}

bool FigureMeter::goesOn(double share) const {
  if (progress_.done) progress_.done((static_cast<double>(done_) + share) / static_cast<double>(parts_));
  return !progress_.stop.stop_requested();
}

FigurePage::FigurePage(const FigureSpec& figure, FigureFormat pageFormat, double unitsPerMillimetre,
                       QPainter* pagePainter, FigureReport& result, FigureMeter& work)
    : spec(figure),
      format(pageFormat),
      unitsPerMm(unitsPerMillimetre),
      painter(pagePainter),
      report(result),
      meter(work),
      colors(colorsOf(figure.theme)) {}

QFont FigurePage::font(double scale, bool bold) const {
  QFont font(QStringLiteral("DejaVu Sans"));
  font.setStyleHint(QFont::SansSerif);
  font.setHintingPreference(QFont::PreferNoHinting);
  // Page units are fine enough that whole ones do not show, and unlike points they mean the same on every
  // device.
  font.setPixelSize(std::max(1, static_cast<int>(std::lround(pt(spec.fontPt * scale)))));
  font.setBold(bold);
  return font;
}

double FigurePage::lineHeight(double scale) const {
  return QFontMetricsF(font(scale)).height();
}

double FigurePage::textWidth(const QString& text, double scale, bool bold) const {
  return QFontMetricsF(font(scale, bold)).horizontalAdvance(text);
}

void FigurePage::text(const QRectF& rect, Qt::Alignment alignment, const QString& text, const QColor& color,
                      double scale, bool bold) const {
  const QFont used = font(scale, bold);
  const QFontMetricsF metrics(used);
  const double width = metrics.horizontalAdvance(text);
  double x = rect.left(), y = rect.top() + metrics.ascent();
  if (alignment & Qt::AlignRight) x = rect.right() - width;
  if (alignment & Qt::AlignHCenter) x = rect.center().x() - width / 2;
  if (alignment & Qt::AlignVCenter) y = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2;
  if (format == FigureFormat::kSvg) {
    QPainterPath outlines;
    outlines.addText(x, y, used, text);
    painter->fillPath(outlines, color);
    return;
  }
  painter->setFont(used);
  painter->setPen(color);
  painter->drawText(QPointF(x, y), text);
}

std::vector<QString> FigurePage::wrapped(const QString& text, double width) const {
  std::vector<QString> lines;
  QString line;
  for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
    const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
    if (!line.isEmpty() && textWidth(longer) > width) {
      lines.push_back(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (!line.isEmpty()) lines.push_back(line);
  return lines;
}

void FigurePage::line(QPointF from, QPointF to, const QColor& color, double widthPt) const {
  painter->setPen(QPen(color, pt(widthPt), Qt::SolidLine, Qt::FlatCap));
  painter->drawLine(from, to);
}

void FigurePage::clipped(const QRectF& rect, const std::function<void(QPainter&)>& draw) const {
  if (format != FigureFormat::kSvg) {
    painter->save();
    painter->setClipRect(rect);
    draw(*painter);
    painter->restore();
    return;
  }
  SvgPart part{rect, {}};
  QBuffer buffer(&part.svg);
  buffer.open(QIODevice::WriteOnly);
  {
    QSvgGenerator generator;
    prepareSvg(generator, buffer, rect.size().toSize());
    QPainter own(&generator);
    preparePainter(own);
    draw(own);
  }
  svgParts_.push_back(std::move(part));
}

QImage FigurePage::imagePart(const StageEvidence& evidence, const QRect& part) const {
  const std::shared_ptr<const ImagePixels>& pixels = evidence.image->pixels;
  for (const ImagePart& known : imageParts_)
    if (known.pixels == pixels && known.part == part) return known.image;
  imageParts_.push_back({pixels, part, toQImage(evidence).copy(part)});
  return imageParts_.back().image;
}

void preparePainter(QPainter& painter) {
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setRenderHint(QPainter::LosslessImageRendering);
}

void prepareSvg(QSvgGenerator& generator, QIODevice& buffer, const QSize& size) {
  generator.setOutputDevice(&buffer);
  generator.setResolution(kSvgDotsPerInch);
  generator.setTitle(QStringLiteral("Anchorscope figure"));
  generator.setSize(size);
  generator.setViewBox(QRect(QPoint(0, 0), size));
}

QByteArray joinSvg(QByteArray page, const QColor& ground, const std::vector<SvgPart>& parts) {
  // A nested <svg> cuts its content at its viewport. That is beyond SVG Tiny, which Qt's writer declares.
  page.replace(" version=\"1.2\" baseProfile=\"tiny\"", " version=\"1.1\"");
  const auto number = [](double value) { return QByteArray::number(value, 'f', 3); };
  QByteArray under = "<rect width=\"100%\" height=\"100%\" fill=\"" + ground.name().toLatin1() + "\"/>\n";
  for (const SvgPart& part : parts) {
    const QByteArray x = number(part.rect.left()), y = number(part.rect.top());
    const QByteArray width = number(part.rect.width()), height = number(part.rect.height());
    const qsizetype content = part.svg.indexOf("</defs>") + 7, end = part.svg.lastIndexOf("</svg>");
    under += "<svg x=\"" + x + "\" y=\"" + y + "\" width=\"" + width + "\" height=\"" + height +
             "\" viewBox=\"" + x + ' ' + y + ' ' + width + ' ' + height + "\" overflow=\"hidden\">" +
             part.svg.mid(content, end - content) + "</svg>\n";
  }
  return page.insert(page.indexOf("</defs>") + 7, '\n' + under);
}

double captionHeight(const FigurePage& page, const std::string& caption, const QString& letter,
                     double width) {
  const double indent = letter.isEmpty() ? 0 : page.textWidth(letter + QLatin1Char(' '), 1, true);
  const std::size_t lines = page.wrapped(QString::fromStdString(caption), width - indent).size();
  return page.lineHeight() * static_cast<double>(letter.isEmpty() ? lines : std::max<std::size_t>(1, lines));
}

void drawCaption(const FigurePage& page, const std::string& caption, const QString& letter, QPointF topLeft,
                 double width) {
  const double indent = letter.isEmpty() ? 0 : page.textWidth(letter + QLatin1Char(' '), 1, true);
  if (!letter.isEmpty())
    page.text(QRectF(topLeft, QSizeF(indent, page.lineHeight())), Qt::AlignLeft, letter, page.colors.text, 1,
              true);
  QRectF line(topLeft.x() + indent, topLeft.y(), width - indent, page.lineHeight());
  for (const QString& text : page.wrapped(QString::fromStdString(caption), width - indent)) {
    page.text(line, Qt::AlignLeft, text, page.colors.text);
    line.translate(0, page.lineHeight());
  }
}

}  // namespace anchorscope
