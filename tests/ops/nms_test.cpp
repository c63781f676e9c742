#include "core/ops/nms.h"

#include <gtest/gtest.h>

#include <limits>

namespace anchorscope {
namespace {

std::vector<std::int64_t> list(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<std::int64_t>(), tensor.const_data_ptr<std::int64_t>() + tensor.numel()};
}

using Indices = std::vector<std::int64_t>;

/// Of boxes that are all of one label.
at::Tensor nms(const at::Tensor& boxes, const at::Tensor& scores, double threshold) {
  return batchedNms(boxes, scores, at::zeros({boxes.size(0)}, at::kLong), threshold);
}

TEST(Nms, DropsOnlyAboveTheThreshold) {
  // IoU of neighbours: 2/6 = 1/3.
  const at::Tensor boxes =
      at::tensor({0., 0., 2., 2., 1., 0., 3., 2., 2., 0., 4., 2.}, at::kDouble).view({3, 4});
  const at::Tensor scores = at::tensor({0.7, 0.9, 0.8}, at::kDouble);
  EXPECT_EQ(list(nms(boxes, scores, 1.0 / 3)), (Indices{1, 2, 0})) << "equal to the threshold is kept";
  EXPECT_EQ(list(nms(boxes, scores, 0.33)), (Indices{1}));
}

TEST(Nms, EqualScoresGoByIndex) {
  const at::Tensor boxes = at::tensor({0., 0., 2., 2., 5., 5., 7., 7., 0., 0., 2., 2.}).view({3, 4});
  EXPECT_EQ(list(nms(boxes, at::full({3}, 0.5), 0.5)), (Indices{0, 1}));
}

TEST(Nms, NanScoresComeLast) {
  const at::Tensor boxes = at::tensor({0., 0., 2., 2., 5., 5., 7., 7., 0., 0., 2., 2.}).view({3, 4});
  const at::Tensor scores = at::tensor({std::numeric_limits<double>::quiet_NaN(), 0.1, 0.2}).to(at::kFloat);
  EXPECT_EQ(list(nms(boxes, scores, 0.5)), (Indices{2, 1}));
}

TEST(Nms, LabelsDoNotSuppressEachOther) {
  const at::Tensor boxes = at::zeros({3, 4}) + at::tensor({0., 0., 4., 4.}).to(at::kFloat);
  const at::Tensor scores = at::tensor({0.1, 0.3, 0.2}).to(at::kFloat);
  EXPECT_EQ(list(batchedNms(boxes, scores, at::tensor({7, 0, 7}, at::kLong), 0.5)), (Indices{1, 2}));
}

TEST(Nms, NothingInNothingOut) {
  EXPECT_EQ(nms(at::empty({0, 4}), at::empty({0}), 0.5).sizes(), (Indices{0}));
}

}  // namespace
}  // namespace anchorscope
