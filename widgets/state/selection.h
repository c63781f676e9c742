#pragma once
// What is selected and hovered, for all views together: an object of an image, and a candidate of one of its
// stages. A view of another image or stage shows none of it, and shows it again when it comes back.

#include <QObject>
#include <QString>
#include <cstdint>

class QJsonObject;

namespace anchorscope {

struct Selected {
  QString image, stage;  ///< Whose object and candidate they are, by name.
  int object = -1;       ///< -1: none
  std::int64_t candidate = -1;
  bool operator==(const Selected&) const = default;
};

/// Knows no frame: whether there is such an object or candidate is its users' to see. GUI thread only.
class Selection : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  const Selected& selected() const { return selected_; }
  const Selected& hovered() const { return hovered_; }  ///< Its object is always -1.
  void select(const Selected& selected);
  void hover(const Selected& hovered);

  QJsonObject save() const;
  void restore(const QJsonObject& saved);

 signals:
  void changed();
  void hoverChanged();

 private:
  Selected selected_, hovered_;
};

}  // namespace anchorscope
