#include "widgets/models/story_model.h"

#include <utility>

#include "widgets/models/candidate_text.h"
#include "widgets/models/decision_text.h"

namespace anchorscope {

void StoryModel::show(std::shared_ptr<const StageEvidence> evidence, ObjectStory story) {
  beginResetModel();
  evidence_ = std::move(evidence);
  story_ = evidence_ ? std::move(story) : ObjectStory{};
  endResetModel();
}

StoryModel::Target StoryModel::targetOf(int row) const {
  const auto rivals = static_cast<int>(story_.rivals.size());
  if (row < 0 || row >= rowCount()) return {};
  if (row < rivals) return {story_.rivals[static_cast<std::size_t>(row)].object, -1};
  return {story_.object, story_.misses[static_cast<std::size_t>(row - rivals)].candidate};
}

int StoryModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(story_.rivals.size() + story_.misses.size());
}

QString StoryModel::rivalText(const Rival& rival, int column) const {
  if (column == kWhat) return tr("object %1").arg(rival.object);
  return column == kLacked ? tr("has %1 that reached this object").arg(countText(rival.lost)) : QString();
}

QString StoryModel::missText(const NearMiss& miss, int column) const {
  if (column == kWhat) return shortTitle(miss.candidate);
  if (column == kMargin) return marginText(miss.lacked);
  return (declaredText(miss.lacked.name) + QLatin1Char(' ') + comparisonOf(miss.lacked)).trimmed();
}

QString StoryModel::shortTitle(std::int32_t candidate) const {
  const std::string where = evidence_->label(static_cast<std::size_t>(candidate));
  if (!evidence_->candidates->onGrid())
    return declaredText(evidence_->stage.candidate) + QLatin1Char(' ') + countText(candidate);
  return QStringLiteral("%1 · %2").arg(countText(candidate),
                                       QString::fromStdString(where.substr(0, where.find(' '))));
}

QString StoryModel::missHelp(const NearMiss& miss) const {
  QStringList lines{candidateTitle(*evidence_, static_cast<std::size_t>(miss.candidate)),
                    missText(miss, kLacked)};
  if (!miss.lacked.description.empty()) lines << declaredText(miss.lacked.description);
  if (miss.winner >= 0) lines << tr("Object %1 has it").arg(miss.winner);
  if (miss.others > 0) lines << tr("Tests beside it that failed or were not reached: %1").arg(miss.others);
  return lines.join(QLatin1Char('\n'));
}

QVariant StoryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !evidence_) return {};
  if (role == Qt::TextAlignmentRole && index.column() == kMargin)
    return int(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  const std::size_t row = static_cast<std::size_t>(index.row()), rivals = story_.rivals.size();
  if (row < rivals) {
    if (role == Qt::DisplayRole) return rivalText(story_.rivals[row], index.column());
    return tr("Select object %1").arg(story_.rivals[row].object);
  }
  const NearMiss& miss = story_.misses[row - rivals];
  return role == Qt::DisplayRole ? missText(miss, index.column()) : missHelp(miss);
}

}  // namespace anchorscope
