#include "widgets/panels/object_story_view.h"

#include <QHeaderView>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "widgets/models/number_text.h"
#include "widgets/models/story_model.h"
#include "widgets/panels/jump_table.h"

namespace anchorscope {

QString levelsText(const ObjectStory& story) {
  const auto line = [](const QStringList& cells) {
    QString text = QStringLiteral("<tr>");
    for (const QString& cell : cells)
      text += QStringLiteral("<td align='right' style='padding-right:8px'>%1</td>").arg(cell.toHtmlEscaped());
    return text + QStringLiteral("</tr>");
  };
  QString text =
      QStringLiteral("<table>") + line({QString(), ObjectStoryView::tr("seen"),
                                        ObjectStoryView::tr("reached"), ObjectStoryView::tr("has")});
  for (const LevelStory& level : story.levels)
    text += line({level.name.empty() ? ObjectStoryView::tr("all") : QString::fromStdString(level.name),
                  countText(level.considered), countText(level.reached), countText(level.taken)});
  return text + QStringLiteral("</table>");
}

ObjectStoryView::ObjectStoryView(QWidget* parent)
    : QWidget(parent),
      model_(new StoryModel(this)),
      summary_(new QLabel),
      title_(new QLabel),
      table_(new JumpTable) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  summary_->setObjectName(QStringLiteral("objectSummary"));
  summary_->setProperty("role", "card");
  summary_->setWordWrap(true);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(summary_);
  title_->setProperty("role", "section");
  title_->setText(tr("LOST TO, AND NEAREST MISSES"));
  title_->setToolTip(
      tr("What the object lost to others, then the candidates that it nearly got with what they "
         "lacked. A row leads to what it names."));
  column->addWidget(title_);
  table_->setObjectName(QStringLiteral("storyTable"));
  table_->setAccessibleName(tr("Rivals and nearest misses of the object"));
  table_->setModel(model_);
  QHeaderView* header = table_->horizontalHeader();
  header->hide();
  header->setMinimumSectionSize(0);
  header->setSectionResizeMode(StoryModel::kLacked, QHeaderView::Stretch);
  column->addWidget(table_);
  connect(table_, &JumpTable::rowChosen, this, [this](int row) {
    const StoryModel::Target target = model_->targetOf(row);
    if (target.object >= 0) emit pairWanted(target.object, target.candidate);
  });
}

void ObjectStoryView::show(std::shared_ptr<const StageEvidence> evidence, ObjectStory story) {
  const int current = table_->currentIndex().row();
  const bool same = story.object == model_->story().object;
  summary_->setText(QString::fromStdString(story.summary));
  summary_->setVisible(!story.summary.empty());
  model_->show(std::move(evidence), std::move(story));
  table_->clearSpans();
  for (int row = 0; row < static_cast<int>(model_->story().rivals.size()); ++row)
    table_->setSpan(row, StoryModel::kLacked, 1, 2);
  fitColumns();
  const bool rows = model_->rowCount() > 0;
  title_->setVisible(rows);
  table_->setVisible(rows);
  constexpr int kMostRows = 5, kFrame = 2;  // the bag above needs the room, too
  table_->setFixedHeight(
      std::min(model_->rowCount(), kMostRows) * table_->verticalHeader()->defaultSectionSize() + kFrame);
  // While training goes on the rows change under the user: the place stays.
  if (same && current >= 0)
    table_->setCurrentIndex(model_->index(std::min(current, model_->rowCount() - 1), 0));
}

void ObjectStoryView::fitColumns() {
  // What a row names and the margin as wide as their texts; the test has the rest.
  constexpr int kMargins = 10;
  const QFontMetrics metrics(table_->font());
  for (const int column : {StoryModel::kWhat, StoryModel::kMargin}) {
    int widest = 0;
    for (int row = 0; row < model_->rowCount(); ++row)
      widest = std::max(widest, metrics.horizontalAdvance(model_->index(row, column).data().toString()));
    table_->setColumnWidth(column, widest + kMargins);
  }
}

QString ObjectStoryView::summary() const {
  return summary_->text();
}

}  // namespace anchorscope
