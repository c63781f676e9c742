#pragma once
// One step position for every view: follow training live, or pin any recorded step; play them, in a loop over
// a part of them too. Never mistaken for the transport.

#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "widgets/models/bookmark_list.h"
#include "widgets/panels/history_player.h"
#include "widgets/plot/event_marks.h"

class QLineEdit;
class QPainter;
class QToolButton;

namespace anchorscope {

class BookmarkButton;

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
  /// Those of another run.
  void setEvents(const EventMarks& events);
  void addEvent(const RunEvent& event);
  /// Where all views stand.
  void showStep(std::int64_t step, bool live);
  void setNote(const QString& note);
  const QString& note() const { return note_; }
  /// What is said instead of the note, of a step that was asked for and is not there; empty: nothing.
  const QString& said() const { return said_; }
  const EventMarks& events() const { return events_; }
  void clear();
  std::int64_t step() const { return step_; }
  bool live() const { return live_; }

  /// Goes to the n-th recorded step before or after (Left / Right, Shift ten at a time).
  void walk(int by);
  void goLive();
  void setPlaying(bool playing) { player_.setPlaying(playing); }
  HistoryPlayer& player() { return player_; }
  /// Of the run that is shown, whose folder they are opened from.
  BookmarkList& bookmarks() { return bookmarks_; }
  /// Marks the shown step, or asks for the note of the bookmark that is there.
  void markStep();
  /// Goes to the recorded step that is nearest, and says so where it is another one.
  void goTo(std::int64_t step);
  /// The field for a step's number gets the focus.
  void askForStep();

  /// What can be done with the mouse and with keys here, for the sheet of keys.
  static std::vector<std::pair<QString, QString>> gestures();

  /// Widget position of a step on the track; for tests and event tooltips.
  double xOf(std::int64_t step) const;
  QSize sizeHint() const override { return {400, 52}; }
  QSize minimumSizeHint() const override { return {400, 52}; }

 signals:
  void stepWanted(std::int64_t step);  ///< The user chose a recorded step.
  void liveWanted();
  /// What can be done at the recorded step nearest to where the track was right-clicked.
  void menuWanted(std::int64_t step, const QPoint& global);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QRectF track() const;
  /// Else the track gets the room of what keys and menus can do as well.
  bool isWide() const;
  QRectF button(int index) const;
  QRectF livePill() const;
  std::int64_t lastStep() const;
  std::int64_t nearestStep(double x) const;
  bool isOnTrack(QPointF at) const;
  void pick(double x);
  void say(const QString& text);
  void makeSpeedButton();
  void makeStepField();
  void placeControls();
  void refreshControls();
  void enterStep();
  void paintButtons(QPainter& painter) const;
  void paintTrack(QPainter& painter) const;
  void paintBookmarks(QPainter& painter) const;
  double markX(const Bookmark& bookmark) const;
  /// The one whose mark is there; null: none.
  const Bookmark* bookmarkAt(QPointF at) const;

  RecordedSteps steps_ = std::make_shared<const std::vector<std::int64_t>>();
  EventMarks events_;
  std::int64_t step_ = -1, liveStep_ = -1;
  bool live_ = true;
  QString note_;
  QString said_;                 ///< Instead of the note, until another step is wanted.
  std::int64_t rangeFrom_ = -1;  ///< While a range is being marked: where that began.
  HistoryPlayer player_;
  BookmarkList bookmarks_;
  QToolButton* speed_;
  int speedWidth_ = 0, marksWidth_ = 0;  ///< Of the buttons, whatever their texts.
  QLineEdit* field_;
  BookmarkButton* marks_;
};

}  // namespace anchorscope
