#pragma once
// View header. What a level of the pyramid is called.

#include <bit>
#include <string>

#include "core/base/check.h"

namespace anchorscope {

/// "P4" by log2 of the stride, px of the input; "stride 24" where that is no whole number.
inline std::string levelName(int stride) {
  const auto its = static_cast<unsigned>(stride);
  return std::has_single_bit(its) ? concat("P", std::countr_zero(its)) : concat("stride ", its);
}

}  // namespace anchorscope
