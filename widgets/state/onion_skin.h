#pragma once
// The onion skin: one candidate's predicted box at every recorded moment, for all canvases together. A canvas
// of another image shows none of it.

#include <QObject>
#include <QString>
#include <cstdint>
#include <vector>

#include "core/evidence/frame.h"
#include "widgets/overlays/trail.h"

class QJsonObject;

namespace anchorscope {

/// GUI thread only.
class OnionSkin : public QObject {
  Q_OBJECT

 public:
  static constexpr int kFewest = 1, kMost = 20;

  using QObject::QObject;

  bool isOn() const { return on_; }
  void setOn(bool on);
  /// Recorded moments before and after the one that is shown; within [kFewest, kMost].
  int reach() const { return reach_; }
  void setReach(int reach);
  /// Whose boxes: of an image and one of its stages, by name, in the order of the steps. Empty: nobody's.
  void setBoxes(const QString& image, const QString& stage, std::vector<std::int64_t> steps,
                std::vector<Box> boxesInInput);

  /// What of it belongs around this evidence; nothing while it is off.
  std::vector<TrailBox> around(const StageEvidence& evidence) const;

  QJsonObject save() const;
  void restore(const QJsonObject& saved);

 signals:
  void changed();

 private:
  bool on_ = false;
  int reach_ = 5;
  QString image_, stage_;
  std::vector<std::int64_t> steps_;
  std::vector<Box> boxesInInput_;
};

}  // namespace anchorscope
