#include "core/eval/top_candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace anchorscope {
namespace {

/// By sorting everything.
std::vector<std::int64_t> bestBySorting(const std::vector<float>& values, float above, std::size_t most) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] > above) order.push_back(static_cast<std::int64_t>(i));
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)];
  });
  order.resize(std::min(order.size(), most));
  return order;
}

void expectBest(const std::vector<float>& values, float above, std::size_t most) {
  const std::vector<Candidate> best = topCandidates(values.data(), values.size(), above, most);
  std::vector<std::int64_t> order;
  for (const Candidate& candidate : best) {
    order.push_back(candidate.index);
    EXPECT_EQ(candidate.value, values[static_cast<std::size_t>(candidate.index)]);
  }
  EXPECT_EQ(order, bestBySorting(values, above, most))
      << values.size() << " values above " << above << ", most " << most;
}

TEST(TopCandidates, AgreesWithSortingEverything) {
  Random random = Random::of(5, RandomPurpose::kTest);
  for (const std::size_t count : {0u, 1u, 63u, 64u, 65u, 5000u, 100'003u}) {
    std::vector<float> values(count), ties(count), rising(count);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = static_cast<float>(random.normal());
      ties[i] = static_cast<float>(random.below(5));
      rising[i] = static_cast<float>(i);  // every value is better than all before it
    }
    for (const std::size_t most : {0u, 1u, 10u, 1000u, 200'000u})
      for (const float above : {-std::numeric_limits<float>::infinity(), 0.0f, 2.5f, 100.0f}) {
        expectBest(values, above, most);
        expectBest(ties, above, most);
        expectBest(rising, above, most);
      }
  }
}

TEST(TopCandidates, NeverChoosesNan) {
  const float nan = std::nanf("");
  expectBest({nan, 1, nan, 3, -std::numeric_limits<float>::infinity()},
             -std::numeric_limits<float>::infinity(), 10);
}

}  // namespace
}  // namespace anchorscope
