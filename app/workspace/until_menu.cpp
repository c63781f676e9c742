#include "app/workspace/until_menu.h"

#include <QCoreApplication>
#include <QMenu>

#include "app/workspace/workspace.h"
#include "core/evidence/batch_name.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("UntilMenu", text);
}

}  // namespace

void fillUntilMenu(TransportBar& transport, Workspace& workspace, SessionBridge& bridge) {
  QMenu& menu = *transport.untilMenu();
  menu.clear();
  menu.addAction(transport.untilAction());
  menu.addSeparator();
  const CanvasModel& canvas = workspace.active();
  const auto& evidence = canvas.evidence();
  // Of the run that trains, not of one beside it.
  const bool probe = evidence && canvas.run().isEmpty() && batchPlace(evidence->image->name).empty();
  const auto add = [&](const QString& text, EvidenceCondition::Kind kind, int object,
                       std::int64_t candidate) {
    QAction* action = menu.addAction(text);
    EvidenceCondition condition{kind, evidence->image->name, evidence->stage.name, object, candidate};
    QObject::connect(action, &QAction::triggered, &bridge,
                     [&bridge, condition] { bridge.post(RunUntilEvidenceCommand{condition}); });
  };
  using Kind = EvidenceCondition::Kind;
  if (probe && canvas.selectedObject() >= 0) {
    const int object = canvas.selectedObject();
    add(tr("Object %1 is starved").arg(object), Kind::kStarved, object, -1);
    add(tr("Object %1 has a positive").arg(object), Kind::kServed, object, -1);
  }
  if (probe && canvas.selectedAnchor() >= 0) {
    const std::int64_t anchor = canvas.selectedAnchor();
    const QString name = QString::fromStdString(evidence->address(static_cast<std::size_t>(anchor)));
    add(tr("%1 is chosen").arg(name), Kind::kChosen, -1, anchor);
    add(tr("%1 is not chosen").arg(name), Kind::kDropped, -1, anchor);
  }
  if (menu.actions().size() > 2) return;
  QAction* hint = menu.addAction(tr("Select an object or anchor of a probe to wait for it"));
  hint->setEnabled(false);
}

}  // namespace anchorscope
