#pragma once
// View header. An image of a training batch, as the step saw it.

#include <limits>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"
#include "core/store/run_types.h"

namespace anchorscope {

struct BatchImage {
  /// In the frame of the detector's input; its image's name is a batchName(). What is not computed yet has no
  /// value.
  std::shared_ptr<const ProbeFrame> frame;
  /// What of each head's loss is its, normalised ("loss.cls"); empty before there are losses.
  std::vector<ScalarValue> losses;
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< Their sum, before the heads' weights.
};

}  // namespace anchorscope
