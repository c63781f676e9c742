#include "widgets/panels/differences_view.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QStandardItemModel>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/store/csv.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {

DifferencesView::DifferencesView(QWidget* parent)
    : QWidget(parent), model_(new QStandardItemModel(this)), table_(new QTableView) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(6);
  auto* head = new QHBoxLayout;
  auto* title = new QLabel(tr("DIFFERENCES OF RUNS"));
  title->setProperty("role", "section");
  head->addWidget(title);
  head->addStretch(1);
  copy_ = new QToolButton;
  copy_->setObjectName(QStringLiteral("copyDifferences"));
  copy_->setText(tr("copy as CSV"));
  copy_->setProperty("role", "link");
  copy_->setFocusPolicy(Qt::TabFocus);
  head->addWidget(copy_);
  column->addLayout(head);
  note_ = new QLabel;
  note_->setObjectName(QStringLiteral("differencesNote"));
  note_->setProperty("role", "secondary");
  note_->setWordWrap(true);
  note_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  column->addWidget(note_);
  table_->setObjectName(QStringLiteral("differencesTable"));
  table_->setAccessibleName(tr("Differences of the runs"));
  table_->setModel(model_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTabKeyNavigation(false);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(22);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  column->addWidget(table_, 1);
  column->addStretch(0);
  connect(copy_, &QToolButton::clicked, this, &DifferencesView::copy);
  clear({});
}

void DifferencesView::clear(const QString& why) {
  model_->clear();
  note_->setText(why);
  note_->setVisible(!why.isEmpty());
  table_->hide();
  copy_->hide();
}

void DifferencesView::showDifferences(const QString& a, const QString& b,
                                      const std::vector<RunDifference>& differences) {
  model_->clear();
  model_->setHorizontalHeaderLabels({tr("what"), a, b});
  for (const RunDifference& each : differences) {
    QList<QStandardItem*> row;
    for (const std::string* text : {&each.key, &each.a, &each.b}) {
      auto* item = new QStandardItem(text->empty() ? QStringLiteral("–") : QString::fromStdString(*text));
      item->setToolTip(text == &each.key ? declaredText(each.help) : item->text());
      row << item;
    }
    model_->appendRow(row);
  }
  const bool some = !differences.empty();
  note_->setText(some ? tr("– : there is no such option, or it does not matter there.")
                      : tr("Both runs have the same method, data and options."));
  note_->show();
  table_->setVisible(some);
  copy_->setVisible(some);
  for (int i = 0; i < model_->columnCount(); ++i)
    table_->horizontalHeader()->setSectionResizeMode(
        i, i == 0 ? QHeaderView::ResizeToContents : QHeaderView::Stretch);
}

void DifferencesView::copy() const {
  QString text;
  for (int column = 0; column < model_->columnCount(); ++column)
    text += (column > 0 ? "," : "") +
            QString::fromStdString(csvField(model_->horizontalHeaderItem(column)->text().toStdString()));
  text += QStringLiteral("\r\n");
  for (int row = 0; row < model_->rowCount(); ++row) {
    for (int column = 0; column < model_->columnCount(); ++column)
      text += (column > 0 ? "," : "") +
              QString::fromStdString(csvField(model_->item(row, column)->text().toStdString()));
    text += QStringLiteral("\r\n");
  }
  QApplication::clipboard()->setText(text);
}

}  // namespace anchorscope
