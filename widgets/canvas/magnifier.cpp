#include "widgets/canvas/magnifier.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QImage>
#include <QStringList>
#include <algorithm>
#include <cmath>
#include <optional>

#include "widgets/models/candidate_text.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/heat.h"

namespace anchorscope {

namespace {

constexpr int kSide = 176, kLeastZoom = 8, kMostZoom = 44;
constexpr double kPadding = 6;

QString tr(const char* text) {
  return QCoreApplication::translate("Magnifier", text);
}

double lineOf(const QFont& font) {
  return std::ceil(QFontMetricsF(font).height() + 2);
}

struct Cell {
  Box boxInImage;
  QString name;
};

std::optional<Cell> cellOf(const StageEvidence& evidence, int stride, int row, int column,
                           const QString& name) {
  if (stride <= 0) return {};
  const auto side = static_cast<float>(stride);
  const Box inInput{side * static_cast<float>(column), side * static_cast<float>(row),
                    side * static_cast<float>(column + 1), side * static_cast<float>(row + 1)};
  return Cell{evidence.image->inputFromImage.inverse().map(inInput), name};
}

/// The heat layer's cell under the point, else the one that the candidate belongs to.
std::optional<Cell> cellUnder(const StageEvidence& evidence, const Magnified& what) {
  if (what.active && what.active->kind == LayerKind::kHeat)
    if (const Channel* channel = evidence.channel(what.active->channel))
      if (const auto at = cellAt(evidence, *channel, what.inImage.x(), what.inImage.y()))
        return cellOf(evidence, channel->grid.stride, at->row, at->column,
                      tr("cell (%1, %2) · stride %3").arg(at->row).arg(at->column).arg(channel->grid.stride));
  const auto& candidates = evidence.candidates;
  if (!candidates || !candidates->onGrid() || what.candidate < 0 ||
      what.candidate >= static_cast<std::int64_t>(candidates->count()))
    return {};
  const auto index = static_cast<std::size_t>(what.candidate);
  const GridAddress at = candidates->address(index);
  return cellOf(evidence, candidates->levels[static_cast<std::size_t>(at.level)].stride, at.row, at.column,
                candidateTitle(evidence, index));
}

}  // namespace

int magnification(double canvasZoom) {
  const double twice = 2 * canvasZoom;
  return twice >= kMostZoom ? kMostZoom : std::max(kLeastZoom, static_cast<int>(std::ceil(twice)));
}

QSizeF magnifierSize(const QFont& font) {
  return {kSide + 2 * kPadding, kSide + 2 * kPadding + 2 * lineOf(font) + 2};
}

void paintMagnifier(QPainter& painter, const QRectF& rect, const StageEvidence& evidence,
                    const Magnified& what, const QFont& font, const Theme& theme) {
  const auto& pixels = evidence.image->pixels;
  if (!pixels) return;
  const int zoom = magnification(what.zoom);
  const QRectF lens(rect.left() + kPadding, rect.top() + kPadding, kSide, kSide);
  const auto toLens = [&](double x, double y) {
    return lens.center() + QPointF(x - what.inImage.x(), y - what.inImage.y()) * zoom;
  };
  const auto mapped = [&](const Box& box) {
    return QRectF(toLens(double(box.x1), double(box.y1)), toLens(double(box.x2), double(box.y2)));
  };
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme.line, 1));
  painter.setBrush(theme.panel);
  painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);

  painter.save();
  painter.setClipRect(lens);
  painter.setRenderHint(QPainter::Antialiasing, false);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.fillRect(lens, theme.surround);
  const double reach = kSide / 2.0 / zoom;
  const int left = static_cast<int>(std::floor(what.inImage.x() - reach)),
            top = static_cast<int>(std::floor(what.inImage.y() - reach)),
            side = 2 * static_cast<int>(reach) + 3;
  const QRect part = QRect(left, top, side, side) & QRect(0, 0, pixels->size.width, pixels->size.height);
  if (!part.isEmpty()) {
    const QImage whole(pixels->rgb.data(), pixels->size.width, pixels->size.height, 3 * pixels->size.width,
                       QImage::Format_RGB888);
    const QImage shown = whole.copy(part).convertToFormat(QImage::Format_RGB32);
    painter.drawImage(QRectF(toLens(part.x(), part.y()), QSizeF(part.size()) * zoom), shown);
  }
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  const auto outline = [&](const QRectF& box, const QColor& color, double width, Qt::PenStyle style) {
    painter.setPen(QPen(theme.halo, width + 2, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.drawRect(box);
    painter.setPen(QPen(color, width, style, Qt::FlatCap, Qt::MiterJoin));
    painter.drawRect(box);
  };
  for (const ObjectRecord& object : evidence.image->objects)
    if (const QRectF box = mapped(object.boxInImage); box.intersects(lens))
      outline(box, theme.object, 1, Qt::SolidLine);
  const std::optional<Cell> cell = cellUnder(evidence, what);
  if (cell) outline(mapped(cell->boxInImage), theme.selection, 1.5, Qt::DashLine);
  if (const Box box = anchorBoxInImage(evidence, what.candidate, what.boxes); !box.degenerate())
    outline(mapped(box), Qt::white, 2, Qt::SolidLine);
  // The pixel itself, whose colour is told below.
  const double x = std::floor(what.inImage.x()), y = std::floor(what.inImage.y());
  outline(QRectF(toLens(x, y), QSizeF(zoom, zoom)), theme.selection, 1, Qt::SolidLine);
  painter.restore();

  const double line = lineOf(font);
  QRectF row(lens.left(), lens.bottom() + 4, lens.width(), line);
  const auto write = [&](const QString& text, const QColor& color) {
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(font).elidedText(text, Qt::ElideRight, row.width()));
    row.translate(0, line);
  };
  QString pixel = QStringLiteral("%1, %2").arg(x).arg(y);
  if (x >= 0 && y >= 0 && x < pixels->size.width && y < pixels->size.height) {
    const auto* rgb =
        pixels->rgb.data() + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(pixels->size.width) +
                                  static_cast<std::size_t>(x));
    pixel += QStringLiteral(" · RGB %1 %2 %3").arg(rgb[0]).arg(rgb[1]).arg(rgb[2]);
  }
  write(pixel, theme.text);
  write(cell ? cell->name : tr("%1 × magnified").arg(zoom), theme.secondaryText);
  painter.restore();
}

}  // namespace anchorscope
