#include "widgets/state/onion_skin.h"

#include <QJsonObject>
#include <algorithm>
#include <utility>

namespace anchorscope {

void OnionSkin::setOn(bool on) {
  if (std::exchange(on_, on) != on) emit changed();
}

void OnionSkin::setReach(int reach) {
  reach = std::clamp(reach, kFewest, kMost);
  if (std::exchange(reach_, reach) != reach) emit changed();
}

void OnionSkin::setBoxes(const QString& run, const QString& image, const QString& stage,
                         std::vector<std::int64_t> steps, std::vector<Box> boxesInInput) {
  if (run == run_ && image == image_ && stage == stage_ && steps == steps_ && boxesInInput == boxesInInput_)
    return;
  run_ = run;
  image_ = image;
  stage_ = stage;
  steps_ = std::move(steps);
  boxesInInput_ = std::move(boxesInInput);
  emit changed();
}

std::vector<TrailBox> OnionSkin::around(const QString& run, const StageEvidence& evidence) const {
  if (!on_ || run != run_ || !evidence.image || QString::fromStdString(evidence.image->name) != image_ ||
      QString::fromStdString(evidence.stage.name) != stage_)
    return {};
  return trailAround(steps_, boxesInInput_, evidence.image->inputFromImage, evidence.step, reach_);
}

QJsonObject OnionSkin::save() const {
  return {{"on", on_}, {"reach", reach_}};
}

void OnionSkin::restore(const QJsonObject& saved) {
  setReach(saved["reach"].toInt(reach_));
  setOn(saved["on"].toBool(false));
}

}  // namespace anchorscope
