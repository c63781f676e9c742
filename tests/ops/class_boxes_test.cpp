// Which of a candidate's boxes is meant, where heads have one per class and where they have but one.

#include "core/ops/class_boxes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/ops/box_similarity.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kImages = 2, kCandidates = 7, kClasses = 3, kObjects = 4;

struct ClassBoxes : ::testing::TestWithParam<ScoreActivation> {
  ClassBoxes() {
    const bool background = GetParam() == ScoreActivation::kSoftmaxWithBackground;
    outputs.activation = GetParam();
    outputs.logits = testing::randomValues({kImages, kCandidates, kClasses + (background ? 1 : 0)}, 5, -4, 4);
    if (background) outputs.logits.select(2, kClasses).select(1, 0).fill_(9);  // "nothing" is no box's class
    outputs.boxes = testing::randomBoxes(kImages * kCandidates * kClasses, 6, 64, at::kDouble)
                        .view({kImages, kCandidates, kClasses, 4});
    outputs.offsets = testing::randomValues({kImages, kCandidates, kClasses, 5}, 7, -1, 1, at::kDouble);
    objects = testing::randomBoxes(kImages * kObjects, 8, 64, at::kDouble).view({kImages, kObjects, 4});
    labels = at::tensor({2, 0, 1, -1, 1, 1, 2, 0}, at::kLong).view({kImages, kObjects});
    matched =
        at::tensor({0, -1, 1, 2, 3, -2, 2, 3, 0, 2, -1, 1, 0, 2}, at::kLong).view({kImages, kCandidates});
  }
  std::int64_t labelOf(std::int64_t image, std::int64_t object) const {
    return std::max<std::int64_t>(labels[image][object].item<std::int64_t>(), 0);
  }

  HeadOutputs outputs;
  at::Tensor objects, labels, matched;
};

TEST_P(ClassBoxes, ThoseOfTheObjectsClassAreLearnt) {
  ASSERT_TRUE(boxPerClass(outputs));
  const HeadOutputs own = withBoxesOfObjects(outputs, labels, matched);
  EXPECT_FALSE(boxPerClass(own));
  EXPECT_TRUE(own.logits.is_same(outputs.logits));
  for (std::int64_t b = 0; b < kImages; ++b)
    for (std::int64_t n = 0; n < kCandidates; ++n) {
      const auto object = matched[b][n].item<std::int64_t>();
      if (object < 0) continue;
      EXPECT_TRUE(at::equal(own.boxes[b][n], outputs.boxes[b][n][labelOf(b, object)])) << b << " " << n;
      EXPECT_TRUE(at::equal(own.offsets[b][n], outputs.offsets[b][n][labelOf(b, object)])) << b << " " << n;
    }
}

TEST_P(ClassBoxes, TheirGradientReachesThatClassAlone) {
  HeadOutputs learnt = outputs;
  testing::expectGradient(
      [&](const at::Tensor& boxes) {
        learnt.boxes = boxes;
        return withBoxesOfObjects(learnt, labels, matched).boxes.sin();
      },
      outputs.boxes);
  learnt.boxes = outputs.boxes.clone().requires_grad_();
  withBoxesOfObjects(learnt, labels, matched).boxes.sum().backward();
  EXPECT_EQ(learnt.boxes.grad().sum().item<double>(), kImages * kCandidates * 4);
}

TEST_P(ClassBoxes, ThatOfTheBestClassIsShown) {
  const at::Tensor shown = predictedBoxes(outputs);
  for (std::int64_t b = 0; b < kImages; ++b)
    for (std::int64_t n = 0; n < kCandidates; ++n) {
      std::int64_t best = 0;
      for (std::int64_t c = 1; c < kClasses; ++c)
        if (outputs.logits[b][n][c].item<float>() > outputs.logits[b][n][best].item<float>()) best = c;
      EXPECT_TRUE(at::equal(shown[b][n], outputs.boxes[b][n][best])) << b << " " << n;
    }
}

TEST_P(ClassBoxes, AnObjectIsComparedWithTheBoxesOfItsClass) {
  const at::Tensor got = predictedIou(outputs, objects, labels);
  ASSERT_EQ(got.sizes(), at::IntArrayRef({kImages, kObjects, kCandidates}));
  for (std::int64_t b = 0; b < kImages; ++b)
    for (std::int64_t g = 0; g < kObjects; ++g)
      for (std::int64_t n = 0; n < kCandidates; ++n)
        EXPECT_EQ(got[b][g][n].item<double>(),
                  elementwiseIou(objects[b][g], outputs.boxes[b][n][labelOf(b, g)]).item<double>())
            << b << " " << g << " " << n;
}

TEST_P(ClassBoxes, OfSingleCandidatesAndOfOneImage) {
  const at::Tensor image = at::tensor({1, 0, 1}, at::kLong), candidate = at::tensor({3, 6, 0}, at::kLong),
                   classes = at::tensor({2, 0, 1}, at::kLong);
  const at::Tensor some = boxesAt(outputs, image, candidate, classes);
  const at::Tensor ofOne = boxesAt(outputs.boxes[1], candidate, classes);
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto n = candidate[i].item<std::int64_t>(), c = classes[i].item<std::int64_t>();
    EXPECT_TRUE(at::equal(some[i], outputs.boxes[image[i].item<std::int64_t>()][n][c]));
    EXPECT_TRUE(at::equal(ofOne[i], outputs.boxes[1][n][c]));
  }
}

TEST_P(ClassBoxes, OneBoxIsThatOfEveryClassAndNothingIsComputed) {
  outputs.boxes = outputs.boxes.select(2, 1).contiguous();
  outputs.offsets = outputs.offsets.select(2, 1).contiguous();
  ASSERT_FALSE(boxPerClass(outputs));
  const HeadOutputs own = withBoxesOfObjects(outputs, labels, matched);
  EXPECT_TRUE(own.boxes.is_same(outputs.boxes));
  EXPECT_TRUE(own.offsets.is_same(outputs.offsets));
  EXPECT_TRUE(predictedBoxes(outputs).is_alias_of(outputs.boxes));
  EXPECT_TRUE(at::equal(predictedIou(outputs, objects, labels), pairwiseIou(objects, outputs.boxes)));
  const at::Tensor candidate = at::tensor({3, 6}, at::kLong), other = at::tensor({2, 0}, at::kLong);
  EXPECT_TRUE(
      at::equal(boxesAt(outputs.boxes[1], candidate, other), outputs.boxes[1].index_select(0, candidate)));
  EXPECT_TRUE(at::equal(boxesAt(outputs, at::ones({2}, at::kLong), candidate, other),
                        outputs.boxes[1].index_select(0, candidate)));
}

INSTANTIATE_TEST_SUITE_P(Activations, ClassBoxes,
                         ::testing::Values(ScoreActivation::kSigmoid,
                                           ScoreActivation::kSoftmaxWithBackground),
                         [](const auto& tested) {
                           return tested.param == ScoreActivation::kSigmoid ? "sigmoid" : "softmax";
                         });

}  // namespace
}  // namespace anchorscope
