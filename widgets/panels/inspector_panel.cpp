#include "widgets/panels/inspector_panel.h"

#include <QCheckBox>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/counted.h"
#include "core/evidence/decision.h"
#include "core/evidence/object_story.h"
#include "widgets/models/number_text.h"
#include "widgets/models/objects_model.h"
#include "widgets/models/pair_table_model.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/column_header.h"
#include "widgets/panels/decision_view.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/object_story_view.h"
#include "widgets/panels/objects_view.h"
#include "widgets/plot/scatter_view.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr double kShortestBar = 28;
constexpr int kNarrowestBar = 40;  ///< Of a column.

/// Weights of the two heads as bars in the heads' colours, with their numbers where there is room; everything
/// else as text.
class PairDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const auto scale = static_cast<ColorScale>(index.data(PairTableModel::kScaleRole).toInt());
    const bool isBar = index.data(PairTableModel::kWeightRole).toBool();
    QStyleOptionViewItem plain = option;
    initStyleOption(&plain, index);
    const Theme& theme = themeOf(option.palette);
    if (!index.data(PairTableModel::kMemberRole).toBool())
      plain.palette.setColor(QPalette::Text, theme.secondaryText);
    if (!isBar) {
      option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);
      return;
    }
    plain.text.clear();
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    QRectF bar(option.rect.left() + 6, option.rect.center().y() - 3, option.rect.width() - 12, 7);
    // The number as well where there is room for both.
    const QString number = index.data(Qt::DisplayRole).toString();
    const auto* model = qobject_cast<const PairTableModel*>(index.model());
    const double needed =
        option.fontMetrics.horizontalAdvance(model ? model->widestText(index.column()) : number);
    if (bar.width() >= needed + kShortestBar) {
      painter->setPen(plain.palette.color(QPalette::Text));
      painter->setFont(option.font);
      painter->drawText(QRectF(bar.right() - needed, option.rect.top(), needed, option.rect.height()),
                        Qt::AlignRight | Qt::AlignVCenter, number);
      painter->setPen(Qt::NoPen);
      bar.setRight(bar.right() - needed - 4);
    }
    painter->setBrush(theme.line);
    painter->drawRoundedRect(bar, 1.5, 1.5);
    painter->setBrush(scale == ColorScale::kRegression ? theme.regression : theme.classification);
    const double share = static_cast<double>(index.data(PairTableModel::kShareRole).toFloat());
    if (share > 0)
      painter->drawRoundedRect(
          QRectF(bar.left(), bar.top(), std::max(2.0, bar.width() * share), bar.height()), 1.5, 1.5);
    painter->restore();
  }
};

QLabel* sectionLabel(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "section");
  return label;
}

QWidget* separatorLine() {
  auto* line = new QWidget;
  line->setProperty("role", "separator");
  line->setAttribute(Qt::WA_StyledBackground);
  line->setFixedHeight(1);
  return line;
}

}  // namespace

InspectorPanel::InspectorPanel(CanvasModel& canvas, QWidget* parent) : QWidget(parent) {
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
  objects_ = new ObjectsView;
  outer->addWidget(objects_, 1);

  content_ = new QWidget;
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(12, 10, 12, 8);
  column->setSpacing(4);
  outer->addWidget(content_, 1);

  auto* head = new QHBoxLayout;
  objectTitle_ = sectionLabel({});
  bagCount_ = new QLabel;
  bagCount_->setProperty("role", "secondary");
  head->addWidget(objectTitle_);
  head->addStretch(1);
  head->addWidget(bagCount_);
  column->addLayout(head);
  facts_ = new ElidedLabel;
  facts_->setProperty("role", "secondary");
  column->addWidget(facts_);
  model_ = new PairTableModel(this);
  table_ = new QTableView;
  table_->setObjectName(QStringLiteral("bagTable"));
  table_->setAccessibleName(tr("Anchors of the object"));
  table_->setModel(model_);
  table_->setItemDelegate(new PairDelegate(table_));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTabKeyNavigation(false);  // rows are walked with the arrow keys; Tab goes on
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setMinimumHeight(120);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(22);
  table_->verticalHeader()->setMinimumSectionSize(22);
  QHeaderView* header = new ColumnHeader;
  table_->setHorizontalHeader(header);
  header->setMinimumSectionSize(28);
  header->setContextMenuPolicy(Qt::CustomContextMenu);
  header->setToolTip(tr("Click sorts; right-click chooses the columns"));
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->viewport()->installEventFilter(this);
  connect(header, &QHeaderView::customContextMenuRequested, this, &InspectorPanel::chooseColumns);
  connect(header, &QHeaderView::sectionClicked, this, [this](int section) {
    model_->sort(section, table_->horizontalHeader()->sortIndicatorOrder());
    scrolledToAnchor_ = -1;
    selectRowOfAnchor();
  });
  column->addWidget(table_, 1);
  bagOnly_ = new QCheckBox(tr("bag only"));
  bagOnly_->setChecked(true);
  bagOnly_->setToolTip(tr("Hide pairs that were considered but did not get into the bag"));
  omitted_ = new ElidedLabel;
  omitted_->setObjectName(QStringLiteral("omittedPairs"));
  omitted_->setProperty("role", "secondary");
  auto* pairs = new QHBoxLayout;
  pairs->addWidget(bagOnly_);
  pairs->addWidget(omitted_, 1);
  column->addLayout(pairs);
  column->addWidget(separatorLine());

  auto* lower = new QHBoxLayout;
  lower->setSpacing(12);
  auto* left = new QVBoxLayout;
  scatterTitle_ = sectionLabel({});
  left->addWidget(scatterTitle_);
  scatter_ = new ScatterView;
  scatter_->setMinimumHeight(150);
  scatter_->setMaximumHeight(190);
  left->addWidget(scatter_, 1);
  left->addStretch(0);
  lower->addLayout(left, 9);
  auto* right = new QVBoxLayout;
  right->setSpacing(4);
  decisionTitle_ = sectionLabel({});
  right->addWidget(decisionTitle_);
  decision_ = new DecisionView;
  right->addWidget(decision_);
  levels_ = new QLabel;
  levels_->setObjectName(QStringLiteral("storyLevels"));
  levels_->setProperty("role", "secondary");
  levels_->setTextFormat(Qt::RichText);
  levels_->setToolTip(tr("By level: candidates that were considered, that reached the object, that it has"));
  right->addWidget(levels_);
  right->addStretch(1);
  lower->addLayout(right, 11);
  column->addLayout(lower);
  anchorFacts_ = new QLabel;
  anchorFacts_->setObjectName(QStringLiteral("anchorFacts"));
  anchorFacts_->setProperty("role", "secondary");
  anchorFacts_->setWordWrap(true);
  column->addWidget(anchorFacts_);
  summary_ = new QLabel;
  summary_->setObjectName(QStringLiteral("decisionSummary"));
  summary_->setProperty("role", "card");
  summary_->setWordWrap(true);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(summary_);
  story_ = new ObjectStoryView;
  column->addWidget(story_);
  links_ = new QWidget;
  linksLayout_ = new QVBoxLayout(links_);
  linksLayout_->setContentsMargins(0, 0, 0, 0);
  linksLayout_->setSpacing(0);
  column->addWidget(links_);

  connect(bagOnly_, &QCheckBox::toggled, this, &InspectorPanel::refresh);
  connect(scatter_, &ScatterView::anchorClicked, this,
          [this](std::int64_t anchor) { canvas_->selectPair(canvas_->selectedObject(), anchor); });
  connect(story_, &ObjectStoryView::pairWanted, this,
          [this](int object, std::int64_t anchor) { canvas_->selectPair(object, anchor); });
  connect(objects_, &ObjectsView::objectWanted, this,
          [this](int object) { canvas_->selectPair(object, -1); });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          [this](const QModelIndex& current) {
            if (!refreshing_ && current.isValid())
              canvas_->selectPair(canvas_->selectedObject(), model_->anchorOfRow(current.row()));
          });
  setCanvas(canvas);
}

void InspectorPanel::setCanvas(CanvasModel& canvas) {
  if (canvas_) canvas_->disconnect(this);
  canvas_ = &canvas;
  connect(canvas_, &CanvasModel::frameChanged, this, &InspectorPanel::refresh);
  connect(canvas_, &CanvasModel::selectionChanged, this, &InspectorPanel::refresh);
  refresh();
}

QString InspectorPanel::summary() const {
  return summary_->text();
}

void InspectorPanel::refresh() {
  refreshing_ = true;
  const int object = canvas_->selectedObject();
  const bool something = canvas_->evidence() && (object >= 0 || canvas_->selectedAnchor() >= 0);
  empty_->setVisible(!something);
  objects_->show(something ? nullptr : canvas_->evidence());
  content_->setVisible(something);
  // While training goes on the rows change under the user: the place stays.
  const int scrolled = table_->verticalScrollBar()->value();
  model_->show(something ? canvas_->evidence() : nullptr, object, bagOnly_->isChecked());
  setUpColumns();
  table_->verticalScrollBar()->setValue(scrolled);
  scatter_->show(something ? canvas_->evidence() : nullptr, object);
  scatter_->setSelectedAnchor(canvas_->selectedAnchor());
  if (something) {
    scatterTitle_->setText(scatter_->title().toUpper());
    refreshObjectFacts();
    refreshDecision();
  }
  selectRowOfAnchor();
  refreshing_ = false;
}

void InspectorPanel::setUpColumns() {
  const PairTable* table = model_->table();
  if (!table) return;
  const QString name = QString::fromStdString(table->spec.name);
  const QString shape = name + QString::number(model_->columnCount()) + QString::number(model_->rankColumn());
  if (shape == shapeOfTable_) return;
  shapeOfTable_ = shape;
  QHeaderView* header = table_->horizontalHeader();
  header->setSortIndicator(-1, Qt::AscendingOrder);
  const auto chosen = shownColumns_.constFind(name);
  for (int column = 0; column < model_->columnCount(); ++column) {
    const QString title = model_->headerData(column, Qt::Horizontal).toString();
    header->setSectionHidden(column, chosen != shownColumns_.constEnd() ? !chosen->contains(title)
                                                                        : !model_->shownAtFirst(column));
  }
  fitColumns();
}

void InspectorPanel::fitColumns() {
  // Numbers as wide as they need, the bars share what is left. Where that is too little, long titles give
  // way; a scroll bar only when even the numbers do not fit.
  QHeaderView* header = table_->horizontalHeader();
  const QFontMetrics metrics(table_->font());
  int left = table_->viewport()->width();
  std::vector<int> bars, others;
  std::vector<int> numbers, titles;  // widths of the others
  for (int column = 0; column < model_->columnCount(); ++column)
    if (!header->isSectionHidden(column)) (model_->isWeight(column) ? bars : others).push_back(column);
  for (const int column : others) {
    const QString title = model_->headerData(column, Qt::Horizontal).toString();
    numbers.push_back(metrics.horizontalAdvance(model_->widestText(column)) + kColumnMargins);
    titles.push_back(std::max(metrics.horizontalAdvance(title) + kColumnMargins, numbers.back()));
    left -= titles.back();
  }
  int missing = kNarrowestBar * static_cast<int>(bars.size()) - left;
  for (std::size_t i = 0; i < others.size(); ++i) {
    // The longest first.
    const auto longest = std::max_element(titles.begin(), titles.end()) - titles.begin();
    const int given = std::clamp(missing, 0, titles[longest] - numbers[longest]);
    header->resizeSection(others[longest], titles[longest] - given);
    missing -= given;
    left += given;
    titles[longest] = -1;
  }
  for (const int bar : bars)
    header->resizeSection(bar, std::max(kNarrowestBar, left / static_cast<int>(bars.size())));
}

bool InspectorPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == table_->viewport() && event->type() == QEvent::Resize && model_->table()) fitColumns();
  return QWidget::eventFilter(watched, event);
}

void InspectorPanel::chooseColumns(const QPoint& at) {
  if (!model_->table()) return;
  QHeaderView* header = table_->horizontalHeader();
  QMenu menu(this);
  menu.setToolTipsVisible(true);
  for (int column = 0; column < model_->columnCount(); ++column) {
    QAction* action = menu.addAction(model_->headerData(column, Qt::Horizontal).toString());
    action->setToolTip(model_->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString());
    action->setCheckable(true);
    action->setChecked(!header->isSectionHidden(column));
    // The last one stays, or there would be no header left to bring the others back with.
    action->setEnabled(header->isSectionHidden(column) || header->count() - header->hiddenSectionCount() > 1);
    connect(action, &QAction::toggled, header,
            [header, column](bool on) { header->setSectionHidden(column, !on); });
  }
  menu.exec(header->mapToGlobal(at));
  QStringList shown;
  for (int column = 0; column < model_->columnCount(); ++column)
    if (!header->isSectionHidden(column)) shown << model_->headerData(column, Qt::Horizontal).toString();
  shownColumns_[QString::fromStdString(model_->table()->spec.name)] = shown;
  fitColumns();
}

void InspectorPanel::refreshObjectFacts() {
  const StageEvidence& evidence = *canvas_->evidence();
  const int object = canvas_->selectedObject();
  if (object < 0 || object >= static_cast<int>(evidence.image->objects.size())) {
    objectTitle_->setText(tr("NO OBJECT"));
    bagCount_->clear();
    omitted_->hide();
    facts_->setText(tr("No object overlaps this anchor."));
    return;
  }
  const ObjectRecord& record = evidence.image->objects[static_cast<std::size_t>(object)];
  const auto& names = *evidence.classNames;
  const QString className = record.classIndex >= 0 && record.classIndex < static_cast<int>(names.size())
                                ? QString::fromStdString(names[static_cast<std::size_t>(record.classIndex)])
                                : QString::number(record.classIndex);
  objectTitle_->setText(tr("OBJECT %1 · %2").arg(object).arg(className.toUpper()));
  bagCount_->setText(
      tr("bag %1 of %2").arg(countText(model_->memberCount()), countText(model_->consideredCount())));
  bagCount_->setToolTip(tr("Anchors in the bag of the pairs the method considered"));
  const int omitted = model_->omittedCount();
  omitted_->setVisible(omitted > 0);
  omitted_->setText(tr("· %1 not kept").arg(countText(omitted, noun::kPairs)));
  if (omitted > 0)
    omitted_->setToolTip(
        tr("Beside the bag an object keeps its nearest %1 (train.evidence_pairs); 0 keeps every pair")
            .arg(countText(model_->table()->missesPerObject, noun::kMisses)));
  QStringList parts{tr("%1 × %2 px")
                        .arg(shortText(static_cast<double>(record.boxInImage.width())),
                             shortText(static_cast<double>(record.boxInImage.height())))};
  if (record.ignored) parts << tr("ignored (crowd or difficult)");
  QStringList help;
  for (const ObjectColumn& column : evidence.objectColumns) {
    const float value = static_cast<std::size_t>(object) < column.values.size()
                            ? column.values[static_cast<std::size_t>(object)]
                            : NAN;
    if (std::isnan(value)) continue;
    const QString title = declaredTitle(column.spec);
    if (column.spec.name == kStarvedColumn) {
      if (value > 0) parts << tr("starved");
      continue;
    }
    const auto number = static_cast<double>(value);
    parts << QStringLiteral("%1 %2 %3")
                 .arg(title, shortText(number), QString::fromStdString(unitOf(number, column.spec.unit)))
                 .trimmed();
    help << title + QStringLiteral(": ") + declaredText(column.spec.description);
  }
  facts_->setText(parts.join(QStringLiteral(" · ")));
  facts_->setToolTip(parts.mid(1).join(QLatin1Char('\n')) + QStringLiteral("\n\n") +
                     help.join(QLatin1Char('\n')));
}

void InspectorPanel::refreshDecision() {
  const StageEvidence& evidence = *canvas_->evidence();
  const std::int64_t anchor = canvas_->selectedAnchor();
  while (QLayoutItem* item = linksLayout_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  const bool decided =
      anchor >= 0 && evidence.candidates && static_cast<std::size_t>(anchor) < evidence.candidates->count();
  levels_->setVisible(!decided);
  story_->setVisible(!decided);
  if (!decided) {
    anchorFacts_->setText(tr("Select a row or an anchor to see its decision."));
    decision_->clear();
    summary_->hide();
    refreshStory();
    return;
  }
  const auto index = static_cast<std::size_t>(anchor);
  decisionTitle_->setText(tr("WHY %1?").arg(countText(anchor)));
  QStringList parts;
  if (const std::string where = evidence.label(index); !where.empty()) parts << QString::fromStdString(where);
  for (const char* name : {"cls_score", "iou", "centerness", "loss.cls", "loss.loc", "loss.quality"})
    if (const Channel* channel = evidence.channel(name);
        channel && index < channel->values.size() && !std::isnan(channel->values[index]))
      parts << declaredTitle(channel->spec) + QLatin1Char(' ') +
                   numberText(static_cast<double>(channel->values[index]));
  anchorFacts_->setText(parts.join(QStringLiteral(" · ")));
  const Decision decision = explain(evidence, static_cast<std::int32_t>(anchor), canvas_->selectedObject());
  decision_->setDecision(decision);
  summary_->setText(QString::fromStdString(decision.summary));
  summary_->setVisible(!decision.summary.empty());
  std::vector<std::int32_t> others;
  for (const DecisionOutcome& outcome : decision.outcomes)
    if (outcome.winner >= 0 && outcome.winner != canvas_->selectedObject() &&
        std::find(others.begin(), others.end(), outcome.winner) == others.end())
      others.push_back(outcome.winner);
  for (const std::int32_t other : others)
    addLink(tr("Go to object %1").arg(other), other, anchor);
  if (canvas_->selectedObject() >= 0)
    addLink(tr("Back to all of object %1").arg(canvas_->selectedObject()), canvas_->selectedObject(), -1);
}

void InspectorPanel::addLink(const QString& text, int object, std::int64_t anchor) {
  auto* link = new QPushButton(text);
  link->setProperty("role", "link");
  link->setCursor(Qt::PointingHandCursor);
  connect(
      link, &QPushButton::clicked, this, [this, object, anchor] { canvas_->selectPair(object, anchor); },
      Qt::QueuedConnection);
  linksLayout_->addWidget(link);
}

void InspectorPanel::refreshStory() {
  ObjectStory story = explainObject(*canvas_->evidence(), canvas_->selectedObject());
  decisionTitle_->setText(story.state == ObjectState::kUnknown
                              ? tr("WHY?")
                              : tr("WHY %1?").arg(stateText(story.state).toUpper()));
  levels_->setText(levelsText(story));
  levels_->setVisible(!story.levels.empty());
  story_->show(canvas_->evidence(), std::move(story));
}

void InspectorPanel::selectRowOfAnchor() {
  const std::int64_t anchor = canvas_->selectedAnchor();
  const int row = model_->rowOfAnchor(anchor);
  if (row < 0) {
    table_->clearSelection();
    table_->setCurrentIndex({});
  } else {
    table_->selectRow(row);
    if (anchor != scrolledToAnchor_) table_->scrollTo(model_->index(row, 0));
  }
  scrolledToAnchor_ = anchor;
}

}  // namespace anchorscope
