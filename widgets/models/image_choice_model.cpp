#include "widgets/models/image_choice_model.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

namespace anchorscope {

ImageChoiceModel::ImageChoiceModel(const std::vector<std::string>& names,
                                   const std::vector<std::string>& checked, QObject* parent)
    : QAbstractListModel(parent) {
  const std::unordered_set<std::string> first(checked.begin(), checked.end());
  names_.reserve(names.size());
  for (const std::string& name : names)
    if (first.contains(name)) names_.push_back(QString::fromStdString(name));
  checkedCount_ = names_.size();
  for (const std::string& name : names)
    if (!first.contains(name)) names_.push_back(QString::fromStdString(name));
  checked_.resize(names_.size());
  std::fill_n(checked_.begin(), checkedCount_, true);
  shown_.resize(names_.size());
  std::iota(shown_.begin(), shown_.end(), std::size_t{0});
}

void ImageChoiceModel::setFilter(const QString& text) {
  if (text == filter_) return;
  beginResetModel();
  if (!text.contains(filter_, Qt::CaseInsensitive)) {  // else it can only be fewer
    shown_.resize(names_.size());
    std::iota(shown_.begin(), shown_.end(), std::size_t{0});
  }
  std::erase_if(shown_,
                [&](std::size_t entry) { return !names_[entry].contains(text, Qt::CaseInsensitive); });
  filter_ = text;
  endResetModel();
}

std::vector<std::string> ImageChoiceModel::checked() const {
  std::vector<std::string> out;
  for (std::size_t entry = 0; entry < names_.size(); ++entry)
    if (checked_[entry]) out.push_back(names_[entry].toStdString());
  return out;
}

int ImageChoiceModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant ImageChoiceModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (role == Qt::DisplayRole) return names_[entryOf(index)];
  if (role == Qt::CheckStateRole) return checked_[entryOf(index)] ? Qt::Checked : Qt::Unchecked;
  return {};
}

bool ImageChoiceModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || role != Qt::CheckStateRole) return false;
  const bool on = value.toInt() == Qt::Checked;
  const std::size_t entry = entryOf(index);
  if (checked_[entry] == on) return true;
  checked_[entry] = on;
  on ? ++checkedCount_ : --checkedCount_;
  emit dataChanged(index, index, {Qt::CheckStateRole});
  return true;
}

Qt::ItemFlags ImageChoiceModel::flags(const QModelIndex& index) const {
  return QAbstractListModel::flags(index) | (index.isValid() ? Qt::ItemIsUserCheckable : Qt::NoItemFlags);
}

}  // namespace anchorscope
