#pragma once
// What an object's story names, as a Qt model: the objects that have what reached it, then its nearest
// misses.

#include <QAbstractTableModel>
#include <cstdint>
#include <memory>

#include "core/evidence/object_story.h"

namespace anchorscope {

/// GUI thread only. Keeps the evidence alive.
class StoryModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kWhat, kLacked, kMargin, kColumns };

  explicit StoryModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  /// A null evidence empties it.
  void show(std::shared_ptr<const StageEvidence> evidence, ObjectStory story);
  const ObjectStory& story() const { return story_; }

  /// What a row names: another object, or a candidate of this one.
  struct Target {
    int object = -1;
    std::int64_t candidate = -1;
    bool operator==(const Target&) const = default;
  };
  Target targetOf(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : kColumns; }
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  QString rivalText(const Rival& rival, int column) const;
  QString missText(const NearMiss& miss, int column) const;
  /// "1,857 · P6"; off a grid "proposal 17".
  QString shortTitle(std::int32_t candidate) const;
  QString missHelp(const NearMiss& miss) const;

  std::shared_ptr<const StageEvidence> evidence_;
  ObjectStory story_;
};

}  // namespace anchorscope
