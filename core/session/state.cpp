#include "core/session/state.h"

namespace anchorscope {

const char* toString(TrainerState state) {
  switch (state) {
    case TrainerState::kIdle:
      return "idle";
    case TrainerState::kPreparing:
      return "preparing";
    case TrainerState::kRunning:
      return "running";
    case TrainerState::kPaused:
      return "paused";
    case TrainerState::kStopping:
      return "stopping";
    case TrainerState::kStopped:
      return "stopped";
    case TrainerState::kFailed:
      return "failed";
  }
  return "unknown";
}

EnabledActions enabledActions(TrainerState state) {
  EnabledActions actions;
  switch (state) {
    case TrainerState::kIdle:
    case TrainerState::kStopped:
    case TrainerState::kFailed:
      actions.start = true;
      break;
    case TrainerState::kPreparing:
      actions.stop = true;
      break;
    case TrainerState::kRunning:
      actions.pause = actions.stop = actions.setParam = actions.setProbe = actions.checkpoint = true;
      break;
    case TrainerState::kPaused:
      actions.resume = actions.step = actions.stop = actions.setParam = actions.setProbe =
          actions.checkpoint = true;
      break;
    case TrainerState::kStopping:
      break;
  }
  return actions;
}

}  // namespace anchorscope
