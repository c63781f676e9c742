#include "widgets/plot/track_view.h"

#include <qcustomplot.h>

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QProgressBar>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/counted.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/plot/scalar_picker.h"
#include "widgets/plot/tickers.h"
#include "widgets/state/onion_skin.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kReplotMs = 40, kRowPx = 62, kStripPx = 18, kTitlePx = 14, kAxisPx = 34, kMostAtFirst = 6;
constexpr double kNarrowestView = 2, kRoom = 0.02;

QString text(const std::string& utf8) {
  return QString::fromStdString(utf8);
}

/// Hues that colour-blind readers tell apart, told in words as well where there is room.
QColor colorOfObject(std::int64_t object) {
  constexpr QRgb kColors[] = {0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x0072B2, 0xD55E00, 0xCC79A7};
  return QColor::fromRgb(kColors[static_cast<std::size_t>(object) % std::size(kColors)]);
}

QString winnerText(double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (value == -1) return TrackView::tr("background");
  if (value < 0) return TrackView::tr("ignored");
  return TrackView::tr("object %1").arg(countText(std::llround(value)));
}

QLabel* label(const char* role) {
  auto* made = new QLabel;
  made->setProperty("role", role);
  made->setWordWrap(true);
  return made;
}

QToolButton* linkButton(const QString& name, const QString& text, const QString& help) {
  auto* button = new QToolButton;
  button->setObjectName(name);
  button->setText(text);
  button->setToolTip(help);
  button->setProperty("role", "link");
  button->setFocusPolicy(Qt::TabFocus);
  return button;
}

}  // namespace

TrackView::TrackView(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 8, 4);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setSpacing(2);
  auto* title = new QLabel(tr("TRACK"));
  title->setProperty("role", "section");
  head->addWidget(title);
  head->addStretch(1);
  onion_ = linkButton(QStringLiteral("onionSkin"), tr("onion skin"),
                      tr("Draw the anchor's predicted box at recorded steps before (solid) and after "
                         "(dashed) the shown one into the image"));
  onion_->setCheckable(true);
  onion_->setProperty("role", "caption");
  head->addWidget(onion_);
  reach_ = new QSpinBox;
  reach_->setObjectName(QStringLiteral("onionReach"));
  reach_->setAccessibleName(tr("Recorded steps of the onion skin, before and after"));
  reach_->setToolTip(reach_->accessibleName());
  reach_->setPrefix(QStringLiteral("± "));
  reach_->setRange(OnionSkin::kFewest, OnionSkin::kMost);
  head->addWidget(reach_);
  pin_ = linkButton(QStringLiteral("pinTrack"), tr("pin"),
                    tr("Stay with this one while something else is selected"));
  pin_->setCheckable(true);
  pin_->setProperty("role", "caption");
  head->addWidget(pin_);
  choose_ = linkButton(QStringLiteral("chooseTrackValues"), tr("values ▾"), tr("Choose the values to plot"));
  head->addWidget(choose_);
  export_ = linkButton(QStringLiteral("exportTrack"), tr("CSV…"),
                       tr("Write all values of all recorded steps into a file"));
  head->addWidget(export_);
  column->addLayout(head);
  subject_ = label("value");
  subject_->setObjectName(QStringLiteral("trackSubject"));
  column->addWidget(subject_);
  steadiness_ = label("secondary");
  steadiness_->setObjectName(QStringLiteral("trackSteadiness"));
  steadiness_->setToolTip(
      tr("Flip rate: how much changes from one recorded step to the next, 0 never, 1 all of it.\nStability: "
         "how much of the time the assignment is the one that it mostly is."));
  column->addWidget(steadiness_);
  bar_ = new QProgressBar;
  bar_->setRange(0, 1000);
  bar_->setFixedHeight(4);
  bar_->setTextVisible(false);
  bar_->setAccessibleName(tr("How many recorded steps have been read"));
  column->addWidget(bar_);
  empty_ = label("secondary");
  empty_->setObjectName(QStringLiteral("trackEmpty"));
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  column->addWidget(empty_);
  makePlot();
  auto* area = new QScrollArea;
  area->setWidgetResizable(true);
  area->setWidget(plot_);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  content_ = area;
  column->addWidget(area, 1);
  column->addStretch(0);

  timer_ = new QTimer(this);
  timer_->setSingleShot(true);
  timer_->setInterval(kReplotMs);
  connect(timer_, &QTimer::timeout, this, &TrackView::replot);
  connect(pin_, &QToolButton::toggled, this, &TrackView::pinToggled);
  connect(onion_, &QToolButton::toggled, this, [this](bool on) {
    reach_->setVisible(on);
    emit onionToggled(on);
  });
  connect(reach_, &QSpinBox::valueChanged, this, &TrackView::onionReachChanged);
  connect(choose_, &QToolButton::clicked, this, &TrackView::choose);
  connect(export_, &QToolButton::clicked, this, &TrackView::exportWanted);
  reach_->hide();
  clear({});
}

TrackView::~TrackView() = default;

void TrackView::makePlot() {
  plot_ = new QCustomPlot;
  plot_->setObjectName(QStringLiteral("trackPlot"));
  plot_->setAccessibleName(tr("Values over the recorded steps"));
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot_->setNoAntialiasingOnDrag(true);
  plot_->plotLayout()->clear();
  plot_->plotLayout()->setRowSpacing(0);
  plot_->installEventFilter(this);
  connect(plot_, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) { pressedAt_ = event->pos(); });
  connect(plot_, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
    if (rows_.empty() || track_.steps.empty() || (event->pos() - pressedAt_).manhattanLength() > 3) return;
    emit stepWanted(nearestStep(rows_.front().x->pixelToCoord(event->pos().x())));
  });
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
    followsX_ = true;
    scheduleReplot();
  });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    if (rows_.empty() || track_.steps.empty()) return;
    const std::int64_t step = nearestStep(rows_.front().x->pixelToCoord(event->pos().x()));
    if (cursorStep_ == step) return;
    cursorStep_ = step;
    drawMarks();
    plot_->replot(QCustomPlot::rpQueuedReplot);
  });
}

// ---- what is shown

void TrackView::clear(const QString& why) {
  track_ = {};
  done_ = moments_ = 0;
  cursorStep_.reset();
  subject_->clear();
  empty_->setText(why);
  refreshHead();
  scheduleReplot();
}

void TrackView::begin(const QString& subject) {
  clear(tr("The recorded steps are being read."));
  followsX_ = true;
  subject_->setText(subject);
  refreshHead();
}

void TrackView::showTrack(Track track, std::size_t done, std::size_t moments,
                          const std::vector<std::string>& leftOut) {
  track_ = std::move(track);
  done_ = done;
  moments_ = moments;
  if (track_.steps.empty())
    empty_->setText(done_ < moments_ ? tr("The recorded steps are being read.")
                                     : tr("Nothing of it is recorded."));
  QStringList notes;
  for (const std::string& note : leftOut)
    notes << text(note);
  subject_->setToolTip(notes.join(QLatin1Char('\n')));
  refreshHead();
  if (!leftOut.empty())
    steadiness_->setText(
        steadiness_->text() +
        tr(" · %1 left out").arg(countText(static_cast<qint64>(leftOut.size()), noun::kSteps)));
  scheduleReplot();
}

void TrackView::refreshHead() {
  const bool something = !track_.steps.empty();
  subject_->setVisible(!subject_->text().isEmpty());
  empty_->setVisible(!something && !empty_->text().isEmpty());
  content_->setVisible(something);
  bar_->setVisible(done_ < moments_);
  bar_->setValue(moments_ > 0 ? static_cast<int>(1000 * done_ / moments_) : 0);
  export_->setEnabled(something && done_ == moments_);
  choose_->setEnabled(something);
  QStringList parts;
  for (const TrackHead& head : track_.heads)
    parts << tr("%1: flip rate %2, stability %3")
                 .arg(declaredText(head.head), numberText(head.flipRate), numberText(head.stability));
  if (something)
    parts << tr("%1 recorded").arg(countText(static_cast<qint64>(track_.steps.size()), noun::kSteps));
  steadiness_->setText(parts.join(QStringLiteral(" · ")));
  steadiness_->setVisible(something);
}

void TrackView::setCurrentStep(std::int64_t step) {
  if (std::exchange(currentStep_, step) == step) return;
  drawMarks();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

bool TrackView::isPinned() const {
  return pin_->isChecked();
}

void TrackView::setPinned(bool pinned) {
  pin_->setChecked(pinned);
}

void TrackView::setOnion(bool on, int reach) {
  const QSignalBlocker quietButton(onion_), quietReach(reach_);
  onion_->setChecked(on);
  reach_->setValue(reach);
  reach_->setVisible(on);
}

QStringList TrackView::defaultColumns() const {
  QStringList out;
  const auto add = [&](const std::string& name) {
    const TrackColumn* column = track_.column(name);
    if (!column || out.contains(text(name)) || out.size() >= kMostAtFirst) return;
    // What it never had is no first choice.
    if (std::ranges::any_of(column->values, [](double value) { return std::isfinite(value); }))
      out << text(name);
  };
  if (track_.subject.candidate >= 0) {
    for (const char* first : {"cls_score_object", "cls_score", "iou"}) {
      if (std::string(first) == "cls_score" && !out.isEmpty()) continue;
      add(first);
    }
    // Ranks and weights, then what else belongs to a head.
    for (const char* part : {"rank", "w_", "weight", "loss"})
      for (const TrackColumn& column : track_.columns)
        if (column.name.find('.') == column.name.rfind('.') && column.name.find(part) != std::string::npos)
          add(column.name);
  } else {
    for (const TrackHead& head : track_.heads)
      add(head.column);
    for (const char* name : {"iou.best", "mean.cls_score_object", "mean.iou", "loss.loc"})
      add(name);
  }
  for (const TrackColumn& column : track_.columns)
    if (out.isEmpty()) add(column.name);
  return out;
}

QStringList TrackView::shown() const {
  const QStringList& chosen = track_.subject.candidate >= 0 ? ofCandidates_ : ofObjects_;
  QStringList out;
  for (const QString& name : chosen)
    if (track_.column(name.toStdString())) out << name;
  return out.isEmpty() ? defaultColumns() : out;
}

void TrackView::setShown(const QStringList& names) {
  (track_.subject.candidate >= 0 ? ofCandidates_ : ofObjects_) = names;
  scheduleReplot();
}

void TrackView::choose() {
  if (!picker_) {
    picker_ = new ScalarPicker(this);
    connect(picker_, &ScalarPicker::toggled, this, [this](const QString& name, bool on) {
      QStringList names = shown();
      names.removeAll(name);
      if (on) names << name;
      setShown(names);
    });
  }
  std::vector<ScalarPicker::Row> rows;
  for (const TrackColumn& column : track_.columns)
    rows.push_back({text(column.name), declaredTitle(column),
                    column.unit == "1" ? QString() : text(column.unit), declaredText(column.description)});
  picker_->setRows(rows, shown());
  picker_->popUp(*choose_);
}

// ---- plot

void TrackView::scheduleReplot() {
  if (!timer_->isActive()) timer_->start();
}

std::int64_t TrackView::nearestStep(double step) const {
  const auto after = std::lower_bound(track_.steps.begin(), track_.steps.end(), step,
                                      [](std::int64_t a, double b) { return static_cast<double>(a) < b; });
  if (after == track_.steps.begin()) return track_.steps.front();
  if (after == track_.steps.end()) return track_.steps.back();
  const std::int64_t before = *(after - 1);
  return static_cast<double>(*after) - step < step - static_cast<double>(before) ? *after : before;
}

QPoint TrackView::pointOfStep(std::int64_t step) const {
  if (rows_.empty()) return {};
  const Row& row = rows_.front();
  return {static_cast<int>(std::lround(row.x->coordToPixel(static_cast<double>(step)))),
          row.rect->rect().center().y()};
}

QColor TrackView::colorOf(const TrackColumn& column) const {
  const Theme& theme = themeOf(palette());
  if (column.scale == ColorScale::kClassification) return theme.classification;
  if (column.scale == ColorScale::kRegression) return theme.regression;
  return theme.text;
}

void TrackView::layOut() {
  std::vector<std::pair<std::string, bool>> wanted;
  if (track_.subject.candidate >= 0)
    for (const TrackHead& head : track_.heads)
      if (track_.column(head.column)) wanted.emplace_back(head.column, true);
  for (const QString& name : shown())
    wanted.emplace_back(name.toStdString(), false);
  if (track_.steps.empty()) wanted.clear();
  const bool same = std::equal(
      wanted.begin(), wanted.end(), rows_.begin(), rows_.end(),
      [](const auto& want, const Row& row) { return want.first == row.column && want.second == row.strip; });
  if (same) return;
  const auto range = rows_.empty() ? QCPRange(0, 1) : rows_.front().x->range();
  plot_->clearItems();
  plot_->clearGraphs();
  rows_.clear();
  plot_->plotLayout()->clear();
  plot_->plotLayout()->simplify();
  auto* left = new QCPMarginGroup(plot_);
  int at = 0, height = kAxisPx;
  for (const auto& [column, strip] : wanted) {
    Row row{column, strip};
    row.title = new QCPTextElement(plot_);
    row.title->setTextFlags(Qt::AlignLeft | Qt::AlignVCenter);
    row.title->setMinimumSize(0, kTitlePx);
    row.title->setMaximumSize(QWIDGETSIZE_MAX, kTitlePx);
    plot_->plotLayout()->addElement(at++, 0, row.title);
    row.rect = new QCPAxisRect(plot_, false);
    row.rect->setMarginGroup(QCP::msLeft, left);
    row.x = row.rect->addAxis(QCPAxis::atBottom);
    row.y = row.rect->addAxis(QCPAxis::atLeft);
    row.rect->setAutoMargins(QCP::msLeft | QCP::msBottom);
    row.rect->setMargins(QMargins(0, 1, 8, 2));
    row.rect->setMinimumMargins(QMargins(0, 1, 8, 2));
    row.rect->setRangeDragAxes(row.x, nullptr);
    row.rect->setRangeZoomAxes(row.x, nullptr);
    row.rect->setRangeDrag(Qt::Horizontal);
    row.rect->setRangeZoom(Qt::Horizontal);
    row.x->setTicker(QSharedPointer<QCPAxisTicker>(new StepTicker));
    row.y->setTicker(QSharedPointer<QCPAxisTicker>(new ValueTicker));
    row.y->ticker()->setTickCount(2);
    const bool last = static_cast<std::size_t>(at / 2) + 1 == wanted.size();
    row.x->setTickLabels(last);
    row.x->setTicks(last);
    if (strip) {
      row.y->setTicks(false);
      row.y->setTickLabels(false);
      row.y->setRange(0, 1);
      row.rect->setMinimumSize(0, kStripPx);
      if (!last) row.rect->setMaximumSize(QWIDGETSIZE_MAX, kStripPx);
    }
    plot_->plotLayout()->addElement(at++, 0, row.rect);
    row.x->setRange(range);
    connect(row.x, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this](const QCPRange& now) {
      if (!settingRange_) setRange(now.lower, now.upper, /*byHand=*/true);
    });
    rows_.push_back(row);
    height += kTitlePx + (strip ? kStripPx + 4 : kRowPx);
  }
  plot_->setMinimumHeight(height);
}

void TrackView::setRange(double from, double to, bool byHand) {
  if (byHand) {
    followsX_ = false;
    // There is nothing beyond the first and the last step.
    const double first = static_cast<double>(track_.steps.front()),
                 last = std::max(first + kNarrowestView, static_cast<double>(track_.steps.back()));
    const double room = kRoom * (last - first), width = std::clamp(to - from, kNarrowestView, last - first);
    from = std::clamp(from, first - room, std::max(first - room, last + room - width));
    to = from + width;
  }
  settingRange_ = true;
  for (const Row& row : rows_)
    row.x->setRange(from, to);
  settingRange_ = false;
  if (byHand) scheduleReplot();  // the strips are drawn for what is in view
}

void TrackView::replot() {
  layOut();
  const Theme& theme = themeOf(palette());
  plot_->setBackground(QBrush(theme.panel));
  plot_->clearGraphs();
  if (rows_.empty()) {
    plot_->clearItems();
    plot_->replot(QCustomPlot::rpQueuedReplot);
    return;
  }
  if (followsX_) {
    const double first = static_cast<double>(track_.steps.front()),
                 last = std::max(first + kNarrowestView, static_cast<double>(track_.steps.back()));
    setRange(first - kRoom * (last - first), last + kRoom * (last - first), /*byHand=*/false);
  }
  QFont small = font();
  small.setPixelSize(10);
  for (const Row& row : rows_) {
    for (QCPAxis* axis : {row.x, row.y}) {
      axis->setBasePen(QPen(theme.line));
      axis->setTickPen(QPen(theme.line));
      axis->setSubTickPen(Qt::NoPen);
      axis->setTickLabelColor(theme.secondaryText);
      axis->setTickLabelFont(small);
      axis->grid()->setPen(QPen(theme.line, 0, Qt::DotLine));
      axis->grid()->setZeroLinePen(QPen(theme.line, 0, Qt::DotLine));
    }
    row.title->setFont(small);
    row.title->setTextColor(theme.secondaryText);
    const TrackColumn* column = track_.column(row.column);
    if (column && !row.strip) drawCurve(row, *column);
  }
  drawMarks();
  plot_->replot();  // not later: where steps are is known from now on
}

void TrackView::drawCurve(const Row& row, const TrackColumn& column) {
  QVector<double> keys, values;
  double low = INFINITY, high = -INFINITY;
  for (std::size_t i = 0; i < column.values.size(); ++i) {
    keys.push_back(static_cast<double>(track_.steps[i]));
    values.push_back(std::isfinite(column.values[i]) ? column.values[i] : NAN);
    if (!std::isfinite(column.values[i])) continue;
    low = std::min(low, column.values[i]);
    high = std::max(high, column.values[i]);
  }
  QCPGraph* graph = plot_->addGraph(row.x, row.y);
  graph->setPen(QPen(colorOf(column), 1.5));
  graph->setData(keys, values, true);
  // Where there are few, that they are moments and no line between is seen.
  if (keys.size() <= 60) graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 4));
  if (!(low <= high)) low = 0, high = 1;
  const double room = high > low ? 0.08 * (high - low) : std::max(0.5, std::abs(high) / 2);
  row.y->setRange(low - room, high + room);
}

/// As runs of the same object, one rectangle each; what is narrower than a pixel becomes part of the next.
void TrackView::drawStrip(const Row& row, const TrackColumn& column) {
  const Theme& theme = themeOf(palette());
  QFont small = font();
  small.setPixelSize(9);
  const QFontMetrics metrics(small);
  const double perPixel = row.x->range().size() / std::max(1, row.rect->width());
  for (std::size_t i = 0; i < column.values.size();) {
    const double from = static_cast<double>(track_.steps[i]), value = column.values[i];
    std::size_t next = i + 1;
    while (next < column.values.size() &&
           (column.values[next] == value || (std::isnan(value) && std::isnan(column.values[next])) ||
            static_cast<double>(track_.steps[next]) - from < perPixel))
      ++next;
    // A moment lasts until the next; the last one as long as the one before.
    const double to =
        next < track_.steps.size() ? static_cast<double>(track_.steps[next])
        : track_.steps.size() > 1
            ? static_cast<double>(2 * track_.steps.back() - track_.steps[track_.steps.size() - 2])
            : from + 1;
    i = next;
    if (to < row.x->range().lower || from > row.x->range().upper || std::isnan(value)) continue;
    auto* piece = new QCPItemRect(plot_);
    const auto place = [&](QCPItemPosition* position, double x, double y) {
      position->setAxes(row.x, row.y);
      position->setAxisRect(row.rect);
      position->setCoords(x, y);
    };
    place(piece->topLeft, from, 1);
    place(piece->bottomRight, to, 0);
    piece->setClipAxisRect(row.rect);
    piece->setPen(QPen(theme.panel, 0.5));
    const bool object = value >= 0;
    piece->setBrush(object ? QBrush(colorOfObject(std::llround(value)))
                           : QBrush(theme.line, value == -1 ? Qt::SolidPattern : Qt::BDiagPattern));
    const double pixels =
        (std::min(to, row.x->range().upper) - std::max(from, row.x->range().lower)) / perPixel;
    QString words = winnerText(value);
    if (object && metrics.horizontalAdvance(words) + 6 > pixels) words = countText(std::llround(value));
    if (metrics.horizontalAdvance(words) + 4 > pixels) continue;
    auto* label = new QCPItemText(plot_);
    label->setClipAxisRect(row.rect);
    place(label->position, (std::max(from, row.x->range().lower) + std::min(to, row.x->range().upper)) / 2,
          0.5);
    label->setText(words);
    label->setFont(small);
    label->setColor(object ? QColor(0x14, 0x16, 0x1A) : theme.secondaryText);
  }
}

void TrackView::drawMarks() {
  plot_->clearItems();
  const Theme& theme = themeOf(palette());
  for (const Row& row : rows_) {
    const TrackColumn* column = track_.column(row.column);
    if (column && row.strip) drawStrip(row, *column);
    const auto line = [&](std::int64_t step, const QPen& pen) {
      auto* mark = new QCPItemStraightLine(plot_);
      for (QCPItemPosition* position : {mark->point1, mark->point2}) {
        position->setAxes(row.x, row.y);
        position->setAxisRect(row.rect);
      }
      mark->point1->setCoords(static_cast<double>(step), 0);
      mark->point2->setCoords(static_cast<double>(step), 1);
      mark->setClipAxisRect(row.rect);
      mark->setPen(pen);
    };
    if (currentStep_ >= 0) line(currentStep_, QPen(theme.scrubber, 1.5));
    if (cursorStep_) line(*cursorStep_, QPen(theme.secondaryText, 1, Qt::DotLine));
  }
  refreshTitles();
}

QString TrackView::titleOf(const Row& row) const {
  const TrackColumn* column = track_.column(row.column);
  if (!column || track_.steps.empty()) return {};
  // Under the cursor, else at the moment that is looked at, else the newest.
  const std::int64_t step = cursorStep_.value_or(currentStep_ >= 0 ? currentStep_ : track_.steps.back());
  const auto at = std::lower_bound(track_.steps.begin(), track_.steps.end(), step);
  if (at == track_.steps.end() || *at != step) return declaredTitle(*column);
  const double value = column->values[static_cast<std::size_t>(at - track_.steps.begin())];
  QString words = row.strip ? winnerText(value) : numberText(value);
  if (const QString unit = text(unitOf(value, column->unit));
      !row.strip && !unit.isEmpty() && std::isfinite(value))
    words = shortText(value) + QLatin1Char(' ') + unit;
  return tr("%1   %2   at step %3").arg(declaredTitle(*column), words, countText(step));
}

QString TrackView::rowText(const QString& name) const {
  for (const Row& row : rows_)
    if (text(row.column) == name) return titleOf(row);
  return {};
}

void TrackView::refreshTitles() {
  for (const Row& row : rows_)
    row.title->setText(titleOf(row));
}

void TrackView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) scheduleReplot();
}

bool TrackView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == plot_ && event->type() == QEvent::Leave && cursorStep_) {
    cursorStep_.reset();
    drawMarks();
    plot_->replot(QCustomPlot::rpQueuedReplot);
  }
  if (watched == plot_ && event->type() == QEvent::Resize) scheduleReplot();  // strips are made to measure
  // The wheel over the plot zooms; beside it the panel scrolls.
  return QWidget::eventFilter(watched, event);
}

}  // namespace anchorscope
