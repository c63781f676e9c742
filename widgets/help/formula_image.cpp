#include "widgets/help/formula_image.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>
#include <algorithm>
#include <cmath>

#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

constexpr double kUnitsPerEm = 100;  // as resources/help/render.py draws them

QByteArray drawingOf(const QString& name) {
  loadIcons();  // brings in the resources
  QFile file(QStringLiteral(":/help/formulas/%1.svg").arg(name));
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

QImage formulaImage(const QString& name, double emPx, const QColor& ink, double devicePixelRatio) {
  QByteArray drawing = drawingOf(name);
  if (drawing.isEmpty()) return {};
  const qsizetype ground = drawing.indexOf("<style>");  // what a browser's page needs, up to the path
  if (ground >= 0) drawing.remove(ground, drawing.indexOf("<path") - ground);
  drawing.replace("currentColor", ink.name().toLatin1());
  QSvgRenderer renderer(drawing);
  const QSizeF size = renderer.viewBoxF().size() * (emPx / kUnitsPerEm);
  const auto pixels = [&](double length) {
    return std::max(1, static_cast<int>(std::ceil(length * devicePixelRatio)));
  };
  QImage image(pixels(size.width()), pixels(size.height()), QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  renderer.render(&painter, QRectF(QPointF(), size * devicePixelRatio));
  painter.end();
  image.setDevicePixelRatio(devicePixelRatio);
  return image;
}

QString formulaTex(const QString& name) {
  const QString drawing = QString::fromUtf8(drawingOf(name));
  const qsizetype from = drawing.indexOf(QLatin1String("<title>")),
                  to = drawing.indexOf(QLatin1String("</title>"));
  if (from < 0 || to < from) return {};
  QString tex = drawing.mid(from + 7, to - from - 7);
  return tex.replace(QLatin1String("&lt;"), QLatin1String("<"))
      .replace(QLatin1String("&gt;"), QLatin1String(">"))
      .replace(QLatin1String("&amp;"), QLatin1String("&"));
}

}  // namespace anchorscope
