#pragma once
// View header. A number (or a few) of a moment of training, measured from what was recorded, alike for every
// method. A new one is a file and a word in CMakeLists.txt.
//
// Each measuring is a Meter of its own: it is shown the images of a step one after the other, and is asked
// when all have been there.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// One of the numbers a statistic gives of a step.
struct StatisticValue {
  std::string name;   ///< "" where there is but one; "P4", "small", "classification".
  std::string title;  ///< For people, whole: "Positives, P4".
  double value = 0;   ///< Finite: what there is none of is left out.
  ColorScale scale = ColorScale::kSequential;
};

class Meter {
 public:
  virtual ~Meter() = default;
  /// A stage of the run's own frame that is consistent (every list as long as it has to be), whatever it
  /// lacks; of one step after the other, images of a step in any order, each once.
  virtual void see(const StageEvidence& stage) = 0;
  /// What those of this step give; the next ones are of a later step.
  virtual std::vector<StatisticValue> finishStep() = 0;
};

struct Statistic {
  std::string name;         ///< Unique: "flip_rate".
  std::string title;        ///< "Flip rate"
  std::string unit;         ///< "1" for a pure number.
  std::string description;  ///< How it is measured, with its bounds.
  std::string source;       ///< Paper, or "ours".
  std::string needs;        ///< What of the evidence: "which object each candidate learns".
  std::function<std::unique_ptr<Meter>()> make;
};

/// Every statistic, in registry order.
const std::vector<Statistic>& statistics();

}  // namespace anchorscope
