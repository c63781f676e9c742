#include "widgets/panels/step_view.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QStandardItemModel>
#include <QStyle>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/column_header.h"

namespace anchorscope {
namespace {

constexpr std::array kPhases{StepPhase::kForward, StepPhase::kAssign, StepPhase::kLoss, StepPhase::kBackward,
                             StepPhase::kUpdate};
enum Column { kPart, kWeights, kGradient, kChange, kShare, kColumns };

QString norm(double value) {
  return std::isnan(value) ? QStringLiteral("–") : numberText(value);
}

}  // namespace

QString openStepText(const OpenStep& open) {
  QStringList parts{StepView::tr("step %1 after %2").arg(open.step).arg(declaredText(toString(open.phase)))};
  if (!open.stage.empty()) parts << QString::fromStdString(open.stage);
  if (open.batches > 1) parts << StepView::tr("batch %1 of %2").arg(open.batch + 1).arg(open.batches);
  return parts.join(QStringLiteral(", "));
}

StepView::StepView(QWidget* parent)
    : QWidget(parent),
      state_(new QLabel),
      hint_(new QLabel),
      table_(new QTableView),
      rows_(new QStandardItemModel(0, kColumns, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 10, 8, 8);
  column->setSpacing(6);
  auto* title = new QLabel(tr("STEP BY PHASES"));
  title->setProperty("role", "section");
  column->addWidget(title);
  auto* strip = new QHBoxLayout;
  strip->setSpacing(4);
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    if (i > 0) strip->addWidget(new QLabel(QStringLiteral("›")));
    auto* phase = new QLabel(declaredText(toString(kPhases[i])));
    phase->setObjectName(QStringLiteral("phase.") + QLatin1String(toString(kPhases[i])));
    phases_.push_back(phase);
    strip->addWidget(phase);
  }
  strip->addStretch(1);
  column->addLayout(strip);
  state_->setObjectName(QStringLiteral("openStep"));
  state_->setProperty("role", "secondary");
  state_->setWordWrap(true);
  column->addWidget(state_);
  table_->setObjectName(QStringLiteral("partsTable"));
  table_->setAccessibleName(tr("Parts of the detector"));
  table_->setModel(rows_);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setTabKeyNavigation(false);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(22);
  table_->setHorizontalHeader(new ColumnHeader);
  rows_->setHorizontalHeaderLabels(
      {tr("part"), tr("weights"), tr("gradient"), tr("change"), tr("of weights")});
  const QStringList help{tr("Parameters whose names begin so"),
                         tr("L2 norm of the parameters before the step"),
                         tr("L2 norm of the gradient of the batches so far, before clipping"),
                         tr("L2 norm of what the update changed"), tr("Change as a share of the weights")};
  for (int i = 0; i < kColumns; ++i)
    rows_->horizontalHeaderItem(i)->setToolTip(help[i]);
  table_->horizontalHeader()->setSectionResizeMode(kPart, QHeaderView::Stretch);
  for (int i = kWeights; i < kColumns; ++i)
    table_->setColumnWidth(i, 66);
  column->addWidget(table_, 1);
  hint_->setProperty("role", "secondary");
  hint_->setWordWrap(true);
  hint_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  hint_->setText(tr(
      "Pause and press “Phase” (,): a step is then done part by part. The training batch, below the probes, "
      "shows scores and boxes after forward, what each anchor learns after assign, losses after loss; here "
      "stand gradients after backward and changes after update."));
  column->addWidget(hint_, 1);
  show({}, {});
}

void StepView::show(const std::optional<OpenStep>& open, const std::vector<PartNorm>& parts) {
  const bool changed =
      std::any_of(parts.begin(), parts.end(), [](const PartNorm& part) { return !std::isnan(part.change); });
  const auto last = std::find(kPhases.begin(), kPhases.end(), open ? open->phase : StepPhase::kUpdate);
  const int reached = open || changed ? static_cast<int>(last - kPhases.begin()) : -1;
  for (int i = 0; i < static_cast<int>(phases_.size()); ++i) {
    QFont font = phases_[static_cast<std::size_t>(i)]->font();
    font.setBold(i == reached);
    phases_[static_cast<std::size_t>(i)]->setFont(font);
    phases_[static_cast<std::size_t>(i)]->setEnabled(i <= reached);
  }
  state_->setText(open ? openStepText(*open) : changed ? tr("The step is done") : tr("No step is open"));
  hint_->setVisible(parts.empty());
  table_->setVisible(!parts.empty());
  rows_->setRowCount(static_cast<int>(parts.size()));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const PartNorm& part = parts[i];
    const std::array<QString, kColumns> texts{
        QString::fromStdString(part.part), norm(part.weights), norm(part.gradient), norm(part.change),
        part.weights > 0 && !std::isnan(part.change)
            ? QStringLiteral("%1 %").arg(100 * part.change / part.weights, 0, 'g', 2)
            : QStringLiteral("–")};
    for (int column = 0; column < kColumns; ++column) {
      auto* item = new QStandardItem(texts[static_cast<std::size_t>(column)]);
      if (column > kPart) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
      rows_->setItem(static_cast<int>(i), column, item);
    }
  }
}

}  // namespace anchorscope
