// Worked examples and a brute-force oracle of DDOD's assignment.

#include <algorithm>
#include <cmath>

#include "core/base/box_math.h"
#include "tests/assigners/assigner_testing.h"
#include "tests/assigners/atss_oracle.h"

namespace anchorscope {
namespace {

using testing::Changes;
using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::RecordingSink;
using testing::verdicts;

using Winners = std::vector<std::int64_t>;

Assignment run(const DenseScene& scene, const Changes& changes = {}, EvidenceSink* sink = nullptr) {
  return testing::runAssigner("ddod", scene, testing::assignerOptions("ddod", changes), sink);
}

Winners winners(const at::Tensor& object, std::int64_t image = 0) {
  const at::Tensor row = object[image].contiguous();
  return {row.data_ptr<std::int64_t>(), row.data_ptr<std::int64_t>() + row.numel()};
}

Box shifted(float x) {
  return {x, 0, x + 10, 10};
}

/// Four anchors near an object of class 1: predicted IoUs 1, 0.2, 0.2, 0.2, scores 0.1, 0.1, 0.9, 0.1.
DenseScene worked() {
  DenseScene scene = makeWorkedScene({shifted(0), shifted(1), shifted(2), shifted(3)}, {shifted(0)}, {1}, 2);
  scene.outputs.boxes =
      at::tensor({0.F, 0.F, 10.F, 10.F, 0.F, 0.F, 10.F, 2.F, 0.F, 0.F, 10.F, 2.F, 0.F, 8.F, 10.F, 10.F})
          .view({1, 4, 4});
  scene.outputs.logits.select(2, 1).copy_(at::tensor({0.1F, 0.1F, 0.9F, 0.1F}).logit().unsqueeze(0));
  return scene;
}

TEST(Ddod, EachHeadHasItsOwnPositives) {
  RecordingSink sink;
  // By the IoU alone mean 0.4, deviation 0.4; by the score alone 0.3 and 0.4.
  const Assignment assignment = run(worked(), {{"alpha_cls", "1"}, {"alpha_reg", "0"}}, &sink);
  EXPECT_EQ(winners(assignment.clsObject), (Winners{0, -1, -1, -1}));
  EXPECT_EQ(winners(assignment.regObject), (Winners{-1, -1, 0, -1}));
  EXPECT_TRUE(at::equal(assignment.regWeight, at::tensor({0.F, 0.F, 1.F, 0.F}).unsqueeze(0)));
  EXPECT_NEAR(sink.objectValues.at("ddod.threshold_cls").item<double>(), 0.8, 1e-6);
  EXPECT_NEAR(sink.objectValues.at("ddod.threshold_reg").item<double>(), 0.7, 1e-6);
  for (const NamedScalar& scalar : assignment.scalars) {
    if (scalar.name == "ddod.split_anchors") {
      EXPECT_EQ(scalar.value.item<std::int64_t>(), 2);
    }
  }
}

TEST(Ddod, TheFitIsAWeightedProductOfScoreAndIou) {
  RecordingSink sink;
  run(worked(), {}, &sink);
  const PairRows& rows = sink.pairRows.at("ddod.pairs");
  const auto column = [&](const std::string& name) {
    const auto& columns = sink.pairSpecs.at(0).columns;
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const ColumnSpec& spec) { return spec.name == name; });
    return rows.columns.at(static_cast<std::size_t>(found - columns.begin()));
  };
  EXPECT_NEAR(column("fit_cls")[2].item<double>(), std::pow(0.9, 0.2) * std::pow(0.2, 0.8), 1e-6);
  EXPECT_NEAR(column("fit_reg")[2].item<double>(), std::sqrt(0.9 * 0.2), 1e-6);
}

TEST(Ddod, ADecisionTellsBothHeads) {
  auto assigner =
      makeAssigner("ddod", testing::assignerOptions("ddod", {{"alpha_cls", "1"}, {"alpha_reg", "0"}}));
  ASSERT_TRUE(assigner.ok());
  const DenseScene scene = worked();
  RecordingSink sink;
  const Assignment assignment = (*assigner)->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  ChannelSpec cls, reg;
  cls.name = kClsObjectChannel;
  reg.name = kRegObjectChannel;
  sink.channel(cls, assignment.clsObject, 0);
  sink.channel(reg, assignment.regObject, 0);
  const Decision decision = explain(sink.frame(scene, 0, (*assigner)->declaration().decisions), 2, 0);
  // candidate, centre inside; class threshold and best fit; box threshold and best fit
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{TestVerdict::kPassed, TestVerdict::kPassed,
                                                          TestVerdict::kFailed, TestVerdict::kNotApplicable,
                                                          TestVerdict::kPassed, TestVerdict::kPassed}));
  ASSERT_EQ(decision.outcomes.size(), 2U);
  EXPECT_EQ(decision.outcomes[0].kind, DecisionOutcome::Kind::kDropped);
  EXPECT_EQ(decision.outcomes[1].kind, DecisionOutcome::Kind::kTaken);
}

TEST(Ddod, WhatPredictionsHaveChosenInAnIgnoredRegionStays) {
  DenseScene scene = worked();
  scene.targets.ignoreBoxes = at::tensor({-50.F, -50.F, 50.F, 50.F}).view({1, 1, 4});
  const Assignment assignment =
      run(scene, {{"alpha_cls", "1"}, {"alpha_reg", "0"}, {"ignore_iof_thr", "0.5"}});
  EXPECT_EQ(winners(assignment.clsObject), (Winners{0, -2, -2, -2}));
  EXPECT_EQ(winners(assignment.regObject), (Winners{-2, -2, 0, -2}));
}

/// The rule for one head, object by object, in float64.
Winners oracle(const DenseScene& scene, std::int64_t image, std::size_t perLevel, double alpha) {
  return testing::atssOracle(scene, image, perLevel, [&](std::int64_t anchor, std::int64_t object) {
    const auto p = testing::boxOf(scene.outputs.boxes[image][anchor]),
               o = testing::boxOf(scene.targets.boxes[image][object]);
    const auto label = scene.targets.labels[image][object].item<std::int64_t>();
    const double iou = boxmath::iou(p[0], p[1], p[2], p[3], o[0], o[1], o[2], o[3]),
                 score = 1 / (1 + std::exp(-scene.outputs.logits[image][anchor][label].item<double>()));
    return std::pow(score, 1 - alpha) * std::pow(iou, alpha);
  });
}

TEST(Ddod, AgreesWithTheRuleObjectByObject) {
  std::int64_t positives = 0, split = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed)
    for (const std::size_t topk : {4u, 9u, 50u}) {
      DenseSceneOptions made;
      made.batch = 3;
      made.objects = {6, 0, 2};
      made.padTo = 7;
      made.seed = seed;
      made.dtype = at::kDouble;
      const DenseScene scene = makeDenseScene(made);
      const Assignment assignment = run(scene, {{"topk", std::to_string(topk)}});
      for (std::int64_t image = 0; image < 3; ++image) {
        const Winners cls = oracle(scene, image, topk, 0.8), reg = oracle(scene, image, topk, 0.5);
        EXPECT_EQ(winners(assignment.clsObject, image), cls) << "seed " << seed << ", topk " << topk;
        EXPECT_EQ(winners(assignment.regObject, image), reg) << "seed " << seed << ", topk " << topk;
        for (std::size_t i = 0; i < cls.size(); ++i) {
          positives += cls[i] >= 0 ? 1 : 0;
          split += cls[i] != reg[i] ? 1 : 0;
        }
      }
    }
  EXPECT_GT(positives, 100);
  EXPECT_GT(split, 10) << "the heads never disagreed";
}

}  // namespace
}  // namespace anchorscope
