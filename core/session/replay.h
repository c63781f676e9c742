#pragma once
// View header. A run made again from its journal: the sessions that do it, one after the other.

#include <vector>

#include "core/session/course.h"
#include "core/session/journal.h"
#include "core/session/session.h"

namespace anchorscope {

/// One session: the first begins the run, with Journal::first; each further one goes on from the step at
/// which the run was gone on with and changed thereby, in the folder that the first one made.
struct ReplayPart {
  SessionOptions options;  ///< resumeStep, resumeSettings, script and stopAtStep alone.
};
std::vector<ReplayPart> replayParts(const Journal& journal);

}  // namespace anchorscope
