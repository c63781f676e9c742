#include "widgets/models/all_objects_model.h"

#include <algorithm>
#include <utility>

namespace anchorscope {

AllObjectsModel::~AllObjectsModel() = default;

void AllObjectsModel::show(const std::vector<std::shared_ptr<const StageEvidence>>& images) {
  const bool same =
      images.size() == parts_.size() &&
      std::equal(images.begin(), images.end(), parts_.begin(), [](const auto& evidence, const Part& part) {
        return QString::fromStdString(evidence->image->name) == part.image &&
               static_cast<int>(evidence->image->objects.size()) == part.objects->rowCount();
      });
  if (!same) beginResetModel();
  parts_.resize(images.size());
  rows_ = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    Part& part = parts_[i];
    if (!part.objects) part.objects = std::make_unique<ObjectsModel>();
    part.image = QString::fromStdString(images[i]->image->name);
    part.stage = QString::fromStdString(images[i]->stage.name);
    part.first = rows_;
    part.objects->show(images[i]);
    rows_ += part.objects->rowCount();
  }
  if (!same)
    endResetModel();
  else if (rows_ > 0)
    emit dataChanged(index(0, 0), index(rows_ - 1, columnCount() - 1));
}

int AllObjectsModel::countOf(ObjectState state) const {
  int count = 0;
  for (const Part& part : parts_)
    count += part.objects->countOf(state);
  return count;
}

const AllObjectsModel::Part& AllObjectsModel::partOf(int row) const {
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), row,
                                      [](int wanted, const Part& part) { return wanted < part.first; });
  return *std::prev(after);
}

AllObjectsModel::Row AllObjectsModel::at(int row) const {
  if (row < 0 || row >= rows_) return {};
  const Part& part = partOf(row);
  return {part.image, part.stage, row - part.first};
}

int AllObjectsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : rows_;
}

int AllObjectsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : int{kFirstOfObject} + int{ObjectsModel::kColumns};
}

QVariant AllObjectsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Part& part = partOf(index.row());
  const int object = index.row() - part.first;
  if (index.column() >= kFirstOfObject)
    return part.objects->index(object, index.column() - kFirstOfObject).data(role);
  switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
      return part.image;
    case ObjectsModel::kSortRole:
      return part.image;
    case ObjectsModel::kStateRole:
      return part.objects->index(object, 0).data(role);
    case Qt::TextAlignmentRole:
      return int(Qt::AlignLeft | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant AllObjectsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (section >= kFirstOfObject) {
    const ObjectsModel none;
    const ObjectsModel& like = parts_.empty() ? none : *parts_.front().objects;
    return like.headerData(section - kFirstOfObject, orientation, role);
  }
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignLeft | Qt::AlignVCenter);
  if (role == Qt::DisplayRole) return tr("image");
  return role == Qt::ToolTipRole ? tr("The image it is in") : QVariant();
}

}  // namespace anchorscope
