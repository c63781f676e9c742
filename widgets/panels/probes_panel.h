#pragma once
// The probe images as thumbnails with their object counts and starved objects; pins and unpins images of the
// data set.

#include <QImage>
#include <QWidget>

#include "widgets/state/view_state.h"

class QLabel;
class QListWidget;
class QToolButton;

namespace anchorscope {

/// Shows ViewState's probes; asks for another set through probesWanted. GUI thread only.
class ProbesPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ProbesPanel(ViewState& state, QWidget* parent = nullptr);

  /// Images that may be pinned; empty hides the pin button (recorded runs).
  void setAvailableImages(std::vector<std::string> names);
  QListWidget* list() const { return list_; }

 signals:
  void probesWanted(const std::vector<std::string>& names);

 private:
  void refresh();
  void pin();
  void unpin(const QString& name);
  std::vector<std::string> probeNames() const;
  QImage thumbnail(const ImagePixels* pixels) const;

  ViewState& state_;
  std::vector<std::string> available_;
  QListWidget* list_;
  QToolButton* pin_;
  QLabel* empty_;
  std::vector<std::shared_ptr<const ImagePixels>> shown_;  ///< What the thumbnails were made of, by row.
  bool refreshing_ = false;
};

}  // namespace anchorscope
