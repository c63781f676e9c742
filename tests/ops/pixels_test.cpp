// Pixels of 8 bits as a detector takes them, against the formula value by value.
#include "core/ops/pixels.h"

#include <gtest/gtest.h>

#include <ATen/Parallel.h>

namespace anchorscope::testing {
namespace {

constexpr std::array<float, 3> kMean{0.485F, 0.456F, 0.406F}, kDeviation{0.229F, 0.224F, 0.225F};

at::Tensor rects(const std::vector<std::array<int, 4>>& list) {
  const at::Tensor out = at::empty({static_cast<std::int64_t>(list.size()), 4}, at::kInt);
  for (std::size_t i = 0; i < list.size(); ++i)
    for (std::size_t k = 0; k < 4; ++k)
      out.mutable_data_ptr<std::int32_t>()[4 * i + k] = list[i][k];
  return out;
}

TEST(PixelNormalization, IsTheFormulaInsideAndZeroOutside) {
  const PixelNormalization normalize(kMean, kDeviation, at::kCPU);
  const std::vector<std::array<int, 4>> filled{{0, 0, 7, 5}, {2, 1, 6, 4}, {3, 3, 3, 3}, {0, 2, 1, 3}};
  const at::Tensor bytes = at::randint(256, {4, 5, 7, 3}, at::kByte);
  const at::Tensor out = normalize(bytes, rects(filled));
  ASSERT_EQ(out.sizes(), (at::IntArrayRef{4, 3, 5, 7}));
  EXPECT_EQ(out.scalar_type(), at::kFloat);
  EXPECT_TRUE(out.is_contiguous(at::MemoryFormat::ChannelsLast));
  for (std::int64_t b = 0; b < 4; ++b)
    for (std::int64_t y = 0; y < 5; ++y)
      for (std::int64_t x = 0; x < 7; ++x)
        for (std::int64_t c = 0; c < 3; ++c) {
          const auto& rect = filled[static_cast<std::size_t>(b)];
          const bool inside = x >= rect[0] && x < rect[2] && y >= rect[1] && y < rect[3];
          const auto channel = static_cast<std::size_t>(c);
          const double expected =
              inside ? (bytes[b][y][x][c].item<int>() / 255.0 - kMean[channel]) / kDeviation[channel] : 0;
          ASSERT_NEAR(out[b][c][y][x].item<double>(), expected, 1e-6)
              << b << " " << y << " " << x << " " << c;
        }
}

TEST(PixelNormalization, BordersBeyondTheInputAreItsEdges) {
  const PixelNormalization normalize(kMean, kDeviation, at::kCPU);
  const at::Tensor bytes = at::randint(256, {1, 4, 4, 3}, at::kByte);
  EXPECT_TRUE(at::equal(normalize(bytes, rects({{-3, -1, 9, 8}})), normalize(bytes, rects({{0, 0, 4, 4}}))));
  EXPECT_TRUE(at::equal(normalize(bytes, rects({{6, 0, 9, 4}})), at::zeros({1, 3, 4, 4})));
  EXPECT_TRUE(at::equal(normalize(bytes, rects({{3, 0, 1, 4}})), at::zeros({1, 3, 4, 4})));
}

TEST(PixelNormalization, DoesNotDependOnTheThreads) {
  const PixelNormalization normalize(kMean, kDeviation, at::kCPU);
  const at::Tensor bytes = at::randint(256, {3, 211, 33, 3}, at::kByte),
                   filled = rects({{0, 0, 33, 211}, {5, 9, 30, 200}, {0, 0, 1, 1}});
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = normalize(bytes, filled);
  at::set_num_threads(3);
  const at::Tensor three = normalize(bytes, filled);
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(one, three));
}

TEST(PixelNormalization, IsTheSameFromTensorOperations) {
  const PixelNormalization normalize(kMean, kDeviation, at::kCPU);
  const at::Tensor bytes = at::randint(256, {3, 20, 9, 3}, at::kByte),
                   filled = rects({{0, 0, 9, 20}, {2, 3, 8, 11}, {4, 4, 4, 9}});
  const at::Tensor out = normalize.fromOperations(bytes, filled);
  EXPECT_TRUE(out.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::allclose(out, normalize(bytes, filled), 0, 1e-6));
}

TEST(PixelNormalization, HoldsNoImages) {
  const PixelNormalization normalize(kMean, kDeviation, at::kCPU);
  EXPECT_EQ(normalize(at::empty({0, 4, 4, 3}, at::kByte), at::empty({0, 4}, at::kInt)).sizes(),
            (at::IntArrayRef{0, 3, 4, 4}));
}

}  // namespace
}  // namespace anchorscope::testing
