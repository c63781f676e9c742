#pragma once
// What the program has to tell: messages that stay until dismissed, those of a run gone with it, and the list
// of everything that was found wrong. It knows no widget; the message bar and the problem table show it.

#include <QList>
#include <QObject>
#include <QSet>
#include <QStringList>
#include <cstddef>
#include <map>
#include <string>

#include "core/base/diagnostics.h"
#include "core/base/result.h"
#include "core/store/run_types.h"
#include "widgets/notify/problems_model.h"

namespace anchorscope {

enum class MessageKind { kNote, kWarning, kError };
enum class MessageScope {
  kProgram,  ///< Stays until it is dismissed.
  kRun       ///< Goes when another run begins.
};

struct Message {
  MessageKind kind = MessageKind::kNote;
  QString text;
  QString details = {};  ///< Technical; shown on demand.
  MessageScope scope = MessageScope::kProgram;
  QString key = {};  ///< What it is about: one message per key. Empty: its text.
};

/// What an error says and advises; one that was asked for (cancelled) is a note.
Message messageOf(const Error& error, MessageScope scope = MessageScope::kProgram);

/// GUI thread only.
class Notifier : public QObject {
  Q_OBJECT

 public:
  explicit Notifier(QObject* parent = nullptr);

  /// Comes to the front, in the place of an earlier message of its key.
  void tell(Message message);
  /// The same, but once dismissed a run does not say it again. Returns whether this was the first time.
  bool tellOnce(Message message);
  /// The newest wording of a message that changes as things arrive. Once dismissed it comes back only with
  /// `news`.
  void retell(Message message, bool news);
  /// Takes back what is not true any more.
  void withdraw(const QString& key);

  /// Tells in passing, for some seconds.
  void mention(const QString& text) { emit mentioned(text); }

  // ---- what a run says
  /// An entry of its journal: what went wrong is a message, once, and a problem. Returns whether it is one
  /// of those; the others are told in passing.
  bool tellEntry(const RunEvent& entry);
  /// Damaged records arrive bit by bit: each is listed, one message counts them all.
  void tellRecords(const Diagnostics& diagnostics);
  /// What ended the run. Its journal has said so in the same words: it stays one message and one problem.
  void tellFailure(const Error& error, const QString& culpritImage);

  /// Another run begins.
  void beginRun();
  /// The newest, or all.
  void dismiss();
  void dismissAll();

  /// Not dismissed yet, newest first.
  const QList<Message>& messages() const { return messages_; }
  QStringList pending() const;  ///< Their texts.
  ProblemsModel& problems() { return problems_; }

 signals:
  void changed();
  void mentioned(const QString& text);

 private:
  bool waits(const QString& key) const;

  QList<Message> messages_;
  QSet<QString> told_;                            ///< Keys that this run has said.
  std::map<std::string, std::size_t> badCounts_;  ///< Records of this run, by kind.
  ProblemsModel problems_;
};

}  // namespace anchorscope
