#include "widgets/models/objects_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {

namespace {

/// The sum of what is defined; NaN where nothing is.
double lossOf(const ObjectStory& story) {
  double sum = std::numeric_limits<double>::quiet_NaN();
  for (const CandidateLoss& loss : story.losses)
    if (!std::isnan(loss.value)) sum = (std::isnan(sum) ? 0 : sum) + static_cast<double>(loss.value);
  return sum;
}

}  // namespace

QString stateText(ObjectState state) {
  switch (state) {
    case ObjectState::kUnknown:
      return QStringLiteral("–");
    case ObjectState::kIgnored:
      return ObjectsModel::tr("ignored");
    case ObjectState::kStarved:
      return ObjectsModel::tr("starved");
    case ObjectState::kContested:
      return ObjectsModel::tr("contested");
    case ObjectState::kServed:
      return ObjectsModel::tr("served");
  }
  return {};
}

void ObjectsModel::show(std::shared_ptr<const StageEvidence> evidence) {
  const bool same = evidence && evidence_ && evidence->image->name == evidence_->image->name &&
                    evidence->image->objects.size() == evidence_->image->objects.size();
  if (!same) beginResetModel();
  evidence_ = std::move(evidence);
  stories_ = evidence_ ? explainObjects(*evidence_) : std::vector<ObjectStory>();
  if (!same) {
    endResetModel();
  } else if (!stories_.empty()) {
    emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
    emit headerDataChanged(Qt::Horizontal, 0, kColumns - 1);
  }
}

int ObjectsModel::countOf(ObjectState state) const {
  return static_cast<int>(std::count_if(stories_.begin(), stories_.end(),
                                        [state](const ObjectStory& story) { return story.state == state; }));
}

int ObjectsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(stories_.size());
}

double ObjectsModel::bestIou(std::size_t object) const {
  const ObjectColumn* column = evidence_->objectColumn("iou.best");
  return column && object < column->values.size() ? static_cast<double>(column->values[object])
                                                  : std::numeric_limits<double>::quiet_NaN();
}

QString ObjectsModel::text(std::size_t object, int column) const {
  const ObjectRecord& record = evidence_->image->objects[object];
  const ObjectStory& story = stories_[object];
  QStringList parts;
  switch (column) {
    case kObject:
      return countText(static_cast<qint64>(object));
    case kClass: {
      const auto& names = *evidence_->classNames;
      return record.classIndex >= 0 && static_cast<std::size_t>(record.classIndex) < names.size()
                 ? QString::fromStdString(names[static_cast<std::size_t>(record.classIndex)])
                 : QString::number(record.classIndex);
    }
    case kSize:
      return QString::number(std::lround(key(object, kSize).toDouble()));
    case kPositives:
      for (const HeadStory& head : story.heads)
        parts << countText(head.taken);
      return parts.isEmpty() ? QStringLiteral("–") : parts.join(QLatin1Char('/'));
    case kBestIou:
      return cellText(bestIou(object));
    case kLoss:
      return cellText(lossOf(story));
    case kState:
      return stateText(story.state);
    default:
      return {};
  }
}

QString ObjectsModel::help(std::size_t object, int column) const {
  const ObjectStory& story = stories_[object];
  QStringList lines;
  if (column == kPositives)
    for (const HeadStory& head : story.heads)
      lines << tr("%1: has %2, lost %3")
                   .arg(declaredText(head.head), countText(head.taken), countText(head.lost));
  else if (column == kLoss)
    for (const CandidateLoss& loss : story.losses)
      lines << declaredText(loss.title) +
                   (std::isnan(loss.share)
                        ? QStringLiteral(": –")
                        : tr(": %1, %2 % of the image's")
                              .arg(exactText(loss.value), numberText(100 * static_cast<double>(loss.share))));
  else if (column == kSize)
    lines << tr("%1 × %2 px")
                 .arg(shortText(static_cast<double>(evidence_->image->objects[object].boxInImage.width())),
                      shortText(static_cast<double>(evidence_->image->objects[object].boxInImage.height())));
  else
    lines << QString::fromStdString(story.summary);
  return lines.join(QLatin1Char('\n'));
}

QVariant ObjectsModel::key(std::size_t object, int column) const {
  const Box& box = evidence_->image->objects[object].boxInImage;
  const ObjectStory& story = stories_[object];
  constexpr double kNone = -1;  // before every number
  double sum = kNone;
  switch (column) {
    case kObject:
      return static_cast<int>(object);
    case kSize:
      return std::sqrt(static_cast<double>(box.width()) * static_cast<double>(box.height()));
    case kPositives:
      for (const HeadStory& head : story.heads)
        sum = std::max(sum, 0.0) + head.taken;
      return sum;
    case kBestIou:
      return std::isnan(bestIou(object)) ? kNone : bestIou(object);
    case kLoss:
      return std::isnan(lossOf(story)) ? kNone : lossOf(story);
    case kState:
      return static_cast<int>(story.state);
    default:
      return text(object, column);
  }
}

QVariant ObjectsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !evidence_) return {};
  const auto object = static_cast<std::size_t>(index.row());
  switch (role) {
    case Qt::DisplayRole:
      return text(object, index.column());
    case Qt::ToolTipRole:
      return help(object, index.column());
    case Qt::TextAlignmentRole:
      return index.column() == kClass || index.column() == kState ? int(Qt::AlignLeft | Qt::AlignVCenter)
                                                                  : int(Qt::AlignRight | Qt::AlignVCenter);
    case kSortRole:
      return key(object, index.column());
    case kStateRole:
      return static_cast<int>(stories_[object].state);
    default:
      return {};
  }
}

QVariant ObjectsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumns) return {};
  if (role == Qt::TextAlignmentRole)
    return section == kClass || section == kState ? int(Qt::AlignLeft | Qt::AlignVCenter)
                                                  : int(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  const bool help = role == Qt::ToolTipRole;
  QStringList names;
  switch (section) {
    case kObject:
      return help ? tr("Number of the object") : tr("#");
    case kClass:
      return help ? tr("Class of the object") : tr("class");
    case kSize:
      return help ? tr("Square root of the area, in px of the image") : tr("px");
    case kPositives:
      if (!stories_.empty())
        for (const HeadStory& head : stories_.front().heads)
          names << declaredText(head.head);
      return help ? tr("Candidates that train on it: %1").arg(names.join(QStringLiteral(" / "))) : tr("pos");
    case kBestIou:
      return help ? tr("Largest IoU of any predicted box with the object") : tr("IoU");
    case kLoss:
      if (!stories_.empty())
        for (const CandidateLoss& loss : stories_.front().losses)
          names << declaredText(loss.title);
      return help ? tr("Loss of the candidates that it has, before it is normalised; the sum of: %1")
                        .arg(names.join(QStringLiteral(", ")))
                  : tr("loss");
    case kState:
      return help ? tr("Starved: nothing trains on it. Contested: of what reached it others have at least as "
                       "much as it.")
                  : tr("state");
    default:
      return {};
  }
}

}  // namespace anchorscope
