#include "core/session/replay.h"

namespace anchorscope {

std::vector<ReplayPart> replayParts(const Journal& journal) {
  std::vector<ReplayPart> parts(1);
  for (const ParameterChange& change : journal.changes) {
    SessionOptions* part = &parts.back().options;
    // What it was gone on with may be more than a run that trains can take, and its end was one, too.
    if (change.cause != "continued" && change.cause != "forked") {
      part->script.push_back(change);
      continue;
    }
    if (part->resumeStep != change.step || !part->script.empty()) {
      part->stopAtStep = change.step;
      part = &parts.emplace_back().options;
      part->resumeStep = change.step;
    }
    part->resumeSettings.emplace_back(change.key, change.after);
  }
  parts.back().options.stopAtStep = journal.lastStep;
  return parts;
}

}  // namespace anchorscope
