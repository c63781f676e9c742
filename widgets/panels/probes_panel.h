#pragma once
// The probe images as thumbnails with their object counts and starved objects; pins and unpins images of the
// data set; searches among both.

#include <QWidget>

#include "core/evidence/image_query.h"
#include "widgets/state/canvas_model.h"

class QLabel;
class QLineEdit;
class QListView;
class QListWidget;
class QToolButton;

namespace anchorscope {

class BatchList;
class ImageNamesModel;

/// Shows the probes of a canvas' moment and chooses among them; asks for another set through probesWanted.
/// GUI thread only.
class ProbesPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ProbesPanel(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Which canvas' moment; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);

  /// Images that may be pinned; empty: none, and what is pinned stays (recorded runs).
  void setAvailableImages(std::vector<std::string> names);
  /// What the run watches now, which probesWanted() changes. What is shown may be of a moment with others.
  void setPinned(std::vector<std::string> names);
  QListWidget* list() const { return list_; }
  /// The training batch, below the probes.
  BatchList& batch() const { return *batch_; }
  /// Puts the cursor into the search.
  void focusSearch();

 signals:
  void probesWanted(const std::vector<std::string>& names);
  /// An image that is no probe was chosen among those that the search has found.
  void imageWanted(const QString& name);

 private:
  void refresh();
  void search();
  void pin();
  void unpin(const QString& name);

  CanvasModel* canvas_ = nullptr;
  std::vector<std::string> available_, pinned_;
  QListWidget* list_;
  BatchList* batch_;
  QToolButton* pin_;
  QLabel* empty_;
  QLineEdit* search_;
  QLabel *found_, *others_;
  QListView* images_;  ///< Of the data set, as far as the search finds them.
  ImageNamesModel* imageNames_;
  ImageQuery query_;
  std::vector<std::shared_ptr<const ImagePixels>> shown_;  ///< What the thumbnails were made of, by row.
  bool refreshing_ = false;
};

}  // namespace anchorscope
