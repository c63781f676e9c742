#include "core/model/faster_rcnn.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"
#include "tests/model/detector_testing.h"

namespace anchorscope {
namespace {

using testing::imagesOf;

constexpr SizePx kSize{96, 64};

/// Of little width, with a few proposals.
FasterRcnn small() {
  FasterRcnnOptions options;
  options.classCount = 3;
  options.backbone = {{1, 1, 1, 1}, false, 16, 3};
  options.norm = NormKind::kGroup;
  options.channels = 16;
  options.boxHeadWidth = 32;
  options.whileTraining = {40, 20};
  options.otherwise = {30, 10};
  return {options, 1};
}

DenseTargets targetsOf(std::int64_t batch) {
  DenseTargets targets;
  targets.boxes = at::zeros({batch, 2, 4}, at::kFloat);
  targets.boxes.select(1, 0).copy_(at::tensor({10.0F, 12.0F, 40.0F, 50.0F}));
  targets.labels = at::tensor({1, -1}, at::kLong).expand({batch, 2}).contiguous();
  targets.valid = targets.labels >= 0;
  targets.ignoreBoxes = at::zeros({batch, 0, 4}, at::kFloat);
  return targets;
}

TEST(FasterRcnn, GivesAnchorsAndTheRegionsMadeOfThem) {
  const at::NoGradGuard noGrad;
  FasterRcnn detector = small();
  const std::vector<StageInfo> stages = detector.stages();
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0].spec.name, stages[0].heads.stage);
  EXPECT_EQ(stages[1].spec.name, stages[1].heads.stage);
  for (const bool training : {true, false}) {
    detector.setTraining(training);
    const std::int64_t places = training ? 20 : 10;
    const auto outputs = detector.forward(imagesOf(2, kSize), nullptr, {});
    ASSERT_EQ(outputs.size(), 2U);
    const std::int64_t anchors = detector.anchors(kSize).count();
    EXPECT_EQ(outputs[0].heads.logits.sizes(), (std::vector<std::int64_t>{2, anchors, 1}));
    const AnchorSet& regions = outputs[1].candidates;
    EXPECT_FALSE(regions.shared());
    EXPECT_EQ(regions.boxes.sizes(), (std::vector<std::int64_t>{2, places, 4}));
    EXPECT_EQ(outputs[1].heads.logits.sizes(), (std::vector<std::int64_t>{2, places, 4}));
    EXPECT_EQ(outputs[1].heads.offsets.sizes(), (std::vector<std::int64_t>{2, places, 3, 4}));
    EXPECT_EQ(outputs[1].heads.boxes.sizes(), outputs[1].heads.offsets.sizes());
    EXPECT_TRUE(boxPerClass(outputs[1].heads));
    EXPECT_TRUE(scoresOf(outputs[1].heads).isfinite().all().item<bool>());
    // A proposal is its anchor's box, cut at the image.
    for (std::int64_t k = 0; k < places; ++k) {
      const auto origin = regions.origins[1][k].item<std::int64_t>();
      if (origin < 0) continue;
      const at::Tensor box = outputs[0].heads.boxes[1][origin];
      for (std::int64_t side = 0; side < 4; ++side)
        EXPECT_EQ(regions.boxes[1][k][side].item<float>(),
                  std::clamp(box[side].item<float>(), 0.0F, side % 2 == 0 ? 96.0F : 64.0F));
    }
  }
}

TEST(FasterRcnn, LearnsFromTheObjectsOwnBoxesToo) {
  FasterRcnn detector = small();
  const DenseTargets targets = targetsOf(2);
  const auto outputs = detector.forward(imagesOf(2, kSize), nullptr, {}),
             learning = detector.forward(imagesOf(2, kSize), &targets, {});
  const AnchorSet& regions = learning[1].candidates;
  EXPECT_EQ(regions.count(), outputs[1].candidates.count() + 2);
  EXPECT_TRUE(at::equal(regions.boxes.narrow(1, 20, 2), targets.boxes));
  EXPECT_EQ(regions.origins.narrow(1, 20, 2).max().item<std::int64_t>(), -1);
  (learning[0].heads.logits.sum() + learning[0].heads.offsets.sum() +
   learning[1].heads.logits.square().sum() + learning[1].heads.offsets.square().sum())
      .backward();
  for (const NamedTensor& named : detector.parameters())
    EXPECT_TRUE(named.tensor.grad().defined() && named.tensor.grad().isfinite().all().item<bool>())
        << named.name;
}

TEST(FasterRcnn, RegionsAreOfTheirOwnImage) {
  const at::NoGradGuard noGrad;
  FasterRcnn detector = small();
  detector.setTraining(false);
  const at::Tensor images = imagesOf(2, kSize);
  const auto both = detector.forward(images, nullptr, {});
  for (std::int64_t b = 0; b < 2; ++b) {
    const auto one = detector.forward(images.narrow(0, b, 1), nullptr, {});
    EXPECT_TRUE(at::allclose(one[1].heads.logits[0], both[1].heads.logits[b], 1e-3, 1e-4));
    EXPECT_TRUE(at::allclose(one[1].candidates.boxes[0], both[1].candidates.boxes[b], 1e-3, 1e-2));
  }
}

TEST(FasterRcnn, AnAnchorStartsWithThePrior) {
  const at::NoGradGuard noGrad;
  FasterRcnn detector = small();
  detector.setPrior(0.1);
  const at::Tensor scores = scoresOf(detector.forward(imagesOf(1, kSize), nullptr, {})[0].heads);
  EXPECT_NEAR(scores.mean().item<double>(), 0.1, 0.02);
}

}  // namespace
}  // namespace anchorscope
