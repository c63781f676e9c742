#pragma once
// Messages that stay until dismissed: what happened, what to do, technical details on demand. The newest is
// shown, the earlier ones wait below it.

#include <QList>
#include <QWidget>

#include "core/base/result.h"

class QLabel;
class QToolButton;

namespace anchorscope {

enum class MessageKind { kNote, kWarning, kError };

/// GUI thread only.
class MessageBar : public QWidget {
  Q_OBJECT

 public:
  explicit MessageBar(QWidget* parent = nullptr);

  /// What is told already and not dismissed comes to the front, and is told once.
  void show(MessageKind kind, const QString& text, const QString& details = {});
  void show(const Error& error);
  /// Takes a message back that is not true any more.
  void withdraw(const QString& text);
  /// All messages not yet dismissed, newest first: that is the one shown.
  QStringList pending() const;
  /// Dismisses all, as when another run begins.
  void clear();

 signals:
  void countChanged(int count);

 private:
  struct Message {
    MessageKind kind;
    QString text, details;
  };
  void dismiss();
  void refresh();

  QList<Message> messages_;
  QLabel *text_, *more_;
  QToolButton *details_, *closeAll_, *close_;
};

}  // namespace anchorscope
