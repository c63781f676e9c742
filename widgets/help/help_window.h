#pragma once
// The help in a window of its own: contents, back and forward, find in page.

#include <QWidget>

class QLabel;
class QLineEdit;
class QListWidget;
class QToolButton;

namespace anchorscope {

class HelpBrowser;

/// Stays open beside the main window. GUI thread only.
class HelpWindow : public QWidget {
  Q_OBJECT

 public:
  explicit HelpWindow(QWidget* parent = nullptr);
  /// Shows the page that tells of this method, detector or topic.
  void showTopic(const QString& what);
  HelpBrowser* browser() const { return browser_; }
  QLineEdit* findEdit() const { return find_; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void findNext(bool backward, bool fromHere);
  void refresh();

  QListWidget* contents_;
  HelpBrowser* browser_;
  QToolButton *back_, *forward_;
  QLineEdit* find_;
  QLabel* found_;
};

}  // namespace anchorscope
