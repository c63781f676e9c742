#include "app/run/run_controller.h"
#include "app/workspace/panel.h"
#include "widgets/panels/step_view.h"

namespace anchorscope {
namespace {

QWidget* make(const PanelContext& context) {
  auto* view = new StepView;
  SessionBridge* bridge = &context.run.bridge();
  QObject::connect(bridge, &SessionBridge::snapshotArrived, view,
                   [view](const std::shared_ptr<const Snapshot>& snapshot) {
                     view->show(snapshot->status.openStep, snapshot->parts);
                   });
  QObject::connect(bridge, &SessionBridge::sessionEnded, view, [view] { view->show({}, {}); });
  return view;
}

}  // namespace

PanelSpec stepPanel() {
  return {PanelSpec::Subject::kTraining,
          "step",
          QT_TRANSLATE_NOOP("Panels", "Step by phases"),
          Qt::RightDockWidgetArea,
          "inspector",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
