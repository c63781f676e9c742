#include "core/ops/ranks.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

at::Tensor whole(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kLong));
}

TEST(Ranks, CountThoseOfTheGroupThatAreLarger) {
  const at::Tensor keys = at::tensor({0.5F, 0.9F, 0.5F, 0.7F, 0.1F, 0.9F});
  EXPECT_TRUE(at::equal(rankWithin(keys, whole({3, 3, 3, 1, 1, 1})), whole({1, 0, 2, 1, 2, 0})));
  const at::Tensor mask = whole({1, 1, 1, 0, 0, 0}).to(at::kBool);
  EXPECT_TRUE(at::equal(rankAmong(keys, mask).slice(0, 0, 3), whole({1, 0, 2})));
}

TEST(Ranks, RowsAreByThemselves) {
  const at::Tensor keys = at::tensor({1.F, 2.F, 4.F, 3.F}).view({2, 2});
  EXPECT_TRUE(at::equal(rankWithin(keys, at::zeros({2, 2}, at::kLong)), whole({1, 0, 0, 1}).view({2, 2})));
  EXPECT_EQ(rankWithin(at::zeros({2, 0}), at::zeros({2, 0}, at::kLong)).numel(), 0);
}

}  // namespace
}  // namespace anchorscope
