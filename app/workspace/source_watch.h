#pragma once
// Who listens to a run listens to one at a time: to that of the active canvas or to the first, whichever it
// is at present.

#include <functional>

class QObject;

namespace anchorscope {

class EvidenceSource;
class Workspace;

enum class WatchedRun { kActive, kFirst };

/// Calls `met` with the source that there is now, and with each that takes its place; null: there is none.
/// The one before tells `listener` nothing any more then, whatever connected the two: a listener watches one
/// run. Ends with the listener. The workspace must outlive it.
void watchSource(Workspace& workspace, WatchedRun which, QObject* listener,
                 std::function<void(EvidenceSource* source)> met);

}  // namespace anchorscope
