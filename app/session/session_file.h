#pragma once
// A session as a file: what was looked at, and in which run. JSON, written whole.

#include <QDateTime>
#include <QJsonObject>
#include <QString>

#include "core/base/result.h"

namespace anchorscope {

struct SessionState {
  QString title;       ///< What was shown, in a line.
  QString folder;      ///< The run's; empty: none.
  QJsonObject looked;  ///< As Workspace::save gives it.
  QDateTime when;
  bool endedWell = true;  ///< False in a file that a program which ended badly has left.
};

/// Replaces what is there. The folders of runs are named absolutely and from the file, so that all can be
/// moved together.
Status writeSession(const QString& path, const SessionState& state);

/// kNotFound, kIo; kBadData for what is no session, with what it is instead as far as that is known. Where
/// a run is not at its absolute place any more it is looked for from the file.
Result<SessionState> readSession(const QString& path);

/// Whether a file says of itself that it is a session, whatever else is in it.
bool isSessionFile(const QString& path);

}  // namespace anchorscope
