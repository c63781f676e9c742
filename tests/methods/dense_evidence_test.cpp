// The channels and columns every method shows, on worked examples.

#include <gtest/gtest.h>

#include <cmath>

#include "core/methods/dense_evidence.h"
#include "core/methods/method.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeWorkedScene;
using testing::RecordingSink;

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

class DenseEvidence : public ::testing::Test {
 protected:
  /// Anchors: on object 0, between the thresholds on object 0, on object 1, on nothing.
  /// Predictions: as the anchors, except that the last one predicts object 1 exactly.
  void SetUp() override {
    scene = makeWorkedScene({{0, 0, 10, 10}, {4, 0, 14, 10}, {30, 0, 40, 10}, {60, 0, 70, 10}},
                            {{0, 0, 10, 10}, {30, 0, 40, 10}}, {2, 0}, 3);
    const float logits[4][3] = {{0, 1, 2}, {-1, 0.5f, -2}, {3, 0, 0}, {-5, -4, -3}};
    for (int i = 0; i < 4; ++i)
      for (int c = 0; c < 3; ++c)
        scene.outputs.logits[0][i][c] = logits[i][c];
    scene.outputs.boxes[0][3] = at::tensor({30.f, 0.f, 40.f, 10.f});
    auto method = makeMethod("max_iou", *methodParams("max_iou"));
    ASSERT_TRUE(method.ok());
    (*method)->loss({scene.anchors, scene.outputs, scene.targets}, &sink);
  }

  std::vector<double> channel(const std::string& name) const {
    const at::Tensor values = sink.channelValues.at(name)[0].to(at::kDouble).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
  }
  std::vector<double> column(const std::string& name) const {
    const at::Tensor values = sink.objectValues.at(name)[0].to(at::kDouble).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
  }

  DenseScene scene;
  RecordingSink sink;
};

void expectNear(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], wanted[i], 1e-6) << i;
}

TEST_F(DenseEvidence, EveryPairHasTheScoreOfItsObjectsClassAndItsBoxsOverlap) {
  ASSERT_EQ(sink.pairSpecs.size(), 1u);
  const PairTableSpec& spec = sink.pairSpecs[0];
  ASSERT_EQ(spec.columns[0].name, "score");
  ASSERT_EQ(spec.columns[1].name, "box_iou");
  const PairRows& rows = sink.pairRows.at(spec.name);
  // Anchors 0 and 1 overlap object 0 (class 2), anchor 2 object 1 (class 0); anchor 1 by 6 of 14 px.
  ASSERT_EQ(rows.image.size(0), 3);
  const auto values = [&](std::size_t column) {
    const at::Tensor all = rows.columns[column].to(at::kDouble).contiguous();
    return std::vector<double>(all.data_ptr<double>(), all.data_ptr<double>() + all.numel());
  };
  expectNear(values(0), {sigmoid(2), sigmoid(-2), sigmoid(3)});
  expectNear(values(1), {1, 6.0 / 14, 1});
}

TEST(LossesOfImages, AreFiniteWhereADivisorIsNone) {
  LossTable losses;
  losses.rows.push_back({kClsHead, at::tensor({1.f, 2.f, 0.f, 0.f}).view({2, 2}), at::zeros({2})});
  losses.rows.push_back({kLocHead, at::tensor({3.f, 5.f, 0.f, 1.f}).view({2, 2}), at::tensor({2.f, 4.f})});
  const std::vector<NamedTensor> got = lossesOfImages(losses);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].name, "loss.cls");
  EXPECT_TRUE(at::equal(got[0].tensor, at::tensor({3., 0.}, at::kDouble))) << "as in the scalars";
  EXPECT_TRUE(at::equal(got[1].tensor, at::tensor({4., 0.25}, at::kDouble)));
}

TEST_F(DenseEvidence, ScoresLogitsAndClasses) {
  expectNear(channel("logit"), {2, 0.5, 3, -3});
  expectNear(channel("cls_score"), {sigmoid(2), sigmoid(0.5), sigmoid(3), sigmoid(-3)});
  expectNear(channel("cls_index"), {2, 1, 0, 2});
}

TEST_F(DenseEvidence, ScoreOfTheObjectsClass) {
  // Winner's class, else the class of the object the predicted box overlaps most.
  expectNear(channel("cls_score_object"), {sigmoid(2), sigmoid(-2), sigmoid(3), sigmoid(-5)});
}

TEST_F(DenseEvidence, IouOfPredictionsAndAnchors) {
  expectNear(channel("iou"), {1, 6.0 / 14, 1, 1});
  expectNear(channel("anchor_iou"), {1, 6.0 / 14, 1, 0});
}

TEST_F(DenseEvidence, WinnersAndStates) {
  expectNear(channel("assigned_cls"), {0, -2, 1, -1});
  expectNear(channel("assigned_reg"), {0, -2, 1, -1});
  expectNear(channel("state"), {1, -1, 1, 0});
}

TEST_F(DenseEvidence, LossesOfAnAnchor) {
  const std::vector<double> cls = channel("loss.cls"), loc = channel("loss.loc");
  EXPECT_EQ(cls[1], 0);  // ignored
  EXPECT_GT(cls[3], 0);
  expectNear(loc, {0, 0, 0, 0});
}

TEST_F(DenseEvidence, ObjectsCountTheirAnchors) {
  expectNear(column("positives.cls"), {1, 1});
  expectNear(column("positives.reg"), {1, 1});
  expectNear(column("iou.best"), {1, 1});
}

TEST_F(DenseEvidence, WithoutAnyOverlapTheObjectsScoreIsUndefined) {
  DenseScene alone = makeWorkedScene({{0, 0, 10, 10}}, {{50, 50, 60, 60}}, {0}, 1);
  ParamSet params = *methodParams("max_iou");
  ASSERT_TRUE(params.set("low_quality", "false").ok());
  RecordingSink seen;
  (*makeMethod("max_iou", params))->loss({alone.anchors, alone.outputs, alone.targets}, &seen);
  EXPECT_TRUE(seen.channelValues.at("cls_score_object").isnan().all().item<bool>());
  EXPECT_EQ(seen.channelValues.at("iou").item<double>(), 0);
}

}  // namespace
}  // namespace anchorscope
