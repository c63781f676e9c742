#pragma once
// The images of the batch that is trained on, as the step saw them, each with its loss.

#include <QWidget>
#include <vector>

#include "core/trainer/batch_image.h"

class QListWidget;
class QToolButton;

namespace anchorscope {

/// Hidden where nothing is trained. GUI thread only.
class BatchList : public QWidget {
  Q_OBJECT

 public:
  explicit BatchList(QWidget* parent = nullptr);

  void setLive(bool live);
  /// shown: it is asked for at every capture; else it is there because somebody looks at the step.
  void show(const std::vector<BatchImage>& batch, bool shown);
  /// The image that is looked at, by its batchName(); of another name none is.
  void setCurrent(const QString& name);
  QListWidget* list() const { return list_; }

 signals:
  void showWanted(bool shown);
  void imageChosen(const QString& name);

 private:
  QListWidget* list_;
  QToolButton* toggle_;
  QString current_;
  bool refreshing_ = false;
};

}  // namespace anchorscope
