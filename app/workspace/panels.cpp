#include <QCoreApplication>
#include <QDockWidget>
#include <QMainWindow>

#include "app/workspace/panel.h"
#include "core/base/check.h"
#include "widgets/docks/dock_manager.h"

namespace anchorscope {

QString panelMenu(PanelSpec::Subject subject) {
  switch (subject) {
    case PanelSpec::Subject::kImage:
      return QStringLiteral("view.image");
    case PanelSpec::Subject::kTraining:
      return QStringLiteral("view.training");
    case PanelSpec::Subject::kRuns:
      return QStringLiteral("view.runs");
  }
  return {};
}

QString panelMenuTitle(PanelSpec::Subject subject) {
  switch (subject) {
    case PanelSpec::Subject::kImage:
      return QCoreApplication::translate("Panels", "&Image");
    case PanelSpec::Subject::kTraining:
      return QCoreApplication::translate("Panels", "&Training");
    case PanelSpec::Subject::kRuns:
      return QCoreApplication::translate("Panels", "&Runs");
  }
  return {};
}

void addPanels(QMainWindow& host, const PanelContext& context) {
  for (const PanelSpec& spec : panelSpecs()) {
    QDockWidget* dock =
        context.docks.add(QString::fromLatin1(spec.id), QCoreApplication::translate("Panels", spec.title),
                          spec.make(context), spec.area);
    QDockWidget* other = context.docks.find(QString::fromLatin1(spec.beside));
    ANCHORSCOPE_CHECK(other, "panel ", spec.id, " stands beside a dock that is not there: ", spec.beside);
    if (spec.how == PanelSpec::How::kTabbed)
      host.tabifyDockWidget(other, dock);
    else
      host.splitDockWidget(dock, other, Qt::Vertical);
    dock->hide();
  }
}

}  // namespace anchorscope
