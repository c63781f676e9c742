#include "widgets/panels/watch_panel.h"

#include <QMetaObject>
#include <algorithm>
#include <memory>
#include <optional>

#include "app/run/run_controller.h"
#include "app/workspace/panel.h"
#include "app/workspace/source_watch.h"
#include "app/workspace/workspace.h"
#include "core/evidence/batch_name.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/docks/dock_manager.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

constexpr const char* kOption = "train.watch";

/// The frame that a hit was found in, while it is there: of a step whose batch is still shown.
bool isShownNow(const SessionBridge& bridge, const std::string& image) {
  const auto& snapshot = bridge.snapshot();
  return snapshot && std::any_of(snapshot->batch.begin(), snapshot->batch.end(),
                                 [&](const BatchImage& each) { return each.frame->image->name == image; });
}

void goTo(Workspace& workspace, const SessionBridge& bridge, std::int64_t step, const WatchPlace& where,
          bool now) {
  if (where.image.empty()) return;
  workspace.activateFirstRun();
  Place place;
  place.stage = QString::fromStdString(where.stage);
  place.object = where.object;
  place.candidate = where.candidates.empty() ? -1 : where.candidates.front();
  const std::string_view image = imageOf(where.image);
  place.probe = QString::fromUtf8(image.data(), static_cast<qsizetype>(image.size()));
  if (isShownNow(bridge, where.image)) {
    place.probe = QString::fromStdString(where.image);
    now = true;
  } else if (!batchPlace(where.image).empty()) {
    // Numbers of a batch's picture mean nothing in the data set's.
    place.object = -1;
    place.candidate = -1;
  }
  if (now)
    workspace.active().time().followLive();
  else
    place.step = step;
  workspace.goTo(place);
  // All of several stand out; of one the selection tells.
  CandidateCondition all;
  if (place.candidate >= 0 && where.candidates.size() > 1) all.candidates = where.candidates;
  if (!all.isEmpty())
    workspace.brush().set({place.probe, place.stage, all});
  else if (!workspace.brush().brushed().condition.candidates.empty())
    workspace.brush().clear();
}

QWidget* make(const PanelContext& context) {
  auto* panel = new WatchPanel;
  SessionBridge* bridge = &context.run.bridge();
  LiveParameters* parameters = &context.parameters;
  Workspace* workspace = &context.workspace;
  DockManager* docks = &context.docks;

  const auto refresh = [panel, parameters, bridge] {
    const auto& facts = bridge->facts();
    QString why;
    if (!facts || !enabledActions(bridge->state()).setParam)
      why = WatchPanel::tr("A run that trains can be watched.");
    if (facts) {
      std::vector<std::string> names;
      for (const ScalarSpec& scalar : facts->declaration.scalars)
        names.push_back(scalar.name);
      panel->setScalarNames(std::move(names));
    }
    panel->setWatches(facts && parameters->wanted().find(kOption)
                          ? QString::fromStdString(parameters->wanted().getText(kOption))
                          : QString(),
                      why);
  };
  QObject::connect(bridge, &SessionBridge::factsAvailable, panel, refresh);
  QObject::connect(bridge, &SessionBridge::stateChanged, panel, refresh);
  QObject::connect(bridge, &SessionBridge::sessionEnded, panel, refresh);
  QObject::connect(parameters, &LiveParameters::wantedReplaced, panel, refresh);
  QObject::connect(parameters, &LiveParameters::sent, panel, refresh);
  QObject::connect(parameters, &LiveParameters::refused, panel,
                   [panel](const QString& key, const QString&, const Error& reason) {
                     if (key == QLatin1String(kOption))
                       panel->complain(QString::fromStdString(reason.text()));
                   });
  QObject::connect(panel, &WatchPanel::watchesWanted, parameters, [parameters](const QString& text) {
    parameters->set(QString::fromLatin1(kOption), text);
  });

  watchSource(*workspace, WatchedRun::kFirst, panel, [panel](EvidenceSource* source) {
    panel->clearHits();
    if (source) QObject::connect(source, &EvidenceSource::eventsArrived, panel, &WatchPanel::addHits);
  });
  QObject::connect(panel, &WatchPanel::hitChosen, panel,
                   [workspace, bridge](qint64 step, const WatchReport& report) {
                     goTo(*workspace, *bridge, step, report.hit.where, /*now=*/false);
                   });

  // Training has paused at a hit: what it was about is shown, once its evidence is there.
  auto found = std::make_shared<std::optional<WatchReport>>();
  Notifier* notifier = &context.notifier;
  QObject::connect(bridge, &SessionBridge::noteArrived, panel, [found](const RunEvent& event) {
    if (event.kind == kWatchEvent && !*found) *found = readWatchEvent(event.text);
  });
  const auto show = [panel, found, bridge, workspace, docks, notifier] {
    if (!*found || bridge->state() != TrainerState::kPaused) return;
    // Queued: the workspace has to have the snapshot first.
    QMetaObject::invokeMethod(
        panel,
        [found, bridge, workspace, docks, notifier] {
          if (!*found || bridge->state() != TrainerState::kPaused) return;
          const WatchReport report = **found;
          found->reset();
          notifier->tell(
              {MessageKind::kNote,
               WatchPanel::tr("Paused by the watchpoint %1: %2")
                   .arg(QString::fromStdString(report.watch), QString::fromStdString(report.hit.what)),
               {},
               MessageScope::kRun,
               QString::fromLatin1(kOption)});
          docks->show(QStringLiteral("watch"));
          goTo(*workspace, *bridge, -1, report.hit.where, /*now=*/true);
        },
        Qt::QueuedConnection);
  };
  QObject::connect(bridge, &SessionBridge::stateChanged, panel, [found, show, notifier](TrainerState state) {
    if (state == TrainerState::kRunning) {
      found->reset();
      notifier->withdraw(QString::fromLatin1(kOption));
    }
    show();
  });
  QObject::connect(bridge, &SessionBridge::snapshotArrived, panel, show);
  return panel;
}

}  // namespace

PanelSpec watchPanel() {
  return {PanelSpec::Subject::kTraining,
          "watch",
          QT_TRANSLATE_NOOP("Panels", "Watchpoints"),
          Qt::RightDockWidgetArea,
          "inspector",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
