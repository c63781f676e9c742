#pragma once
// View header. The life of a training run, and what can be asked of it in each state.

#include <cstdint>

namespace anchorscope {

enum class TrainerState { kIdle, kPreparing, kRunning, kPaused, kStopping, kStopped, kFailed };

const char* toString(TrainerState state);

/// Which transport actions make sense in a state.
struct EnabledActions {
  bool start = false;   ///< A new run.
  bool resume = false;  ///< Go on from a pause.
  bool pause = false;
  bool step = false;  ///< One step, N steps or until a condition.
  bool stop = false;
  bool setParam = false;
  bool setProbe = false;
  bool checkpoint = false;
  bool operator==(const EnabledActions&) const = default;
};

/// Pure function of the state.
EnabledActions enabledActions(TrainerState state);

}  // namespace anchorscope
