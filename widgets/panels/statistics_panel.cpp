#include "widgets/panels/statistics_panel.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>

#include "core/base/check.h"
#include "core/base/text.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/elided_label.h"
#include "widgets/plot/curves_view.h"
#include "widgets/plot/reliability_view.h"
#include "widgets/source/statistics_reading.h"

namespace anchorscope {

StatisticsPanel::StatisticsPanel(QWidget* parent)
    : QWidget(parent),
      curves_(new CurvesView),
      reliability_(new ReliabilityView),
      note_(new ElidedLabel),
      export_(new QToolButton) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  curves_->setObjectName(QStringLiteral("statisticsCurves"));
  curves_->setTitle(tr("STATISTICS"));
  curves_->setShown({QStringLiteral("score_iou"), QStringLiteral("flip_rate.classification"),
                     QStringLiteral("flip_rate.regression")});
  auto* plots = new QHBoxLayout;
  plots->setSpacing(0);
  plots->addWidget(curves_, 1);
  reliability_->setObjectName(QStringLiteral("reliability"));
  reliability_->setToolTip(
      tr("Calibration at the shown step: on the diagonal scores say how well boxes fit, above it they are "
         "too low"));
  reliability_->setFixedWidth(190);
  plots->addWidget(reliability_);
  column->addLayout(plots, 1);
  auto* below = new QHBoxLayout;
  below->setContentsMargins(12, 0, 12, 4);
  note_->setObjectName(QStringLiteral("statisticsNote"));
  note_->setProperty("role", "secondary");
  below->addWidget(note_, 1);
  export_->setObjectName(QStringLiteral("exportStatistics"));
  export_->setText(tr("Export…"));
  export_->setToolTip(tr("All statistics as CSV or JSON, or the shown curves as a figure"));
  below->addWidget(export_);
  column->addLayout(below);
  connect(curves_, &CurvesView::stepClicked, this, &StatisticsPanel::stepWanted);
  connect(export_, &QToolButton::clicked, this, &StatisticsPanel::askForFile);
  refreshNote();
}

StatisticsPanel::~StatisticsPanel() = default;

const StatisticsPanel::Measured& StatisticsPanel::measured() const {
  static const Measured none;
  const auto found = measured_.find(folder_);
  return found == measured_.end() ? none : found->second;
}

void StatisticsPanel::setRun(const QString& folder) {
  if (folder == folder_) return;
  folder_ = folder;
  curves_->clear();
  for (const StatisticSeries& series : series())
    curves_->history().append(series.name, ScalarSeries{series.steps, series.values});
  curves_->setCurrentStep(currentStep_);
  showNames();
  curves_->historyChanged();
  refreshReliability();
  refreshNote();
  refreshSteps();
  if (!visibleRegion().isEmpty()) begin();
}

void StatisticsPanel::keepOnly(const QStringList& folders) {
  std::erase_if(measured_, [&](const auto& each) { return !folders.contains(each.first); });
}

void StatisticsPanel::refreshSteps() {
  if (const auto& reading = measured().reading) reading->refresh();
}

void StatisticsPanel::setCurrentStep(std::int64_t step) {
  curves_->setCurrentStep(step);
  currentStep_ = step;
  refreshReliability();
}

/// Of the last measured step up to the shown one; the newest where the views follow what is live.
void StatisticsPanel::refreshReliability() {
  std::vector<std::optional<double>> bins(10);
  std::int64_t when = -1;
  const auto upTo = [this](const StatisticSeries& series) {
    return currentStep_ < 0 ? series.steps.end()
                            : std::upper_bound(series.steps.begin(), series.steps.end(), currentStep_);
  };
  for (const StatisticSeries& series : this->series())
    if (series.statistic == "calibration")
      if (const auto after = upTo(series); after != series.steps.begin())
        when = std::max(when, *std::prev(after));
  for (const StatisticSeries& series : this->series()) {
    const std::size_t at = series.name.find("calibration.iou.0.");
    if (series.statistic != "calibration" || at == std::string::npos) continue;
    const auto bin = static_cast<std::size_t>(series.name.back() - '0');
    const auto found = std::lower_bound(series.steps.begin(), series.steps.end(), when);
    if (bin < bins.size() && found != series.steps.end() && *found == when)
      bins[bin] = series.values[static_cast<std::size_t>(found - series.steps.begin())];
  }
  reliability_->show(std::move(bins), when < 0 ? QString() : tr("step %1").arg(countText(when)));
}

void StatisticsPanel::paintEvent(QPaintEvent* event) {
  QWidget::paintEvent(event);
  if (!measured().reading && !folder_.isEmpty())
    QMetaObject::invokeMethod(this, &StatisticsPanel::begin, Qt::QueuedConnection);
}

void StatisticsPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  constexpr int kWideEnough = 520;
  reliability_->setVisible(width() >= kWideEnough);
}

void StatisticsPanel::begin() {
  if (measured().reading || folder_.isEmpty()) return;
  Measured& its = measured_[folder_];
  its.reading = std::make_unique<StatisticsReading>(folder_);
  connect(its.reading.get(), &StatisticsReading::arrived, this,
          [this, folder = folder_](const std::vector<StatisticSeries>& parts, std::size_t done,
                                   std::size_t steps) { take(folder, parts, done, steps); });
  connect(its.reading.get(), &StatisticsReading::failed, this, &StatisticsPanel::failed);
  connect(its.reading.get(), &StatisticsReading::problemsFound, this,
          [&its](const std::vector<std::string>& problems) {
            its.problems.insert(its.problems.end(), problems.begin(), problems.end());
          });
  refreshNote();
}

void StatisticsPanel::take(const QString& folder, const std::vector<StatisticSeries>& parts, std::size_t done,
                           std::size_t steps) {
  Measured& its = measured_[folder];
  bool isNew = false;
  for (const StatisticSeries& part : parts) {
    const auto known = std::find_if(its.series.begin(), its.series.end(),
                                    [&](const StatisticSeries& each) { return each.name == part.name; });
    if (known == its.series.end()) {
      its.series.push_back(part);
      isNew = true;
    } else {
      known->steps.insert(known->steps.end(), part.steps.begin(), part.steps.end());
      known->values.insert(known->values.end(), part.values.begin(), part.values.end());
    }
    if (folder == folder_) curves_->history().append(part.name, ScalarSeries{part.steps, part.values});
  }
  its.done = done;
  its.steps = steps;
  its.complete = done == steps;
  if (folder != folder_) return;
  if (isNew) showNames();
  curves_->historyChanged();
  refreshReliability();
  refreshNote();
}

void StatisticsPanel::showNames() {
  EvidenceDeclaration declaration;
  for (const StatisticSeries& series : series())
    declaration.scalars.push_back(
        {series.name, series.title, series.unit, series.description, series.source, series.scale});
  curves_->setDeclaration(declaration);
  std::vector<CurveSet> sets;
  for (const Statistic& statistic : statistics()) {
    CurveSet set{declaredText(statistic.title), {}};
    for (const StatisticSeries& series : this->series())
      if (series.statistic == statistic.name) set.names << QString::fromStdString(series.name);
    if (!set.names.isEmpty()) sets.push_back(std::move(set));
  }
  curves_->setSets(std::move(sets));
}

void StatisticsPanel::refreshNote() {
  const Measured& its = measured();
  QString text;
  if (folder_.isEmpty())
    text = tr("Measured from recorded evidence: this run records none");
  else if (!its.reading || its.steps == 0)
    text = its.complete ? tr("No evidence was recorded yet") : tr("Measuring…");
  else if (!its.complete)
    text = tr("Measuring: %1 of %2")
               .arg(countText(static_cast<qint64>(its.done)),
                    countText(static_cast<qint64>(its.steps), noun::kSteps));
  else
    text = tr("Measured at %1 with evidence").arg(countText(static_cast<qint64>(its.steps), noun::kSteps));
  if (!its.problems.empty())
    text += tr(" · %1 left out").arg(countText(static_cast<qint64>(its.problems.size())));
  note_->setText(text);
  note_->setToolTip(its.problems.empty() ? text : text + '\n' + QString::fromStdString(its.problems.front()));
  export_->setEnabled(!its.series.empty());
}

Status StatisticsPanel::exportTo(const QString& path, Overwrite overwrite) const {
  const QString suffix = QFileInfo(path).suffix().toLower();
  if (suffix == QLatin1String("json"))
    return writeFileAtomically(path.toStdString(), statisticsJson(series(), measured().problems), overwrite);
  if (suffix == QLatin1String("csv"))
    return writeFileAtomically(path.toStdString(), statisticsCsv(series()), overwrite);
  return curves_->exportTo(path, overwrite);
}

void StatisticsPanel::askForFile() {
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export statistics"), QStringLiteral("statistics.csv"),
      tr("Table (*.csv);;JSON (*.json);;Figure of the shown curves (*.pdf *.svg *.png)"));
  if (path.isEmpty()) return;
  if (const Status written = exportTo(path, Overwrite::kYes); !written)  // the dialog has asked
    emit failed(written.error());
  else
    emit exported(path);
}

}  // namespace anchorscope
