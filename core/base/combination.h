#pragma once
// View header. What detectors, assigners and losses say about themselves so that it can be told, before
// anything is built, which of them go together.

#include <string>
#include <vector>

namespace anchorscope {

/// What a detector's heads are like.
struct HeadTraits {
  bool points = false;      ///< Locations are points without boxes; offsets are distances to four sides.
  int anchorsPerCell = 1;   ///< Anchors per location.
  bool centerness = false;  ///< A third output per anchor that says how good the box is.
};

/// Two choices that do not go together.
struct OptionConflict {
  std::string option;   ///< The one to change: "assigner" or a full key such as "model.centerness".
  std::string message;  ///< What contradicts what, and why.
  std::string action;   ///< What to do.
};

}  // namespace anchorscope
