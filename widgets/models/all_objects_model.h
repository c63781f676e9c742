#pragma once
// The objects of several images as one Qt model: what the table of an image tells, with the image before it.

#include <QAbstractTableModel>
#include <memory>
#include <vector>

#include "widgets/models/objects_model.h"

namespace anchorscope {

/// One row per object, image by image. GUI thread only. Keeps the evidence alive.
class AllObjectsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kImage, kFirstOfObject };  ///< Then the columns of ObjectsModel.
  /// Of which image, and which of its objects.
  struct Row {
    QString image, stage;
    int object = -1;
  };

  explicit AllObjectsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  ~AllObjectsModel() override;
  /// Of the same images at another step the rows stay and change.
  void show(const std::vector<std::shared_ptr<const StageEvidence>>& images);
  int countOf(ObjectState state) const;
  int images() const { return static_cast<int>(parts_.size()); }
  Row at(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// The roles of ObjectsModel.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  struct Part {
    QString image, stage;
    int first = 0;  ///< Row of its first object.
    std::unique_ptr<ObjectsModel> objects;
  };
  const Part& partOf(int row) const;

  std::vector<Part> parts_;
  int rows_ = 0;
};

}  // namespace anchorscope
