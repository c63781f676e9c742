#include "widgets/notify/problems_panel.h"
#include "app/workspace/panel.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {

QWidget* makeProblemsPanel(const PanelContext& context) {
  return new ProblemsPanel(context.notifier.problems());
}

}  // namespace anchorscope
