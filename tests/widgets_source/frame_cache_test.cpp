// Frames in bounded memory.
#include "widgets/source/frame_cache.h"

#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

std::shared_ptr<const ProbeFrame> frameOf(std::int64_t step) {
  testing::SyntheticFrameOptions options;
  options.imageSize = options.inputSize = {64, 64};
  options.step = step;
  return testing::makeSyntheticFrame(options);
}

TEST(FrameCacheTest, ForgetsWhatWasLookedAtLongestAgo) {
  const std::int64_t each = memoryOf(*frameOf(0));
  ASSERT_GT(each, 0);
  FrameCache cache(3 * each);
  for (std::int64_t step = 0; step < 3; ++step)
    cache.put({"a", step}, frameOf(step));
  EXPECT_EQ(cache.bytes(), 3 * each);
  const auto first = cache.find({"a", 0});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->step, 0);
  cache.put({"b", 0}, frameOf(0));
  EXPECT_FALSE(cache.find({"a", 1})) << "the only one that was not looked at since";
  EXPECT_EQ(cache.find({"a", 0}), first);
  EXPECT_TRUE(cache.holds({"a", 2}));
  EXPECT_TRUE(cache.holds({"b", 0}));
  EXPECT_FALSE(cache.holds({"b", 2}));
  EXPECT_EQ(cache.bytes(), 3 * each);
}

TEST(FrameCacheTest, HoldsTheNewerOfTwoOfOneStep) {
  const std::int64_t each = memoryOf(*frameOf(0));
  FrameCache cache(2 * each);
  cache.put({"a", 0}, frameOf(0));
  const auto newer = frameOf(0);
  cache.put({"a", 0}, newer);
  EXPECT_EQ(cache.find({"a", 0}), newer);
  EXPECT_EQ(cache.bytes(), each);
}

TEST(FrameCacheTest, DoesNotKeepWhatIsLargerThanItself) {
  const std::int64_t each = memoryOf(*frameOf(0));
  FrameCache cache(each - 1);
  cache.put({"a", 0}, frameOf(0));
  EXPECT_FALSE(cache.holds({"a", 0}));
  EXPECT_EQ(cache.bytes(), 0);
}

}  // namespace
}  // namespace anchorscope
