#pragma once
// An image's objects as a Qt model: what each is, what trains on it, and whether it is starved, contested or
// served.

#include <QAbstractTableModel>
#include <memory>
#include <vector>

#include "core/evidence/object_story.h"

namespace anchorscope {

/// One row per object, in their order. GUI thread only. Keeps the evidence alive.
class ObjectsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kObject, kClass, kSize, kPositives, kBestIou, kLoss, kState, kColumns };
  enum Role {
    kSortRole =
        Qt::UserRole,  ///< What a column is sorted by; of positives and losses the sum over the heads.
    kStateRole         ///< int(ObjectState)
  };

  explicit ObjectsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  /// A null evidence empties it. Of the same image at another step the rows stay and change.
  void show(std::shared_ptr<const StageEvidence> evidence);
  int countOf(ObjectState state) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : kColumns; }
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  QString text(std::size_t object, int column) const;
  QString help(std::size_t object, int column) const;
  QVariant key(std::size_t object, int column) const;
  double bestIou(std::size_t object) const;  ///< NaN where it was not told.

  std::shared_ptr<const StageEvidence> evidence_;
  std::vector<ObjectStory> stories_;
};

/// "starved", "contested" ... in the window's language.
QString stateText(ObjectState state);

}  // namespace anchorscope
