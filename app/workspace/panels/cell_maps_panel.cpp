#include "widgets/panels/cell_maps_panel.h"

#include "app/workspace/panel.h"
#include "app/workspace/workspace.h"

namespace anchorscope {
namespace {

QWidget* make(const PanelContext& context) {
  Workspace& workspace = context.workspace;
  auto* panel = new CellMapsPanel(workspace.active());
  QObject::connect(&workspace, &Workspace::activeChanged, panel,
                   [panel, &workspace] { panel->setCanvas(workspace.active()); });
  return panel;
}

}  // namespace

PanelSpec cellMapsPanel() {
  return {PanelSpec::Subject::kImage,
          "cellMaps",
          QT_TRANSLATE_NOOP("Panels", "Feature maps"),
          Qt::RightDockWidgetArea,
          "inspector",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
