#include "widgets/panels/history_player.h"

#include <QTimer>
#include <algorithm>
#include <cmath>

namespace anchorscope {

HistoryPlayer::HistoryPlayer(QObject* parent)
    : QObject(parent), steps_(std::make_shared<const std::vector<std::int64_t>>()), timer_(new QTimer(this)) {
  timer_->setInterval(kTickMs);
  connect(timer_, &QTimer::timeout, this, &HistoryPlayer::tick);
}

bool HistoryPlayer::isPlaying() const {
  return timer_->isActive();
}

void HistoryPlayer::setPlaying(bool playing) {
  playing = playing && !steps_->empty();
  if (playing == isPlaying()) return;
  if (!playing) {
    timer_->stop();
  } else {
    due_ = 0;
    timer_->start();
    if (range_ ? step_ < range_->first || step_ > range_->second : step_ >= steps_->back())
      emit stepWanted(range_ ? range_->first : steps_->front());
  }
  emit changed();
}

void HistoryPlayer::setSpeed(int index) {
  speed_ = std::clamp(index, 0, static_cast<int>(kSpeeds.size()) - 1);
  due_ = 0;
  emit changed();
}

void HistoryPlayer::setRange(std::int64_t one, std::int64_t other) {
  range_.reset();
  if (one != other) range_ = std::minmax(one, other);
  emit changed();
}

void HistoryPlayer::clearRange() {
  range_.reset();
  emit changed();
}

void HistoryPlayer::setRangeBegin(std::int64_t step) {
  if (!steps_->empty()) setRange(step, range_ && range_->second > step ? range_->second : steps_->back());
}

void HistoryPlayer::setRangeEnd(std::int64_t step) {
  if (!steps_->empty()) setRange(range_ && range_->first < step ? range_->first : steps_->front(), step);
}

void HistoryPlayer::tick() {
  if (steps_->empty()) return setPlaying(false);
  due_ += kSpeeds[static_cast<std::size_t>(speed_)];
  const auto by = static_cast<std::ptrdiff_t>(std::floor(due_));
  due_ -= static_cast<double>(by);
  if (by == 0) return;
  const auto placeOf = [&](std::int64_t step) {  // of the last one that is not later
    return std::upper_bound(steps_->begin(), steps_->end(), step) - steps_->begin() - 1;
  };
  const std::ptrdiff_t first = range_ ? placeOf(range_->first) : 0,
                       last = placeOf(range_ ? range_->second : steps_->back()), here = placeOf(step_);
  if (here >= last && !range_) return setPlaying(false);
  const bool again = here >= last || here < first;
  emit stepWanted((*steps_)[static_cast<std::size_t>(
      std::max<std::ptrdiff_t>(0, again ? first : std::min(here + by, last)))]);
}

}  // namespace anchorscope
