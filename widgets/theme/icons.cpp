#include "widgets/theme/icons.h"

#include <QFile>
#include <QGuiApplication>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QSvgRenderer>
#include <algorithm>

#include "core/base/check.h"

static void loadResources() {
  Q_INIT_RESOURCE(resources);  // linked from a static library: nothing else brings it in
}

namespace anchorscope {
namespace {

QByteArray svgOf(const QString& name) {
  static QHash<QString, QByteArray> loaded;
  auto found = loaded.constFind(name);
  if (found == loaded.constEnd()) {
    loadResources();
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    ANCHORSCOPE_CHECK(file.open(QIODevice::ReadOnly), "an icon is not in resources");
    found = loaded.insert(name, file.readAll());
  }
  return *found;
}

class LineIcon : public QIconEngine {
 public:
  LineIcon(QString name, QColor Theme::*color, QString nameWhenOn)
      : name_(std::move(name)), nameWhenOn_(std::move(nameWhenOn)), color_(color) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const Theme& theme = themeOf(QGuiApplication::palette());
    const bool on = state == QIcon::On && !nameWhenOn_.isEmpty();
    const bool faint = mode == QIcon::Disabled || (!nameWhenOn_.isEmpty() && !on);
    const QColor color = faint ? theme.secondaryText : theme.*color_;
    QByteArray svg = svgOf(on ? nameWhenOn_ : name_);
    svg.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(svg);
    painter->save();
    if (mode == QIcon::Disabled) painter->setOpacity(0.5);
    // Square, in the middle, whatever the slot.
    const double side = std::min(rect.width(), rect.height());
    renderer.render(painter, QRectF(QRectF(rect).center() - QPointF(side / 2, side / 2), QSizeF(side, side)));
    painter->restore();
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap drawn(size);
    drawn.fill(Qt::transparent);
    QPainter painter(&drawn);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return drawn;
  }
  QIconEngine* clone() const override { return new LineIcon(*this); }

 private:
  QString name_, nameWhenOn_;
  QColor Theme::*color_;
};

}  // namespace

QIcon themedIcon(const QString& name, QColor Theme::*color, const QString& nameWhenOn) {
  return QIcon(new LineIcon(name, color, nameWhenOn));
}

void loadIcons() {
  loadResources();
}

QIcon applicationIcon() {
  loadResources();
  QSvgRenderer renderer(QStringLiteral(":/anchorscope.svg"));
  QIcon icon;
  for (const int side : {16, 32, 48, 64, 128, 256}) {
    QPixmap drawn(side, side);
    drawn.fill(Qt::transparent);
    QPainter painter(&drawn);
    renderer.render(&painter);
    painter.end();
    icon.addPixmap(drawn);
  }
  return icon;
}

}  // namespace anchorscope
