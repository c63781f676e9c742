#include "widgets/panels/runs_panel.h"

#include <QDir>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <vector>

#include "core/session/journal.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/evaluation_panel.h"

namespace anchorscope {
namespace {

constexpr int kFolder = Qt::UserRole;
enum Column { kName, kStep, kAp, kChanges };

QString text(const std::string& text) {
  return QString::fromStdString(text);
}

/// What tells a run from the one above it.
QString changesOf(const RunNode& node) {
  QStringList parts;
  if (node.origin.step >= 0 && node.parent >= 0)
    parts << RunsPanel::tr("from step %1").arg(countText(node.origin.step));
  else if (node.origin.step >= 0)
    parts << RunsPanel::tr("from step %1 of %2").arg(countText(node.origin.step), text(node.origin.folder));
  for (const ParameterChange& change : node.forkChanges)
    parts << text(changeText(change));
  if (node.laterChanges > 0)
    parts << (node.laterChanges == 1 ? RunsPanel::tr("1 change while it trained")
                                     : RunsPanel::tr("%1 changes while it trained").arg(node.laterChanges));
  return parts.join(QStringLiteral("; "));
}

QString helpOf(const RunNode& node) {
  QStringList lines{QDir::toNativeSeparators(text(node.folder))};
  if (node.problem) return (lines << text(node.problem->text())).join(QLatin1Char('\n'));
  lines << QStringLiteral("%1 · %2 · %3").arg(text(node.data), text(node.method), text(node.model));
  lines << RunsPanel::tr("Started %1").arg(text(node.startedAtUtc));
  if (node.bestAp >= 0)
    lines
        << RunsPanel::tr("Best AP %1 at step %2").arg(precisionText(node.bestAp), countText(node.bestApStep));
  if (const QString changes = changesOf(node); !changes.isEmpty()) lines << changes;
  return lines.join(QLatin1Char('\n'));
}

}  // namespace

RunsPanel::RunsPanel(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(6);
  auto* line = new QHBoxLayout;
  auto* title = new QLabel(tr("RUNS"));
  title->setProperty("role", "section");
  line->addWidget(title);
  folder_ = new ElidedLabel(QString(), this);
  folder_->setObjectName(QStringLiteral("runsFolder"));
  folder_->setProperty("role", "secondary");
  line->addWidget(folder_, 1);
  const auto button = [&](const QString& text, const QString& help, const char* name, auto signal) {
    auto* made = new QToolButton;
    made->setText(text);
    made->setToolTip(help);
    made->setObjectName(QLatin1String(name));
    line->addWidget(made);
    connect(made, &QToolButton::clicked, this, signal);
  };
  button(tr("Folder…"), tr("Show the runs of another folder"), "chooseRunsFolder", &RunsPanel::folderWanted);
  button(tr("Refresh"), tr("Look through the folder again"), "refreshRuns", &RunsPanel::refreshWanted);
  column->addLayout(line);
  empty_ = new QLabel;
  empty_->setObjectName(QStringLiteral("runsEmpty"));
  empty_->setProperty("role", "secondary");
  empty_->setWordWrap(true);
  empty_->hide();
  column->addWidget(empty_);
  tree_ = new QTreeWidget;
  tree_->setObjectName(QStringLiteral("runs"));
  tree_->setAccessibleName(tr("Recorded runs"));
  tree_->setHeaderLabels({tr("Run"), tr("Step"), tr("AP"), tr("What differs")});
  tree_->setUniformRowHeights(true);
  tree_->setAllColumnsShowFocus(true);
  tree_->setExpandsOnDoubleClick(false);
  tree_->header()->setStretchLastSection(true);
  column->addWidget(tree_, 1);
  connect(tree_, &QTreeWidget::itemActivated, this,
          [this](QTreeWidgetItem* item) { emit openWanted(item->data(kName, kFolder).toString()); });
}

void RunsPanel::setProblem(const QString& folder, const QString& problem) {
  folder_->setText(folder);
  folder_->setToolTip(folder);
  tree_->clear();
  empty_->setText(problem);
  empty_->setVisible(!problem.isEmpty());
}

void RunsPanel::setTree(const RunTree& tree) {
  const QTreeWidgetItem* before = tree_->currentItem();
  const QString selected = before ? before->data(kName, kFolder).toString() : QString();
  setProblem(text(tree.folder), tree.runs.empty() ? tr("No recorded run is in this folder.") : QString());
  std::vector<QTreeWidgetItem*> items;
  for (const RunNode& node : tree.runs) {
    auto* item = node.parent < 0 ? new QTreeWidgetItem(tree_)
                                 : new QTreeWidgetItem(items[static_cast<std::size_t>(node.parent)]);
    items.push_back(item);
    item->setData(kName, kFolder, text(node.folder));
    item->setText(kName, text(node.name));
    for (int column = kName; column <= kChanges; ++column)
      item->setToolTip(column, helpOf(node));
    if (node.problem) {
      item->setText(kChanges, text(node.problem->message));
      item->setDisabled(true);
      continue;
    }
    QString steps = countText(node.lastStep);
    if (node.plannedSteps > 0 && node.plannedSteps != node.lastStep)
      steps = tr("%1 of %2").arg(steps, countText(node.plannedSteps));
    item->setText(kStep, steps);
    item->setText(kAp, node.bestAp < 0 ? QStringLiteral("–") : precisionText(node.bestAp));
    item->setText(kChanges, changesOf(node));
    for (const int column : {kStep, kAp})
      item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    if (text(node.folder) == selected) tree_->setCurrentItem(item);
  }
  tree_->expandAll();
  markCurrent();
}

void RunsPanel::setCurrent(const QString& folder) {
  current_ = QDir::cleanPath(folder);
  markCurrent();
}

void RunsPanel::markCurrent() {
  for (QTreeWidgetItemIterator it(tree_); *it; ++it) {
    QFont font = tree_->font();
    font.setBold(!current_.isEmpty() && QDir::cleanPath((*it)->data(kName, kFolder).toString()) == current_);
    (*it)->setFont(kName, font);
  }
  for (int column = kName; column < kChanges; ++column)  // bold is wider
    tree_->resizeColumnToContents(column);
}

}  // namespace anchorscope
