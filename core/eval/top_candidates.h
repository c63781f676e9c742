#pragma once
// The best few of very many values, in one pass and little memory: detectors give some 16 million per image.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anchorscope {

struct Candidate {
  float value = 0;
  std::int64_t index = 0;
};

/// The `most` largest of those values that are > `above`, by (value descending, index ascending). NaN is
/// never chosen.
std::vector<Candidate> topCandidates(const float* values, std::size_t count, float above, std::size_t most);

}  // namespace anchorscope
