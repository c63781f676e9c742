// Which anchors are made again and which are kept.
#include "core/model/anchor_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "core/ops/anchors.h"

namespace anchorscope::testing {
namespace {

/// A cache, and how often each size was made.
class AnchorCaching : public ::testing::Test {
 protected:
  AnchorSet get(AnchorCache& cache, SizePx size) {
    return cache.get(size, [&] {
      ++made_[{size.width, size.height}];
      return makeRetinaAnchors({}, size, at::kCPU);
    });
  }
  int made(SizePx size) { return made_[{size.width, size.height}]; }

  static constexpr SizePx kSmall{64, 64}, kWide{96, 64}, kHigh{64, 96};

 private:
  std::map<std::pair<int, int>, int> made_;
};

TEST_F(AnchorCaching, ASizeIsMadeOnceAndSharedByItsUsers) {
  AnchorCache cache;
  const AnchorSet first = get(cache, kWide), again = get(cache, kWide), other = get(cache, kHigh);
  EXPECT_EQ(made(kWide), 1);
  EXPECT_EQ(first.geometry, again.geometry);
  EXPECT_TRUE(first.boxes.is_same(again.boxes));
  EXPECT_EQ(other.levels[0].rows, 12);
  EXPECT_EQ(first.levels[0].columns, 12);
}

TEST_F(AnchorCaching, BeyondTheBoundTheLongestUnusedGoes) {
  // An anchor takes 16 + 4 bytes on the device and 16 on the host.
  const std::int64_t bytes = makeRetinaAnchors({}, kWide, at::kCPU).count() * 36;
  AnchorCache cache(2 * bytes);
  const AnchorSet wide = get(cache, kWide);
  get(cache, kHigh);
  get(cache, kWide);
  get(cache, {96, 63});  // of as many cells: the high one, used longest ago, goes
  EXPECT_EQ(cache.size(), 2U);
  get(cache, kWide);
  EXPECT_EQ(made(kWide), 1);
  get(cache, kHigh);
  EXPECT_EQ(made(kHigh), 2);
  EXPECT_GT(wide.boxes.sum().item<double>(), 0) << "a set in use outlives its place";
}

TEST_F(AnchorCaching, TheNewestIsKeptWhateverItTakes) {
  AnchorCache cache(1);
  get(cache, kSmall);
  get(cache, kSmall);
  EXPECT_EQ(made(kSmall), 1);
  get(cache, kWide);
  EXPECT_EQ(cache.size(), 1U);
  get(cache, kSmall);
  EXPECT_EQ(made(kSmall), 2);
}

}  // namespace
}  // namespace anchorscope::testing
