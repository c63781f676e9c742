#pragma once
// The onion skin: one candidate's predicted box at every recorded moment, for all canvases together. A canvas
// of another run or image shows none of it.

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
  /// Whose boxes: of an image of a run (CanvasModel::run) and one of its stages, by name, in the order of the
  /// steps.
  void setBoxes(const QString& run, const QString& image, const QString& stage,
                std::vector<std::int64_t> steps, std::vector<Box> boxesInInput);
  void clearBoxes() { setBoxes({}, {}, {}, {}, {}); }

  /// What of it belongs around this evidence of a run; nothing while it is off.
  std::vector<TrailBox> around(const QString& run, const StageEvidence& evidence) const;

  QJsonObject save() const;
  void restore(const QJsonObject& saved);

 signals:
  void changed();

 private:
  bool on_ = false;
  int reach_ = 5;
  QString run_, image_, stage_;
  std::vector<std::int64_t> steps_;
  std::vector<Box> boxesInInput_;
};

}  // namespace anchorscope
