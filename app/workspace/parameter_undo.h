#pragma once
// A change of an option of the run that trains, among what can be undone.

#include <QString>
#include <QUndoStack>

namespace anchorscope {

class LiveParameters;
class Notifier;

/// From now on every change that is asked for can be taken back. Undone is not unmade: training went on with
/// it, so that it is another change back, which the run's journal says. All must outlive `parameters`. GUI
/// thread.
void keepParameterUndo(QUndoStack& undo, LiveParameters& parameters, Notifier& notifier);

}  // namespace anchorscope
