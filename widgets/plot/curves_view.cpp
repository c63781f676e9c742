#include "widgets/plot/curves_view.h"

#include <qcustomplot.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/counted.h"
#include "core/evidence/main_losses.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/color_bar.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/plot/curve_legend.h"
#include "widgets/plot/dashes.h"
#include "widgets/plot/scalar_picker.h"
#include "widgets/plot/tickers.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kReplotMs = 50, kSlowestMs = 2000, kRest = 8;  ///< kRest: times as long as a plot took.
constexpr int kPale = 80;           ///< Alpha of raw values behind their smoothed line.
constexpr int kLegendPlace = 2;     ///< In the first line, after the title and a gap.
constexpr int kLegendBeside = 560;  ///< From this width on the legend stands in the first line.
constexpr double kFewestSteps = 10, kNarrowestView = 2, kRoom = 1.02;

QVector<double> stepsOf(const std::vector<DrawnPoint>& points) {
  QVector<double> out;
  out.reserve(static_cast<qsizetype>(points.size()));
  for (const DrawnPoint& point : points)
    out.push_back(static_cast<double>(point.step));
  return out;
}

QVector<double> valuesOf(const std::vector<DrawnPoint>& points) {
  QVector<double> out;
  out.reserve(static_cast<qsizetype>(points.size()));
  for (const DrawnPoint& point : points)
    out.push_back(point.value);
  return out;
}

QString withUnit(double value, const std::string& unit) {
  return unit.empty() ? numberText(value)
                      : shortText(value) + ' ' + QString::fromStdString(unitOf(value, unit));
}

/// "0.41", of a block "0.38–0.97".
QString readingText(const CurveSeries::Reading& reading, const std::string& unit) {
  QString high = withUnit(reading.high, unit);
  if (reading.values <= 1 || reading.low == reading.high) return high;
  return (unit.empty() ? numberText(reading.low) : shortText(reading.low)) + QStringLiteral("–") + high;
}

QColor withAlpha(QColor color, int alpha) {
  color.setAlpha(alpha);
  return color;
}

/// What it looks like on this ground with that alpha.
QColor mixed(const QColor& color, const QColor& ground, int alpha) {
  const auto mix = [&](int own, int under) { return (own * alpha + under * (255 - alpha)) / 255; };
  return {mix(color.red(), ground.red()), mix(color.green(), ground.green()),
          mix(color.blue(), ground.blue())};
}

QString text(const std::string& utf8) {
  return QString::fromStdString(utf8);
}

}  // namespace

CurvesView::CurvesView(QWidget* parent) : QWidget(parent) {
  rows_ = new QVBoxLayout(this);
  rows_->setContentsMargins(12, 6, 12, 0);
  rows_->setSpacing(2);
  head_ = new QHBoxLayout;
  auto* title = new QLabel(tr("CURVES"));
  title->setProperty("role", "section");
  head_->addWidget(title);
  title_ = title;
  legend_ = new CurveLegend;
  legend_->setObjectName(QStringLiteral("curveLegend"));
  head_->addSpacing(12);
  head_->addWidget(legend_, 1, Qt::AlignVCenter);
  head_->addStretch(0);
  smoothingText_ = new QLabel;
  smoothingText_->setProperty("role", "secondary");
  smoothingText_->setMinimumWidth(20);  // gives way on a narrow window
  head_->addWidget(smoothingText_);
  head_->addSpacing(6);
  smoothing_ = new QSlider(Qt::Horizontal);
  smoothing_->setObjectName(QStringLiteral("smoothing"));
  smoothing_->setAccessibleName(tr("Smoothing"));
  smoothing_->setRange(0, 99);
  smoothing_->setValue(90);
  smoothing_->setFixedWidth(96);
  smoothing_->setToolTip(tr("Weight of the exponential moving average; 0 shows raw values only"));
  head_->addWidget(smoothing_);
  choose_ = new QToolButton;
  choose_->setObjectName(QStringLiteral("chooseScalars"));
  choose_->setText(tr("scalars ▾"));
  choose_->setProperty("role", "link");
  choose_->setToolTip(tr("Choose the scalars to plot"));
  choose_->setFocusPolicy(Qt::TabFocus);
  head_->addWidget(choose_);
  rows_->addLayout(head_);
  makePlot();
  rows_->addWidget(plot_, 1);

  timer_ = new QTimer(this);
  timer_->setSingleShot(true);
  timer_->setInterval(kReplotMs);
  connect(timer_, &QTimer::timeout, this, &CurvesView::replot);
  click_ = new QTimer(this);
  click_->setSingleShot(true);
  connect(click_, &QTimer::timeout, this, [this] { emit stepClicked(clickedStep_); });
  connect(smoothing_, &QSlider::valueChanged, this, &CurvesView::scheduleReplot);
  connect(choose_, &QToolButton::clicked, this, &CurvesView::choose);
  connectPlot();
  applyColors();
  replot();
}

CurvesView::~CurvesView() = default;

void CurvesView::setTitle(const QString& title) {
  title_->setText(title);
}

void CurvesView::makePlot() {
  plot_ = new QCustomPlot;
  plot_->setObjectName(QStringLiteral("curvePlot"));
  plot_->setMinimumHeight(64);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot_->axisRect()->setRangeDrag(Qt::Horizontal);
  plot_->axisRect()->setRangeZoom(Qt::Horizontal);
  plot_->axisRect()->setAutoMargins(QCP::msLeft | QCP::msBottom | QCP::msRight);
  plot_->axisRect()->setMargins(QMargins(0, 6, 8, 0));
  plot_->axisRect()->setMinimumMargins(QMargins(0, 6, 8, 0));
  plot_->setNoAntialiasingOnDrag(true);
  plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new StepTicker));
  valueAxes_ = {plot_->yAxis};
  plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new ValueTicker));
  plot_->installEventFilter(this);
}

void CurvesView::connectPlot() {
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
    click_->stop();
    afterDoubleClick_ = true;
    showAll();
  });
  connect(plot_->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
          [this](const QCPRange& range) {
            if (settingRange_) return;
            followsX_ = false;
            // There is nothing beyond the first and the last step.
            const StepRange all = allSteps();
            const double width = std::clamp(range.size(), kNarrowestView, all.to - all.from);
            const double from = std::clamp(range.lower, all.from, all.to - width);
            settingRange_ = true;
            plot_->xAxis->setRange(from, from + width);
            settingRange_ = false;
            if (!thinned().isEmpty()) scheduleReplot();  // what is smoothed depends on what is in view
            fitValues();
          });
  connect(plot_, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) { pressedAt_ = event->pos(); });
  connect(plot_, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
    if (std::exchange(afterDoubleClick_, false)) return;
    if ((event->pos() - pressedAt_).manhattanLength() > 3) return;
    clickedStep_ = stepAt(event->pos().x());
    // A double-click begins as a click: it must not leave what is live.
    if (currentStep_ < 0)
      click_->start(QApplication::doubleClickInterval());
    else
      emit stepClicked(clickedStep_);
  });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    const bool inside = plot_->axisRect()->rect().contains(event->pos()) && lastStep() >= 0;
    setCursorStep(inside ? std::optional(std::clamp<std::int64_t>(stepAt(event->pos().x()), 0, lastStep()))
                         : std::nullopt);
  });
}

void CurvesView::setDeclaration(const EvidenceDeclaration& declaration) {
  declaration_ = declaration;
  const auto isDeclared = [&](const QString& name) {
    return declaration.scalar(name.toStdString()) != nullptr;
  };
  if (!declaration.scalars.empty() && std::ranges::none_of(shown_, isDeclared)) {
    std::vector<std::string> names;
    for (const ScalarSpec& spec : declaration.scalars)
      names.push_back(spec.name);
    QStringList losses;
    for (const std::string& name : mainLosses(names))
      losses << QString::fromStdString(name);
    if (!losses.isEmpty()) shown_ = losses;
  }
  scheduleReplot();
}

ScalarStore& CurvesView::addBeside(const QString& run) {
  beside_.push_back({run, std::make_unique<ScalarStore>()});
  scheduleReplot();
  return *beside_.back().history;
}

void CurvesView::removeBeside(const QString& run) {
  std::erase_if(beside_, [&](const Beside& beside) { return beside.run == run; });
  scheduleReplot();
}

std::int64_t CurvesView::lastStep() const {
  std::int64_t last = history_.lastStep();
  for (const Beside& beside : beside_)
    last = std::max(last, beside.history->lastStep());
  return last;
}

void CurvesView::addEvent(const RunEvent& event) {
  events_.add(event);
  scheduleReplot();
}

void CurvesView::setShown(const QStringList& names) {
  shown_ = names;
  scheduleReplot();
}

void CurvesView::setCurrentStep(std::int64_t step) {
  if (currentStep_ == step) return;
  currentStep_ = step;
  scheduleReplot();
}

std::int64_t CurvesView::stepAt(int plotX) const {
  return std::llround(plot_->xAxis->pixelToCoord(plotX));
}

StepRange CurvesView::steps() const {
  return {plot_->xAxis->range().lower, plot_->xAxis->range().upper};
}

StepRange CurvesView::allSteps() const {
  return {0, std::max(kFewestSteps, static_cast<double>(lastStep()) * kRoom)};
}

std::optional<ValueSpan> CurvesView::span(const QString& name) const {
  for (const PlannedCurve& curve : plan_.curves)
    if (text(curve.name) == name && !curve.points.empty())
      return ValueSpan{valueAxes_[curve.axis]->range().lower, valueAxes_[curve.axis]->range().upper};
  return std::nullopt;
}

QStringList CurvesView::tickLabels(int axis) const {
  const QCPAxis* asked = axis == 0 ? plot_->xAxis : valueAxes_.at(static_cast<std::size_t>(axis - 1));
  const QVector<QString> labels = asked->tickVectorLabels();
  return QStringList(labels.begin(), labels.end());
}

double CurvesView::smoothing() const {
  return smoothing_->value() / 100.0;
}

void CurvesView::clear() {
  history_.clear();
  events_.clear();
  currentStep_ = -1;
  cursorStep_.reset();
  click_->stop();
  followsX_ = true;
  scheduleReplot();
}

void CurvesView::historyChanged() {
  scheduleReplot();
}

void CurvesView::showAll() {
  followsX_ = true;
  scheduleReplot();
}

void CurvesView::scheduleReplot() {
  if (!timer_->isActive()) timer_->start();
}

std::vector<std::string> CurvesView::shownNames() const {
  std::vector<std::string> names;
  for (const QString& name : shown_)
    names.push_back(name.toStdString());
  return names;
}

CurvePlan CurvesView::plan(double apart) const {
  const double from = followsX_ ? 0 : steps().from;
  CurvePlan plan = planCurves(history_, declaration_, shownNames(), smoothing(), from, apart);
  for (std::size_t i = 0; i < beside_.size(); ++i)
    planBeside(plan, *beside_[i].history, declaration_, beside_[i].run.toStdString(), i + 1, smoothing(),
               from, apart);
  return plan;
}

QString CurvesView::thinned() const {
  return text(thinnedText(history_, shownNames()));
}

void CurvesView::setAxisCount(std::size_t count) {
  count = std::max<std::size_t>(1, count);
  while (valueAxes_.size() > count) {
    plot_->axisRect()->removeAxis(valueAxes_.back());
    valueAxes_.pop_back();
  }
  while (valueAxes_.size() < count) {
    QCPAxis* axis = plot_->axisRect()->addAxis(QCPAxis::atRight);
    axis->setLayer(QStringLiteral("axes"));
    axis->setTicker(QSharedPointer<QCPAxisTicker>(new ValueTicker));
    axis->grid()->setVisible(false);
    valueAxes_.push_back(axis);
  }
}

void CurvesView::styleAxis(QCPAxis* axis) {
  const Theme& theme = themeOf(palette());
  QFont small = font();
  small.setPixelSize(10);
  axis->setBasePen(QPen(theme.line));
  axis->setTickPen(QPen(theme.line));
  axis->setSubTickPen(Qt::NoPen);
  axis->setTickLabelColor(theme.secondaryText);
  axis->setTickLabelFont(small);
  axis->setLabelColor(theme.secondaryText);
  axis->setLabelFont(small);
  axis->setLabelPadding(0);
  axis->grid()->setPen(QPen(theme.line, 0, Qt::DotLine));
  axis->grid()->setZeroLinePen(QPen(theme.line));
}

void CurvesView::applyColors() {
  plot_->setBackground(QBrush(themeOf(palette()).panel));
  styleAxis(plot_->xAxis);
  plot_->xAxis->setLabel(tr("step"));
}

void CurvesView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
    applyColors();
    scheduleReplot();
  }
}

void CurvesView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const bool beside = width() >= kLegendBeside, isBeside = head_->indexOf(legend_) >= 0;
  if (beside == isBeside) return;
  smoothingText_->setVisible(beside);
  if (beside) {
    rows_->removeWidget(legend_);
    head_->insertWidget(kLegendPlace, legend_, 1, Qt::AlignVCenter);
  } else {
    head_->removeWidget(legend_);
    rows_->insertWidget(1, legend_);
  }
  head_->setStretch(head_->indexOf(smoothingText_) - 1, beside ? 0 : 1);  // else the stretch pushes right
}

bool CurvesView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == plot_ && event->type() == QEvent::Leave) setCursorStep(std::nullopt);
  if (watched == plot_ && event->type() == QEvent::Resize) fitTicks();  // before it draws itself anew
  return QWidget::eventFilter(watched, event);
}

void CurvesView::setCursorStep(std::optional<std::int64_t> step) {
  if (step == cursorStep_) return;
  cursorStep_ = step;
  refreshLegend();
  plot_->clearItems();
  drawMarks();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::refreshLegend() {
  // Under the cursor, else at the step that is looked at, else (-1) the newest.
  const std::int64_t step = cursorStep_.value_or(currentStep_);
  std::vector<CurveLegend::Entry> entries;
  std::int64_t values = 0, notFinite = 0;
  for (const PlannedCurve& curve : plan_.curves) {
    const ScalarStore* history = &history_;
    for (const Beside& beside : beside_)
      if (beside.run.toStdString() == curve.run) history = beside.history.get();
    const CurveSeries::Reading reading =
        history->at(curve.name, step >= 0 ? step : std::numeric_limits<std::int64_t>::max());
    values = std::max(values, reading.values);
    notFinite = std::max(notFinite, reading.notFinite);
    entries.push_back({QColor::fromRgb(curve.color), text(curve.title), readingText(reading, curve.unit)});
  }
  QString moment = step >= 0 ? tr("step %1").arg(countText(step)) : QString();
  if (step >= 0 && values > 1) {
    moment += tr(" (min–max of %1 steps").arg(countText(values));
    moment += notFinite > 0 ? tr(", %1 not finite)").arg(countText(notFinite)) : QStringLiteral(")");
  }
  legend_->setEntries(std::move(entries), moment);
}

void CurvesView::replot() {
  QElapsedTimer clock;
  clock.start();
  plot_->clearGraphs();
  plot_->clearItems();
  smoothingText_->setText(smoothing_->value() == 0 ? tr("raw")
                                                   : tr("smoothed %1").arg(smoothing(), 0, 'f', 2));
  // Not on the plot, whose values under the cursor it would cover.
  QStringList help{
      tr("Wheel zooms and dragging pans along the steps; double-click shows all; click goes to a step")};
  if (const QString older = thinned(); !older.isEmpty()) help << older;
  title_->setToolTip(help.join(QStringLiteral(".\n")));
  const StepRange inView = followsX_ ? allSteps() : steps();
  plan_ = plan((inView.to - inView.from) / std::max(1, plot_->axisRect()->width()));
  setAxisCount(plan_.axisTitles.size());
  fitTicks();
  if (followsX_) {
    const StepRange all = allSteps();
    settingRange_ = true;
    plot_->xAxis->setRange(all.from, all.to);
    settingRange_ = false;
  }
  drawCurves();
  fitValues();
  drawMarks();
  refreshLegend();
  plot_->replot(QCustomPlot::rpQueuedReplot);
  // Curves of a million steps must not take the window's time.
  timer_->setInterval(static_cast<int>(std::clamp<qint64>(kRest * clock.elapsed(), kReplotMs, kSlowestMs)));
}

void CurvesView::drawCurves() {
  for (std::size_t axis = 0; axis < valueAxes_.size(); ++axis) {
    styleAxis(valueAxes_[axis]);
    // With several axes each says what it is of, in the colour of its curve where there is but one.
    const bool several = valueAxes_.size() > 1;
    valueAxes_[axis]->setLabel(several ? text(plan_.axisTitles[axis]) : QString());
    std::vector<Argb> colors;
    for (const PlannedCurve& curve : plan_.curves)
      if (curve.axis == axis) colors.push_back(curve.color);
    if (several && colors.size() == 1) {
      valueAxes_[axis]->setTickLabelColor(QColor::fromRgb(colors.front()));
      valueAxes_[axis]->setLabelColor(QColor::fromRgb(colors.front()));
    }
  }
  // One stroke of thousands of points that go up and down takes half a second; line by line it takes none.
  // They lie over each other, so the pale ones must not be transparent then.
  std::size_t most = 0;
  for (const PlannedCurve& curve : plan_.curves)
    most = std::max(most, curve.points.size());
  const bool dense = most > static_cast<std::size_t>(std::max(1, plot_->axisRect()->width()));
  plot_->setPlottingHint(QCP::phFastPolylines, dense);
  for (const PlannedCurve& curve : plan_.curves) {
    if (curve.points.empty()) continue;
    const QVector<double> keys = stepsOf(curve.points);
    const bool smooth = curve.bold.size() > 2;
    QColor color = QColor::fromRgb(curve.color);
    QCPGraph* raw = plot_->addGraph(plot_->xAxis, valueAxes_[curve.axis]);
    QColor pale = color;
    if (smooth) pale = dense ? mixed(color, themeOf(palette()).panel, kPale) : withAlpha(color, kPale);
    raw->setPen(penOf(pale, 1, curve.dash));
    // Of dashes that are drawn line by line nothing would be seen: they are gaps then.
    const double gap = dense && curve.dash > 0
                           ? kGapPx * plot_->xAxis->range().size() / std::max(1, plot_->axisRect()->width())
                           : 0;
    raw->setData(keys, withGaps(keys, valuesOf(curve.points), gap), true);
    raw->setAdaptiveSampling(true);
    if (!smooth) continue;
    QCPGraph* bold = plot_->addGraph(plot_->xAxis, valueAxes_[curve.axis]);
    bold->setPen(penOf(color, 2, curve.dash));
    bold->setData(keys, withGaps(keys, QVector<double>(curve.bold.begin(), curve.bold.end()), gap), true);
  }
}

void CurvesView::fitTicks() {
  constexpr int kBelow = 42, kApart = 18;  // what stands under a plot; from one number to the next
  for (QCPAxis* axis : valueAxes_)
    axis->ticker()->setTickCount(std::clamp((plot_->height() - kBelow) / kApart, 1, 5));
}

void CurvesView::fitValues() {
  for (std::size_t axis = 0; axis < valueAxes_.size(); ++axis)
    if (const auto span = axisSpan(plan_, axis, steps())) valueAxes_[axis]->setRange(span->low, span->high);
}

void CurvesView::drawMarks() {
  const Theme& theme = themeOf(palette());
  const auto line = [&](std::int64_t step, const QPen& pen) {
    auto* mark = new QCPItemStraightLine(plot_);
    mark->point1->setCoords(static_cast<double>(step), 0);
    mark->point2->setCoords(static_cast<double>(step), 1);
    mark->setPen(pen);
  };
  constexpr double kLabelHeight = 13;
  std::int64_t labelled = -1;
  int below = 0;
  for (std::size_t i = 0; i < events_.events().size(); ++i) {
    const RunEvent& event = events_.events()[i];
    if (event.kind == "pause" || event.kind == "resume") continue;
    line(event.step, QPen(event.kind == "error"       ? theme.failed
                          : event.kind == "parameter" ? theme.paused
                                                      : theme.line,
                          1, Qt::DashLine));
    if (event.kind != "parameter") continue;
    below = event.step == labelled ? below + 1 : 0;  // several at one step stand below each other
    labelled = event.step;
    auto* label = new QCPItemText(plot_);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    label->position->setCoords(static_cast<double>(event.step),
                               0.02 + below * kLabelHeight / std::max(plot_->axisRect()->height(), 1));
    label->setText(QLatin1Char(' ') + text(events_.text(i)));
    label->setColor(theme.paused);
    QFont small = font();
    small.setPixelSize(10);
    label->setFont(small);
  }
  if (currentStep_ >= 0) line(currentStep_, QPen(theme.scrubber, 1.5));
  if (cursorStep_) line(*cursorStep_, QPen(theme.secondaryText, 1, Qt::DotLine));
}

void CurvesView::choose() {
  if (!picker_) {
    picker_ = new ScalarPicker(this);
    connect(picker_, &ScalarPicker::toggled, this, [this](const QString& name, bool on) {
      QStringList shown = shown_;
      shown.removeAll(name);
      if (on) shown << name;
      setShown(shown);
    });
    connect(picker_, &ScalarPicker::setChosen, this, &CurvesView::setShown);
  }
  std::vector<std::string> names = history_.names();
  for (const ScalarSpec& spec : declaration_.scalars)
    if (std::find(names.begin(), names.end(), spec.name) == names.end()) names.push_back(spec.name);
  std::sort(names.begin(), names.end());
  std::vector<ScalarPicker::Row> rows;
  for (const std::string& name : names) {
    const ScalarSpec* spec = declaration_.scalar(name);
    rows.push_back({text(name), text(curveTitle(declaration_, name)),
                    spec && spec->unit != "1" ? text(spec->unit) : QString(),
                    spec ? declaredText(spec->description) : QString()});
  }
  picker_->setRows(rows, shown_);
  std::vector<CurveSet> sets = sets_;
  for (CurveSet& set : curveSets(names))
    sets.push_back(std::move(set));
  picker_->setSets(sets);
  picker_->popUp(*choose_);
}

}  // namespace anchorscope
