#pragma once
// Plays recorded steps one after the other, once or again and again over a range of them.

#include <QObject>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/store/run_types.h"

class QTimer;

namespace anchorscope {

/// Says which step is to be shown next; does not show it. GUI thread only.
class HistoryPlayer : public QObject {
  Q_OBJECT

 public:
  explicit HistoryPlayer(QObject* parent = nullptr);

  /// Recorded steps a tick; below one a step stands for several ticks.
  static constexpr std::array kSpeeds{0.25, 1.0, 4.0, 16.0};
  static constexpr int kNormalSpeed = 1;
  static constexpr int kTickMs = 120;

  void setSteps(RecordedSteps steps) { steps_ = std::move(steps); }
  /// Where the views stand.
  void setStep(std::int64_t step) { step_ = step; }

  bool isPlaying() const;
  /// Begins anew where there is nothing left to play.
  void setPlaying(bool playing);
  /// Into kSpeeds; what is beyond either end is that end.
  void setSpeed(int index);
  int speed() const { return speed_; }

  /// Both recorded, the first one smaller.
  using Range = std::pair<std::int64_t, std::int64_t>;
  const std::optional<Range>& range() const { return range_; }
  /// From one recorded step to another, in any order: playing goes round in it. No range: both are the same.
  void setRange(std::int64_t one, std::int64_t other);
  void clearRange();
  /// One end at a step; the other one stays, or is the end of all that is recorded where it would not lie
  /// beyond.
  void setRangeBegin(std::int64_t step);
  void setRangeEnd(std::int64_t step);

 signals:
  void stepWanted(std::int64_t step);
  void changed();  ///< Playing, speed or range.

 private:
  void tick();

  RecordedSteps steps_;
  std::int64_t step_ = -1;
  std::optional<Range> range_;
  int speed_ = kNormalSpeed;
  double due_ = 0;  ///< Parts of a step that ticks have brought.
  QTimer* timer_;
};

}  // namespace anchorscope
