#include "widgets/panels/watch_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QScopedValueRollback>
#include <QSplitter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

#include "core/evidence/batch_name.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/column_header.h"
#include "widgets/panels/condition_edit.h"
#include "widgets/panels/jump_table.h"

namespace anchorscope {
namespace {

enum Column { kStep, kWhat, kWhere, kColumns };

/// A watchpoint is edited as it is written, with the names of scalars offered.
class WatchDelegate : public QStyledItemDelegate {
 public:
  WatchDelegate(const std::vector<std::string>& names, QObject* parent)
      : QStyledItemDelegate(parent), names_(names) {}

  QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const override {
    auto* edit = new ConditionEdit(names_, parent);
    edit->setPlaceholderText({});
    edit->setAccessibleName(tr("Watchpoint"));
    return edit;
  }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return {QStyledItemDelegate::sizeHint(option, index).width(), 26};
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->text.prepend(QStringLiteral("\u2002"));  // apart from the mark
  }

 private:
  const std::vector<std::string>& names_;
};

const WatchKind* kindOf(const QString& text) {
  const std::string name = text.section(QLatin1Char(' '), 0, 0).toStdString();
  for (const WatchKind& kind : watchKinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

QString helpOf(const WatchKind& kind) {
  QString help =
      QStringLiteral("<b>%1</b><br>%2").arg(declaredText(kind.title), declaredText(kind.description));
  for (const ParamSpec& spec : kind.params)
    help += QStringLiteral("<br><code>%1</code> (%2): %3")
                .arg(QString::fromStdString(spec.name), QString::fromStdString(toText(spec.defaultValue)),
                     declaredText(spec.help));
  return help;
}

}  // namespace

WatchPanel::WatchPanel(QWidget* parent)
    : QWidget(parent),
      list_(new QListWidget),
      add_(new QToolButton),
      remove_(new QToolButton),
      complaint_(new QLabel),
      empty_(new QLabel),
      hitsTitle_(new QLabel),
      table_(new JumpTable),
      rows_(new QStandardItemModel(0, kColumns, this)) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* splitter = new QSplitter(Qt::Vertical);
  splitter->setChildrenCollapsible(false);
  outer->addWidget(splitter);

  auto* above = new QWidget;
  auto* column = new QVBoxLayout(above);
  column->setContentsMargins(12, 8, 8, 4);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  auto* title = new QLabel(tr("WATCHPOINTS"));
  title->setProperty("role", "section");
  title->setToolTip(tr("Training pauses where one hits, with the image and object it was about"));
  head->addWidget(title);
  head->addStretch(1);
  remove_->setObjectName(QStringLiteral("removeWatch"));
  remove_->setText(tr("remove"));
  remove_->setProperty("role", "link");
  remove_->setToolTip(tr("Remove the chosen watchpoint"));
  head->addWidget(remove_);
  add_->setObjectName(QStringLiteral("addWatch"));
  add_->setText(tr("+ add"));
  add_->setProperty("role", "link");
  add_->setPopupMode(QToolButton::InstantPopup);
  add_->setToolTip(tr("Add a watchpoint"));
  auto* menu = new QMenu(add_);
  menu->setToolTipsVisible(true);
  for (const WatchKind& kind : watchKinds()) {
    QAction* action = menu->addAction(declaredText(kind.title));
    action->setObjectName(QStringLiteral("addWatch.") + QString::fromStdString(kind.name));
    action->setToolTip(declaredText(kind.description));
    connect(action, &QAction::triggered, this, [this, &kind] { add(kind); });
  }
  add_->setMenu(menu);
  head->addWidget(add_);
  column->addLayout(head);

  list_->setObjectName(QStringLiteral("watchList"));
  list_->setAccessibleName(tr("Watchpoints"));
  list_->setItemDelegate(new WatchDelegate(names_, list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  list_->installEventFilter(this);
  column->addWidget(list_, 1);
  empty_->setProperty("role", "secondary");
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  column->addWidget(empty_, 1);
  complaint_->setObjectName(QStringLiteral("watchComplaint"));
  complaint_->setProperty("role", "error");
  complaint_->setWordWrap(true);
  complaint_->hide();
  column->addWidget(complaint_);
  splitter->addWidget(above);

  auto* below = new QWidget;
  auto* hits = new QVBoxLayout(below);
  hits->setContentsMargins(12, 4, 8, 8);
  hits->setSpacing(4);
  hitsTitle_->setObjectName(QStringLiteral("hitsTitle"));
  hitsTitle_->setProperty("role", "section");
  hits->addWidget(hitsTitle_);
  table_->setObjectName(QStringLiteral("hitsTable"));
  table_->setAccessibleName(tr("Hits"));
  table_->setModel(rows_);
  table_->setHorizontalHeader(new ColumnHeader);
  rows_->setHorizontalHeaderLabels({tr("step"), tr("what"), tr("where")});
  table_->horizontalHeader()->setSectionResizeMode(kWhat, QHeaderView::Stretch);
  table_->setColumnWidth(kStep, 48);
  table_->setColumnWidth(kWhere, 110);
  hits->addWidget(table_, 1);
  splitter->addWidget(below);
  splitter->setStretchFactor(0, 2);
  splitter->setStretchFactor(1, 3);

  connect(list_, &QListWidget::itemChanged, this, [this] {
    // The list is made anew: not under an editor that is still handing its text over.
    if (list_->viewport()->findChild<QLineEdit*>())
      QTimer::singleShot(0, this, &WatchPanel::edited);
    else
      edited();
  });
  connect(list_, &QListWidget::currentRowChanged, this, &WatchPanel::refreshHint);
  connect(remove_, &QToolButton::clicked, this, &WatchPanel::removeCurrent);
  connect(table_, &JumpTable::rowChosen, this, [this](int row) {
    if (row < 0 || static_cast<std::size_t>(row) >= hits_.size()) return;
    const Hit& hit = hits_[hits_.size() - 1 - static_cast<std::size_t>(row)];
    emit hitChosen(hit.step, hit.report);
  });
  clearHits();
  setWatches({}, tr("A run that trains can be watched."));
}

void WatchPanel::setScalarNames(std::vector<std::string> names) {
  names_ = std::move(names);
}

void WatchPanel::setWatches(const QString& text, const QString& why) {
  canChange_ = why.isEmpty();
  list_->setToolTip(why);
  empty_->setText(why.isEmpty() ? tr("None yet. Add one: training pauses where it hits and shows what it was "
                                     "about.")
                                : why);
  add_->setEnabled(canChange_);
  const bool unfinished = !complaint_->isHidden();
  if (text != running_ || !unfinished) {
    running_ = text;
    const auto watches = askedWatches(text.toStdString());
    if (watches && shownText() != text) fill(*watches);
    complain({});
  }
  const QScopedValueRollback filling(filling_, true);
  for (int row = 0; row < list_->count(); ++row) {
    Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    if (canChange_) flags |= Qt::ItemIsEditable | Qt::ItemIsUserCheckable;
    list_->item(row)->setFlags(flags);
  }
  refreshHint();
}

void WatchPanel::fill(const std::vector<AskedWatch>& watches) {
  const QScopedValueRollback filling(filling_, true);
  list_->clear();
  for (const AskedWatch& watch : watches)
    addRow(QString::fromStdString(watch.text()), watch.on);
  refreshHint();
}

void WatchPanel::addRow(const QString& text, bool on) {
  auto* item = new QListWidgetItem(text);
  item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled | Qt::ItemIsEditable | Qt::ItemIsUserCheckable);
  item->setCheckState(on ? Qt::Checked : Qt::Unchecked);
  if (const WatchKind* kind = kindOf(text)) item->setToolTip(helpOf(*kind));
  list_->addItem(item);
}

QString WatchPanel::shownText() const {
  QStringList parts;
  for (int row = 0; row < list_->count(); ++row) {
    const QListWidgetItem* item = list_->item(row);
    parts << (item->checkState() == Qt::Checked ? QString() : QStringLiteral("off ")) +
                 item->text().simplified();
  }
  return parts.join(QStringLiteral("; "));
}

void WatchPanel::add(const WatchKind& kind) {
  {
    const QScopedValueRollback filling(filling_, true);
    addRow(QString::fromStdString(kind.name) + (kind.wholeText.empty() ? QString() : QStringLiteral(" ")),
           true);
    refreshHint();
  }
  list_->setCurrentRow(list_->count() - 1);
  if (kind.wholeText.empty()) return edited();
  list_->editItem(list_->currentItem());
  // What is written stands behind the word.
  if (auto* field = list_->viewport()->findChild<QLineEdit*>()) field->end(false);
}

void WatchPanel::removeCurrent() {
  if (!canChange_ || !list_->currentItem()) return;
  delete list_->takeItem(list_->currentRow());
  refreshHint();
  edited();
}

void WatchPanel::edited() {
  if (filling_) return;
  const std::string text = shownText().toStdString();
  const auto list = WatchList::make(text, names_);
  complain(list ? QString() : QString::fromStdString(list.error().text()));
  if (!list) return;
  const auto asked = askedWatches(text);
  const QString wanted = QString::fromStdString(watchText(*asked));
  fill(*asked);  // as it is written
  if (wanted != running_) emit watchesWanted(wanted);
}

void WatchPanel::complain(const QString& text) {
  complaint_->setText(text);
  complaint_->setVisible(!text.isEmpty());
}

void WatchPanel::refreshHint() {
  empty_->setVisible(list_->count() == 0);
  list_->setVisible(list_->count() > 0);
  remove_->setEnabled(canChange_ && list_->currentRow() >= 0);
  remove_->setVisible(list_->count() > 0);
}

void WatchPanel::addHits(const std::vector<RunEvent>& events) {
  for (const RunEvent& event : events) {
    if (event.kind != kWatchEvent) continue;
    Hit hit{event.step, readWatchEvent(event.text)};
    const WatchPlace& where = hit.report.hit.where;
    QString place =
        QString::fromUtf8(imageOf(where.image).data(), static_cast<qsizetype>(imageOf(where.image).size()));
    if (where.object >= 0) place += tr(" · object %1").arg(where.object);
    QList<QStandardItem*> row;
    for (const QString& text : {countText(event.step), QString::fromStdString(hit.report.hit.what), place}) {
      row << new QStandardItem(text);
      row.back()->setEditable(false);
      row.back()->setToolTip(QString::fromStdString(event.text).toHtmlEscaped());
    }
    row[kStep]->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    rows_->insertRow(0, row);
    hits_.push_back(std::move(hit));
  }
  hitsTitle_->setText(hits_.empty() ? tr("NO HITS")
                                    : tr("HITS · %1").arg(countText(static_cast<qint64>(hits_.size()))));
}

void WatchPanel::clearHits() {
  rows_->removeRows(0, rows_->rowCount());
  hits_.clear();
  addHits({});
}

bool WatchPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_ && event->type() == QEvent::KeyPress &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
    removeCurrent();
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace anchorscope
