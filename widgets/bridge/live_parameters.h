#pragma once
// The options of a run that can change while it trains: what is edited, what of it waits because it does not
// go together yet, what is on its way, and from which step it holds. It knows no widget.

#include <QObject>
#include <QString>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/session/session.h"

namespace anchorscope {

class SessionBridge;

/// Of whatever run the bridge has. Keys are full ("train.lr", "method.beta"). GUI thread only.
class LiveParameters : public QObject {
  Q_OBJECT

 public:
  /// `bridge` must outlive it.
  explicit LiveParameters(SessionBridge& bridge, QObject* parent = nullptr);

  /// The run's options with the edits over them, whether they hold yet or not; empty without a run.
  const ParamSet& wanted() const { return wanted_; }
  /// An edit. What contradicts the rest is told and waits, with everything after it; else all that waits is
  /// sent, one option at a time, in an order in which every step goes together where there is one.
  void change(const QString& key, const QString& value) { edit(key, value, {}); }
  /// Whether an option can change now, and so can be the way out of a contradiction.
  bool canChange(const QString& key) const;
  /// An edit that is not made in the form: shown there, then as change().
  void set(const QString& key, const QString& value) { set(key, value, {}); }
  /// The same change back, or once more: another change of the run, whose journal says so.
  void undo(const QString& key, const QString& before) { set(key, before, "undone"); }
  void redo(const QString& key, const QString& after) { set(key, after, "redone"); }
  /// Whether there is a run that takes changes now.
  bool takesChanges() const;

  /// Edits that are not sent, in the order they were made.
  const std::vector<std::pair<std::string, std::string>>& unsent() const { return unsent_; }
  /// Sent and not acknowledged yet.
  bool isOnItsWay(const QString& key) const { return sent_.contains(key.toStdString()); }

 signals:
  /// wanted() is another's, or an edit in it was taken back.
  void wantedReplaced();
  /// What of the edits does not go together; empty when it does.
  void conflictsChanged(const std::vector<anchorscope::OptionConflict>& conflicts);
  void sent(const QString& key, const QString& value);
  /// The run has taken it: steps from this one on are trained with it.
  void holds(const QString& key, const QString& value, qint64 fromStep);
  /// One that was asked for, not taken back, holds: what it can be taken back to.
  void changed(const QString& key, const QString& before, const QString& after);
  /// The run has not taken it and goes on with what it had, which wanted() shows again.
  void refused(const QString& key, const QString& value, const anchorscope::Error& reason);

 private:
  struct Sent {
    CommandId id = 0;
    std::string value, before, cause;
  };
  void restart();
  void set(const QString& key, const QString& value, const std::string& cause);
  void edit(const QString& key, const QString& value, const std::string& cause);
  void acknowledge(const AcknowledgedEvent& event);
  /// The running config with every edit.
  RunConfig wantedConfig() const;
  void tellConflicts(std::vector<OptionConflict> conflicts);
  void sendAll();
  std::string running(const std::string& key) const;

  SessionBridge& bridge_;
  ParamSet wanted_;
  std::vector<std::pair<std::string, std::string>> unsent_;
  std::map<std::string, std::string> causes_;  ///< Of those unsent, for the journal.
  std::map<std::string, Sent> sent_;           ///< The newest of each option; the run's facts follow later.
};

}  // namespace anchorscope
