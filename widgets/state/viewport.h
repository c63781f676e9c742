#pragma once
// Which part of an image a canvas shows. Several canvases may have one in common: then they zoom and pan
// together, each with its own size and image.

#include <QObject>
#include <QPointF>
#include <QString>

class QJsonObject;

namespace anchorscope {

struct ViewportPosition {
  QString image;       ///< For which it was chosen, by name.
  bool fitted = true;  ///< The whole image, in whatever size the canvas has; then the rest means nothing.
  double zoom = 1;     ///< Device-independent pixels per image pixel.
  QPointF centre{0.5, 0.5};  ///< In the middle of the canvas, as shares of the image's width and height.
  bool operator==(const ViewportPosition&) const = default;
};

/// GUI thread only.
class Viewport : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  const ViewportPosition& position() const { return position_; }
  void set(const ViewportPosition& position);
  /// Of several canvases: another image in one of them is shown where the others are; else as a whole.
  void setShared(bool shared) { shared_ = shared; }
  bool isShared() const { return shared_; }

  QJsonObject save() const;
  /// What is no position is taken for the fitted one.
  void restore(const QJsonObject& saved);

 signals:
  void changed();

 private:
  ViewportPosition position_;
  bool shared_ = false;
};

}  // namespace anchorscope
