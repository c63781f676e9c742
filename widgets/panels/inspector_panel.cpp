#include "widgets/panels/inspector_panel.h"

#include <QCheckBox>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/evidence/decision.h"
#include "widgets/models/number_text.h"
#include "widgets/models/pair_table_model.h"
#include "widgets/panels/decision_view.h"
#include "widgets/plot/scatter_view.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

/// Weights of the two heads as bars in the heads' colours, everything else as text.
class PairDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const auto scale = static_cast<ColorScale>(index.data(PairTableModel::kScaleRole).toInt());
    const bool isBar =
        index.column() > 0 && (scale == ColorScale::kClassification || scale == ColorScale::kRegression);
    QStyleOptionViewItem plain = option;
    initStyleOption(&plain, index);
    const Theme& theme = themeOf(option.palette);
    if (!index.data(PairTableModel::kMemberRole).toBool())
      plain.palette.setColor(QPalette::Text, theme.secondaryText);
    if (!isBar) {
      option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);
      return;
    }
    const QString number = plain.text;
    plain.text.clear();
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    const QRectF track = QRectF(option.rect).adjusted(6, 0, -6, 0);
    const QRectF bar(track.left(), track.bottom() - 7, track.width(), 4);
    painter->setBrush(theme.line);
    painter->drawRoundedRect(bar, 2, 2);
    painter->setBrush(scale == ColorScale::kClassification ? theme.classification : theme.regression);
    const double share = static_cast<double>(index.data(PairTableModel::kShareRole).toFloat());
    if (share > 0)
      painter->drawRoundedRect(
          QRectF(bar.left(), bar.top(), std::max(2.0, bar.width() * share), bar.height()), 2, 2);
    painter->setPen(plain.palette.color(QPalette::Text));
    painter->drawText(track.adjusted(0, 2, 0, -8), Qt::AlignRight | Qt::AlignVCenter, number);
    painter->restore();
  }
};

QLabel* sectionLabel(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "section");
  return label;
}

}  // namespace

InspectorPanel::InspectorPanel(ViewState& state, QWidget* parent) : QWidget(parent), state_(state) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  empty_ =
      new QLabel(tr("Click an object or an anchor in the image to see its bag, its ranks and weights, and "
                    "why it was taken or not."));
  empty_->setProperty("role", "secondary");
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  empty_->setContentsMargins(12, 12, 12, 12);
  outer->addWidget(empty_);

  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  objectPart_ = split;
  outer->addWidget(split, 1);

  auto* bag = new QWidget;
  auto* bagLayout = new QVBoxLayout(bag);
  bagLayout->setContentsMargins(12, 10, 4, 4);
  bagLayout->setSpacing(4);
  auto* head = new QHBoxLayout;
  objectTitle_ = sectionLabel({});
  bagCount_ = new QLabel;
  bagCount_->setProperty("role", "secondary");
  head->addWidget(objectTitle_);
  head->addStretch(1);
  head->addWidget(bagCount_);
  bagLayout->addLayout(head);
  facts_ = new QLabel;
  facts_->setProperty("role", "secondary");
  facts_->setWordWrap(true);
  bagLayout->addWidget(facts_);
  model_ = new PairTableModel(this);
  table_ = new QTableView;
  table_->setObjectName(QStringLiteral("bagTable"));
  table_->setModel(model_);
  table_->setItemDelegate(new PairDelegate(table_));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(26);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setSortIndicatorShown(true);
  table_->horizontalHeader()->setSectionsClickable(true);
  table_->horizontalHeader()->setDefaultSectionSize(62);
  table_->horizontalHeader()->setMinimumSectionSize(40);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  connect(table_->horizontalHeader(), &QHeaderView::sectionClicked, this,
          [this](int column) { model_->sort(column, table_->horizontalHeader()->sortIndicatorOrder()); });
  bagLayout->addWidget(table_, 1);
  bagOnly_ = new QCheckBox(tr("bag only"));
  bagOnly_->setChecked(true);
  bagOnly_->setToolTip(tr("Hide pairs that were considered but did not get into the bag"));
  bagLayout->addWidget(bagOnly_);
  split->addWidget(bag);

  auto* scatterHost = new QWidget;
  auto* scatterLayout = new QVBoxLayout(scatterHost);
  scatterLayout->setContentsMargins(12, 8, 8, 4);
  scatterLayout->addWidget(sectionLabel(tr("PAIRS OF THE OBJECT")));
  scatter_ = new ScatterView;
  scatterLayout->addWidget(scatter_, 1);
  split->addWidget(scatterHost);

  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  auto* why = new QWidget;
  auto* whyLayout = new QVBoxLayout(why);
  whyLayout->setContentsMargins(12, 8, 12, 8);
  whyLayout->setSpacing(6);
  decisionTitle_ = sectionLabel({});
  whyLayout->addWidget(decisionTitle_);
  anchorFacts_ = new QLabel;
  anchorFacts_->setProperty("role", "secondary");
  anchorFacts_->setWordWrap(true);
  whyLayout->addWidget(anchorFacts_);
  decision_ = new DecisionView;
  whyLayout->addWidget(decision_);
  links_ = new QWidget;
  linksLayout_ = new QVBoxLayout(links_);
  linksLayout_->setContentsMargins(0, 0, 0, 0);
  linksLayout_->setSpacing(0);
  whyLayout->addWidget(links_);
  whyLayout->addStretch(1);
  scroll->setWidget(why);
  split->addWidget(scroll);
  split->setStretchFactor(0, 4);
  split->setStretchFactor(1, 2);
  split->setStretchFactor(2, 3);
  split->setSizes({320, 170, 260});

  connect(&state_, &ViewState::frameChanged, this, &InspectorPanel::refresh);
  connect(&state_, &ViewState::selectionChanged, this, &InspectorPanel::refresh);
  connect(bagOnly_, &QCheckBox::toggled, this, &InspectorPanel::refresh);
  connect(scatter_, &ScatterView::anchorClicked, this,
          [this](std::int64_t anchor) { state_.selectPair(state_.selectedObject(), anchor); });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          [this](const QModelIndex& current) {
            if (!refreshing_ && current.isValid())
              state_.selectPair(state_.selectedObject(), model_->anchorOfRow(current.row()));
          });
  refresh();
}

void InspectorPanel::refresh() {
  refreshing_ = true;
  const int object = state_.selectedObject();
  const bool something = state_.frame() && (object >= 0 || state_.selectedAnchor() >= 0);
  empty_->setVisible(!something);
  objectPart_->setVisible(something);
  model_->show(something ? state_.frame() : nullptr, object, bagOnly_->isChecked());
  const PairTable* table = model_->table();
  if (const QString name = table ? QString::fromStdString(table->spec.name) : QString();
      name != headerOfTable_) {
    headerOfTable_ = name;
    table_->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  }
  scatter_->show(something ? state_.frame() : nullptr, object);
  scatter_->setSelectedAnchor(state_.selectedAnchor());
  if (something) {
    refreshObjectFacts();
    refreshDecision();
  }
  selectRowOfAnchor();
  refreshing_ = false;
}

void InspectorPanel::refreshObjectFacts() {
  const ProbeFrame& frame = *state_.frame();
  const int object = state_.selectedObject();
  if (object < 0 || object >= static_cast<int>(frame.image->objects.size())) {
    objectTitle_->setText(tr("NO OBJECT"));
    bagCount_->clear();
    facts_->setText(tr("No object overlaps this anchor."));
    return;
  }
  const ObjectRecord& record = frame.image->objects[static_cast<std::size_t>(object)];
  const auto& names = *frame.classNames;
  const QString className = record.classIndex >= 0 && record.classIndex < static_cast<int>(names.size())
                                ? QString::fromStdString(names[static_cast<std::size_t>(record.classIndex)])
                                : QString::number(record.classIndex);
  objectTitle_->setText(tr("OBJECT %1 · %2").arg(object).arg(className.toUpper()));
  bagCount_->setText(
      tr("bag %1 of %2").arg(countText(model_->memberCount()), countText(model_->consideredCount())));
  bagCount_->setToolTip(tr("Anchors in the bag of the pairs the method considered"));
  QStringList parts{tr("%1 × %2 px")
                        .arg(numberText(static_cast<double>(record.boxInImage.width())),
                             numberText(static_cast<double>(record.boxInImage.height())))};
  if (record.ignored) parts << tr("ignored (crowd or difficult)");
  QStringList help;
  for (const ObjectColumn& column : frame.objectColumns) {
    const float value = static_cast<std::size_t>(object) < column.values.size()
                            ? column.values[static_cast<std::size_t>(object)]
                            : NAN;
    if (std::isnan(value)) continue;
    const QString title =
        QString::fromStdString(column.spec.title.empty() ? column.spec.name : column.spec.title);
    if (column.spec.name == kStarvedColumn) {
      if (value > 0) parts << tr("starved");
      continue;
    }
    const QString unit = column.spec.unit.empty() || column.spec.unit == "1"
                             ? QString()
                             : QLatin1Char(' ') + QString::fromStdString(column.spec.unit);
    parts << title + QLatin1Char(' ') + numberText(static_cast<double>(value)) + unit;
    help << title + QStringLiteral(": ") + QString::fromStdString(column.spec.description);
  }
  facts_->setText(parts.join(QStringLiteral(" · ")));
  facts_->setToolTip(help.join(QLatin1Char('\n')));
}

void InspectorPanel::refreshDecision() {
  const ProbeFrame& frame = *state_.frame();
  const std::int64_t anchor = state_.selectedAnchor();
  while (QLayoutItem* item = linksLayout_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  if (anchor < 0 || !frame.anchors || static_cast<std::size_t>(anchor) >= frame.anchors->count()) {
    decisionTitle_->setText(tr("WHY?"));
    anchorFacts_->setText(tr("Select a row or an anchor to see its decision."));
    decision_->clear();
    return;
  }
  const auto index = static_cast<std::size_t>(anchor);
  decisionTitle_->setText(tr("WHY ANCHOR %1?").arg(countText(anchor)));
  QStringList parts{QString::fromStdString(frame.anchors->label(index))};
  for (const char* name : {"cls_score", "iou", "loss.cls", "loss.loc"})
    if (const Channel* channel = frame.channel(name); channel && index < channel->values.size())
      parts << QString::fromStdString(channel->spec.title.empty() ? channel->spec.name
                                                                  : channel->spec.title) +
                   QLatin1Char(' ') + numberText(static_cast<double>(channel->values[index]));
  anchorFacts_->setText(parts.join(QStringLiteral(" · ")));
  const Decision decision = explain(frame, static_cast<std::int32_t>(anchor), state_.selectedObject());
  decision_->setDecision(decision);
  std::vector<std::int32_t> others;
  for (const DecisionOutcome& outcome : decision.outcomes)
    if (outcome.winner >= 0 && outcome.winner != state_.selectedObject() &&
        std::find(others.begin(), others.end(), outcome.winner) == others.end())
      others.push_back(outcome.winner);
  for (const std::int32_t other : others) {
    auto* link = new QPushButton(tr("Go to object %1").arg(other));
    link->setProperty("role", "link");
    link->setCursor(Qt::PointingHandCursor);
    connect(
        link, &QPushButton::clicked, this, [this, other, anchor] { state_.selectPair(other, anchor); },
        Qt::QueuedConnection);
    linksLayout_->addWidget(link);
  }
}

void InspectorPanel::selectRowOfAnchor() {
  const int row = model_->rowOfAnchor(state_.selectedAnchor());
  if (row < 0) {
    table_->clearSelection();
    table_->setCurrentIndex({});
    return;
  }
  table_->selectRow(row);
  table_->scrollTo(model_->index(row, 0));
}

}  // namespace anchorscope
