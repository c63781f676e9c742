#pragma once
// Messages that stay until dismissed: what happened, what to do, technical details on demand. One at a time,
// the rest queued.

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

  void show(MessageKind kind, const QString& text, const QString& details = {});
  void show(const Error& error);
  /// All messages not yet dismissed, the shown one first.
  QStringList pending() const;

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
  QToolButton *details_, *close_;
};

}  // namespace anchorscope
