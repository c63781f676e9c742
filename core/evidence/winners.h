#pragma once
// View header. Whose a candidate is, for each head, as the method's decisions say it.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// A head's winners: per candidate the object it learns.
struct Winners {
  std::string head;  ///< "classification"
  const Channel* channel = nullptr;

  /// Index of an object, or -1 background, -2 ignored. Anything else is read as background.
  std::int32_t at(std::size_t candidate, std::size_t objectCount) const;
};

/// Of every head that a decision tells of, each channel once; those that are not there are left out.
std::vector<Winners> winnersOf(const StageEvidence& stage);

/// Of two sets of candidates what is in one alone, as a share of what is in any; 0 where both are empty.
double changeBetween(const std::set<std::int64_t>& before, const std::set<std::int64_t>& now);

}  // namespace anchorscope
