#include "widgets/notify/problems_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/notify/problems_model.h"

namespace anchorscope {

ProblemsPanel::ProblemsPanel(ProblemsModel& problems, QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 6, 8, 4);
  column->setSpacing(4);
  auto* title = new QLabel(tr("PROBLEMS"));
  title->setProperty("role", "section");
  column->addWidget(title);
  auto* table = new QTableView;
  table->setObjectName(QStringLiteral("problemsTable"));
  table->setAccessibleName(tr("Problems"));
  table->setModel(&problems);
  table->verticalHeader()->hide();
  table->verticalHeader()->setDefaultSectionSize(24);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table->horizontalHeader()->setHighlightSections(false);
  table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
  table->horizontalHeader()->setSectionResizeMode(2, QHeaderView::Stretch);
  table->setTextElideMode(Qt::ElideMiddle);
  table->setColumnWidth(0, 160);
  table->setColumnWidth(3, 80);
  column->addWidget(table, 1);
  // Above the curves, which stay in sight with the scrubber.
  setMinimumHeight(96);
}

}  // namespace anchorscope
