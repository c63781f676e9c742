#include "core/base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace anchorscope {
namespace {

TEST(Random, FollowsThePublishedSequence) {
  // The first outputs of SplitMix64 from state 1234567, as printed by the generator's reference program.
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(Random, StreamsDependOnSeedPurposeAndEveryIndex) {
  std::set<std::uint64_t> first;
  for (const std::uint64_t seed : {0ULL, 1ULL})
    for (const RandomPurpose purpose : {RandomPurpose::kAugment, RandomPurpose::kShuffle})
      for (const std::uint64_t epoch : {0ULL, 1ULL})
        for (const std::uint64_t sample : {0ULL, 1ULL, 2ULL})
          first.insert(Random::of(seed, purpose, {epoch, sample}).next());
  EXPECT_EQ(first.size(), 24u);
  EXPECT_EQ(Random::of(3, RandomPurpose::kInit, {5}).next(), Random::of(3, RandomPurpose::kInit, {5}).next());
}

TEST(Random, UniformAndBelowStayInRangeAndSpread) {
  Random random = Random::of(7, RandomPurpose::kTest);
  std::vector<int> counts(10);
  double sum = 0;
  for (int i = 0; i < 20000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
    ++counts.at(random.below(10));
  }
  EXPECT_NEAR(sum / 20000, 0.5, 0.01);  // standard error 0.002
  for (const int count : counts)
    EXPECT_NEAR(count, 2000, 220);  // 5 standard deviations
}

TEST(Random, NormalHasUnitVariance) {
  Random random = Random::of(8, RandomPurpose::kTest);
  double sum = 0, squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.036);  // 5 standard errors
  EXPECT_NEAR(squares / 20000, 1, 0.05);
}

}  // namespace
}  // namespace anchorscope
