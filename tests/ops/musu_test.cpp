// MuSu's assignment against an independent reading of the specification; reference values are in
// tests/conformance.

#include "core/ops/musu.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/musu_cases.h"

namespace anchorscope {
namespace {

using testing::expectAgrees;
using testing::musuBatch;
using testing::musuOptions;
using testing::MusuOracle;

TEST(Musu, AgreesWithTheSpecificationForEveryOption) {
  const MusuInputs inputs = musuBatch(3, 250, 5, 1);
  for (std::size_t k = 0; k < musuOptions().size(); ++k) {
    SCOPED_TRACE(k);
    const MusuOptions options = musuOptions()[k];
    expectAgrees(assignMusu(inputs, options, true), MusuOracle(inputs, options), 1e-12);
  }
}

TEST(Musu, EvidenceChangesNothing) {
  const MusuInputs inputs = musuBatch(2, 300, 6, 2, at::kFloat);
  const MusuResult bare = assignMusu(inputs, {}, false), full = assignMusu(inputs, {}, true);
  EXPECT_FALSE(bare.pairs.has_value());
  for (const auto field :
       {&MusuResult::weightCls, &MusuResult::weightReg, &MusuResult::winnerReg, &MusuResult::winnerCls,
        &MusuResult::bagSize, &MusuResult::eligible, &MusuResult::starved}) {
    EXPECT_TRUE(at::equal(bare.*field, full.*field));
  }
}

TEST(Musu, ThreadsDoNotChangeTheResult) {
  const MusuInputs inputs = musuBatch(2, 3000, 8, 3, at::kFloat);
  const int threads = at::get_num_threads();
  const MusuResult many = assignMusu(inputs, {}, true);
  at::set_num_threads(1);
  const MusuResult one = assignMusu(inputs, {}, true);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.weightCls, many.weightCls));
  EXPECT_TRUE(at::equal(one.weightReg, many.weightReg));
  EXPECT_TRUE(at::equal(one.pairs->rankCls, many.pairs->rankCls));
  EXPECT_TRUE(at::equal(one.pairs->threshold, many.pairs->threshold));
}

TEST(Musu, TiesGoToTheSmallerAnchorAndTheSmallerObject) {
  MusuInputs in = musuBatch(1, 6, 2, 4);
  in.gtValid.fill_(true);
  in.gtLabels.zero_();
  in.gtBoxes.copy_(at::tensor({10., 10., 50., 50.}, at::kDouble).expand({1, 2, 4}));
  in.boxes.copy_(in.gtBoxes[0][0].expand({1, 6, 4}));
  in.logits.zero_();
  MusuOptions options;
  options.threshold = MusuOptions::Threshold::kTopK;
  options.k = 4;
  options.maxBag = 3;
  const MusuResult result = assignMusu(in, options, true);
  expectAgrees(result, MusuOracle(in, options), 1e-12);
  EXPECT_TRUE(at::equal(result.winnerReg[0], at::tensor({0, 0, 0, -1, -1, -1}, at::kLong)));
  EXPECT_TRUE(at::equal(result.pairs->rankReg.slice(0, 0, 6), at::tensor({0, 1, 2, -1, -1, -1}, at::kLong)));
  EXPECT_TRUE(at::equal(result.pairs->cutByMaxBag.slice(0, 0, 6),
                        at::tensor({0, 0, 0, 1, 0, 0}, at::kLong).to(at::kBool)));
  EXPECT_EQ(result.bestQ[0][0].item<std::int64_t>(), 0);
}

TEST(Musu, StarvedAndPaddedObjectsAreToldApart) {
  const MusuInputs in = musuBatch(2, 100, 4, 5);
  const MusuResult result = assignMusu(in, {}, true);
  EXPECT_TRUE(result.starved[0][0].item<bool>()) << "lies outside everything";
  EXPECT_FALSE(result.starved[0][3].item<bool>()) << "padding";
  EXPECT_TRUE(result.threshold[0][0].isnan().item<bool>());
  EXPECT_TRUE(result.entropyReg[0][0].isnan().item<bool>());
  EXPECT_EQ(result.bestJoint[0][0].item<std::int64_t>(), -1);
  EXPECT_FALSE(result.starved[1].any().item<bool>());
  EXPECT_EQ(result.weightCls[1].sum().item<double>(), 0);
}

TEST(Musu, EntropyIsThatOfTheWeights) {
  const MusuInputs in = musuBatch(1, 200, 3, 6);
  const MusuResult result = assignMusu(in, {}, true);
  const MusuOracle oracle(in, {});
  for (const std::int64_t g : {1}) {
    const at::Tensor w = oracle.wReg[0][g].masked_select(oracle.inBag[0][g]), share = w / w.sum();
    EXPECT_NEAR(result.entropyReg[0][g].item<double>(), -(share * share.log()).sum().item<double>(), 1e-12);
  }
}

TEST(Musu, PredictionsThatAreNotNumbersAreNotEligible) {
  MusuInputs in = musuBatch(1, 100, 3, 7);
  in.boxes[0][10].fill_(std::numeric_limits<double>::quiet_NaN());
  in.boxes[0][11].fill_(std::numeric_limits<double>::infinity());
  in.logits[0][12].fill_(std::numeric_limits<double>::quiet_NaN());
  in.boxes[0][13] = at::tensor({60., 60., 20., 20.}, at::kDouble);
  in.boxes[0][14] = at::tensor({30., 30., 30., 60.}, at::kDouble);
  const MusuResult result = assignMusu(in, {}, true);
  EXPECT_TRUE(result.weightCls.isfinite().all().item<bool>());
  const at::Tensor bad = (result.pairs->anchor >= 10) & (result.pairs->anchor <= 14);
  EXPECT_FALSE(bad.any().item<bool>());
}

TEST(Musu, EmptyBatchesAreAllBackground) {
  for (const auto& [images, anchors, objects] :
       {std::array<std::int64_t, 3>{2, 50, 0}, {2, 0, 3}, {0, 50, 3}}) {
    MusuInputs in;
    in.anchors = at::zeros({anchors, 4});
    in.strides = at::ones({anchors});
    in.logits = at::zeros({images, anchors, 3});
    in.boxes = at::zeros({images, anchors, 4});
    in.gtBoxes = at::zeros({images, objects, 4});
    in.gtLabels = at::zeros({images, objects}, at::kLong);
    in.gtValid = at::ones({images, objects}, at::kBool);
    const MusuResult result = assignMusu(in, {}, true);
    EXPECT_EQ(result.weightCls.sum().item<float>(), 0);
    EXPECT_TRUE((result.winnerReg == -1).all().item<bool>());
    EXPECT_TRUE(result.starved.all().item<bool>());
    EXPECT_EQ(result.pairs->anchor.numel(), 0);
  }
}

TEST(Musu, NoGradientFlows) {
  MusuInputs in = musuBatch(1, 60, 3, 8);
  in.logits.requires_grad_();
  in.boxes.requires_grad_();
  const MusuResult result = assignMusu(in, {}, true);
  EXPECT_FALSE(result.weightCls.requires_grad());
  EXPECT_FALSE(result.weightReg.requires_grad());
  EXPECT_FALSE(result.pairs->joint.requires_grad());
}

TEST(Musu, OptionsOutOfRangeAreNamed) {
  MusuOptions options;
  options.beta = 1.5;
  const Status status = options.validate();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_NE(status.error().message.find("beta"), std::string::npos);
  options.beta = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(options.validate().ok());
}

}  // namespace
}  // namespace anchorscope
