#pragma once
// View header. What detectors, assigners and losses say about themselves so that it can be told, before
// anything is built, which of them go together.

#include <algorithm>
#include <string>
#include <vector>

namespace anchorscope {

/// The output that says how central a location is in its object.
inline constexpr const char* kCenternessOutput = "centerness";
/// The output that says how much a predicted box overlaps its object.
inline constexpr const char* kIouOutput = "iou";
/// The output that says whether there is an object at all.
inline constexpr const char* kObjectnessOutput = "objectness";

/// What the heads of a detector's stage are like.
struct HeadTraits {
  bool points = false;     ///< Locations are points without boxes; offsets are distances to four sides.
  int anchorsPerCell = 1;  ///< Anchors per location.
  std::vector<std::string> outputs = {};  ///< Further ones per candidate, by name: kCenternessOutput ...
  bool background = false;  ///< Class scores are a softmax with an output for "nothing", not sigmoids.
  bool ownCandidates =
      false;  ///< Each image has its own at each step (proposals), not the same anchors always.
  bool classAgnostic = false;   ///< One class: something or nothing.
  bool boxPerClass = false;     ///< The box head gives each candidate a box for every class, not one.
  std::string stage = "dense";  ///< StageSpec::name.
  bool masks = false;           ///< Gives masks of regions: HeadOutputs::masksOf.
  int distanceBins =
      0;  ///< Each distance is learnt as a distribution over so many: HeadOutputs::distribution.

  bool gives(const std::string& output) const {
    return std::find(outputs.begin(), outputs.end(), output) != outputs.end();
  }
};

/// Two choices that do not go together.
struct OptionConflict {
  std::string option;   ///< The one to change: "assigner" or a full key such as "model.centerness".
  std::string message;  ///< What contradicts what, and why.
  std::string action;   ///< What to do.
};

}  // namespace anchorscope
