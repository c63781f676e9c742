#pragma once
// View header. What a step does to each part of a detector.

#include <limits>
#include <string>

namespace anchorscope {

/// L2 norms over the trained parameters of one part; NaN: not known yet.
struct PartNorm {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::string part;            ///< "backbone.layer1", "head.cls": what its parameters' names begin with.
  double weights = kUnknown;   ///< Before the step.
  double gradient = kUnknown;  ///< Of the mean loss of the batches so far, before clipping.
  double change = kUnknown;    ///< By the update.
};

}  // namespace anchorscope
