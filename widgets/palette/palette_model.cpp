#include "widgets/palette/palette_model.h"

#include <QHash>
#include <QVariant>
#include <algorithm>
#include <utility>

namespace anchorscope {

namespace {

constexpr int kRecentBonus = 24, kCannotMalus = 10;

}  // namespace

PaletteModel::PaletteModel(std::vector<std::unique_ptr<PaletteSource>> sources, QObject* parent)
    : QAbstractListModel(parent), sources_(std::move(sources)) {}

PaletteModel::~PaletteModel() = default;

void PaletteModel::refresh() {
  for (const auto& source : sources_)
    source->refresh();
  findRecent();
  pattern_ = FuzzyPattern();
  beginResetModel();
  search(false);
  endResetModel();
}

void PaletteModel::setRecent(const QStringList& recent) {
  recent_ = recent.mid(0, kMostRecent);
}

QString PaletteModel::keyOf(const Entry& entry) const {
  const PaletteSource& source = *sources_[static_cast<std::size_t>(entry.source)];
  return source.kind() + QLatin1Char('/') + source.id(entry.entry);
}

void PaletteModel::findRecent() {
  bonus_.assign(sources_.size(), {});
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const PaletteSource& source = *sources_[s];
    const QString prefix = source.kind() + QLatin1Char('/');
    QHash<QString, int> wanted;
    for (qsizetype i = 0; i < recent_.size(); ++i)
      if (recent_[i].startsWith(prefix))
        wanted[recent_[i].mid(prefix.size())] = kRecentBonus + static_cast<int>(kMostRecent - i);
    if (wanted.isEmpty()) continue;
    for (int entry = 0; entry < source.count() && qsizetype(bonus_[s].size()) < wanted.size(); ++entry)
      if (const int bonus = wanted.value(source.id(entry)); bonus > 0) bonus_[s].emplace_back(entry, bonus);
  }
}

void PaletteModel::setPattern(const QString& typed) {
  FuzzyPattern pattern(typed);
  // What did not answer less does not answer more.
  const bool among = !pattern_.isEmpty() && pattern.narrows(pattern_);
  pattern_ = std::move(pattern);
  beginResetModel();
  search(among);
  endResetModel();
}

void PaletteModel::search(bool among) {
  std::vector<Entry> before;
  if (among) before = std::exchange(found_, {});
  found_.clear();
  const auto consider = [this](int source, int entry) {
    const auto score = pattern_.score(sources_[static_cast<std::size_t>(source)]->text(entry));
    if (score) found_.push_back({source, entry, *score});
  };
  if (among) {
    for (const Entry& entry : before)
      consider(entry.source, entry.entry);
  } else {
    for (std::size_t source = 0; source < sources_.size(); ++source)
      for (int entry = 0; entry < sources_[source]->count(); ++entry)
        consider(static_cast<int>(source), entry);
  }
  matches_ = static_cast<int>(found_.size());
  rows_ = found_;
  for (Entry& row : rows_)
    for (const auto& [entry, bonus] : bonus_[static_cast<std::size_t>(row.source)])
      if (entry == row.entry) row.score += bonus;
  const auto better = [](const Entry& a, const Entry& b) {
    return a.score != b.score ? a.score > b.score
                              : std::pair(a.source, a.entry) < std::pair(b.source, b.entry);
  };
  const auto cut = [&](std::size_t most) {
    const std::size_t kept = std::min(rows_.size(), most);
    std::partial_sort(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(kept), rows_.end(), better);
    rows_.resize(kept);
  };
  cut(kMostRows);
  if (pattern_.isEmpty()) return;
  // What cannot be done gives way to what can, of those that are shown.
  for (Entry& row : rows_)
    if (!sources_[static_cast<std::size_t>(row.source)]->whyNot(row.entry).isEmpty())
      row.score -= kCannotMalus;
  cut(kMostRows);
}

bool PaletteModel::run(int row) {
  if (row < 0 || row >= rowCount()) return false;
  const Entry entry = rows_[static_cast<std::size_t>(row)];
  PaletteSource& source = *sources_[static_cast<std::size_t>(entry.source)];
  if (!source.whyNot(entry.entry).isEmpty()) return false;
  const QString key = keyOf(entry);
  recent_.removeAll(key);
  recent_.prepend(key);
  recent_ = recent_.mid(0, kMostRecent);
  source.run(entry.entry);
  return true;
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const Entry& entry = rows_[static_cast<std::size_t>(index.row())];
  const PaletteSource& source = *sources_[static_cast<std::size_t>(entry.source)];
  switch (role) {
    case Qt::DisplayRole:
      return source.text(entry.entry);
    case Qt::ToolTipRole:
    case kDetailRole:
      return source.detail(entry.entry);
    case kKindRole:
      return source.kind();
    case kKeysRole:
      return source.keys(entry.entry);
    case kWhyNotRole:
      return source.whyNot(entry.entry);
    case kPositionsRole:
      return QVariant::fromValue(pattern_.positions(source.text(entry.entry)));
    default:
      return {};
  }
}

}  // namespace anchorscope
