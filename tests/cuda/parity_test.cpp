// Every op with a CUDA kernel, on the CPU and on a GPU, against brute force in float64. The GPU's half skips
// where there is none; the CPU's always runs.

#include <gtest/gtest.h>

#include <limits>

#include "core/ops/box_coder.h"
#include "core/ops/box_losses.h"
#include "core/ops/box_similarity.h"
#include "core/ops/cls_losses.h"
#include "core/ops/musu_backends.h"
#include "core/ops/nms.h"
#include "tests/cuda/device_test.h"
#include "tests/support/musu_cases.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::randomBoxes;
using testing::randomValues;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class Parity : public testing::DeviceTest {};

INSTANTIATE_TEST_SUITE_P(Devices, Parity, testing::testedDevices(), testing::deviceTitle);

/// A copy that collects a gradient.
at::Tensor leafOf(const at::Tensor& values, at::Device device, at::ScalarType dtype) {
  return values.detach().clone().to(device, dtype).requires_grad_();
}

/// IoU by the textbook, in double.
double bruteIou(const float* a, const float* b) {
  const double w = std::min<double>(a[2], b[2]) - std::max<double>(a[0], b[0]),
               h = std::min<double>(a[3], b[3]) - std::max<double>(a[1], b[1]);
  const double areaA = double(a[2] - a[0]) * (a[3] - a[1]), areaB = double(b[2] - b[0]) * (b[3] - b[1]);
  return w > 0 && h > 0 ? w * h / (areaA + areaB - w * h) : 0;
}

/// Random boxes with a flat, an inverted and a NaN one among them.
at::Tensor awkwardBoxes(std::int64_t count, unsigned seed) {
  at::Tensor boxes = randomBoxes(count, seed);
  if (count > 10) {
    boxes[3][2] = boxes[3][0];
    boxes[5][1] = boxes[5][3] + 2;
    boxes[7][0] = kNan;
    boxes[9] = boxes[8];
  }
  return boxes;
}

TEST_P(Parity, PairwiseIou) {
  for (const auto& [n, m] :
       {std::pair<std::int64_t, std::int64_t>{0, 5}, {5, 0}, {1, 1}, {40, 2500}, {700, 13}}) {
    const at::Tensor a = awkwardBoxes(n, 1), b = randomBoxes(m, 2);
    const at::Tensor got = pairwiseIou(a.to(device()), b.to(device())).cpu();
    ASSERT_EQ(got.sizes(), (std::vector<std::int64_t>{n, m}));
    for (std::int64_t i = 0; i < n; ++i) {
      const bool bad = n > 10 && (i == 3 || i == 5 || i == 7);
      for (std::int64_t j = 0; j < m; ++j) {
        const double wanted =
            bad ? 0 : bruteIou(a.const_data_ptr<float>() + 4 * i, b.const_data_ptr<float>() + 4 * j);
        ASSERT_NEAR(got[i].data_ptr<float>()[j], wanted, 1e-6) << i << " " << j;
      }
    }
    EXPECT_TRUE(at::equal(got, pairwiseIou(a, b))) << "other bits than on the CPU";
  }
}

TEST_P(Parity, SimilarityAndGradient) {
  const at::Tensor a = randomBoxes(3000, 3), b = randomBoxes(3000, 4);
  for (const BoxSimilarity kind : {BoxSimilarity::kIou, BoxSimilarity::kIof, BoxSimilarity::kGiou,
                                   BoxSimilarity::kDiou, BoxSimilarity::kCiou}) {
    for (const EpsilonRule rule : {EpsilonRule::kExact, EpsilonRule::kTorchvision, EpsilonRule::kMmdet}) {
      const SimilarityOptions options{kind, rule, 1e-6};
      const at::Tensor x = leafOf(a, device(), at::kFloat), y = leafOf(b, device(), at::kFloat);
      const at::Tensor got = elementwiseSimilarity(x, y, options);
      got.sum().backward();
      const at::Tensor u = leafOf(a, at::kCPU, at::kDouble), v = leafOf(b, at::kCPU, at::kDouble);
      const at::Tensor wanted = elementwiseSimilarity(u, v, options);
      wanted.sum().backward();
      EXPECT_TRUE(at::allclose(got.cpu().to(at::kDouble), wanted, 1e-5, 1e-6));
      EXPECT_TRUE(at::allclose(x.grad().cpu().to(at::kDouble), u.grad(), 1e-4, 1e-6));
      EXPECT_TRUE(at::allclose(y.grad().cpu().to(at::kDouble), v.grad(), 1e-4, 1e-6));
      EXPECT_TRUE(
          at::allclose(pairwiseSimilarity(a.slice(0, 0, 9).to(device()), b.to(device()), options).cpu(),
                       pairwiseSimilarity(a.slice(0, 0, 9), b, options), 1e-5, 1e-6));
    }
  }
}

TEST_P(Parity, DecodeAndGradient) {
  const BoxCoder limited = BoxCoder::mmdet({0.1, 0, 0, 0.2}, {0.5, 0.5, 0.9, 0.9});
  for (const std::int64_t count : {0, 1, 1500}) {
    for (const BoxCoder& coder : {BoxCoder::torchvision({10, 10, 5, 5}), limited}) {
      const at::Tensor anchors = randomBoxes(count, 5), deltas = randomValues({2, count, 4}, 6, -8, 8);
      const at::Tensor x = leafOf(deltas, device(), at::kFloat), u = leafOf(deltas, at::kCPU, at::kDouble);
      const at::Tensor got = coder.decode(anchors.to(device()), x),
                       wanted = coder.decode(anchors.to(at::kDouble), u);
      got.square().sum().backward();
      wanted.square().sum().backward();
      EXPECT_TRUE(at::allclose(got.cpu().to(at::kDouble), wanted, 1e-5, 1e-4));
      EXPECT_TRUE(at::allclose(x.grad().cpu().to(at::kDouble), u.grad(), 1e-4, 1e-1));
    }
  }
}

TEST_P(Parity, ClassificationLossesAndGradient) {
  const at::Tensor y = randomValues({900, 20}, 7, -1, 1.2).clamp(0, 1),
                   z = randomValues({900, 20}, 8, -12, 12);
  const at::Tensor labels = at::arange(900, at::kLong) % 23 - 2;
  for (const ClsLossOptions& options : {ClsLossOptions{ClsElementLoss::kBce},
                                        {ClsElementLoss::kFocal, 2, 0.25},
                                        {ClsElementLoss::kFocal, 1.5, -1},
                                        {ClsElementLoss::kSoftFocal, 2},
                                        {ClsElementLoss::kWeightedFocal, 2, 0.25},
                                        {ClsElementLoss::kWeightedBce},
                                        {ClsElementLoss::kVarifocal, 2, 0.75},
                                        {ClsElementLoss::kVarifocalPlain, 1.5, 0.75}}) {
    for (const bool ofLabels : {false, true}) {
      const auto loss = [&](const at::Tensor& logits) {
        const at::Tensor targets = y.to(logits.options());
        return ofLabels ? clsLossRowsOfLabels(logits, labels.to(logits.device()), options)
                        : clsLossRows(logits, targets, options);
      };
      const at::Tensor x = leafOf(z, device(), at::kFloat), u = leafOf(z, at::kCPU, at::kDouble);
      const at::Tensor got = loss(x), wanted = loss(u);
      got.sum().backward();
      wanted.sum().backward();
      EXPECT_TRUE(at::allclose(got.detach().cpu().to(at::kDouble), wanted.detach(), 1e-5, 1e-9)) << ofLabels;
      // y - p near 0 is a difference of numbers near 1.
      EXPECT_TRUE(at::allclose(x.grad().cpu().to(at::kDouble), u.grad(), 1e-5, 2e-7)) << ofLabels;
    }
  }
}

TEST_P(Parity, MatchedLossesAndGradient) {
  const std::int64_t count = 1200;
  const at::Tensor pred = randomBoxes(2 * count, 9).view({2, count, 4}),
                   objects = randomBoxes(10, 10).view({2, 5, 4});
  const at::Tensor matched = (at::arange(2 * count, at::kLong) % 7 - 2).view({2, count}),
                   weights = randomValues({2, count}, 11, 0, 1);
  const at::Tensor anchors = randomBoxes(count, 12), deltas = randomValues({2, count, 4}, 13, -2, 2);
  const BoxCoder coder = BoxCoder::torchvision();
  const auto both = [&](const at::Tensor& input, const auto& loss) {
    const at::Tensor x = leafOf(input, device(), at::kFloat), u = leafOf(input, at::kCPU, at::kDouble);
    const at::Tensor got = loss(x), wanted = loss(u);
    got.sum().backward();
    wanted.sum().backward();
    EXPECT_TRUE(at::allclose(got.detach().cpu().to(at::kDouble), wanted.detach(), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(x.grad().cpu().to(at::kDouble), u.grad(), 1e-4, 1e-5));
  };
  both(pred, [&](const at::Tensor& x) {
    return matchedSimilarityLoss(x, objects.to(x.options().requires_grad(false)), matched.to(x.device()),
                                 weights.to(x.device()), {BoxSimilarity::kGiou});
  });
  for (const double beta : {0.0, 0.3}) {
    both(deltas, [&](const at::Tensor& x) {
      return matchedDeltaLoss(x, anchors.to(x.device()), objects.to(x.device()), matched.to(x.device()),
                              weights.to(x.device()), coder, beta);
    });
  }
}

/// Suppression by the definition: indices by (score descending, index ascending), each against every kept
/// one.
std::vector<std::int64_t> bruteNms(const at::Tensor& boxes, const at::Tensor& scores,
                                   const at::Tensor& labels, double threshold) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(boxes.size(0))), kept;
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = static_cast<std::int64_t>(i);
  const float* score = scores.const_data_ptr<float>();
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const float x = std::isnan(score[a]) ? -INFINITY : score[a],
                y = std::isnan(score[b]) ? -INFINITY : score[b];
    return x > y;
  });
  for (const std::int64_t i : order) {
    const bool dropped = std::any_of(kept.begin(), kept.end(), [&](std::int64_t j) {
      return labels.const_data_ptr<std::int64_t>()[i] == labels.const_data_ptr<std::int64_t>()[j] &&
             bruteIou(boxes.const_data_ptr<float>() + 4 * i, boxes.const_data_ptr<float>() + 4 * j) >
                 threshold;
    });
    if (!dropped) kept.push_back(i);
  }
  return kept;
}

TEST_P(Parity, Nms) {
  for (const std::int64_t count : {1, 64, 65, 1000}) {
    const at::Tensor boxes = randomBoxes(count, 14);
    at::Tensor scores = (randomValues({count}, 15, 0, 1) * 32).round() / 32;  // many ties
    if (count > 10) scores[4] = kNan;
    for (const double threshold : {0.3, 0.5, 0.7})
      for (const int classes : {1, 3}) {
        const at::Tensor labels = at::arange(count, at::kLong) % classes;
        const at::Tensor got =
            batchedNms(boxes.to(device()), scores.to(device()), labels.to(device()), threshold).cpu();
        const std::vector<std::int64_t> list(got.data_ptr<std::int64_t>(),
                                             got.data_ptr<std::int64_t>() + got.numel());
        EXPECT_EQ(list, bruteNms(boxes, scores, labels, threshold))
            << count << " " << threshold << " " << classes;
      }
  }
}

TEST_P(Parity, NmsAroundTheThreshold) {
  // Two boxes of IoU 1/3; thresholds 1e-4 to either side.
  const at::Tensor boxes =
      at::tensor({0., 0., 2., 2., 1., 0., 3., 2.}).to(at::kFloat).view({2, 4}).to(device());
  const at::Tensor scores = at::tensor({0.9, 0.8}).to(at::kFloat).to(device());
  const at::Tensor labels = at::zeros({2}, scores.options().dtype(at::kLong));
  EXPECT_EQ(batchedNms(boxes, scores, labels, 1.0 / 3 + 1e-4).size(0), 2);
  EXPECT_EQ(batchedNms(boxes, scores, labels, 1.0 / 3 - 1e-4).size(0), 1);
}

TEST_P(Parity, Musu) {
  const std::vector<MusuOptions> all = testing::musuOptions();
  for (const std::int64_t anchors : {1, 400, 2600}) {  // one, one block, several blocks
    const MusuInputs inputs = testing::musuBatch(2, anchors, 4, 16, at::kFloat);
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (anchors == 2600 && k % 3 != 0) continue;  // the oracle is slow
      SCOPED_TRACE(::testing::Message() << anchors << " anchors, options " << k);
      const MusuResult result = assignMusu(testing::toDevice(inputs, device()), all[k], MusuDetail::kPairs);
      testing::expectAgrees(result, testing::MusuOracle(inputs, all[k]), 2e-5);
      const MusuResult cpu = assignMusu(inputs, all[k], MusuDetail::kPairs);
      for (const auto field : {&MusuResult::bestJoint, &MusuResult::bestP, &MusuResult::bestQ})
        EXPECT_TRUE(at::equal((result.*field).cpu(), cpu.*field));
      EXPECT_TRUE(at::allclose(result.statistics.cpu(), cpu.statistics, 1e-5, 1e-6, true));
    }
  }
}

TEST_P(Parity, MusuWithMoreMembersThanRoom) {
  if (device().is_cpu()) GTEST_SKIP() << "the CPU makes room as it goes";
  const MusuInputs inputs = testing::musuBatch(2, 2600, 5, 23, at::kFloat);
  MusuOptions options;
  options.threshold = MusuOptions::Threshold::kAbsolute;
  options.t = 0.02;
  // The CPU's float32: ranks go so far that weights end at 0.
  const MusuResult wanted = assignMusu(inputs, options, MusuDetail::kStatistics);
  const std::int64_t members = wanted.bagSize.sum().item<std::int64_t>();
  ASSERT_GT(members, 100);
  for (const std::int64_t room : {std::int64_t{1}, members / 2, members - 1, members}) {
    SCOPED_TRACE(room);
    const c10::DeviceGuard guard(device());
    const MusuResult got =
        assignMusuOnCuda(testing::toDevice(inputs, device()), options, MusuDetail::kStatistics, room);
    for (const auto field :
         {&MusuResult::weightCls, &MusuResult::weightReg, &MusuResult::threshold, &MusuResult::statistics})
      EXPECT_TRUE(at::allclose((got.*field).cpu(), wanted.*field, 1e-5, 1e-6, /*equal_nan=*/true));
    for (const auto field : {&MusuResult::winnerReg, &MusuResult::winnerCls, &MusuResult::bagSize,
                             &MusuResult::bestJoint, &MusuResult::bestP, &MusuResult::bestQ})
      EXPECT_TRUE(at::equal((got.*field).cpu(), wanted.*field));
  }
}

TEST_P(Parity, MusuTies) {
  // Every prediction is one of three, so that P, p and q tie in groups, across objects too.
  MusuInputs inputs = testing::musuBatch(1, 2100, 4, 17, at::kFloat);
  inputs.boxes.copy_(
      inputs.boxes.index({at::zeros({1}, at::kLong), (at::arange(2100, at::kLong) % 3)}).unsqueeze(0));
  inputs.logits.copy_(
      inputs.logits.index({at::zeros({1}, at::kLong), (at::arange(2100, at::kLong) % 3)}).unsqueeze(0));
  inputs.gtBoxes[0][2] = inputs.gtBoxes[0][1];
  MusuOptions options;
  options.threshold = MusuOptions::Threshold::kTopK;
  options.k = 50;
  options.maxBag = 33;
  testing::expectAgrees(assignMusu(testing::toDevice(inputs, device()), options, MusuDetail::kPairs),
                        testing::MusuOracle(inputs, options), 2e-5);
}

TEST_P(Parity, MusuAroundTheThreshold) {
  // One eligible pair with a known joint score; absolute thresholds 1e-4 to either side.
  MusuInputs inputs = testing::musuBatch(1, 3, 1, 18, at::kFloat);
  inputs.gtBoxes.copy_(at::tensor({0., 0., 20., 20.}).view({1, 1, 4}));
  inputs.boxes.copy_(
      at::tensor({0., 0., 20., 10., 0., 0., 20., 20., 500., 500., 501., 501.}).view({1, 3, 4}));
  inputs.logits.zero_();
  const double joint = std::pow(0.5, 0.25) * std::pow(0.5, 0.75);
  for (const double shift : {-1e-4, 1e-4}) {
    MusuOptions options;
    options.threshold = MusuOptions::Threshold::kAbsolute;
    options.t = joint + shift;
    const MusuResult result = assignMusu(testing::toDevice(inputs, device()), options, MusuDetail::kPairs);
    EXPECT_EQ(result.bagSize.item<std::int64_t>(), shift < 0 ? 2 : 1);
    EXPECT_EQ(result.eligible.item<std::int64_t>(), 2);
  }
}

TEST_P(Parity, MusuWithoutNumbersOrObjects) {
  MusuInputs inputs = testing::musuBatch(2, 300, 3, 19, at::kFloat);
  inputs.boxes[0][10].fill_(kNan);
  inputs.logits[0][12].fill_(kNan);
  testing::expectAgrees(assignMusu(testing::toDevice(inputs, device()), {}, MusuDetail::kPairs),
                        testing::MusuOracle(inputs, {}), 2e-5);
  inputs.gtValid.fill_(false);
  const MusuResult none = assignMusu(testing::toDevice(inputs, device()), {}, MusuDetail::kPairs);
  EXPECT_EQ(none.weightCls.sum().item<float>(), 0);
  EXPECT_TRUE((none.winnerCls == -1).all().item<bool>());
  EXPECT_EQ(none.pairs->anchor.numel(), 0);
}

TEST_P(Parity, TwoRunsGiveTheSameBits) {
  const MusuInputs inputs = testing::toDevice(testing::musuBatch(2, 5000, 6, 20, at::kFloat), device());
  const MusuResult first = assignMusu(inputs, {}, MusuDetail::kPairs),
                   second = assignMusu(inputs, {}, MusuDetail::kPairs);
  EXPECT_TRUE(at::equal(first.weightCls, second.weightCls));
  EXPECT_TRUE(at::equal(first.weightReg, second.weightReg));
  EXPECT_TRUE(at::equal(first.winnerReg, second.winnerReg));
  EXPECT_TRUE(at::equal(first.pairs->rankCls, second.pairs->rankCls));
  EXPECT_TRUE(at::equal(first.pairs->threshold, second.pairs->threshold));
  const at::Tensor z = randomValues({5000, 80}, 21, -9, 9).to(device()), y = at::zeros_like(z);
  EXPECT_TRUE(at::equal(clsLossRows(z, y, {}), clsLossRows(z, y, {})));
}

}  // namespace
}  // namespace anchorscope
