#pragma once
// View header. The parts of a training step, in their order.

namespace anchorscope {

/// With several batches per step the first four come once for each; with several stages kAssign comes for
/// each of them.
enum class StepPhase {
  kForward,   ///< Scores and boxes of the batch are there.
  kAssign,    ///< What each candidate learns.
  kLoss,      ///< What that costs.
  kBackward,  ///< The gradient of the step's loss so far.
  kUpdate     ///< The parameters have changed: the step is done.
};

constexpr const char* toString(StepPhase phase) {
  switch (phase) {
    case StepPhase::kForward:
      return "forward";
    case StepPhase::kAssign:
      return "assign";
    case StepPhase::kLoss:
      return "loss";
    case StepPhase::kBackward:
      return "backward";
    case StepPhase::kUpdate:
      return "update";
  }
  return "";
}

}  // namespace anchorscope
