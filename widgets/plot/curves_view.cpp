#include "widgets/plot/curves_view.h"

#include <qcustomplot.h>

#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPdfWriter>
#include <QSlider>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <sstream>

#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kReplotMs = 50;

QVector<double> toKeys(const std::vector<std::int64_t>& steps) {
  QVector<double> keys;
  keys.reserve(static_cast<int>(steps.size()));
  for (const std::int64_t step : steps)
    keys.push_back(static_cast<double>(step));
  return keys;
}

QVector<double> toVector(const std::vector<double>& values) {
  return QVector<double>(values.begin(), values.end());
}

}  // namespace

CurvesView::CurvesView(QWidget* parent) : QWidget(parent) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(12, 6, 12, 0);
  outer->setSpacing(2);
  auto* head = new QHBoxLayout;
  auto* title = new QLabel(tr("CURVES"));
  title->setProperty("role", "section");
  head->addWidget(title);
  legend_ = new QLabel;
  legend_->setTextFormat(Qt::RichText);
  head->addSpacing(12);
  head->addWidget(legend_);
  head->addStretch(1);
  smoothingText_ = new QLabel;
  smoothingText_->setProperty("role", "secondary");
  head->addWidget(smoothingText_);
  head->addSpacing(6);
  smoothing_ = new QSlider(Qt::Horizontal);
  smoothing_->setObjectName(QStringLiteral("smoothing"));
  smoothing_->setRange(0, 99);
  smoothing_->setValue(90);
  smoothing_->setFixedWidth(96);
  smoothing_->setToolTip(tr("Weight of the exponential moving average; 0 shows raw values only"));
  head->addWidget(smoothing_);
  choose_ = new QToolButton;
  choose_->setText(tr("scalars ▾"));
  choose_->setProperty("role", "link");
  choose_->setToolTip(tr("Choose the scalars to plot"));
  choose_->setPopupMode(QToolButton::InstantPopup);
  menu_ = new QMenu(choose_);
  choose_->setMenu(menu_);
  head->addWidget(choose_);
  outer->addLayout(head);

  plot_ = new QCustomPlot;
  plot_->setObjectName(QStringLiteral("curvePlot"));
  plot_->setMinimumHeight(90);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot_->axisRect()->setRangeDrag(Qt::Horizontal);
  plot_->axisRect()->setRangeZoom(Qt::Horizontal);
  plot_->axisRect()->setAutoMargins(QCP::msLeft | QCP::msBottom);
  plot_->axisRect()->setMargins(QMargins(0, 6, 8, 0));
  plot_->setNoAntialiasingOnDrag(true);
  plot_->setToolTip(
      tr("Wheel zooms and dragging pans along the steps; double-click shows all; click goes to a step"));
  outer->addWidget(plot_, 1);

  timer_ = new QTimer(this);
  timer_->setSingleShot(true);
  timer_->setInterval(kReplotMs);
  connect(timer_, &QTimer::timeout, this, &CurvesView::replot);
  connect(smoothing_, &QSlider::valueChanged, this, &CurvesView::scheduleReplot);
  connect(menu_, &QMenu::aboutToShow, this, &CurvesView::rebuildMenu);
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
    followsX_ = true;
    scheduleReplot();
  });
  connect(plot_, &QCustomPlot::mouseWheel, this, [this] { followsX_ = false; });
  connect(plot_->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this] {
    if (plot_->property("settingRange").toBool()) return;
    followsX_ = false;
  });
  connect(plot_, &QCustomPlot::mousePress, this,
          [this](QMouseEvent* event) { plot_->setProperty("pressedAt", event->pos()); });
  connect(plot_, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
    if ((event->pos() - plot_->property("pressedAt").toPoint()).manhattanLength() > 3) return;
    emit stepClicked(stepAt(event->pos().x()));
  });
  applyColors();
  replot();
}

CurvesView::~CurvesView() = default;

void CurvesView::setDeclaration(const EvidenceDeclaration& declaration) {
  declaration_ = declaration;
  scheduleReplot();
}

void CurvesView::appendSteps(const std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>>& steps) {
  for (const auto& [step, scalars] : steps)
    history_.append(step, scalars);
  scheduleReplot();
}

void CurvesView::addEvent(const RunEvent& event) {
  events_.push_back(event);
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

double CurvesView::smoothing() const {
  return smoothing_->value() / 100.0;
}

void CurvesView::clear() {
  history_.clear();
  events_.clear();
  currentStep_ = -1;
  followsX_ = true;
  scheduleReplot();
}

void CurvesView::historyChanged() {
  scheduleReplot();
}

void CurvesView::scheduleReplot() {
  if (!timer_->isActive()) timer_->start();
}

QColor CurvesView::colorOf(const QString& name) const {
  const Theme& theme = themeOf(palette());
  if (const ScalarSpec* spec = declaration_.scalar(name.toStdString())) {
    if (spec->scale == ColorScale::kClassification) return theme.classification;
    if (spec->scale == ColorScale::kRegression) return theme.regression;
  }
  if (name.endsWith(QLatin1String(".cls"))) return theme.classification;
  if (name.endsWith(QLatin1String(".loc"))) return theme.regression;
  // The rest of Okabe and Ito's colour-blind-safe set, by position among what is shown.
  static const QColor kOthers[] = {QColor(0x009E73), QColor(0xCC79A7), QColor(0xD55E00), QColor(0x0072B2),
                                   QColor(0xB8AD28)};
  return kOthers[std::max<qsizetype>(0, shown_.indexOf(name)) % 5];
}

QString CurvesView::titleOf(const QString& name) const {
  const ScalarSpec* spec = declaration_.scalar(name.toStdString());
  return spec && !spec->title.empty() ? QString::fromStdString(spec->title) : name;
}

void CurvesView::applyColors() {
  const Theme& theme = themeOf(palette());
  plot_->setBackground(QBrush(theme.panel));
  QFont small = font();
  small.setPixelSize(10);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    axis->setBasePen(QPen(theme.line));
    axis->setTickPen(QPen(theme.line));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(theme.secondaryText);
    axis->setTickLabelFont(small);
    axis->grid()->setPen(QPen(theme.line, 0, Qt::DotLine));
    axis->grid()->setZeroLinePen(QPen(theme.line));
  }
  plot_->xAxis->setLabel(tr("step"));
  plot_->xAxis->setLabelFont(small);
  plot_->xAxis->setLabelColor(theme.secondaryText);
  plot_->xAxis->setLabelPadding(0);
  plot_->xAxis->setNumberFormat(QStringLiteral("f"));
  plot_->xAxis->setNumberPrecision(0);
  plot_->yAxis->setNumberFormat(QStringLiteral("gb"));
  plot_->yAxis->setNumberPrecision(4);
}

void CurvesView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
    applyColors();
    scheduleReplot();
  }
}

void CurvesView::replot() {
  const Theme& theme = themeOf(palette());
  plot_->clearGraphs();
  plot_->clearItems();
  smoothingText_->setText(smoothing_->value() == 0 ? tr("raw")
                                                   : tr("raw + smoothed %1").arg(smoothing(), 0, 'f', 2));
  QStringList legend;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const QString& name : shown_) {
    const ScalarSeries* series = history_.find(name.toStdString());
    const QColor color = colorOf(name);
    const double newest = series && !series->values.empty() ? series->values.back() : std::nan("");
    legend << QStringLiteral("<span style='color:%1'>●</span> %2 <b>%3</b>")
                  .arg(color.name(), titleOf(name).toHtmlEscaped(), numberText(newest));
    if (!series || series->steps.empty()) continue;
    const QVector<double> keys = toKeys(series->steps);
    const bool smooth = smoothing_->value() > 0 && series->values.size() > 2;
    QCPGraph* raw = plot_->addGraph();
    QColor pale = color;
    if (smooth) pale.setAlpha(80);
    raw->setPen(QPen(pale, 1));
    raw->setData(keys, toVector(series->values), true);
    raw->setAdaptiveSampling(true);
    std::vector<double> scaled = series->values;
    if (smooth) {
      QCPGraph* bold = plot_->addGraph();
      bold->setPen(QPen(color, 2));
      scaled = smoothed(series->values, smoothing());
      bold->setData(keys, toVector(scaled), true);
    }
    // The axis follows the smoothed curve and the bulk of the raw one, so that a single spike does not
    // flatten the rest.
    std::vector<double> finite;
    for (const double value : series->values)
      if (std::isfinite(value)) finite.push_back(value);
    if (finite.empty()) continue;
    const auto top =
        finite.begin() + static_cast<std::ptrdiff_t>(0.98 * static_cast<double>(finite.size() - 1));
    std::nth_element(finite.begin(), top, finite.end());
    high = std::max(high, *top);
    low = std::min(low, *std::min_element(finite.begin(), finite.end()));
    for (const double value : scaled)
      if (std::isfinite(value)) high = std::max(high, value);
  }
  legend_->setText(legend.join(QStringLiteral("&nbsp;&nbsp;&nbsp;")));
  plot_->setProperty("settingRange", true);
  if (followsX_)
    plot_->xAxis->setRange(0, std::max<double>(10, static_cast<double>(history_.lastStep()) * 1.02));
  plot_->setProperty("settingRange", false);
  if (high >= low)
    plot_->yAxis->setRange(std::min(0.0, low), high + 0.08 * std::max(1e-9, high - std::min(0.0, low)));
  for (const RunEvent& event : events_) {
    if (event.kind == "pause" || event.kind == "resume") continue;
    auto* mark = new QCPItemStraightLine(plot_);
    mark->point1->setCoords(static_cast<double>(event.step), 0);
    mark->point2->setCoords(static_cast<double>(event.step), 1);
    mark->setPen(QPen(event.kind == "error"       ? theme.failed
                      : event.kind == "parameter" ? theme.paused
                                                  : theme.line,
                      1, Qt::DashLine));
    if (event.kind == "parameter") {
      auto* text = new QCPItemText(plot_);
      text->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
      text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
      text->position->setCoords(static_cast<double>(event.step), 0.02);
      text->setText(QLatin1Char(' ') + QString::fromStdString(event.text));
      text->setColor(theme.paused);
      QFont small = font();
      small.setPixelSize(10);
      text->setFont(small);
    }
  }
  if (currentStep_ >= 0) {
    auto* line = new QCPItemStraightLine(plot_);
    line->point1->setCoords(static_cast<double>(currentStep_), 0);
    line->point2->setCoords(static_cast<double>(currentStep_), 1);
    line->setPen(QPen(theme.scrubber, 1.5));
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::rebuildMenu() {
  std::vector<std::string> names = history_.names();
  for (const ScalarSpec& spec : declaration_.scalars)
    if (std::find(names.begin(), names.end(), spec.name) == names.end()) names.push_back(spec.name);
  std::sort(names.begin(), names.end());
  menu_->clear();
  for (const std::string& known : names) {
    const QString name = QString::fromStdString(known);
    QAction* action = menu_->addAction(name);
    action->setCheckable(true);
    action->setChecked(shown_.contains(name));
    if (const ScalarSpec* spec = declaration_.scalar(known))
      action->setToolTip(QString::fromStdString(spec->description));
    connect(action, &QAction::toggled, this, [this, name](bool on) {
      QStringList shown = shown_;
      if (on)
        shown << name;
      else
        shown.removeAll(name);
      setShown(shown);
    });
  }
  menu_->setToolTipsVisible(true);
  if (names.empty()) menu_->addAction(tr("No scalars yet: start a run"))->setEnabled(false);
}

Status CurvesView::exportTo(const QString& path, Overwrite overwrite) const {
  const QString kind = QFileInfo(path).suffix().toLower();
  const std::string target = path.toStdString();
  if (kind == QLatin1String("csv")) {
    std::ostringstream csv;
    csv.precision(17);
    csv << "scalar,step,value\n";
    for (const QString& name : shown_)
      if (const ScalarSeries* series = history_.find(name.toStdString()))
        for (std::size_t i = 0; i < series->steps.size(); ++i)
          csv << name.toStdString() << ',' << series->steps[i] << ',' << series->values[i] << '\n';
    return writeFileAtomically(target, csv.str(), overwrite);
  }
  if (kind != QLatin1String("pdf") && kind != QLatin1String("png"))
    return makeError(ErrorCode::kUsage, "Curves cannot be written as '" + kind.toStdString() + "'",
                     "Use .pdf, .png or .csv");
  return writeFileAtomically(target, overwrite, [&](const std::string& temporary) -> Status {
    const QString file = QString::fromStdString(temporary);
    const bool done = kind == QLatin1String("png")
                          ? plot_->savePng(file, 0, 0, 3.0)
                          : plot_->savePdf(file, 0, 0, QCP::epNoCosmetic, tr("Anchorscope"), tr("Curves"));
    if (!done)
      return makeError(ErrorCode::kIo, "Cannot write '" + target + "'",
                       "Check that the folder exists and may be written");
    return {};
  });
}

}  // namespace anchorscope
