#pragma once
// The offer to go on where the window before has left off.

#include <QString>
#include <QWidget>

class QLabel;
class QPushButton;

namespace anchorscope {

class ElidedLabel;

struct SessionOffer {
  QString title;  ///< What was shown, in a line.
  QString folder;
  QString when;
  bool endedWell = true;  ///< Else the program ended unexpectedly.
  bool there = true;      ///< Its run is still in its folder.
};

/// Hidden until there is something to offer. GUI thread only.
class SessionCard : public QWidget {
  Q_OBJECT

 public:
  explicit SessionCard(QWidget* parent = nullptr);
  void show(const SessionOffer& offer);

 signals:
  void wanted();
  void forgotten();

 private:
  QLabel *section_, *text_;
  ElidedLabel* title_;
  QPushButton* open_;
};

}  // namespace anchorscope
