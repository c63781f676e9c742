#include <QCoreApplication>
#include <QDockWidget>
#include <QMainWindow>

#include "app/workspace/panel.h"
#include "core/base/check.h"
#include "widgets/docks/dock_manager.h"

namespace anchorscope {

const std::vector<PanelSpec>& panelSpecs() {
  using enum PanelSpec::How;
  using enum PanelSpec::Subject;
  static const std::vector<PanelSpec> specs{
      {kImage, "distribution", QT_TRANSLATE_NOOP("Panels", "Distribution"), Qt::RightDockWidgetArea,
       "inspector", kTabbed, makeDistributionPanel},
      {kImage, "cellMaps", QT_TRANSLATE_NOOP("Panels", "Feature maps"), Qt::RightDockWidgetArea, "inspector",
       kTabbed, makeCellMapsPanel},
      {kImage, "whatIf", QT_TRANSLATE_NOOP("Panels", "What if"), Qt::RightDockWidgetArea, "inspector",
       kTabbed, makeWhatIfPanel},
      {kImage, "objects", QT_TRANSLATE_NOOP("Panels", "Objects of all probes"), Qt::RightDockWidgetArea,
       "inspector", kTabbed, makeAllObjectsPanel},
      {kRuns, "problems", QT_TRANSLATE_NOOP("Panels", "Problems"), Qt::BottomDockWidgetArea, "curves", kAbove,
       makeProblemsPanel},
      {kRuns, "findings", QT_TRANSLATE_NOOP("Panels", "Findings"), Qt::RightDockWidgetArea, "evaluation",
       kTabbed, makeFindingsPanel},
      {kRuns, "differences", QT_TRANSLATE_NOOP("Panels", "Differences of runs"), Qt::RightDockWidgetArea,
       "findings", kTabbed, makeDifferencesPanel},
      {kImage, "track", QT_TRANSLATE_NOOP("Panels", "Track"), Qt::RightDockWidgetArea, "findings", kTabbed,
       makeTrackPanel},
      {kTraining, "watch", QT_TRANSLATE_NOOP("Panels", "Watchpoints"), Qt::RightDockWidgetArea, "inspector",
       kTabbed, makeWatchPanel},
      {kTraining, "step", QT_TRANSLATE_NOOP("Panels", "Step by phases"), Qt::RightDockWidgetArea, "inspector",
       kTabbed, makeStepPanel},
      {kRuns, "statistics", QT_TRANSLATE_NOOP("Panels", "Statistics"), Qt::BottomDockWidgetArea, "curves",
       kTabbed, makeStatisticsPanel},
      {kRuns, "runs", QT_TRANSLATE_NOOP("Panels", "Runs"), Qt::BottomDockWidgetArea, "curves", kTabbed,
       makeRunsPanel},
  };
  return specs;
}

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
