#include "widgets/panels/history_scrubber.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QTimer>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {
constexpr double kRowHeight = 28;
constexpr double kButtonWidth = 24;
constexpr int kPlayMs = 120;
}  // namespace

HistoryScrubber::HistoryScrubber(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("scrubber"));
  setAccessibleName(tr("Recorded steps"));
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  player_ = new QTimer(this);
  player_->setInterval(kPlayMs);
  connect(player_, &QTimer::timeout, this, [this] {
    if (steps_->empty() || step_ >= steps_->back())
      setPlaying(false);
    else
      walk(+1);
  });
}

QRectF HistoryScrubber::button(int index) const {
  return {12 + index * kButtonWidth, 2, kButtonWidth, kRowHeight - 4};
}
QRectF HistoryScrubber::livePill() const {
  return {width() - 12.0 - 60, 3, 60, kRowHeight - 6};
}
QRectF HistoryScrubber::track() const {
  const double left = button(3).left() + 16;
  return {left, kRowHeight / 2 - 3, std::max(20.0, livePill().left() - 110 - left), 6};
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
  update();
}

void HistoryScrubber::setLiveStep(std::int64_t step) {
  liveStep_ = step;
  update();
}

void HistoryScrubber::setEvents(const std::vector<RunEvent>& events) {
  events_.set(events);
  update();
}

void HistoryScrubber::addEvent(const RunEvent& event) {
  events_.add(event);
  update();
}

void HistoryScrubber::showStep(std::int64_t step, bool live) {
  step_ = step;
  live_ = live;
  update();
}

void HistoryScrubber::setNote(const QString& note) {
  note_ = note;
  update();
}

void HistoryScrubber::clear() {
  setPlaying(false);
  steps_ = std::make_shared<const std::vector<std::int64_t>>();
  events_.clear();
  step_ = liveStep_ = -1;
  live_ = true;
  note_.clear();
  update();
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

void HistoryScrubber::setPlaying(bool playing) {
  if (playing && !steps_->empty()) {
    if (step_ >= steps_->back()) emit stepWanted(steps_->front());
    player_->start();
  } else {
    player_->stop();
  }
  update();
}

void HistoryScrubber::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const bool usable = !steps_->empty();
  QColor violet = theme.scrubber;
  if (!usable) violet.setAlpha(90);
  if (hasFocus()) {
    painter.setPen(theme.selection);
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4);
  }

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
  if (player_->isActive()) {
    painter.drawRect(QRectF(play.x() - 5, play.y() - 6, 3.5, 12));
    painter.drawRect(QRectF(play.x() + 1.5, play.y() - 6, 3.5, 12));
  } else {
    triangle(play, 6, true);
  }
  triangle(forward, 5, true);
  painter.drawRect(QRectF(forward.x() + 5, forward.y() - 5, 2, 10));

  const QRectF area = track();
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

  painter.setPen(step_ >= 0 ? theme.scrubber : theme.secondaryText);
  painter.drawText(QRectF(area.right() + 14, 0, 94, kRowHeight), Qt::AlignVCenter | Qt::AlignLeft,
                   step_ >= 0 ? tr("step %1").arg(countText(step_)) : tr("no history"));
  if (liveStep_ >= 0) {
    painter.setPen(QPen(live_ ? theme.scrubber : theme.line, 1));
    QColor fill = theme.scrubber;
    fill.setAlpha(live_ ? 40 : 0);
    painter.setBrush(fill);
    painter.drawRoundedRect(livePill(), 11, 11);
    painter.setPen(live_ ? theme.scrubber : theme.secondaryText);
    painter.drawText(livePill(), Qt::AlignCenter,
                     live_ ? QStringLiteral("● live") : QStringLiteral("○ live"));
  }
  QFont small = font();
  small.setPixelSize(11);
  painter.setFont(small);
  painter.setPen(theme.secondaryText);
  painter.drawText(QRectF(12, kRowHeight, width() - 24, height() - kRowHeight),
                   Qt::AlignVCenter | Qt::AlignLeft,
                   QFontMetrics(small).elidedText(note_, Qt::ElideRight, width() - 24));
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
    setPlaying(!player_->isActive());
  } else if (button(2).contains(at)) {
    walk(+1);
  } else if (liveStep_ >= 0 && livePill().contains(at)) {
    emit liveWanted();
  } else if (track().adjusted(-8, -10, 8, 10).contains(at)) {
    setPlaying(false);
    pick(at.x());
  }
}

void HistoryScrubber::mouseMoveEvent(QMouseEvent* event) {
  const bool onTrack = track().adjusted(-8, -10, 8, 10).contains(event->position());
  setCursor(onTrack && !steps_->empty() ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if ((event->buttons() & Qt::LeftButton) && onTrack) pick(event->position().x());
}

void HistoryScrubber::keyPressEvent(QKeyEvent* event) {
  const int far = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
  switch (event->key()) {
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

bool HistoryScrubber::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QPointF at = help->pos();
  QString text;
  for (std::size_t i = 0; i < events_.events().size(); ++i) {
    const std::int64_t step = events_.events()[i].step;
    if (std::abs(at.x() - xOf(step)) < 5 && std::abs(at.y() - track().center().y()) < 8)
      text += tr("step %1: %2\n").arg(countText(step), QString::fromStdString(events_.text(i)));
  }
  if (text.isEmpty()) {
    if (button(0).contains(at))
      text = tr("Previous recorded step (Left; Shift: ten)");
    else if (button(1).contains(at))
      text = tr("Play the recorded steps");
    else if (button(2).contains(at))
      text = tr("Next recorded step (Right; Shift: ten)");
    else if (livePill().contains(at))
      text = tr("Follow training live (L)");
    else if (steps_->empty())
      text = tr("Steps can be revisited once a run records them: give it a run folder");
    else
      text = tr("Drag to look at an earlier recorded step; training goes on");
  }
  QToolTip::showText(help->globalPos(), text.trimmed(), this);
  return true;
}

}  // namespace anchorscope
