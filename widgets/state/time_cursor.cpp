#include "widgets/state/time_cursor.h"

#include <QJsonObject>

namespace anchorscope {

void TimeCursor::pin(std::int64_t step) {
  if (!followsLive_ && step_ == step) return;
  leftLive_ = leftLive_ || followsLive_;
  followsLive_ = false;
  step_ = step;
  emit changed();
}

void TimeCursor::followLive() {
  if (followsLive_) return;
  followsLive_ = true;
  leftLive_ = false;
  emit changed();
}

QJsonObject TimeCursor::save() const {
  return {{"live", followsLive_}, {"step", static_cast<qint64>(step_)}};
}

void TimeCursor::restore(const QJsonObject& saved) {
  if (saved["live"].toBool(true))
    followLive();
  else
    pin(saved["step"].toInteger());
}

}  // namespace anchorscope
