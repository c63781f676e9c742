#pragma once
// What is wrong with a choice, beside it: the message, what to do, and a link that does it where that is
// simple.

#include <QString>
#include <QWidget>
#include <optional>
#include <utility>

class QLabel;
class QPushButton;

namespace anchorscope {

struct OptionConflict;

/// The key and value of an action that reads "Set KEY to VALUE", and nothing else.
std::optional<std::pair<QString, QString>> fixOf(const QString& action);

/// Hidden while there is nothing to say. GUI thread only.
class ConflictLabel : public QWidget {
  Q_OBJECT

 public:
  explicit ConflictLabel(QWidget* parent = nullptr);
  void clear();
  void showText(const QString& text);
  void showConflict(const OptionConflict& conflict);
  QString text() const;
  QPushButton* fixButton() const { return fix_; }

 signals:
  void fixWanted(const QString& key, const QString& value);

 private:
  QLabel* message_;
  QPushButton* fix_;
  std::pair<QString, QString> wanted_;
};

/// Gives an input the red border of a wrong value, or takes it away.
void setInvalidLook(QWidget* editor, bool invalid);

}  // namespace anchorscope
