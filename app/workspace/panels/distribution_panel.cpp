#include "widgets/panels/distribution_panel.h"

#include "app/workspace/panel.h"
#include "app/workspace/workspace.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

QWidget* make(const PanelContext& context) {
  Workspace& workspace = context.workspace;
  auto* panel = new DistributionPanel(workspace.active());
  QObject::connect(&workspace, &Workspace::activeChanged, panel,
                   [panel, &workspace] { panel->setCanvas(workspace.active()); });
  Notifier& notifier = context.notifier;
  QObject::connect(panel, &DistributionPanel::failed, panel,
                   [&notifier](const Error& error) { notifier.tell(messageOf(error, MessageScope::kRun)); });
  QObject::connect(panel, &DistributionPanel::exported, panel, [&notifier](const QString& path) {
    notifier.mention(DistributionPanel::tr("Wrote %1").arg(path));
  });
  return panel;
}

}  // namespace

PanelSpec distributionPanel() {
  return {PanelSpec::Subject::kImage,
          "distribution",
          QT_TRANSLATE_NOOP("Panels", "Distribution"),
          Qt::RightDockWidgetArea,
          "inspector",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
