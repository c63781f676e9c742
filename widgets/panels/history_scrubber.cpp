#include "widgets/panels/history_scrubber.h"

#include <QActionGroup>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QRegularExpressionValidator>
#include <QToolButton>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "core/store/run_reader.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/bookmark_button.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {
constexpr double kRowHeight = 28;
constexpr double kButtonWidth = 24;
constexpr int kFieldWidth = 68, kWide = 560;
constexpr double kStepTextWidth = 34, kMarkHeight = 10;

QString speedText(int index) {
  const double speed = HistoryPlayer::kSpeeds[static_cast<std::size_t>(index)];
  return speed < 1 ? QStringLiteral("¼×") : QStringLiteral("%1×").arg(speed);
}
}  // namespace

HistoryScrubber::HistoryScrubber(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("scrubber"));
  setAccessibleName(tr("Recorded steps"));
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&player_, &HistoryPlayer::stepWanted, this, &HistoryScrubber::stepWanted);
  connect(&player_, &HistoryPlayer::changed, this, &HistoryScrubber::refreshControls);
  makeSpeedButton();
  makeStepField();
  marks_ = new BookmarkButton(bookmarks_, this);
  connect(marks_, &BookmarkButton::stepWanted, this, [this](std::int64_t step) { goTo(step); });
  connect(&bookmarks_, &BookmarkList::changed, this, &HistoryScrubber::refreshControls);
  refreshControls();
}

void HistoryScrubber::makeSpeedButton() {
  speed_ = new QToolButton(this);
  speed_->setObjectName(QStringLiteral("playSpeed"));
  speed_->setPopupMode(QToolButton::InstantPopup);
  speed_->setFocusPolicy(Qt::TabFocus);
  speed_->setToolTip(tr("How fast recorded steps are played (Alt+Up, Alt+Down)"));
  auto* menu = new QMenu(speed_);
  auto* choice = new QActionGroup(menu);
  for (int i = 0; i < static_cast<int>(HistoryPlayer::kSpeeds.size()); ++i) {
    QAction* action = menu->addAction(speedText(i), this, [this, i] { player_.setSpeed(i); });
    action->setCheckable(true);
    choice->addAction(action);
  }
  speed_->setMenu(menu);
}

void HistoryScrubber::makeStepField() {
  field_ = new QLineEdit(this);
  field_->setObjectName(QStringLiteral("stepField"));
  field_->setAccessibleName(tr("Recorded step to go to"));
  field_->setToolTip(tr("Type a step and press Enter: the nearest recorded one is shown (Ctrl+J)"));
  field_->setValidator(
      new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,18}")), field_));
  field_->setFocusPolicy(Qt::StrongFocus);
  connect(field_, &QLineEdit::returnPressed, this, &HistoryScrubber::enterStep);
  // What was begun and left is not where the views stand.
  connect(field_, &QLineEdit::editingFinished, this, &HistoryScrubber::refreshControls);
}

/// Also as the frame is resized; the painted parts stand between them.
void HistoryScrubber::placeControls() {
  constexpr int kHeight = static_cast<int>(kRowHeight) - 4;
  marksWidth_ = marks_->sizeHint().width();
  const QString text = speed_->text();
  speedWidth_ = 0;
  for (const QAction* action : speed_->menu()->actions()) {
    speed_->setText(action->text());
    speedWidth_ = std::max(speedWidth_, speed_->sizeHint().width());
  }
  speed_->setText(text);
  speed_->setGeometry(static_cast<int>(button(3).left()) + 4, 2, speedWidth_, kHeight);
  const double textWidth = isWide() ? kStepTextWidth : 0;
  field_->setGeometry(static_cast<int>(track().right() + 14 + textWidth), 2, kFieldWidth, kHeight);
  speed_->setVisible(isWide());
  marks_->setGeometry(static_cast<int>(track().left()) - 16 - marksWidth_, 2, marksWidth_, kHeight);
}

void HistoryScrubber::refreshControls() {
  const bool usable = !steps_->empty();
  speed_->setEnabled(usable);
  speed_->setText(speedText(player_.speed()));
  speed_->setAccessibleName(tr("Speed of playing: %1").arg(speed_->text()));
  speed_->menu()->actions().at(player_.speed())->setChecked(true);
  field_->setVisible(usable || step_ >= 0);
  field_->setEnabled(usable);
  marks_->setStep(step_);
  if (!field_->hasFocus() || !field_->isModified())
    field_->setText(step_ < 0 ? QString() : QString::number(step_));
  update();
}

void HistoryScrubber::resizeEvent(QResizeEvent*) {
  placeControls();
}

void HistoryScrubber::enterStep() {
  const QString text = field_->text();
  field_->setModified(false);
  if (!text.isEmpty()) goTo(text.toLongLong());
  refreshControls();
  field_->selectAll();
}

void HistoryScrubber::askForStep() {
  if (steps_->empty()) return;
  field_->setFocus(Qt::ShortcutFocusReason);
  field_->selectAll();
}

void HistoryScrubber::goTo(std::int64_t step) {
  const std::int64_t nearest = nearestRecordedStep(*steps_, step);
  if (nearest < 0) return;
  setPlaying(false);
  emit stepWanted(nearest);
  if (nearest == step) return;
  say(tr("Step %1 is not recorded; the nearest one that is, %2, is shown")
          .arg(countText(step), countText(nearest)));
}

/// Also to who hears rather than sees it.
void HistoryScrubber::say(const QString& text) {
  said_ = text;
  setAccessibleDescription(text);
  update();
}

QRectF HistoryScrubber::button(int index) const {
  return {12 + index * kButtonWidth, 2, kButtonWidth, kRowHeight - 4};
}
QRectF HistoryScrubber::livePill() const {
  return {width() - 12.0 - 60, 3, 60, kRowHeight - 6};
}
bool HistoryScrubber::isWide() const {
  return width() >= kWide;
}
QRectF HistoryScrubber::track() const {
  const double left = button(3).left() + (isWide() ? 4 + speedWidth_ : 0) + 4 + marksWidth_ + 16,
               right = livePill().left() - 28 - kFieldWidth - (isWide() ? kStepTextWidth : 0);
  return {left, kRowHeight / 2 - 3, std::max(20.0, right - left), 6};
}

std::int64_t HistoryScrubber::lastStep() const {
  return std::max<std::int64_t>({1, liveStep_, steps_->empty() ? 0 : steps_->back(), step_});
}

double HistoryScrubber::xOf(std::int64_t step) const {
  const QRectF area = track();
  return area.left() + area.width() * static_cast<double>(step) / static_cast<double>(lastStep());
}

std::int64_t HistoryScrubber::nearestStep(double x) const {
  if (steps_->empty()) return -1;
  const QRectF area = track();
  const double wanted =
      std::clamp((x - area.left()) / area.width(), 0.0, 1.0) * static_cast<double>(lastStep());
  const auto after =
      std::lower_bound(steps_->begin(), steps_->end(), static_cast<std::int64_t>(std::llround(wanted)));
  if (after == steps_->begin()) return *after;
  if (after == steps_->end()) return steps_->back();
  return static_cast<double>(*after) - wanted < wanted - static_cast<double>(*(after - 1)) ? *after
                                                                                           : *(after - 1);
}

void HistoryScrubber::setSteps(RecordedSteps steps) {
  steps_ = std::move(steps);
  player_.setSteps(steps_);
  refreshControls();
}

void HistoryScrubber::setLiveStep(std::int64_t step) {
  liveStep_ = step;
  update();
}

void HistoryScrubber::setEvents(const EventMarks& events) {
  events_ = events;
  update();
}

void HistoryScrubber::addEvent(const RunEvent& event) {
  events_.add(event);
  update();
}

void HistoryScrubber::showStep(std::int64_t step, bool live) {
  if (step != step_ || live != live_) say({});
  step_ = step;
  live_ = live;
  player_.setStep(step);
  refreshControls();
}

void HistoryScrubber::setNote(const QString& note) {
  note_ = note;
  update();
}

void HistoryScrubber::clear() {
  setPlaying(false);
  player_.clearRange();
  bookmarks_.open({});
  events_.clear();
  step_ = liveStep_ = -1;
  live_ = true;
  note_.clear();
  say({});
  player_.setStep(step_);
  setSteps(std::make_shared<const std::vector<std::int64_t>>());
}

void HistoryScrubber::walk(int by) {
  if (steps_->empty()) return;
  const auto here = std::lower_bound(steps_->begin(), steps_->end(), step_);
  std::int64_t index = here - steps_->begin();
  // Between two recorded steps the one before counts as where we stand.
  if (here == steps_->end() || *here != step_) index -= by > 0 ? 1 : 0;
  index = std::clamp<std::int64_t>(index + by, 0, static_cast<std::int64_t>(steps_->size()) - 1);
  emit stepWanted((*steps_)[static_cast<std::size_t>(index)]);
}

void HistoryScrubber::goLive() {
  if (liveStep_ >= 0) emit liveWanted();
}

void HistoryScrubber::paintButtons(QPainter& painter) const {
  QColor violet = themeOf(palette()).scrubber;
  if (steps_->empty()) violet.setAlpha(90);
  painter.setPen(Qt::NoPen);
  painter.setBrush(violet);
  const auto triangle = [&](QPointF center, double size, bool right) {
    const double s = right ? size : -size;
    painter.drawPolygon(QPolygonF(
        {center + QPointF(-s * 0.6, -size), center + QPointF(-s * 0.6, size), center + QPointF(s * 0.8, 0)}));
  };
  const QPointF back = button(0).center(), play = button(1).center(), forward = button(2).center();
  triangle(back, 5, false);
  painter.drawRect(QRectF(back.x() - 6, back.y() - 5, 2, 10));
  if (player_.isPlaying()) {
    painter.drawRect(QRectF(play.x() - 5, play.y() - 6, 3.5, 12));
    painter.drawRect(QRectF(play.x() + 1.5, play.y() - 6, 3.5, 12));
  } else {
    triangle(play, 6, true);
  }
  triangle(forward, 5, true);
  painter.drawRect(QRectF(forward.x() + 5, forward.y() - 5, 2, 10));
}

void HistoryScrubber::paintTrack(QPainter& painter) const {
  const Theme& theme = themeOf(palette());
  const QRectF area = track();
  painter.setPen(Qt::NoPen);
  if (player_.range()) {
    const double from = xOf(player_.range()->first), to = xOf(player_.range()->second);
    QColor band = theme.scrubber;
    band.setAlpha(45);
    painter.setBrush(band);
    painter.drawRect(QRectF(from, 2, to - from, kRowHeight - 4));
    painter.setBrush(theme.scrubber);
    for (const double x : {from, to})
      painter.drawRect(QRectF(x - 1, 2, 2, kRowHeight - 4));
  }
  painter.setBrush(theme.line);
  painter.drawRoundedRect(area, 3, 3);
  if (step_ >= 0) {
    QColor filled = theme.scrubber;
    filled.setAlpha(110);
    painter.setBrush(filled);
    painter.drawRoundedRect(
        QRectF(area.left(), area.top(), std::max(0.0, xOf(step_) - area.left()), area.height()), 3, 3);
  }
  for (const RunEvent& event : events_.events()) {
    painter.setBrush(event.kind == "error"                                  ? theme.failed
                     : event.kind == "parameter" || event.kind == "thinned" ? theme.paused
                                                                            : theme.secondaryText);
    painter.drawEllipse(QPointF(xOf(event.step), area.center().y()), 3.5, 3.5);
  }
  if (step_ >= 0) {
    painter.setPen(QPen(theme.panel, 2));
    painter.setBrush(theme.scrubber);
    painter.drawEllipse(QPointF(xOf(step_), area.center().y()), 8, 8);
  }
}

/// Above the track, where the dots of events are not: a ribbon each.
void HistoryScrubber::paintBookmarks(QPainter& painter) const {
  const Theme& theme = themeOf(palette());
  painter.setPen(QPen(theme.panel, 1));
  painter.setBrush(theme.scrubber);
  for (const Bookmark& bookmark : bookmarks_.all()) {
    const double x = markX(bookmark);
    painter.drawPolygon(QPolygonF(
        {{x - 4, 0.5}, {x + 4, 0.5}, {x + 4, kMarkHeight}, {x, kMarkHeight - 3}, {x - 4, kMarkHeight}}));
  }
}

/// One beyond all steps, as a run has that was gone on with from an earlier one, stands at the end.
double HistoryScrubber::markX(const Bookmark& bookmark) const {
  return std::min(xOf(bookmark.step), track().right());
}

const Bookmark* HistoryScrubber::bookmarkAt(QPointF at) const {
  const Bookmark* nearest = nullptr;
  if (at.y() > kMarkHeight) return nearest;
  for (const Bookmark& bookmark : bookmarks_.all()) {
    const double distance = std::abs(markX(bookmark) - at.x());
    if (distance < 6 && (!nearest || distance < std::abs(markX(*nearest) - at.x()))) nearest = &bookmark;
  }
  return nearest;
}

void HistoryScrubber::markStep() {
  marks_->mark();
}

void HistoryScrubber::contextMenuEvent(QContextMenuEvent* event) {
  if (const Bookmark* bookmark = bookmarkAt(event->pos()))
    marks_->showMenuOf(bookmark->step, event->globalPos());
  else if (isOnTrack(event->pos()) && !steps().empty())
    emit menuWanted(nearestStep(event->pos().x()), event->globalPos());
}

void HistoryScrubber::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (hasFocus()) {
    painter.setPen(theme.selection);
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4);
  }
  paintButtons(painter);
  paintTrack(painter);
  paintBookmarks(painter);
  const bool there = field_->isVisibleTo(this);
  painter.setPen(step_ >= 0 ? theme.scrubber : theme.secondaryText);
  if (!there || isWide())
    painter.drawText(QRectF(track().right() + 14, 0, there ? kStepTextWidth : 94, kRowHeight),
                     Qt::AlignVCenter | Qt::AlignLeft, there ? tr("step") : tr("no history"));
  if (liveStep_ >= 0) {
    painter.setPen(QPen(live_ ? theme.scrubber : theme.line, 1));
    QColor fill = theme.scrubber;
    fill.setAlpha(live_ ? 40 : 0);
    painter.setBrush(fill);
    painter.drawRoundedRect(livePill(), 11, 11);
    painter.setPen(live_ ? theme.scrubber : theme.secondaryText);
    painter.drawText(livePill(), Qt::AlignCenter, live_ ? tr("● live") : tr("○ live"));
  }
  QFont small = font();
  small.setPixelSize(11);
  painter.setFont(small);
  painter.setPen(theme.secondaryText);
  painter.drawText(
      QRectF(12, kRowHeight, width() - 24, height() - kRowHeight), Qt::AlignVCenter | Qt::AlignLeft,
      QFontMetrics(small).elidedText(said_.isEmpty() ? note_ : said_, Qt::ElideRight, width() - 24));
}

bool HistoryScrubber::isOnTrack(QPointF at) const {
  return track().adjusted(-8, -10, 8, 10).contains(at);
}

void HistoryScrubber::pick(double x) {
  const std::int64_t step = nearestStep(x);
  if (step >= 0 && (step != step_ || live_)) emit stepWanted(step);
}

void HistoryScrubber::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const QPointF at = event->position();
  if (button(0).contains(at)) {
    walk(-1);
  } else if (button(1).contains(at)) {
    setPlaying(!player_.isPlaying());
  } else if (button(2).contains(at)) {
    walk(+1);
  } else if (liveStep_ >= 0 && livePill().contains(at)) {
    emit liveWanted();
  } else if (const Bookmark* bookmark = bookmarkAt(at)) {
    goTo(bookmark->step);
  } else if (isOnTrack(at) && (event->modifiers() & Qt::ShiftModifier)) {
    rangeFrom_ = nearestStep(at.x());
  } else if (isOnTrack(at)) {
    setPlaying(false);
    pick(at.x());
  }
}

void HistoryScrubber::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) rangeFrom_ = -1;
}

void HistoryScrubber::mouseDoubleClickEvent(QMouseEvent* event) {
  const QPointF at = event->position();
  const auto& range = player_.range();
  if (event->button() == Qt::LeftButton && isOnTrack(at) && range && at.x() >= xOf(range->first) - 2 &&
      at.x() <= xOf(range->second) + 2)
    player_.clearRange();
  else
    mousePressEvent(event);
}

void HistoryScrubber::mouseMoveEvent(QMouseEvent* event) {
  const bool onTrack = isOnTrack(event->position());
  setCursor(onTrack && !steps_->empty() ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (rangeFrom_ >= 0) {
    // Where it is marked by a drag that leaves the track, the end counts all the same.
    const std::int64_t to = nearestStep(event->position().x());
    if (to != rangeFrom_) player_.setRange(rangeFrom_, to);
    return;
  }
  if ((event->buttons() & Qt::LeftButton) && onTrack) pick(event->position().x());
}

void HistoryScrubber::keyPressEvent(QKeyEvent* event) {
  const int far = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
  switch (event->key()) {
    case Qt::Key_BracketLeft:
      return player_.setRangeBegin(nearestRecordedStep(*steps_, step_));
    case Qt::Key_BracketRight:
      return player_.setRangeEnd(nearestRecordedStep(*steps_, step_));
    case Qt::Key_Escape:
      return player_.clearRange();
    case Qt::Key_Left:
      return walk(-far);
    case Qt::Key_Right:
      return walk(far);
    case Qt::Key_Home:
      if (!steps_->empty()) emit stepWanted(steps_->front());
      return;
    case Qt::Key_End:
      if (!steps_->empty()) emit stepWanted(steps_->back());
      return;
    default:
      QWidget::keyPressEvent(event);
  }
}

std::vector<std::pair<QString, QString>> HistoryScrubber::gestures() {
  return {
      {tr("Click, drag"), tr("Show a recorded step")},
      {tr("Left / Right"), tr("Previous / next recorded step; with Shift ten")},
      {tr("Home / End"), tr("First / newest recorded step")},
      {tr("Shift+drag, [ / ]"), tr("Mark a range to play in a loop; its begin / its end at the shown step")},
      {tr("Double-click on it, Esc"), tr("Clear the range")},
      {tr("Click on a bookmark, right-click"), tr("Go there; rename or remove it")}};
}

bool HistoryScrubber::event(QEvent* event) {
  if (event->type() == QEvent::StyleChange || event->type() == QEvent::Polish) placeControls();
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QPointF at = help->pos();
  QString text;
  if (const Bookmark* bookmark = bookmarkAt(at)) text = BookmarkButton::textOf(*bookmark);
  for (std::size_t i = 0; i < events_.events().size(); ++i) {
    const std::int64_t step = events_.events()[i].step;
    if (std::abs(at.x() - xOf(step)) < 5 && std::abs(at.y() - track().center().y()) < 8)
      text += tr("step %1: %2\n").arg(countText(step), QString::fromStdString(events_.text(i)));
  }
  if (text.isEmpty()) {
    if (button(0).contains(at))
      text = tr("Previous recorded step (Left; Shift: ten)");
    else if (button(1).contains(at))
      text = player_.range() ? tr("Play the marked steps again and again (P)")
                             : tr("Play the recorded steps (P)");
    else if (button(2).contains(at))
      text = tr("Next recorded step (Right; Shift: ten)");
    else if (livePill().contains(at))
      text = tr("Follow training live (L)");
    else if (steps_->empty())
      text = tr("Steps can be revisited once a run records them: give it a run folder");
    else
      text =
          player_.range()
              ? tr("Drag to look at an earlier recorded step; a double-click on the marked range clears it")
              : tr("Drag to look at an earlier recorded step; training goes on. Shift+drag marks a range to "
                   "play in a loop");
  }
  QToolTip::showText(help->globalPos(), text.trimmed(), this);
  return true;
}

}  // namespace anchorscope
