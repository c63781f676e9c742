#include "widgets/panels/evaluation_panel.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/eval/evaluation_specs.h"
#include "core/session/session.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {
namespace {

constexpr int kValueRole = Qt::UserRole;

constexpr int kMetricColumns = 6;  // COCO's twelve, in two rows

bool isDefined(double value) {
  return std::isfinite(value) && value >= 0;
}

QStandardItem* numberItem(double value) {
  auto* item = new QStandardItem(precisionText(value));
  item->setData(value, kValueRole);
  item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  return item;
}

/// Numbers by value, undefined ones last in either order; names by the alphabet.
class ClassOrder : public QSortFilterProxyModel {
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;

 protected:
  bool lessThan(const QModelIndex& left, const QModelIndex& right) const override {
    if (left.column() == 0)
      return QString::localeAwareCompare(left.data().toString(), right.data().toString()) < 0;
    const double a = left.data(kValueRole).toDouble(), b = right.data(kValueRole).toDouble();
    if (isDefined(a) != isDefined(b)) return isDefined(a) == (sortOrder() == Qt::AscendingOrder);
    return a < b;
  }
};

}  // namespace

QString precisionText(double value) {
  return QString::fromStdString(statText(value));
}

EvaluationPanel::EvaluationPanel(QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 8, 8, 8);
  layout->setSpacing(6);
  auto* head = new QHBoxLayout;
  auto* title = new QLabel(tr("EVALUATION"));
  title->setProperty("role", "section");
  head->addWidget(title);
  head->addStretch(1);
  evaluate_ = new QPushButton(tr("Evaluate now"));
  evaluate_->setObjectName(QStringLiteral("evaluateNow"));
  head->addWidget(evaluate_);
  cancel_ = new QPushButton(tr("Cancel"));
  cancel_->setObjectName(QStringLiteral("cancelEvaluation"));
  cancel_->setToolTip(tr("End this evaluation; training goes on"));
  head->addWidget(cancel_);
  layout->addLayout(head);
  bar_ = new QProgressBar;
  bar_->setRange(0, 1000);
  bar_->setFixedHeight(6);
  bar_->setTextVisible(false);
  layout->addWidget(bar_);
  when_ = new QLabel;
  when_->setObjectName(QStringLiteral("evaluationStep"));
  when_->setProperty("role", "secondary");
  when_->setWordWrap(true);
  auto* moment = new QHBoxLayout;
  moment->addWidget(when_, 1);
  steps_ = new QComboBox;
  steps_->setObjectName(QStringLiteral("evaluatedSteps"));
  steps_->setAccessibleName(tr("Evaluation that is shown"));
  steps_->setToolTip(tr("The evaluations of this run, the newest first"));
  moment->addWidget(steps_);
  layout->addLayout(moment);
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(0);
  const auto addMetric = [&](const CocoStat& stat) {
    auto* caption = new QLabel(declaredText(stat.title));
    caption->setProperty("role", "caption");
    auto* value = new QLabel(QStringLiteral("–"));
    value->setProperty("role", "value");
    value->setObjectName(QLatin1String("metric:") + QLatin1String(stat.name));
    for (QLabel* label : {caption, value})
      label->setToolTip(declaredText(stat.description));
    const int place = static_cast<int>(metrics_.size());
    const int row = 2 * (place / kMetricColumns), column = place % kMetricColumns;
    caption->setContentsMargins(0, row == 0 ? 0 : 6, 0, 0);
    grid->addWidget(caption, row, column);
    grid->addWidget(value, row + 1, column);
    metrics_.push_back({stat.name, caption, value});
  };
  std::ranges::for_each(kCocoStats, addMetric);
  std::ranges::for_each(kMaskStats, addMetric);
  layout->addLayout(grid);
  classes_ = new QStandardItemModel(this);
  auto* order = new ClassOrder(this);
  order->setSourceModel(classes_);
  table_ = new QTableView;
  table_->setObjectName(QStringLiteral("classTable"));
  table_->setAccessibleName(tr("Average precision of each class"));
  table_->setModel(order);
  table_->setSortingEnabled(true);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(22);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setTabKeyNavigation(false);
  table_->horizontalHeader()->setHighlightSections(false);
  layout->addWidget(table_, 1);
  note_ = new QLabel;
  note_->setProperty("role", "secondary");
  note_->setWordWrap(true);
  layout->addWidget(note_);
  layout->addStretch(0);
  connect(evaluate_, &QPushButton::clicked, this, &EvaluationPanel::evaluateWanted);
  connect(cancel_, &QPushButton::clicked, this, [this] {
    cancel_->setEnabled(false);
    emit cancelWanted();
  });
  connect(steps_, &QComboBox::currentIndexChanged, this, [this](int index) {
    if (index >= 0) emit stepWanted(steps_->itemData(index).toLongLong());
  });
  setCanEvaluate(false);
  setProgress({}, 0);
  clear();
}

void EvaluationPanel::clear(const QString& why) {
  nothingYet_ = why.isEmpty();
  when_->setText(!why.isEmpty()     ? why
                 : !hint_.isEmpty() ? hint_
                                    : tr("Nothing has been evaluated yet. “eval every” among the live "
                                         "parameters does it regularly."));
  setSteps({});
  showMetrics({});
  classes_->clear();
  table_->hide();
  note_->clear();
}

void EvaluationPanel::showMetrics(const std::vector<ScalarValue>& metrics) {
  for (const Metric& shown : metrics_) {
    const auto found = std::find_if(metrics.begin(), metrics.end(),
                                    [&](const ScalarValue& metric) { return metric.name == shown.name; });
    shown.value->setText(precisionText(found == metrics.end() ? -1 : found->value));
    const bool ofMasks =
        std::ranges::any_of(kMaskStats, [&](const CocoStat& stat) { return shown.name == stat.name; });
    for (QLabel* label : {shown.caption, shown.value})
      label->setVisible(!ofMasks || found != metrics.end());
  }
}

void EvaluationPanel::showEvaluation(const EvaluationEvent& evaluation) {
  nothingYet_ = false;
  when_->setText(tr("Step %1, on the validation images").arg(countText(evaluation.step)));
  showMetrics(evaluation.metrics);
  // The order that was chosen stays.
  const QHeaderView* header = table_->horizontalHeader();
  const bool first = classes_->columnCount() == 0;
  const int sorted = first ? 1 : header->sortIndicatorSection();
  const Qt::SortOrder order = first ? Qt::DescendingOrder : header->sortIndicatorOrder();
  classes_->clear();
  classes_->setHorizontalHeaderLabels({tr("class"), tr("AP"), tr("AP50")});
  classes_->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  for (const int column : {1, 2})
    classes_->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  int absent = 0;
  for (std::size_t i = 0; i < evaluation.perClassAp.size(); ++i) {
    auto* name = new QStandardItem(QString::fromStdString(evaluation.perClassAp[i].name));
    name->setToolTip(name->text());
    const double ap = evaluation.perClassAp[i].value;
    const double ap50 = i < evaluation.perClassAp50.size() ? evaluation.perClassAp50[i].value : -1;
    absent += isDefined(ap) ? 0 : 1;
    classes_->appendRow({name, numberItem(ap), numberItem(ap50)});
  }
  table_->sortByColumn(sorted, order);
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  for (const int column : {1, 2})
    table_->setColumnWidth(column, 64);
  table_->setVisible(classes_->rowCount() > 0);
  note_->setText(evaluation.perClassAp.empty()
                     ? tr("The classes' numbers are not recorded: anchorscope-cli eval measures them again.")
                 : absent == 0 ? QString()
                 : absent == 1
                     ? tr("– : the validation images hold no object of this class")
                     : tr("– : the validation images hold no object of these %1 classes").arg(absent));
}

void EvaluationPanel::setSteps(const std::vector<std::int64_t>& steps) {
  const QSignalBlocker quiet(steps_);
  const QVariant chosen = steps_->currentData();
  const bool newest = followsNewest();
  // The newest stands first. What is listed stays; another run's is no part of these steps.
  const auto listed = static_cast<std::size_t>(steps_->count());
  const auto isListed = [&](std::size_t i) {
    return steps_->itemData(static_cast<int>(listed - 1 - i)).toLongLong() == steps[i];
  };
  std::size_t next = 0;
  while (next < std::min(listed, steps.size()) && isListed(next))
    ++next;
  if (next < listed) {
    steps_->clear();
    next = 0;
  }
  for (; next < steps.size(); ++next)
    steps_->insertItem(0, tr("step %1").arg(countText(steps[next])), static_cast<qint64>(steps[next]));
  const int again = newest ? 0 : steps_->findData(chosen);
  steps_->setCurrentIndex(std::max(again, steps.empty() ? -1 : 0));
  steps_->setVisible(steps.size() > 1);
}

bool EvaluationPanel::followsNewest() const {
  return steps_->currentIndex() <= 0;
}

void EvaluationPanel::setProgress(const QString& what, double fraction) {
  const bool active = !what.isEmpty();
  bar_->setVisible(active);
  bar_->setValue(static_cast<int>(1000 * fraction));
  if (active && !cancel_->isVisibleTo(this)) cancel_->setEnabled(true);
  cancel_->setVisible(active);
  evaluate_->setVisible(!active);
}

void EvaluationPanel::setCanEvaluate(bool can, const QString& whyNot) {
  evaluate_->setEnabled(can);
  evaluate_->setToolTip(whyNot.isEmpty() ? tr("Average precision on the validation images (Ctrl+E)")
                                         : whyNot);
  hint_ = whyNot;
  if (nothingYet_) clear();
}

}  // namespace anchorscope
