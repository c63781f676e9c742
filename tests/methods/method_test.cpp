// Methods on worked examples: the numbers of a loss by hand, normalisers, options that change what is
// declared.

#include "core/methods/method.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::RecordingSink;

using Changes = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Method> make(const std::string& name, const Changes& changes = {}) {
  ParamSet params = *methodParams(name);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok()) << option;
  auto method = makeMethod(name, params);
  EXPECT_TRUE(method.ok());
  return *std::move(method);
}

std::map<std::string, double> scalars(const std::string& name, const Changes& changes,
                                      const DenseScene& scene) {
  std::map<std::string, double> all;
  const LossTerms terms = make(name, changes)->loss({scene.anchors, scene.outputs, scene.targets}, nullptr);
  for (const NamedScalar& scalar : terms.scalars)
    all[scalar.name] = scalar.value.item<double>();
  return all;
}

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}
double bce(double p, double y) {
  return -y * std::log(p) - (1 - y) * std::log(1 - p);
}

/// Two anchors on one object of class 0 of 2: exact and shifted by 2 of 10 px (IoU 2/3); a third one away
/// from it.
DenseScene smallScene() {
  DenseScene scene =
      makeWorkedScene({{0, 0, 10, 10}, {2, 0, 12, 10}, {40, 0, 50, 10}}, {{0, 0, 10, 10}}, {0}, 2);
  const float logits[3][2] = {{-1, -2}, {1, -3}, {0.5f, -4}};
  for (int i = 0; i < 3; ++i)
    for (int c = 0; c < 2; ++c)
      scene.outputs.logits[0][i][c] = logits[i][c];
  return scene;
}

TEST(MusuMethod, TheLossByHand) {
  // top_k 2: both anchors are in the bag. alpha 0: classification ranks by q (anchor 0 first), regression by
  // p (anchor 1).
  const double decayed = std::exp(-1.0 / 3);
  const auto got = scalars("musu", {{"threshold", "top_k"}, {"k", "2"}, {"alpha", "0"}}, smallScene());
  const double z[3][2] = {{-1, -2}, {1, -3}, {0.5, -4}};
  const double y[3][2] = {{1, 0}, {decayed, 0}, {0, 0}};
  double cls = 0;
  for (int i = 0; i < 3; ++i)
    for (int c = 0; c < 2; ++c) {
      const double p = sigmoid(z[i][c]);
      cls += std::pow(y[i][c] - p, 2) * bce(p, y[i][c]);
    }
  cls /= 1 + decayed;
  // Regression: anchor 0 has weight e^(-1/3) and GIoU 1; anchor 1 weight 1 and GIoU 8/12 (the boxes fill
  // their hull).
  const double loc = (1 - 8.0 / 12) / (1 + decayed);
  EXPECT_NEAR(got.at("loss.cls"), cls, 1e-6);
  EXPECT_NEAR(got.at("loss.loc"), loc, 1e-6);
  EXPECT_NEAR(got.at("loss.total"), cls + 2 * loc, 1e-6);
  EXPECT_NEAR(got.at("loss.cls_normalizer"), 1 + decayed, 1e-6);
}

TEST(MusuMethod, TheHeadsMayLearnAtDifferentAnchors) {
  const DenseScene scene = smallScene();
  const auto method = make(
      "musu",
      {{"threshold", "top_k"}, {"k", "2"}, {"alpha", "0"}, {"weighting", "hard_top_k"}, {"k_weight", "1"}});
  RecordingSink sink;
  method->loss({scene.anchors, scene.outputs, scene.targets}, &sink);
  const auto row = [&](const std::string& channel) {
    const at::Tensor values = sink.channelValues.at(channel)[0].to(at::kDouble).contiguous();
    return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  };
  EXPECT_EQ(row("assigned_cls"), (std::vector<double>{0, -1, -1}));
  EXPECT_EQ(row("assigned_reg"), (std::vector<double>{-1, 0, -1}));
  EXPECT_EQ(row("state"), (std::vector<double>{1, 1, 0}));
  EXPECT_EQ(row("loss.loc")[0], 0);
  EXPECT_GT(row("loss.loc")[1], 0);
}

TEST(MaxIouMethod, TheLossByHand) {
  const auto got = scalars("max_iou", {}, smallScene());  // IoU 1 and 2/3: both positive
  const auto focal = [](double z, bool positive) {
    const double p = sigmoid(z);
    return positive ? 0.25 * std::pow(1 - p, 2) * bce(p, 1) : 0.75 * p * p * bce(p, 0);
  };
  const double fg = focal(-1, true) + focal(-2, false) + focal(1, true) + focal(-3, false);
  const double bg = focal(0.5, false) + focal(-4, false);
  EXPECT_NEAR(got.at("loss.cls"), (fg + bg) / 2, 1e-6);
  EXPECT_NEAR(got.at("loss.cls_fg"), fg / 2, 1e-6);
  EXPECT_NEAR(got.at("loss.cls_bg"), bg / 2, 1e-6);
  EXPECT_NEAR(got.at("loss.loc"), 0.2 / 2, 1e-6);  // dx = -2 px of a 10 px anchor
  EXPECT_NEAR(got.at("loss.total"), got.at("loss.cls") + got.at("loss.loc"), 1e-6);
}

TEST(MaxIouMethod, IgnoredAnchorsCostNothing) {
  // Thresholds that put the second anchor (IoU 2/3) between them.
  const auto got = scalars("max_iou", {{"pos_iou_thr", "0.9"}, {"neg_iou_thr", "0.6"}}, smallScene());
  EXPECT_EQ(got.at("ignored"), 1);
  EXPECT_EQ(got.at("positives.cls"), 1);
  const double p = sigmoid(-1);
  const double own =
      0.25 * std::pow(1 - p, 2) * bce(p, 1) + 0.75 * std::pow(sigmoid(-2), 2) * bce(sigmoid(-2), 0);
  EXPECT_NEAR(got.at("loss.cls_fg"), own, 1e-6);
  EXPECT_EQ(got.at("loss.loc"), 0);
}

TEST(SamplingFreeMethod, UnderTheGuardEveryNumberOfABatchWithoutPositivesIsFinite) {
  DenseScene scene = smallScene();
  scene.targets.valid.fill_(false);
  for (const char* generation : {"2020", "2021a", "2021b", "2021c"}) {
    const auto got = scalars("sampling_free",
                             {{"generation", generation},
                              {"cls_normalizer", "positives_unguarded"},
                              {"loc_normalizer", "positives_unguarded"},
                              {"coupling", "harmonic"}},
                             scene);
    for (const auto& [name, value] : got)
      EXPECT_TRUE(std::isfinite(value)) << generation << ' ' << name << ' ' << value;
    EXPECT_NEAR(got.at("loss.cls_bg"), got.at("loss.cls"), 1e-6);
    EXPECT_GT(got.at("loss.cls"), 0);
  }
}

TEST(Normalisers, DivideAsTheirSourceDoes) {
  const DenseScene scene = makeDenseScene();
  const auto with = [&](const std::string& normalizer) {
    return scalars("max_iou", {{"cls_normalizer", normalizer}, {"loc_normalizer", normalizer}}, scene);
  };
  RecordingSink sink;
  make("max_iou")->loss({scene.anchors, scene.outputs, scene.targets}, &sink);
  const at::Tensor sums = sink.channelValues.at("loss.cls").sum(1).to(at::kDouble);
  const at::Tensor positives = sink.channelValues.at("assigned_cls").ge(0).sum(1).to(at::kDouble);
  ASSERT_NE(positives[0].item<double>(), positives[1].item<double>())
      << "the scene would not tell the rules apart";
  const double batch = sums.sum().item<double>() / positives.sum().item<double>();
  const double perImage = (sums / positives).mean().item<double>();
  EXPECT_NEAR(with("positives").at("loss.cls"), batch, 1e-5 * batch);
  EXPECT_NEAR(with("sum_of_weights").at("loss.cls"), batch, 1e-5 * batch);
  EXPECT_NEAR(with("mmdet").at("loss.cls"), batch, 1e-5 * batch);
  EXPECT_NEAR(with("torchvision").at("loss.cls"), perImage, 1e-5 * perImage);
  EXPECT_GT(std::abs(batch - perImage), 1e-3 * batch);
}

std::vector<std::string> testNames(const std::string& method, const Changes& changes) {
  std::vector<std::string> names;
  const EvidenceDeclaration declaration = make(method, changes)->declaration({});
  for (const TestSpec& test : declaration.decisions.at(0).tests)
    names.push_back(test.name);
  return names;
}

TEST(Declarations, FollowTheOptions) {
  EXPECT_EQ(testNames("musu", {}),
            (std::vector<std::string>{"overlap", "joint score", "classification weight",
                                      "largest classification weight", "regression weight",
                                      "largest regression weight"}));
  EXPECT_EQ(testNames("musu", {{"eligibility", "center_in_gt"}, {"max_bag", "5"}}),
            (std::vector<std::string>{"overlap", "centre", "joint score", "bag size", "classification weight",
                                      "largest classification weight", "regression weight",
                                      "largest regression weight"}));
  EXPECT_EQ(testNames("max_iou", {{"ignore_iof_thr", "0.5"}, {"low_quality", "false"}}),
            (std::vector<std::string>{"overlap", "ignored region", "positive threshold", "best object"}));
}

TEST(MusuMethod, EveryOptionSaysWhetherItIsThePapersOrOurs) {
  const ParamSet params = *methodParams("musu");
  for (const char* name :
       {"eligibility", "center_margin", "radius", "joint", "beta", "threshold", "gamma", "k", "t", "max_bag",
        "alpha", "weighting", "tau_cls", "tau_reg", "k_weight", "cls_loss", "box_loss", "lambda_reg"}) {
    const ParamSpec* spec = params.find(name);
    ASSERT_NE(spec, nullptr) << name;
    EXPECT_TRUE(spec->source.find("Paper") == 0 || spec->source.find("Ours") == 0)
        << name << ": " << spec->source;
  }
  EXPECT_EQ(params.getFloat("lambda_reg"), 2);
  EXPECT_EQ(methodParams("max_iou")->getFloat("lambda_reg"), 1);
}

TEST(DenseMethod, NothingDividesALossThatIsItsOwnSum) {
  const DenseScene scene = smallScene();
  auto all =
      scalars("max_iou", {{"cls_loss", "ghm_c"}, {"box_loss", "ghm_r"}, {"ghm_c_momentum", "0"}}, scene);
  EXPECT_EQ(all.at("loss.cls_normalizer"), 1);
  EXPECT_EQ(all.at("loss.loc_normalizer"), 1);
  // Sampling leaves it so, and divides the other one by the 3 anchors that it keeps.
  all = scalars("max_iou", {{"cls_loss", "ghm_c"}, {"sampling", "sampling"}}, scene);
  EXPECT_EQ(all.at("loss.cls_normalizer"), 1);
  EXPECT_EQ(all.at("loss.loc_normalizer"), 3);
}

TEST(DenseMethod, WhatASamplerDropsIsNeitherPositiveNorBackground) {
  const DenseScene scene = smallScene();
  const Changes one = {
      {"sampling", "sampling"}, {"sampler", "ohem"}, {"sample_number", "1"}, {"positive_fraction", "1"}};
  const auto all = scalars("max_iou", one, scene);
  EXPECT_EQ(all.at("positives.cls"), 1);
  EXPECT_EQ(all.at("positives.reg"), 1);
  EXPECT_EQ(all.at("background"), 0);
  EXPECT_EQ(all.at("ignored"), 2);
  EXPECT_EQ(all.at("sampling.dropped_positives"), 1);
}

}  // namespace
}  // namespace anchorscope
