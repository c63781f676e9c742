#pragma once
// Internal header (ATen). The loss of a step of several batches (train.accumulate).
//
// A step is one update of the optimizer from `accumulate` batches. Its loss is the mean of theirs, so that
// the gradient is that of one large batch where each image's loss counts alike (normalizer per image); what
// is divided by a number of the whole batch, such as its positives, is divided batch by batch. The gradient
// is clipped once, after the last batch. One batch that is not finite makes the whole step so. Batch norms
// see each batch by itself, and the loader's position counts batches.

#include <vector>

#include "core/methods/method.h"

namespace anchorscope {

/// The mean of total and scalars over the batches of one step; a scalar that only some have, over those. One
/// batch's terms stay as they are. At least one. No gradients.
LossTerms meanTerms(std::vector<LossTerms> batches);

}  // namespace anchorscope
