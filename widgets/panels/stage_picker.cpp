#include "widgets/panels/stage_picker.h"

#include <QSignalBlocker>
#include <algorithm>

#include "widgets/overlays/declared_text.h"
#include "widgets/state/view_state.h"

namespace anchorscope {
namespace {

QString titleOf(const StageSpec& stage) {
  return declaredTitle(stage);
}

}  // namespace

StagePicker::StagePicker(ViewState& state, QWidget* parent) : QComboBox(parent), state_(state) {
  setObjectName(QStringLiteral("stagePicker"));
  setAccessibleName(tr("Stage"));
  setToolTip(tr("The stage of the detector whose candidates are shown"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(this, &QComboBox::activated, &state_, &ViewState::setStage);
  connect(&state_, &ViewState::frameChanged, this, &StagePicker::refresh);
  refresh();
}

void StagePicker::refresh() {
  const auto& frame = state_.frame();
  const int count = frame ? static_cast<int>(frame->stages.size()) : 0;
  bool same = count == this->count();
  for (int i = 0; same && i < count; ++i)
    same = itemText(i) == titleOf(frame->stages[static_cast<std::size_t>(i)]->stage);
  const QSignalBlocker blocker(this);
  if (!same) {
    clear();
    for (int i = 0; i < count; ++i)
      addItem(titleOf(frame->stages[static_cast<std::size_t>(i)]->stage));
  }
  setCurrentIndex(std::min(state_.stage(), count - 1));
  setVisible(count > 1);
}

}  // namespace anchorscope
