#pragma once
// The notifier's messages as a bar: the newest is shown with its details on demand, the earlier ones wait
// below it.

#include <QWidget>

class QLabel;
class QToolButton;

namespace anchorscope {

class Notifier;

/// Hidden while there is nothing to tell. GUI thread only.
class MessageBar : public QWidget {
  Q_OBJECT

 public:
  /// `notifier` must outlive it.
  explicit MessageBar(Notifier& notifier, QWidget* parent = nullptr);

 private:
  void showDetails();
  void refresh();

  Notifier& notifier_;
  QLabel *text_, *more_;
  QToolButton *details_, *closeAll_, *close_;
};

}  // namespace anchorscope
