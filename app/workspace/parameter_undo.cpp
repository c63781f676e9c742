#include "app/workspace/parameter_undo.h"

#include <QCoreApplication>
#include <QObject>
#include <QUndoCommand>
#include <utility>

#include "widgets/bridge/live_parameters.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

class ParameterUndo : public QUndoCommand {
 public:
  ParameterUndo(LiveParameters& parameters, Notifier& notifier, const QString& key, const QString& before,
                const QString& after)
      : QUndoCommand(QStringLiteral("%1 = %2").arg(key, after)),
        parameters_(parameters),
        notifier_(notifier),
        key_(key),
        before_(before),
        after_(after) {}

  void undo() override {
    done_ = false;
    if (canChange()) parameters_.undo(key_, before_);
  }
  void redo() override {
    if (!std::exchange(done_, true) && canChange()) parameters_.redo(key_, after_);
  }

 private:
  /// A run that has ended keeps what it was trained with.
  bool canChange() {
    if (parameters_.takesChanges()) return true;
    setObsolete(true);
    notifier_.tell({MessageKind::kNote,
                    QCoreApplication::translate(
                        "ParameterUndo",
                        "%1 stays as it is: this run has ended. Continue it, or fork it from an earlier "
                        "checkpoint, to train with another value.")
                        .arg(key_),
                    {},
                    MessageScope::kRun});
    return false;
  }

  LiveParameters& parameters_;
  Notifier& notifier_;
  const QString key_, before_, after_;
  bool done_ = true;  ///< It holds already when it is pushed.
};

}  // namespace

void keepParameterUndo(QUndoStack& undo, LiveParameters& parameters, Notifier& notifier) {
  QObject::connect(&parameters, &LiveParameters::changed, &undo,
                   [&](const QString& key, const QString& before, const QString& after) {
                     undo.push(new ParameterUndo(parameters, notifier, key, before, after));
                   });
}

}  // namespace anchorscope
