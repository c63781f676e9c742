#pragma once
// What the targets of tensor files share.

#include <vector>

#include "core/model/detector.h"

namespace anchorscope::fuzz {

/// Reaches for every element, as far as that takes no time.
void touch(const std::vector<NamedTensor>& tensors);

}  // namespace anchorscope::fuzz
