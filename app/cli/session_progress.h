#pragma once
// A training session on the terminal.

#include "app/cli/common.h"
#include "core/session/session.h"

namespace anchorscope::cli {

/// Shows what a session does until it ends, and stops it when asked to by a signal. `quiet`: results,
/// warnings and errors only.
ExitCode showUntilEnd(TrainingSession& session, bool quiet);

/// Where a run is by now, which was started in that folder: it may have been renamed meanwhile.
std::string folderNow(const TrainingSession& session, const std::string& started);

}  // namespace anchorscope::cli
