#include "core/eval/top_candidates.h"

#include <algorithm>

namespace anchorscope {
namespace {

bool better(const Candidate& a, const Candidate& b) {
  return a.value > b.value || (a.value == b.value && a.index < b.index);
}

/// Whether any of a block of values is above the bound; free of branches, so that it vectorises.
constexpr std::size_t kBlock = 64;
bool anyAbove(const float* values, float bound) {
  int above = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    above |= values[i] > bound;
  return above != 0;
}

}  // namespace

std::vector<Candidate> topCandidates(const float* values, std::size_t count, float above, std::size_t most) {
  std::vector<Candidate> best;
  if (most == 0) return best;
  const std::size_t full = std::max<std::size_t>(4 * most, 4096);
  const auto cut = [&] {
    if (best.size() <= most) return;
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(most) - 1, best.end(), better);
    best.resize(most);
  };
  const auto consider = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      if (values[i] > above) best.push_back({values[i], static_cast<std::int64_t>(i)});
    if (best.size() < full) return;
    cut();
    // Later values must beat the worst that is kept: of equal ones the earlier stays.
    above = best[most - 1].value;
  };
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock)
    if (anyAbove(values + i, above)) consider(i, i + kBlock);
  consider(i, count);
  cut();
  std::sort(best.begin(), best.end(), better);
  return best;
}

}  // namespace anchorscope
