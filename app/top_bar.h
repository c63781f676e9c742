#pragma once
// The top of the window: the menus with the title of what is shown beside them, and the transport between
// them and everything else.

#include <QWidget>

class QLabel;
class QMenuBar;

namespace anchorscope {

/// GUI thread only.
class TopBar : public QWidget {
  Q_OBJECT

 public:
  /// `transport` stands in it without being its own.
  explicit TopBar(QWidget& transport, QWidget* parent = nullptr);

  QMenuBar& menus() { return *menus_; }
  void setTitle(const QString& what);

 private:
  QMenuBar* menus_;
  QLabel* title_;
};

}  // namespace anchorscope
