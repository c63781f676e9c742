#include "widgets/panels/distribution_panel.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "core/statistics/group_text.h"
#include "widgets/models/brush_text.h"
#include "widgets/models/groups_model.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/layer.h"
#include "widgets/panels/column_header.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/jump_table.h"
#include "widgets/plot/channel_histogram.h"
#include "widgets/plot/channel_scatter.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

/// Shares of losses as bars behind their numbers; the row of all stands apart.
class GroupsDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    if (const QVariant share = index.data(GroupsModel::kShareRole);
        share.isValid() && !index.data(GroupsModel::kAllRole).toBool()) {
      const Theme& theme = themeOf(option.palette);
      const auto scale = static_cast<ColorScale>(index.data(GroupsModel::kColorRole).toInt());
      QColor color = scale == ColorScale::kClassification ? theme.classification
                     : scale == ColorScale::kRegression   ? theme.regression
                                                          : theme.secondaryText;
      color.setAlpha(80);
      QRectF bar = QRectF(option.rect).adjusted(2, 4, -2, -4);
      bar.setLeft(bar.right() - bar.width() * std::clamp(share.toDouble(), 0.0, 1.0));
      painter->fillRect(bar, color);
    }
    QStyledItemDelegate::paint(painter, option, index);
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.data(GroupsModel::kAllRole).toBool()) option->font.setBold(true);
  }
};

/// The row of all stays below, however the groups are sorted.
class GroupsOrder : public QSortFilterProxyModel {
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;

 protected:
  bool lessThan(const QModelIndex& a, const QModelIndex& b) const override {
    const bool ascending = sortOrder() == Qt::AscendingOrder;
    if (a.data(GroupsModel::kAllRole).toBool()) return !ascending;
    if (b.data(GroupsModel::kAllRole).toBool()) return ascending;
    return QSortFilterProxyModel::lessThan(a, b);
  }
};

QComboBox* narrowBox(const QString& name, const QString& help) {
  auto* box = new QComboBox;
  box->setObjectName(name);
  box->setAccessibleName(help);
  box->setToolTip(help);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(5);
  return box;
}

QWidget* section(QHBoxLayout* controls, QWidget* content) {
  auto* widget = new QWidget;
  auto* column = new QVBoxLayout(widget);
  column->setContentsMargins(8, 4, 8, 4);
  column->setSpacing(4);
  controls->setSpacing(6);
  column->addLayout(controls);
  column->addWidget(content, 1);
  return widget;
}

/// What every dense method has; else the first of the stage's channels in this colour that is the better the
/// higher it is.
QString qualityChannel(const StageEvidence& evidence, ColorScale scale) {
  const char* common = scale == ColorScale::kClassification ? "cls_score" : "iou";
  if (evidence.channel(common)) return QString::fromLatin1(common);
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate && channel.spec.scale == scale &&
        channel.spec.sense == Sense::kHigherIsBetter)
      return QString::fromStdString(channel.spec.name);
  return {};
}

void choose(QComboBox* box, const QString& name) {
  if (const int index = box->findData(name); index >= 0) box->setCurrentIndex(index);
}

}  // namespace

std::vector<ScatterChoice> scatterChoices(const StageEvidence& evidence) {
  std::vector<ScatterChoice> out;
  const auto has = [&](const char* name) { return evidence.channel(name) != nullptr; };
  if (has("cls_score") && has("iou"))
    out.push_back({DistributionPanel::tr("Score and IoU"), "cls_score", "iou", {}});
  if (has("cls_score_object") && has("iou"))
    out.push_back(
        {DistributionPanel::tr("Score of the object's class and IoU"), "cls_score_object", "iou", {}});
  for (const Layer& layer : mutualLayers(evidence))
    if (layer.channel != "cls_score")
      out.push_back({declaredText(layer.title),
                     QString::fromStdString(layer.channel),
                     QString::fromStdString(layer.second),
                     {}});
  if (!has("loss.cls") || !has("loss.loc")) return out;
  const QString losses = DistributionPanel::tr("Losses of both heads");
  out.push_back({losses, "loss.cls", "loss.loc", {}});
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate && channel.spec.scale == ColorScale::kDiverging &&
        !channel.spec.unit.empty())
      out.push_back({DistributionPanel::tr("%1, by %2").arg(losses, declaredTitle(channel.spec)), "loss.cls",
                     "loss.loc", QString::fromStdString(channel.spec.name)});
  return out;
}

DistributionPanel::DistributionPanel(CanvasModel& canvas, QWidget* parent)
    : QWidget(parent),
      brushLabel_(new ElidedLabel),
      clear_(new QToolButton),
      hideOthers_(new QCheckBox(tr("Hide others"))),
      splitter_(new QSplitter(Qt::Vertical)),
      x_(narrowBox(QStringLiteral("scatterX"), tr("What is drawn from left to right"))),
      y_(narrowBox(QStringLiteral("scatterY"), tr("What is drawn upwards"))),
      color_(narrowBox(QStringLiteral("scatterColor"), tr("What gives the colour"))),
      valued_(narrowBox(QStringLiteral("histogramChannel"), tr("Whose values are counted"))),
      parts_(narrowBox(QStringLiteral("histogramParts"), tr("What the counts are parted by"))),
      by_(narrowBox(QStringLiteral("groupBy"), tr("What the candidates are grouped by"))),
      choices_(new QToolButton),
      logarithmic_(new QCheckBox(tr("Log"))),
      scatter_(new ChannelScatter),
      histogram_(new ChannelHistogram),
      groups_(new GroupsModel(this)),
      sorted_(new GroupsOrder(this)),
      table_(new JumpTable) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 4, 0, 0);
  column->setSpacing(2);
  auto* top = new QHBoxLayout;
  top->setContentsMargins(10, 2, 8, 0);
  brushLabel_->setObjectName(QStringLiteral("brushLabel"));
  clear_->setObjectName(QStringLiteral("clearBrush"));
  clear_->setText(tr("Clear"));
  clear_->setToolTip(tr("Tell no candidates from the others any more (Esc)"));
  hideOthers_->setObjectName(QStringLiteral("hideOthers"));
  hideOthers_->setToolTip(tr("Others are left out of the canvases, instead of drawn faintly"));
  top->addWidget(brushLabel_, 1);
  top->addWidget(hideOthers_);
  top->addWidget(clear_);
  column->addLayout(top);
  splitter_->setChildrenCollapsible(false);
  splitter_->addWidget(scatterSection());
  splitter_->addWidget(histogramSection());
  splitter_->addWidget(tableSection());
  splitter_->setSizes({270, 180, 270});
  column->addWidget(splitter_, 1);

  connect(clear_, &QToolButton::clicked, this, [this] { canvas_->brush({}); });
  connect(hideOthers_, &QCheckBox::toggled, this, [this](bool hide) { canvas_->setBrushHidesOthers(hide); });
  connect(scatter_, &ChannelScatter::brushWanted, this, &DistributionPanel::brush);
  connect(histogram_, &ChannelHistogram::brushWanted, this, &DistributionPanel::brush);
  connect(scatter_, &ChannelScatter::brushCleared, this, [this] { canvas_->brush({}); });
  connect(histogram_, &ChannelHistogram::brushCleared, this, [this] { canvas_->brush({}); });
  connect(scatter_, &ChannelScatter::anchorClicked, this,
          [this](std::int64_t anchor) { canvas_->selectAnchor(anchor); });
  setCanvas(canvas);
}

QWidget* DistributionPanel::scatterSection() {
  auto* controls = new QHBoxLayout;
  for (QComboBox* box : {x_, y_, color_}) {
    controls->addWidget(box, 1);
    connect(box, &QComboBox::currentIndexChanged, this, &DistributionPanel::showChannels);
  }
  choices_->setObjectName(QStringLiteral("scatterChoices"));
  choices_->setText(QStringLiteral("▾"));
  choices_->setToolTip(tr("Channels that belong together"));
  choices_->setPopupMode(QToolButton::InstantPopup);
  choices_->setMenu(new QMenu(choices_));
  connect(choices_->menu(), &QMenu::aboutToShow, this, &DistributionPanel::offerChoices);
  controls->addWidget(choices_);
  scatter_->setToolTipDuration(-1);
  scatter_->setStatusTip(
      tr("Drag to brush, Shift+drag for an outline, Ctrl+drag within the brush; click selects, Esc clears"));
  return section(controls, scatter_);
}

QWidget* DistributionPanel::histogramSection() {
  auto* controls = new QHBoxLayout;
  controls->addWidget(valued_, 2);
  parts_->addItem(tr("By role"), static_cast<int>(HistogramParts::kRole));
  parts_->addItem(tr("By level"), static_cast<int>(HistogramParts::kLevel));
  parts_->addItem(tr("Together"), static_cast<int>(HistogramParts::kNone));
  controls->addWidget(parts_, 1);
  logarithmic_->setObjectName(QStringLiteral("logCounts"));
  logarithmic_->setToolTip(tr("A logarithmic axis of counts"));
  logarithmic_->setChecked(true);
  controls->addWidget(logarithmic_);
  histogram_->setStatusTip(tr("Drag to brush a range, Ctrl+drag within the brush; a click and Esc clear it"));
  connect(valued_, &QComboBox::currentIndexChanged, this, &DistributionPanel::showChannels);
  connect(parts_, &QComboBox::currentIndexChanged, this,
          [this] { histogram_->setParts(static_cast<HistogramParts>(parts_->currentData().toInt())); });
  connect(logarithmic_, &QCheckBox::toggled, histogram_, &ChannelHistogram::setLogarithmic);
  return section(controls, histogram_);
}

QWidget* DistributionPanel::tableSection() {
  auto* controls = new QHBoxLayout;
  const auto add = [this](const QString& text, GroupBy by) { by_->addItem(text, static_cast<int>(by)); };
  add(tr("By role"), GroupBy::kRole);
  add(tr("By level"), GroupBy::kLevel);
  add(tr("By class"), GroupBy::kClass);
  add(tr("By object"), GroupBy::kObject);
  add(tr("By image"), GroupBy::kImage);
  by_->setCurrentIndex(1);
  controls->addWidget(by_);
  controls->addStretch(1);
  auto* file = new QToolButton;
  file->setObjectName(QStringLiteral("exportGroups"));
  file->setText(tr("Export…"));
  file->setToolTip(tr("This table as CSV or JSON"));
  controls->addWidget(file);
  connect(file, &QToolButton::clicked, this, &DistributionPanel::askForFile);
  sorted_->setSourceModel(groups_);
  sorted_->setSortRole(GroupsModel::kSortRole);
  table_->setObjectName(QStringLiteral("groupsTable"));
  table_->setAccessibleName(tr("Groups of candidates"));
  table_->setModel(sorted_);
  table_->setItemDelegate(new GroupsDelegate(table_));
  auto* header = new ColumnHeader;
  table_->setHorizontalHeader(header);
  header->setMinimumSectionSize(24);
  header->setSortIndicator(-1, Qt::AscendingOrder);  // their own order at first
  table_->setSortingEnabled(true);
  table_->setMinimumHeight(60);
  connect(by_, &QComboBox::currentIndexChanged, this, [this] {
    tableStale_ = true;
    refreshTable();
  });
  connect(table_, &JumpTable::rowChosen, this, &DistributionPanel::chooseRow);
  return section(controls, table_);
}

void DistributionPanel::setCanvas(CanvasModel& canvas) {
  if (&canvas == canvas_) return;
  if (canvas_) canvas_->disconnect(this);
  canvas_ = &canvas;
  connect(canvas_, &CanvasModel::frameChanged, this, &DistributionPanel::refresh);
  connect(canvas_, &CanvasModel::brushChanged, this, &DistributionPanel::refresh);
  connect(canvas_, &CanvasModel::selectionChanged, this,
          [this] { scatter_->setSelectedAnchor(canvas_->selectedAnchor()); });
  refresh();
}

GroupBy DistributionPanel::groupBy() const {
  return static_cast<GroupBy>(by_->currentData().toInt());
}

void DistributionPanel::setGroupBy(GroupBy by) {
  by_->setCurrentIndex(by_->findData(static_cast<int>(by)));
}

void DistributionPanel::setScatterChannels(const QString& x, const QString& y, const QString& color) {
  choose(x_, x);
  choose(y_, y);
  choose(color_, color);
}

void DistributionPanel::refresh() {
  refreshChannels();
  scatter_->show(canvas_->evidence(), canvas_->subset());
  scatter_->setSelectedAnchor(canvas_->selectedAnchor());
  histogram_->show(canvas_->evidence(), canvas_->subset());
  refreshBrush();
  tableStale_ = true;
  if (!visibleRegion().isEmpty()) refreshTable();
}

/// The channels there are to choose from; what was chosen stays, also while a stage without it is shown.
void DistributionPanel::refreshChannels() {
  const auto& evidence = canvas_->evidence();
  if (!evidence) return;
  QStringList names;
  for (const Channel& channel : evidence->channels)
    if (channel.spec.domain == ChannelDomain::kCandidate) names << QString::fromStdString(channel.spec.name);
  if (names == channels_) return;
  const bool first = channels_.isEmpty();
  channels_ = names;
  {
    const QSignalBlocker blockers[] = {QSignalBlocker(x_), QSignalBlocker(y_), QSignalBlocker(color_),
                                       QSignalBlocker(valued_)};
    for (QComboBox* box : {x_, y_, color_, valued_}) {
      const QString chosen = box->currentData().toString(), title = box->currentText();
      box->clear();
      if (box == color_) box->addItem(tr("Role"), QString());
      for (const Channel& channel : evidence->channels)
        if (channel.spec.domain == ChannelDomain::kCandidate) {
          box->addItem(declaredTitle(channel.spec), QString::fromStdString(channel.spec.name));
          box->setItemData(box->count() - 1, declaredText(channel.spec.description), Qt::ToolTipRole);
        }
      if (!chosen.isEmpty() && box->findData(chosen) < 0) box->addItem(title, chosen);
      choose(box, chosen);
    }
    if (first) {
      choose(x_, qualityChannel(*evidence, ColorScale::kClassification));
      choose(y_, qualityChannel(*evidence, ColorScale::kRegression));
      choose(valued_, qualityChannel(*evidence, ColorScale::kClassification));
    }
  }
  showChannels();
}

void DistributionPanel::showChannels() {
  const auto name = [](const QComboBox* box) { return box->currentData().toString().toStdString(); };
  scatter_->setChannels(name(x_), name(y_), name(color_));
  histogram_->setChannel(name(valued_));
}

void DistributionPanel::refreshBrush() {
  const auto& subset = canvas_->subset();
  const QString text = subset ? brushText(*canvas_->evidence(), canvas_->brushCondition(), *subset)
                              : tr("Drag in a plot or click a row: those candidates stand out everywhere");
  brushLabel_->setText(text);
  brushLabel_->setToolTip(text);
  brushLabel_->setFaint(!subset);
  clear_->setEnabled(subset != nullptr);
  const QSignalBlocker blocker(hideOthers_);
  hideOthers_->setChecked(canvas_->brushHidesOthers());
}

void DistributionPanel::paintEvent(QPaintEvent* event) {
  QWidget::paintEvent(event);
  // It has come into sight again.
  if (tableStale_) QMetaObject::invokeMethod(this, &DistributionPanel::refreshTable, Qt::QueuedConnection);
}

void DistributionPanel::refreshTable() {
  if (!tableStale_) return;
  tableStale_ = false;
  const auto& evidence = canvas_->evidence();
  if (!evidence) return groups_->show({});
  if (groupBy() == GroupBy::kImage) {
    std::vector<std::shared_ptr<const StageEvidence>> stages;
    for (const auto& probe : canvas_->probes()) {
      const bool shown = probe->image && evidence->image && probe->image->name == evidence->image->name;
      const auto last = static_cast<int>(probe->stages.size()) - 1;
      const auto& stage =
          shown ? evidence : probe->stages[static_cast<std::size_t>(std::min(canvas_->stage(), last))];
      // Of recorded moments the others are read for their thumbnails only.
      if (!stage->channels.empty()) stages.push_back(stage);
    }
    groups_->show(groupsOfImages(stages));
  } else {
    groups_->show(groupsOf(*evidence, groupBy(), canvas_->subset().get()));
  }
  table_->setColumnHidden(GroupsModel::kBrushed, !canvas_->subset());
  QHeaderView* header = table_->horizontalHeader();
  const QFontMetrics texts(table_->font()), titles(header->font());
  for (int column = 0; column < groups_->columnCount(); ++column) {
    const bool isLoss = groups_->index(0, column).data(GroupsModel::kColorRole).isValid();
    int widest =
        !isLoss ? titles.horizontalAdvance(groups_->headerData(column, Qt::Horizontal).toString()) : 48;
    QFont bold = table_->font();
    bold.setBold(true);
    for (int row = 0; row < groups_->rowCount(); ++row)
      widest = std::max(widest,
                        QFontMetrics(bold).horizontalAdvance(groups_->index(row, column).data().toString()));
    header->resizeSection(column, widest + kColumnMargins + 4);
  }
}

void DistributionPanel::brush(const CandidateCondition& condition, bool within) {
  canvas_->brush(within ? canvas_->brushCondition().with(condition) : condition);
}

void DistributionPanel::chooseRow(int row) {
  const CandidateGroup* group = groups_->group(sorted_->mapToSource(sorted_->index(row, 0)).row());
  if (!group) return canvas_->brush({});
  if (groups_->table().by == GroupBy::kImage)
    return canvas_->setProbeName(QString::fromStdString(group->name));
  const CandidateCondition condition = group->condition;  // the table changes with the brush
  if (condition.object) canvas_->selectObject(*condition.object);
  const bool within = (QApplication::keyboardModifiers() & Qt::ControlModifier) != 0;
  if (!within && condition == canvas_->brushCondition()) return canvas_->brush({});
  brush(condition, within);
}

void DistributionPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  splitter_->setOrientation(width() > 2 * height() ? Qt::Horizontal : Qt::Vertical);
}

void DistributionPanel::offerChoices() {
  QMenu* menu = choices_->menu();
  menu->clear();
  if (!canvas_->evidence()) return;
  for (const ScatterChoice& choice : scatterChoices(*canvas_->evidence()))
    connect(menu->addAction(choice.title), &QAction::triggered, this,
            [this, choice] { setScatterChannels(choice.x, choice.y, choice.color); });
}

Status DistributionPanel::exportGroups(const QString& path, Overwrite overwrite) const {
  const bool json = QFileInfo(path).suffix().compare(QLatin1String("json"), Qt::CaseInsensitive) == 0;
  const GroupTable& table = groups_->table();
  return writeFileAtomically(path.toStdString(), json ? groupsJson(table) : groupsCsv(table), overwrite);
}

void DistributionPanel::askForFile() {
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export groups"), QStringLiteral("by-%1.csv").arg(QLatin1String(groupByName(groupBy()))),
      tr("Table (*.csv);;JSON (*.json)"));
  if (path.isEmpty()) return;
  if (const Status written = exportGroups(path, Overwrite::kYes); !written)  // the dialog has asked
    emit failed(written.error());
  else
    emit exported(path);
}

}  // namespace anchorscope
