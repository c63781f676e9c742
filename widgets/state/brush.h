#pragma once
// What is brushed, for all views together: a part of a stage's candidates, named by a condition. Every plot
// and table can set it; all of them and the canvases tell those candidates from the others.

#include <QObject>
#include <QString>

#include "core/evidence/subset.h"

class QJsonObject;

namespace anchorscope {

struct Brushed {
  QString image;  ///< Empty: of every image.
  QString stage;
  CandidateCondition condition;
  bool operator==(const Brushed&) const = default;
};

/// Like a selection it is where one looks, not how things are shown: it is kept with a session and not
/// undone, Esc clears it. Knows no frame. GUI thread only.
class Brush : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// An empty condition: nothing.
  const Brushed& brushed() const { return brushed_; }
  bool isSet() const { return !brushed_.condition.isEmpty(); }
  void set(const Brushed& brushed);
  void clear() { set({}); }
  /// Others are not drawn on the canvases, instead of faintly.
  bool hidesOthers() const { return hidesOthers_; }
  void setHidesOthers(bool hides);

  QJsonObject save() const;
  void restore(const QJsonObject& saved);

 signals:
  void changed();

 private:
  Brushed brushed_;
  bool hidesOthers_ = false;
};

}  // namespace anchorscope
