#include "widgets/panels/statistics_panel.h"

#include "app/workspace/panel.h"
#include "app/workspace/source_watch.h"
#include "app/workspace/workspace.h"
#include "core/store/run_reader.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

QWidget* make(const PanelContext& context) {
  Workspace& workspace = context.workspace;
  Notifier& notifier = context.notifier;
  auto* panel = new StatisticsPanel;
  const auto showRun = [panel, &workspace] {
    panel->setRun(workspace.source() ? workspace.source()->folder() : QString());
  };
  const auto keepOpenRuns = [panel, &workspace] {
    QStringList folders;
    for (const OpenRun& run : workspace.runs())
      if (run.source) folders << run.source->folder();
    panel->keepOnly(folders);
  };
  QObject::connect(&workspace, &Workspace::runsChanged, panel, keepOpenRuns);
  watchSource(workspace, WatchedRun::kActive, panel, [panel, showRun](EvidenceSource* source) {
    showRun();
    if (!source) return;
    QObject::connect(source, &EvidenceSource::opened, panel, showRun);
    QObject::connect(source, &EvidenceSource::stepsChanged, panel, [panel, showRun] {
      showRun();  // a run that trains may begin to record later
      panel->refreshSteps();
    });
  });
  QObject::connect(&workspace, &Workspace::shownChanged, panel, [panel, &workspace] {
    const TimeCursor& time = workspace.active().time();
    panel->setCurrentStep(time.followsLive() ? -1 : time.step());
  });
  QObject::connect(panel, &StatisticsPanel::stepWanted, &workspace, [&workspace](std::int64_t step) {
    if (!workspace.source()) return;
    if (const std::int64_t nearest = nearestRecordedStep(*workspace.source()->steps(), step); nearest >= 0)
      workspace.active().time().pin(nearest);
  });
  QObject::connect(panel, &StatisticsPanel::failed, panel,
                   [&notifier](const Error& error) { notifier.tell(messageOf(error, MessageScope::kRun)); });
  QObject::connect(panel, &StatisticsPanel::exported, panel, [&notifier](const QString& path) {
    notifier.mention(StatisticsPanel::tr("Wrote %1").arg(path));
  });
  return panel;
}

}  // namespace

PanelSpec statisticsPanel() {
  return {PanelSpec::Subject::kRuns,
          "statistics",
          QT_TRANSLATE_NOOP("Panels", "Statistics"),
          Qt::BottomDockWidgetArea,
          "curves",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
