#include "widgets/notify/problems_panel.h"
#include "app/workspace/panel.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

QWidget* make(const PanelContext& context) {
  return new ProblemsPanel(context.notifier.problems());
}

}  // namespace

PanelSpec problemsPanel() {
  return {PanelSpec::Subject::kRuns,
          "problems",
          QT_TRANSLATE_NOOP("Panels", "Problems"),
          Qt::BottomDockWidgetArea,
          "curves",
          PanelSpec::How::kAbove,
          make};
}

}  // namespace anchorscope
