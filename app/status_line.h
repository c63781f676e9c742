#pragma once
// The window's status bar: the values under the cursor, what is told in passing, what is being written, how
// many problems there are.

#include <QObject>

class QLabel;
class QStatusBar;
class QToolButton;

namespace anchorscope {

class Notifier;
class WorkspacePage;

/// GUI thread only.
class StatusLine : public QObject {
  Q_OBJECT

 public:
  /// All must outlive it; the widgets are the bar's.
  StatusLine(QStatusBar& bar, Notifier& notifier, WorkspacePage& page);

 private:
  void setInWorkspace(bool inWorkspace);
  void refresh();

  Notifier& notifier_;
  QLabel* values_;
  QToolButton* problems_;
  bool inWorkspace_ = false;  ///< Only there is a place for the list of problems, and a canvas.
};

}  // namespace anchorscope
