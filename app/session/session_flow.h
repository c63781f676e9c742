#pragma once
// Sessions in the window: offered at the start, saved to files and opened again.

#include <QObject>
#include <QString>
#include <optional>

#include "app/session/session_keeper.h"

namespace anchorscope {

class Notifier;
class RunController;
class RunView;
class StartPage;
class Workspace;

/// GUI thread only.
class SessionFlow : public QObject {
  Q_OBJECT

 public:
  /// All must outlive it.
  SessionFlow(StartPage& page, RunController& run, RunView& view, Workspace& workspace, Notifier& notifier);

  /// Where the window before has left off; a run that is not there any more is told.
  void goOn();
  void open(const QString& file);
  void save(const QString& file);
  /// The window closes as it should: `present` is what was looked at, before its run ended.
  void end(std::optional<SessionState> present);
  /// What is looked at; nothing without a run.
  std::optional<SessionState> present() const;

 signals:
  /// What is looked at was kept: whatever else is remembered can be, too.
  void kept();

 private:
  void show(const SessionState& state);
  void restoreLook();

  StartPage& page_;
  RunController& run_;
  RunView& view_;
  Workspace& workspace_;
  Notifier& notifier_;
  std::optional<SessionState> opening_;  ///< Restored once its run is there.
  SessionKeeper keeper_;
};

}  // namespace anchorscope
