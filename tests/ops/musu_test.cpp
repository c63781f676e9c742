// MuSu's assignment against an independent reading of the specification; reference values are in
// tests/conformance.

#include "core/ops/musu.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/ops/musu_ranking.h"
#include "core/ops/musu_rows.h"
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
    expectAgrees(assignMusu(inputs, options, MusuDetail::kPairs), MusuOracle(inputs, options), 1e-12);
  }
}

TEST(Musu, EvidenceChangesNothing) {
  const MusuInputs inputs = musuBatch(2, 300, 6, 2, at::kFloat);
  const MusuResult bare = assignMusu(inputs, {}, MusuDetail::kWeights),
                   usual = assignMusu(inputs, {}, MusuDetail::kStatistics),
                   full = assignMusu(inputs, {}, MusuDetail::kPairs);
  EXPECT_FALSE(bare.statistics.defined());
  EXPECT_FALSE(usual.pairs.has_value());
  for (const auto field :
       {&MusuResult::weightCls, &MusuResult::weightReg, &MusuResult::winnerReg, &MusuResult::winnerCls,
        &MusuResult::bagSize, &MusuResult::eligible, &MusuResult::starved}) {
    EXPECT_TRUE(at::equal(bare.*field, usual.*field));
    EXPECT_TRUE(at::equal(usual.*field, full.*field));
  }
  EXPECT_TRUE(at::equal(usual.statistics.nan_to_num(-9), full.statistics.nan_to_num(-9)));
  EXPECT_TRUE(at::equal(usual.bestQ, full.bestQ));
}

TEST(Musu, ThreadsDoNotChangeTheResult) {
  const MusuInputs inputs = musuBatch(2, 3000, 8, 3, at::kFloat);
  const int threads = at::get_num_threads();
  const MusuResult many = assignMusu(inputs, {}, MusuDetail::kPairs);
  at::set_num_threads(1);
  const MusuResult one = assignMusu(inputs, {}, MusuDetail::kPairs);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.weightCls, many.weightCls));
  EXPECT_TRUE(at::equal(one.weightReg, many.weightReg));
  EXPECT_TRUE(at::equal(one.pairs->rankCls, many.pairs->rankCls));
  EXPECT_TRUE(at::equal(one.pairs->threshold, many.pairs->threshold));
  EXPECT_TRUE(at::equal(one.statistics.nan_to_num(-9), many.statistics.nan_to_num(-9)));
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
  const MusuResult result = assignMusu(in, options, MusuDetail::kPairs);
  expectAgrees(result, MusuOracle(in, options), 1e-12);
  EXPECT_TRUE(at::equal(result.winnerReg[0], at::tensor({0, 0, 0, -1, -1, -1}, at::kLong)));
  EXPECT_TRUE(at::equal(result.pairs->rankReg.slice(0, 0, 6), at::tensor({0, 1, 2, -1, -1, -1}, at::kLong)));
  EXPECT_TRUE(at::equal(result.pairs->cutByMaxBag.slice(0, 0, 6),
                        at::tensor({0, 0, 0, 1, 0, 0}, at::kLong).to(at::kBool)));
  EXPECT_EQ(result.bestQ[0][0].item<std::int64_t>(), 0);
}

TEST(Musu, StarvedAndPaddedObjectsAreToldApart) {
  const MusuInputs in = musuBatch(2, 100, 4, 5);
  const MusuResult result = assignMusu(in, {}, MusuDetail::kPairs);
  EXPECT_TRUE(result.starved[0][0].item<bool>()) << "lies outside everything";
  EXPECT_FALSE(result.starved[0][3].item<bool>()) << "padding";
  EXPECT_TRUE(result.threshold[0][0].isnan().item<bool>());
  EXPECT_TRUE(result.statistics.select(1, 0).select(1, 0).isnan().all().item<bool>()) << "starved";
  EXPECT_TRUE(result.statistics.select(1, 0).select(1, 3).isnan().all().item<bool>()) << "padding";
  EXPECT_EQ(result.bestJoint[0][0].item<std::int64_t>(), -1);
  EXPECT_FALSE(result.starved[1].any().item<bool>());
  EXPECT_EQ(result.weightCls[1].sum().item<double>(), 0);
}

/// One object of 10 x 10 px and as many predictions of its size as logits, shifted right by 0, 1, 2 ... px,
/// so that q falls with the index; anchors where the predictions are.
MusuInputs shiftedPredictions(const std::vector<double>& logits) {
  const auto count = static_cast<std::int64_t>(logits.size());
  MusuInputs in;
  in.anchors = at::tensor({0., 0., 10., 10.}, at::kDouble).repeat({count, 1});
  for (const int corner : {0, 2})
    in.anchors.select(1, corner).add_(at::arange(count, at::kDouble));
  in.strides = at::ones({count}, at::kDouble);
  in.logits = at::tensor(at::ArrayRef<double>(logits), at::kDouble).view({1, count, 1});
  in.boxes = in.anchors.unsqueeze(0);
  in.gtBoxes = at::tensor({0., 0., 10., 10.}, at::kDouble).view({1, 1, 4});
  in.gtLabels = at::zeros({1, 1}, at::kLong);
  in.gtValid = at::ones({1, 1}, at::kBool);
  return in;
}

/// All predictions in the bag, each head ranked by the other's score alone.
MusuOptions directRanking() {
  MusuOptions options;
  options.threshold = MusuOptions::Threshold::kTopK;
  options.alpha = 0;
  return options;
}

double statistic(const MusuResult& result, MusuStatistic which) {
  return result.statistic(which)[0][0].item<double>();
}

TEST(MusuStatistics, OfAWorkedExampleWithATie) {
  const MusuResult result =
      assignMusu(shiftedPredictions({0, 1, 1, 2}), directRanking(), MusuDetail::kStatistics);
  // Ranks by p: 3, 1.5, 1.5, 0; by q: 0, 1, 2, 3.
  EXPECT_NEAR(statistic(result, MusuStatistic::kSpearmanPq), -4.5 / std::sqrt(4.5 * 5), 1e-15);
  // Regression ranks 3, 1, 2, 0 (the tie falls to the larger P), classification ranks 0, 1, 2, 3.
  EXPECT_NEAR(statistic(result, MusuStatistic::kRankDisagreement), (3 + 0 + 0 + 3) / 4.0 / 3, 1e-15);
  EXPECT_NEAR(statistic(result, MusuStatistic::kRankCorrelation), 1 - 6 * 18 / 60.0, 1e-15);
  EXPECT_NEAR(statistic(result, MusuStatistic::kBestPqDistance), 3, 1e-12);
  EXPECT_NEAR(statistic(result, MusuStatistic::kBestPqDistanceRelative), 0.3, 1e-12);
  double total = 0, entropy = 0;
  for (const int rank : {0, 1, 2, 3})
    total += std::exp(-rank / 3.0);
  for (const int rank : {0, 1, 2, 3})
    entropy -= std::exp(-rank / 3.0) / total * std::log(std::exp(-rank / 3.0) / total);
  EXPECT_NEAR(statistic(result, MusuStatistic::kEntropyReg), entropy, 1e-14);
  EXPECT_NEAR(statistic(result, MusuStatistic::kEntropyCls), entropy, 1e-14);
}

TEST(MusuStatistics, AgreementIsOne) {
  const MusuResult result =
      assignMusu(shiftedPredictions({3, 2, 1}), directRanking(), MusuDetail::kStatistics);
  EXPECT_EQ(statistic(result, MusuStatistic::kSpearmanPq), 1);
  EXPECT_EQ(statistic(result, MusuStatistic::kRankCorrelation), 1);
  EXPECT_EQ(statistic(result, MusuStatistic::kRankDisagreement), 0);
  EXPECT_EQ(statistic(result, MusuStatistic::kBestPqDistance), 0);
}

TEST(MusuStatistics, SmallAndTiedBagsHaveNoCorrelation) {
  const MusuOptions options = directRanking();
  const auto of = [&](const std::vector<double>& logits) {
    return assignMusu(shiftedPredictions(logits), options, MusuDetail::kStatistics);
  };
  EXPECT_TRUE(std::isnan(statistic(of({1, 2}), MusuStatistic::kSpearmanPq))) << "two members";
  EXPECT_EQ(statistic(of({1, 2}), MusuStatistic::kRankCorrelation), -1);
  EXPECT_EQ(statistic(of({1, 2}), MusuStatistic::kRankDisagreement), 1);
  EXPECT_TRUE(std::isnan(statistic(of({1}), MusuStatistic::kRankCorrelation))) << "one member";
  EXPECT_EQ(statistic(of({1}), MusuStatistic::kRankDisagreement), 0);
  EXPECT_EQ(statistic(of({1}), MusuStatistic::kEntropyCls), 0);
  EXPECT_TRUE(std::isnan(statistic(of({1, 1, 1, 1}), MusuStatistic::kSpearmanPq))) << "all p equal";
}

TEST(MusuStatistics, LargeBagsAgreeWithTheSpecificationInBothPrecisions) {
  MusuInputs in = musuBatch(1, 2500, 3, 9);  // bags large enough for every way of sorting
  in.logits = (in.logits * 4).round() / 4;   // many equal p
  MusuOptions options;
  options.threshold = MusuOptions::Threshold::kAbsolute;
  for (const double t : {0.0, 0.05, 0.2}) {
    SCOPED_TRACE(t);
    options.t = t;
    expectAgrees(assignMusu(in, options, MusuDetail::kPairs), MusuOracle(in, options), 1e-12);
    // float32 against the specification on the very same (rounded) inputs: exact ties are ties in both.
    MusuInputs rounded = in;
    for (at::Tensor* tensor :
         {&rounded.anchors, &rounded.strides, &rounded.logits, &rounded.boxes, &rounded.gtBoxes})
      *tensor = tensor->to(at::kFloat);
    const MusuResult result = assignMusu(rounded, options, MusuDetail::kStatistics);
    const MusuOracle oracle(rounded, options);
    EXPECT_TRUE(at::allclose(result.statistics, oracle.statistics, 1e-3, 1e-4, /*equal_nan=*/true));
  }
}

/// Values spread evenly, few distinct ones, over 38 decades, within 1e-6, all but one within 1e-5, all the
/// same.
template <typename T>
std::vector<T> valuesToRank(int kind, int count, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<T> values;
  for (int k = 0; k < count; ++k) {
    const double u = uniform(random);
    const double choices[] = {
        u, std::floor(u * 4) / 4, std::pow(10.0, -38 * u), 0.5 + u * 1e-6, k == 0 ? 1e-38 : 0.9 + u * 1e-5,
        0};
    values.push_back(static_cast<T>(choices[kind]));
  }
  return values;
}

template <typename T>
void expectRanksOfEveryDistribution() {
  std::mt19937 random(12);
  MusuRanking<T> ranking;
  for (int kind = 0; kind < 6; ++kind) {
    for (const int count : {1, 2, 3, 31, 200, 300, 1500}) {
      SCOPED_TRACE(::testing::Message() << "distribution " << kind << ", " << count << " values");
      const std::vector<T> values = valuesToRank<T>(kind, count, random),
                           joint = valuesToRank<T>(1, count, random);
      std::vector<std::int32_t> ranks(values.size()), doubled(values.size());
      ranking.rank(values.data(), joint.data(), values.size(), ranks.data());
      ranking.rankSharing(values.data(), values.size(), doubled.data());
      for (std::size_t k = 0; k < values.size(); ++k) {
        int before = 0, above = 0, equal = 0;
        for (std::size_t m = 0; m < values.size(); ++m) {
          above += values[m] > values[k] ? 1 : 0;
          equal += values[m] == values[k] ? 1 : 0;
          before += values[m] > values[k] || (values[m] == values[k] &&
                                              (joint[m] > joint[k] || (joint[m] == joint[k] && m < k)))
                        ? 1
                        : 0;
        }
        ASSERT_EQ(ranks[k], before);
        ASSERT_EQ(doubled[k], 2 * above + equal - 1);
      }
    }
  }
}

TEST(MusuRanking, AgreesWithCountingForEveryDistribution) {
  expectRanksOfEveryDistribution<float>();
  expectRanksOfEveryDistribution<double>();
}

TEST(Musu, BlocksThatNoObjectTouchesArePassedOver) {
  // Rows of predictions as on a feature map, so that whole blocks lie away from each object; some are not
  // finite.
  MusuInputs in = musuBatch(2, 1600, 6, 10);
  in.gtValid.fill_(true);
  in.gtLabels.fill_(1);
  in.gtBoxes[1].copy_(in.gtBoxes[0].flip({0}));
  const at::Tensor column = at::arange(40, at::kDouble) * 4, zero = at::zeros({40, 40}, at::kDouble);
  const at::Tensor x = (zero + column).flatten(), y = (zero + column.unsqueeze(1)).flatten();
  in.anchors = at::stack({x - 5, y - 5, x + 5, y + 5}, 1);
  in.boxes = (in.anchors + testing::randomValues({2, 1600, 4}, 11, -2, 2, at::kDouble)).contiguous();
  in.boxes[0][700].fill_(std::numeric_limits<double>::quiet_NaN());
  in.boxes[0][701][1] = -std::numeric_limits<double>::infinity();
  in.boxes[1][3][0] = std::numeric_limits<double>::quiet_NaN();
  expectAgrees(assignMusu(in, {}, MusuDetail::kPairs), MusuOracle(in, {}), 1e-12);
}

TEST(Musu, VectorisedScoresAreThoseOfTheFormulas) {
  std::vector<float> logits, q;
  for (int k = -260; k <= 260; ++k) {
    logits.push_back(static_cast<float>(k) / 3);
    q.push_back(static_cast<float>(std::pow(10.0, -std::abs(k) / 10.0)));
  }
  const auto count = static_cast<std::int64_t>(q.size());
  std::vector<float> p(q.size()), joint(q.size()), reg(q.size()), cls(q.size());
  for (const double mix : {0.0, 0.01, 0.25, 1.0 / 3, 0.5, 0.6, 0.75, 0.99, 1.0}) {
    for (const auto form : {MusuOptions::Joint::kGeometric, MusuOptions::Joint::kProduct}) {
      MusuOptions options;
      options.beta = options.alpha = mix;
      options.joint = form;
      musuScores(logits.data(), q.data(), count, options, p.data(), joint.data());
      musuCriteria(p.data(), q.data(), count, options, reg.data(), cls.data());
      for (std::size_t k = 0; k < q.size(); ++k) {
        SCOPED_TRACE(::testing::Message() << "mix " << mix << ", logit " << logits[k] << ", q " << q[k]);
        const double score = 1 / (1 + std::exp(-static_cast<double>(logits[k])));
        ASSERT_NEAR(p[k] / score, 1, 5e-7);
        const auto near = [&](float got, double wanted) { ASSERT_NEAR(got, wanted, 1e-6 * wanted + 1e-37); };
        const double own = p[k], overlap = q[k], a = 1.0F - static_cast<float>(mix),
                     b = static_cast<float>(mix);
        near(joint[k],
             (form == MusuOptions::Joint::kProduct ? own : std::pow(own, a)) * std::pow(overlap, b));
        near(reg[k], std::pow(own, a) * std::pow(overlap, b));
        near(cls[k], std::pow(overlap, a) * std::pow(own, b));
      }
    }
  }
}

TEST(Musu, PredictionsThatAreNotNumbersAreNotEligible) {
  MusuInputs in = musuBatch(1, 100, 3, 7);
  in.boxes[0][10].fill_(std::numeric_limits<double>::quiet_NaN());
  in.boxes[0][11].fill_(std::numeric_limits<double>::infinity());
  in.logits[0][12].fill_(std::numeric_limits<double>::quiet_NaN());
  in.boxes[0][13] = at::tensor({60., 60., 20., 20.}, at::kDouble);
  in.boxes[0][14] = at::tensor({30., 30., 30., 60.}, at::kDouble);
  const MusuResult result = assignMusu(in, {}, MusuDetail::kPairs);
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
    const MusuResult result = assignMusu(in, {}, MusuDetail::kPairs);
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
  const MusuResult result = assignMusu(in, {}, MusuDetail::kPairs);
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
