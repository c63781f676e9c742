#include "widgets/panels/findings_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <map>
#include <utility>

#include "core/base/counted.h"
#include "core/findings/findings_text.h"
#include "core/findings/rule.h"
#include "widgets/models/findings_model.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/jump_table.h"
#include "widgets/state/theme.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

constexpr int kIconPx = 16;

/// The mark of how grave it is, a shape of its own beside its colour, before the title.
class FindingDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.column() != FindingsModel::kTitle) return;
    const auto severity = static_cast<Severity>(index.data(FindingsModel::kSeverityRole).toInt());
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->decorationSize = QSize(kIconPx, kIconPx);
    option->decorationAlignment = Qt::AlignLeft | Qt::AlignTop;
    option->icon = severity == Severity::kProblem   ? themedIcon(QStringLiteral("error"), &Theme::failed)
                   : severity == Severity::kWarning ? themedIcon(QStringLiteral("warning"), &Theme::paused)
                                                    : themedIcon(QStringLiteral("note"), &Theme::selection);
  }
};

/// What leads nowhere steps back.
class ObjectDelegate : public QStyledItemDelegate {
 public:
  ObjectDelegate(const FindingObjectsModel& model, QObject* parent)
      : QStyledItemDelegate(parent), model_(model) {}

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    if (!model_.leadsSomewhere(index.row()))
      option->palette.setColor(QPalette::Text, themeOf(option->palette).secondaryText);
  }

 private:
  const FindingObjectsModel& model_;
};

QLabel* wrapped(const char* role) {
  auto* label = new QLabel;
  label->setProperty("role", role);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

/// Names to the left, values to the right.
QString numbersText(const std::vector<FindingNumber>& numbers) {
  QString text = QStringLiteral("<table width='100%'>");
  for (const FindingNumber& number : numbers) {
    const QString unit = QString::fromStdString(unitOf(number.value, number.unit));
    text += QStringLiteral("<tr><td>%1</td><td align='right'>%2</td></tr>")
                .arg(QString::fromStdString(number.name).toHtmlEscaped(),
                     (unit.isEmpty() ? numberText(number.value) : shortText(number.value) + ' ' + unit)
                         .toHtmlEscaped());
  }
  return text + QStringLiteral("</table>");
}

}  // namespace

FindingsPanel::FindingsPanel(QWidget* parent)
    : QWidget(parent),
      model_(new FindingsModel(this)),
      objectsModel_(new FindingObjectsModel(this)),
      table_(new JumpTable),
      objects_(new JumpTable),
      split_(new QSplitter(Qt::Vertical)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(6);
  column->addLayout(makeHead());
  bar_ = new QProgressBar;
  bar_->setRange(0, 1000);
  bar_->setFixedHeight(6);
  bar_->setTextVisible(false);
  bar_->setAccessibleName(tr("How far the run has been looked through"));
  column->addWidget(bar_);
  state_ = wrapped("secondary");
  state_->setObjectName(QStringLiteral("findingsState"));
  column->addWidget(state_);
  empty_ = wrapped("secondary");
  empty_->setObjectName(QStringLiteral("findingsEmpty"));
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  column->addWidget(empty_);

  table_->setObjectName(QStringLiteral("findingsTable"));
  table_->setAccessibleName(tr("Findings"));
  table_->setModel(model_);
  table_->setItemDelegate(new FindingDelegate(table_));
  table_->setWordWrap(true);
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setSectionResizeMode(FindingsModel::kTitle, QHeaderView::Stretch);
  for (const int narrow : {FindingsModel::kObjects, FindingsModel::kImages})
    table_->setColumnWidth(narrow, 58);
  split_->setChildrenCollapsible(false);
  split_->addWidget(table_);
  split_->addWidget(makeDetail());
  split_->setStretchFactor(0, 3);
  split_->setStretchFactor(1, 4);
  column->addWidget(split_, 1);

  more_ = new QToolButton;
  more_->setObjectName(QStringLiteral("unaskedToggle"));
  more_->setProperty("role", "link");
  more_->setCheckable(true);
  more_->setFocusPolicy(Qt::TabFocus);
  column->addWidget(more_, 0, Qt::AlignLeft);
  unasked_ = wrapped("secondary");
  unasked_->setObjectName(QStringLiteral("unaskedRules"));
  unasked_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  unaskedArea_ = new QScrollArea;
  unaskedArea_->setWidgetResizable(true);
  unaskedArea_->setWidget(unasked_);
  unaskedArea_->setMaximumHeight(110);
  column->addWidget(unaskedArea_);
  column->addStretch(0);

  connect(more_, &QToolButton::toggled, unaskedArea_, &QWidget::setVisible);
  connect(rules_, &QComboBox::currentIndexChanged, this, [this] {
    model_->setRule(rules_->currentData().toString());
    if (model_->rowCount() > 0) table_->selectRow(0);
    refreshDetail();
  });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          &FindingsPanel::refreshDetail);
  connect(objects_, &JumpTable::rowChosen, this, [this](int row) {
    if (!objectsModel_->leadsSomewhere(row)) return;
    const ObjectRef& ref = objectsModel_->who()[static_cast<std::size_t>(row)];
    emit objectWanted(QString::fromStdString(ref.image), ref.object);
  });
  clear({}, false);
}

QBoxLayout* FindingsPanel::makeHead() {
  auto* head = new QHBoxLayout;
  rules_ = new QComboBox;
  rules_->setObjectName(QStringLiteral("findingRules"));
  rules_->setAccessibleName(tr("Rule"));
  rules_->setToolTip(tr("Only what this rule found"));
  rules_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  rules_->setMinimumContentsLength(8);
  head->addWidget(rules_, 1);
  copy_ = new QToolButton;
  copy_->setObjectName(QStringLiteral("copyFindings"));
  copy_->setText(tr("copy ▾"));
  copy_->setToolTip(tr("Copy all findings with their objects"));
  copy_->setProperty("role", "link");
  copy_->setFocusPolicy(Qt::TabFocus);
  copy_->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(copy_);
  menu->addAction(tr("As &JSON"), this, [this] { copy(findingsJson(report_)); });
  menu->addAction(tr("As &CSV"), this, [this] { copy(findingsCsv(report_)); });
  copy_->setMenu(menu);
  head->addWidget(copy_);
  look_ = new QPushButton;
  look_->setObjectName(QStringLiteral("lookForFindings"));
  head->addWidget(look_);
  cancel_ = new QPushButton(tr("Cancel"));
  cancel_->setObjectName(QStringLiteral("cancelFindings"));
  cancel_->setToolTip(tr("Give it up; what was found before stays"));
  head->addWidget(cancel_);
  connect(look_, &QPushButton::clicked, this, &FindingsPanel::lookWanted);
  connect(cancel_, &QPushButton::clicked, this, &FindingsPanel::cancelWanted);
  return head;
}

QWidget* FindingsPanel::makeDetail() {
  auto* detail = new QWidget;
  auto* column = new QVBoxLayout(detail);
  column->setContentsMargins(0, 8, 0, 0);
  column->setSpacing(6);
  title_ = wrapped("value");
  title_->setObjectName(QStringLiteral("findingTitle"));
  column->addWidget(title_);
  advice_ = wrapped("card");
  advice_->setObjectName(QStringLiteral("findingAdvice"));
  column->addWidget(advice_);
  numbers_ = wrapped("secondary");
  numbers_->setObjectName(QStringLiteral("findingNumbers"));
  numbers_->setTextFormat(Qt::RichText);
  numbers_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  auto* area = new QScrollArea;
  area->setWidgetResizable(true);
  area->setWidget(numbers_);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
  area->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  column->addWidget(area);
  objectsTitle_ = new QLabel;
  objectsTitle_->setProperty("role", "section");
  column->addWidget(objectsTitle_);
  objects_->setObjectName(QStringLiteral("findingObjects"));
  objects_->setAccessibleName(tr("Objects of the finding"));
  objects_->setModel(objectsModel_);
  objects_->setItemDelegate(new ObjectDelegate(*objectsModel_, objects_));
  objects_->setTextElideMode(Qt::ElideMiddle);
  objects_->horizontalHeader()->setSectionResizeMode(FindingObjectsModel::kImage, QHeaderView::Stretch);
  objects_->setColumnWidth(FindingObjectsModel::kObject, 64);
  objects_->setMinimumHeight(72);
  column->addWidget(objects_, 3);
  return detail;
}

void FindingsPanel::clear(const QString& why, bool canLook) {
  report_ = {};
  hasReport_ = false;
  newer_ = 0;
  step_ = -1;
  empty_->setText(why);
  look_->setEnabled(canLook);
  model_->show({});
  refreshRules();
  endProgress();
}

void FindingsPanel::setProgress(double share) {
  bar_->setValue(static_cast<int>(1000 * share));
  bar_->show();
  cancel_->show();
  look_->hide();
  if (!hasReport_) empty_->setText(tr("The recorded evidence is being looked through."));
}

void FindingsPanel::endProgress() {
  bar_->hide();
  cancel_->hide();
  look_->show();
  refreshState();
}

void FindingsPanel::showReport(FindingsReport report, std::int64_t step) {
  const Finding* before = model_->findingOfRow(table_->currentIndex().row());
  const std::string rule = before ? before->rule : std::string();
  report_ = std::move(report);
  hasReport_ = true;
  step_ = step;
  newer_ = 0;
  look_->setEnabled(true);
  model_->show(report_.findings);
  refreshRules();
  // Where one was looked at it is looked at again.
  int row = 0;
  for (int i = 0; i < model_->rowCount(); ++i)
    if (model_->findingOfRow(i)->rule == rule) {
      row = i;
      break;
    }
  if (model_->rowCount() > 0) table_->selectRow(row);
  endProgress();
}

void FindingsPanel::showFailure(const QString& why) {
  endProgress();
  if (hasReport_)
    state_->setText(why);
  else
    empty_->setText(why);
}

void FindingsPanel::setNewer(std::int64_t steps) {
  newer_ = steps;
  if (!cancel_->isVisibleTo(this)) refreshState();
}

void FindingsPanel::setShownImages(QSet<QString> images) {
  objectsModel_->setShownImages(std::move(images));
}

void FindingsPanel::refreshRules() {
  const QSignalBlocker quiet(rules_);
  const QString chosen = model_->rule();
  std::map<std::string, int> counts;
  for (const Finding& finding : report_.findings)
    ++counts[finding.rule];
  rules_->clear();
  rules_->addItem(tr("All rules (%1)").arg(report_.findings.size()), QString());
  for (const Rule& rule : findingRules())
    if (const auto count = counts.find(rule.name); count != counts.end()) {
      rules_->addItem(tr("%1 (%2)").arg(declaredText(rule.title)).arg(count->second),
                      QString::fromStdString(rule.name));
      rules_->setItemData(rules_->count() - 1, declaredText(rule.description), Qt::ToolTipRole);
    }
  rules_->setCurrentIndex(std::max(0, rules_->findData(chosen)));
  model_->setRule(rules_->currentData().toString());
}

void FindingsPanel::refreshState() {
  const bool found = !report_.findings.empty();
  look_->setText(hasReport_ ? tr("Look again") : tr("Look"));
  look_->setToolTip(tr("Look through what is recorded with every rule"));
  look_->setProperty("role", hasReport_ && newer_ > 0 ? "primary" : "");
  look_->setStyleSheet(look_->styleSheet());  // the role counts from now on
  rules_->setVisible(hasReport_);
  copy_->setVisible(hasReport_);
  split_->setVisible(found);
  const auto asked = static_cast<qint64>(findingRules().size() - report_.unasked.size());
  if (hasReport_ && !found)
    empty_->setText(tr("Nothing was found: %1 rules looked at it.").arg(countText(asked)));
  empty_->setVisible(!found);
  QString state = step_ >= 0 ? tr("As of step %1").arg(countText(step_)) : QString();
  if (newer_ > 0) state += tr("; %1 of evidence recorded since").arg(countText(newer_, noun::kSteps));
  state_->setText(state);
  state_->setVisible(hasReport_ && !state.isEmpty());

  std::map<std::string, QStringList> byLack;
  for (const UnaskedRule& rule : report_.unasked)
    byLack[rule.lacks] << declaredText(rule.title).toHtmlEscaped();
  QStringList lines;
  for (const auto& [lacks, titles] : byLack)
    lines << tr("Not looked for, as %1 is not there: %2.")
                 .arg(QString::fromStdString(lacks).toHtmlEscaped(), titles.join(QStringLiteral("; ")));
  for (const std::string& text : report_.leftOut)
    lines << tr("Left out: %1").arg(QString::fromStdString(text).toHtmlEscaped());
  QStringList counts;
  if (!report_.unasked.empty())
    counts << tr("%1 of %2 rules not asked").arg(report_.unasked.size()).arg(findingRules().size());
  if (!report_.leftOut.empty()) counts << tr("%1 left out").arg(report_.leftOut.size());
  more_->setText(counts.join(QStringLiteral(" · ")) + QStringLiteral(" ▾"));
  more_->setToolTip(tr("What could not be judged, and why"));
  more_->setVisible(!lines.isEmpty());
  unasked_->setText(lines.join(QStringLiteral("<br>")));
  unaskedArea_->setVisible(!lines.isEmpty() && more_->isChecked());
  refreshDetail();
}

void FindingsPanel::refreshDetail() {
  const Finding* finding = model_->findingOfRow(table_->currentIndex().row());
  split_->widget(1)->setVisible(finding != nullptr);
  if (!finding) {
    objectsModel_->show({});
    return;
  }
  title_->setText(QString::fromStdString(finding->title));
  advice_->setText(tr("Try: %1").arg(QString::fromStdString(finding->advice)));
  advice_->setVisible(!finding->advice.empty());
  numbers_->setText(numbersText(finding->numbers));
  numbers_->parentWidget()->parentWidget()->setVisible(!finding->numbers.empty());
  if (objectsModel_->who() != finding->who) objectsModel_->show(finding->who);
  const bool some = !finding->who.empty();
  objectsTitle_->setText(some ? tr("%1 IN %2")
                                    .arg(countText(finding->objects, noun::kObjects).toUpper(),
                                         countText(finding->images, noun::kImages).toUpper())
                              : tr("NO OBJECT IN PARTICULAR"));
  objects_->setVisible(some);
}

void FindingsPanel::copy(const std::string& text) {
  QApplication::clipboard()->setText(QString::fromStdString(text));
}

/// Beside each other where there is more width than height.
void FindingsPanel::fit() {
  split_->setOrientation(width() > 2 * height() ? Qt::Horizontal : Qt::Vertical);
}

void FindingsPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit();
}

void FindingsPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  fit();
}

}  // namespace anchorscope
