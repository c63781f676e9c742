#pragma once
// What is read off the canvases, for all of them together: pins, whose values stay in view, and how much is
// told beside the cursor.

#include <QList>
#include <QObject>
#include <QPointF>
#include <QString>
#include <cstdint>
#include <optional>

class QJsonObject;

namespace anchorscope {

/// A candidate, an object, or with neither of them a point of an image.
struct Pin {
  QString image, stage;  ///< Whose object or candidate it is, by name.
  int object = -1;
  std::int64_t candidate = -1;
  QPointF point;                  ///< px of the image, where there is neither.
  std::optional<QPointF> offset;  ///< From its place to its card's corner, device-independent px.

  /// Of the same thing, wherever its card is.
  bool isOf(const Pin& other) const;
  bool operator==(const Pin&) const = default;
};

/// Knows no frame: whether there is such an object or candidate is its users' to see. GUI thread only.
class ReadOut : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  static constexpr int kMostPins = 26;

  const QList<Pin>& pins() const { return pins_; }
  /// The pin that keys move; -1: none.
  int current() const { return current_; }
  /// Becomes the current one; one of the same thing stays instead. Nothing happens when there are kMostPins.
  void add(const Pin& pin);
  void remove(int index);
  void removeAll();
  /// The pin becomes this one and keeps its card's offset; where another is of the same thing it goes.
  void change(int index, Pin pin);
  void setOffset(int index, QPointF offset);
  void setCurrent(int index);

  /// A part of the image beside the cursor, pixel by pixel.
  bool magnifies() const { return magnifies_; }
  void setMagnifies(bool on);
  /// Every value beside the cursor, not only the first.
  bool tellsAll() const { return tellsAll_; }
  void setTellsAll(bool on);

  QJsonObject save() const;
  /// What is no pin is left out.
  void restore(const QJsonObject& saved);

 signals:
  void changed();

 private:
  QList<Pin> pins_;
  int current_ = -1;
  bool magnifies_ = false, tellsAll_ = false;
};

}  // namespace anchorscope
