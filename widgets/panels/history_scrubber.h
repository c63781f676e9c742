#pragma once
// One step position for every view: follow training live, or pin any recorded step. Never mistaken for the
// transport.

#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "widgets/plot/event_marks.h"

class QTimer;

namespace anchorscope {

/// GUI thread only.
class HistoryScrubber : public QWidget {
  Q_OBJECT

 public:
  explicit HistoryScrubber(QWidget* parent = nullptr);

  /// Steps that can be shown, ascending.
  void setSteps(RecordedSteps steps);
  const std::vector<std::int64_t>& steps() const { return *steps_; }
  /// The newest step of a live run; -1 for a recorded one (then there is no "live").
  void setLiveStep(std::int64_t step);
  void setEvents(const std::vector<RunEvent>& events);
  void addEvent(const RunEvent& event);
  /// Where all views stand.
  void showStep(std::int64_t step, bool live);
  void setNote(const QString& note);
  void clear();
  std::int64_t step() const { return step_; }
  bool live() const { return live_; }

  /// Goes to the n-th recorded step before or after (Left / Right, Shift ten at a time).
  void walk(int by);
  void goLive();
  void setPlaying(bool playing);

  /// Widget position of a step on the track; for tests and event tooltips.
  double xOf(std::int64_t step) const;
  QSize sizeHint() const override { return {400, 52}; }
  QSize minimumSizeHint() const override { return {240, 52}; }

 signals:
  void stepWanted(std::int64_t step);  ///< The user chose a recorded step.
  void liveWanted();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QRectF track() const;
  QRectF button(int index) const;
  QRectF livePill() const;
  std::int64_t lastStep() const;
  std::int64_t nearestStep(double x) const;
  void pick(double x);

  RecordedSteps steps_ = std::make_shared<const std::vector<std::int64_t>>();
  EventMarks events_;
  std::int64_t step_ = -1, liveStep_ = -1;
  bool live_ = true;
  QString note_;
  QTimer* player_;
};

}  // namespace anchorscope
