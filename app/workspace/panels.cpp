#include <QCoreApplication>
#include <QDockWidget>
#include <QMainWindow>

#include "app/workspace/panel.h"
#include "core/base/check.h"
#include "widgets/docks/dock_manager.h"

namespace anchorscope {

const std::vector<PanelSpec>& panelSpecs() {
  using enum PanelSpec::How;
  static const std::vector<PanelSpec> specs{
      {"distribution", QT_TRANSLATE_NOOP("Panels", "Distribution"), Qt::RightDockWidgetArea, "inspector",
       kTabbed, makeDistributionPanel},
      {"cellMaps", QT_TRANSLATE_NOOP("Panels", "Feature maps"), Qt::RightDockWidgetArea, "inspector", kTabbed,
       makeCellMapsPanel},
      {"whatIf", QT_TRANSLATE_NOOP("Panels", "What if"), Qt::RightDockWidgetArea, "inspector", kTabbed,
       makeWhatIfPanel},
      {"objects", QT_TRANSLATE_NOOP("Panels", "Objects of all probes"), Qt::RightDockWidgetArea, "inspector",
       kTabbed, makeAllObjectsPanel},
      {"problems", QT_TRANSLATE_NOOP("Panels", "Problems"), Qt::BottomDockWidgetArea, "curves", kAbove,
       makeProblemsPanel},
      {"findings", QT_TRANSLATE_NOOP("Panels", "Findings"), Qt::RightDockWidgetArea, "evaluation", kTabbed,
       makeFindingsPanel},
      {"differences", QT_TRANSLATE_NOOP("Panels", "Differences of runs"), Qt::RightDockWidgetArea, "findings",
       kTabbed, makeDifferencesPanel},
      {"track", QT_TRANSLATE_NOOP("Panels", "Track"), Qt::RightDockWidgetArea, "findings", kTabbed,
       makeTrackPanel},
      {"watch", QT_TRANSLATE_NOOP("Panels", "Watchpoints"), Qt::RightDockWidgetArea, "inspector", kTabbed,
       makeWatchPanel},
      {"step", QT_TRANSLATE_NOOP("Panels", "Step by phases"), Qt::RightDockWidgetArea, "inspector", kTabbed,
       makeStepPanel},
      {"statistics", QT_TRANSLATE_NOOP("Panels", "Statistics"), Qt::BottomDockWidgetArea, "curves", kTabbed,
       makeStatisticsPanel},
      {"runs", QT_TRANSLATE_NOOP("Panels", "Runs"), Qt::BottomDockWidgetArea, "curves", kTabbed,
       makeRunsPanel},
  };
  return specs;
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
