#pragma once
// What is offered after the program has ended badly: recordings that were not kept, each to be opened, kept
// as a folder or discarded.

#include <QList>
#include <QString>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace anchorscope {

struct LeftoverEntry {
  QString folder;
  QString title;         ///< Which run it is.
  QString text;          ///< How much there is of it, or why it cannot be read.
  bool readable = true;  ///< It can be opened.
};

/// Hidden while there is nothing to offer. GUI thread only.
class LeftoverCard : public QWidget {
  Q_OBJECT

 public:
  explicit LeftoverCard(QWidget* parent = nullptr);
  void setEntries(const QList<LeftoverEntry>& entries);

 signals:
  void openWanted(const QString& folder);
  void keepWanted(const QString& folder);
  void discardWanted(const QString& folder);

 private:
  QLabel* help_;
  QVBoxLayout* rows_;
};

}  // namespace anchorscope
