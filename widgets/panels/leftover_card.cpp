#include "widgets/panels/leftover_card.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/panels/elided_label.h"

namespace anchorscope {

LeftoverCard::LeftoverCard(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("startCard"));
  setAttribute(Qt::WA_StyledBackground);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(20, 14, 20, 12);
  layout->setSpacing(6);
  auto* section = new QLabel(tr("NOT KEPT YET"));
  section->setProperty("role", "section");
  layout->addWidget(section);
  help_ = new QLabel;
  help_->setProperty("role", "secondary");
  help_->setWordWrap(true);
  layout->addWidget(help_);
  rows_ = new QVBoxLayout;
  rows_->setContentsMargins(0, 0, 0, 0);
  rows_->setSpacing(12);
  layout->addLayout(rows_);
  hide();
}

void LeftoverCard::setEntries(const QList<LeftoverEntry>& entries) {
  while (QLayoutItem* item = rows_->takeAt(0)) {
    item->widget()->deleteLater();  // perhaps the row whose button was pressed
    item->widget()->hide();
    delete item;
  }
  for (const LeftoverEntry& entry : entries) {
    auto* row = new QWidget;
    row->setObjectName(QStringLiteral("leftover"));
    auto* column = new QVBoxLayout(row);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* title = new ElidedLabel(entry.title);
    title->setProperty("role", "value");
    title->setToolTip(entry.folder);
    column->addWidget(title);
    auto* text = new QLabel(entry.text);
    text->setTextFormat(Qt::PlainText);
    text->setProperty("role", "secondary");
    text->setWordWrap(true);
    column->addWidget(text);
    auto* line = new QHBoxLayout;
    line->setContentsMargins(0, 6, 0, 0);
    line->setSpacing(4);
    const auto add = [&](const char* name, const QString& label, const QString& help,
                         void (LeftoverCard::*wanted)(const QString&)) {
      auto* button = new QPushButton(label);
      button->setObjectName(QLatin1String(name));
      button->setToolTip(help);
      connect(button, &QPushButton::clicked, this,
              [this, wanted, folder = entry.folder] { emit(this->*wanted)(folder); });
      line->addWidget(button);
      return button;
    };
    add("openLeftover", tr("Open"), tr("Look at it, and go on training from its last checkpoint"),
        &LeftoverCard::openWanted)
        ->setEnabled(entry.readable);
    add("keepLeftover", tr("Keep…"), tr("Move it to a folder where it stays"), &LeftoverCard::keepWanted);
    add("discardLeftover", tr("Discard"), tr("Remove it for good"), &LeftoverCard::discardWanted);
    line->addStretch(1);
    column->addLayout(line);
    rows_->addWidget(row);
  }
  help_->setText(entries.size() == 1
                     ? tr("The program ended before this recording was kept or given up.")
                     : tr("The program ended before these recordings were kept or given up."));
  setVisible(!entries.isEmpty());
}

}  // namespace anchorscope
