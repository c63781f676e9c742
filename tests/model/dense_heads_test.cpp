// FCOS and the head of ATSS: what their options do to outputs, boxes, gradients and names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/check.h"
#include "core/model/weights.h"
#include "core/ops/box_coder.h"
#include "tests/model/detector_testing.h"

namespace anchorscope {
namespace {

using testing::Autocast;
using testing::detectorOf;
using testing::disturb;
using testing::imagesOf;
using testing::largestDifference;
using testing::run;
using testing::Settings;

/// A loss that reaches every output, centerness too.
at::Tensor lossOf(const HeadOutputs& outputs) {
  at::Tensor loss = testing::lossOf(outputs);
  if (outputs.output(kCenternessOutput).defined())
    loss = loss + (outputs.output(kCenternessOutput).flatten() * 0.3).sum();
  return loss;
}

/// The detector with its box head's last convolution made of `weight` zeros and this bias.
std::unique_ptr<Detector> withConstantBoxes(const Settings& settings, double bias,
                                            const std::string& model = "fcos-small") {
  auto detector = detectorOf(model, settings);
  const c10::NoGradGuard noGrad;
  for (const NamedTensor& named : detector->parameters()) {
    if (named.name == "head.regression_head.bbox_reg.weight") named.tensor.zero_();
    if (named.name == "head.regression_head.bbox_reg.bias") named.tensor.fill_(bias);
  }
  return detector;
}

at::Tensor tensorNamed(const Detector& detector, const std::string& name) {
  for (const NamedTensor& named : detector.stateDict())
    if (named.name == name) return named.tensor;
  return {};
}

std::set<std::string> namesOf(const Detector& detector) {
  std::set<std::string> names;
  for (const NamedTensor& named : detector.stateDict())
    names.insert(named.name);
  return names;
}

class DenseHeads : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Heads, DenseHeads, ::testing::Values("retina", "fcos", "atss"),
                         [](const auto& tested) { return tested.param; });

TEST_P(DenseHeads, OutputsHaveOneRowPerLocationForAnySize) {
  for (const Settings& settings :
       {Settings{}, Settings{{"levels", "5"}}, Settings{{"levels", "3"}, {"head_depth", "0"}}}) {
    const auto detector = detectorOf(GetParam() + "-small", settings, 5);
    const HeadTraits traits = detector->stages().front().heads;
    for (const SizePx size : {SizePx{96, 64}, SizePx{101, 37}}) {
      const AnchorSet& anchors = detector->anchors(size);
      for (const LevelLayout& level : anchors.levels) {
        EXPECT_EQ(level.anchorsPerCell, traits.anchorsPerCell);
        EXPECT_EQ(level.rows, (size.height + level.stride - 1) / level.stride);
        EXPECT_EQ(level.columns, (size.width + level.stride - 1) / level.stride);
      }
      const HeadOutputs outputs = run(*detector, imagesOf(2, size));
      EXPECT_EQ(outputs.logits.sizes(), (at::IntArrayRef{2, anchors.count(), 5}));
      EXPECT_EQ(outputs.offsets.sizes(), (at::IntArrayRef{2, anchors.count(), 4}));
      EXPECT_EQ(outputs.boxes.sizes(), outputs.offsets.sizes());
      EXPECT_EQ(outputs.output(kCenternessOutput).defined(), traits.gives(kCenternessOutput));
      if (traits.gives(kCenternessOutput)) {
        EXPECT_EQ(outputs.output(kCenternessOutput).sizes(), (at::IntArrayRef{2, anchors.count()}));
      }
      EXPECT_LT(largestDifference(outputs.boxes,
                                  BoxCoder::of(anchors.offsets).decode(anchors.boxes, outputs.offsets)),
                1e-3);
    }
  }
}

TEST_P(DenseHeads, RowsFollowTheAnchorOrderInEveryOutput) {
  const auto detector =
      detectorOf(GetParam() + "-small", {{"levels", "3"}, {"norm", "frozen_bn"}, {"head_norm", "none"}}, 2);
  const c10::NoGradGuard noGrad;
  const SizePx size{640, 512};
  const int x = 600, y = 40;
  at::Tensor images = at::zeros({1, 3, size.height, size.width});
  const HeadOutputs dark = run(*detector, images);
  images.select(0, 0).narrow(1, y, 1).narrow(2, x, 1).fill_(50);
  const HeadOutputs lit = run(*detector, images);
  std::vector<at::Tensor> changes = {(lit.logits - dark.logits).abs().sum(-1)[0],
                                     (lit.offsets - dark.offsets).abs().sum(-1)[0]};
  if (detector->stages().front().heads.gives(kCenternessOutput))
    changes.push_back((lit.output(kCenternessOutput) - dark.output(kCenternessOutput)).abs()[0]);
  for (const at::Tensor& change : changes)
    testing::expectChangeAt(*detector, size, x, y, change);
}

TEST_P(DenseHeads, GradientReachesEveryParameter) {
  std::vector<Settings> kinds = {{}, {{"head_norm", "gn"}, {"levels", "5"}}};
  if (GetParam() != "retina") {
    kinds.push_back({{"centerness_branch", "classification"}, {"level_scales", "true"}});
    kinds.push_back({{"centerness", "false"}});
  }
  for (const Settings& settings : kinds) {
    const auto detector = detectorOf(GetParam() + "-small", settings);
    disturb(*detector);
    lossOf(run(*detector, imagesOf(2, {64, 64}))).backward();
    for (const NamedTensor& named : detector->parameters()) {
      ASSERT_TRUE(named.tensor.grad().defined()) << named.name;
      EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
      EXPECT_GT(named.tensor.grad().abs().sum().item<double>(), 0) << named.name;
    }
  }
}

TEST_P(DenseHeads, ResNetsForwardAndBackwardWithTheirDefaults) {
  const auto detector =
      detectorOf((GetParam() == "retina" ? "retinanet" : GetParam()) + "-r18", {{"fpn_channels", "32"}});
  disturb(*detector);
  lossOf(run(*detector, imagesOf(2, {64, 64}))).backward();
  for (const NamedTensor& named : detector->parameters()) {
    ASSERT_TRUE(named.tensor.grad().defined()) << named.name;
    EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
  }
}

TEST_P(DenseHeads, ThePriorIsTheScoreOfEveryClassWithoutWeights) {
  const auto detector = detectorOf(GetParam() + "-small", {{"prior", "0.02"}});
  const c10::NoGradGuard noGrad;
  tensorNamed(*detector, "head.classification_head.cls_logits.weight").zero_();
  const at::Tensor images = imagesOf(1, {64, 64});
  EXPECT_TRUE(at::allclose(at::sigmoid(run(*detector, images).logits), at::full({1}, 0.02), 1e-4, 0));
  detector->setPrior(0.3);
  EXPECT_TRUE(at::allclose(at::sigmoid(run(*detector, images).logits), at::full({1}, 0.3), 1e-4, 0));
}

TEST(DenseHeadsOutputs, AnObjectnessStartsAtThePriorToo) {
  const auto detector =
      detectorOf("fcos-small", {{"prior", "0.02"}, {"quality_output", "objectness"}, {"centerness", "true"}});
  const c10::NoGradGuard noGrad;
  for (const NamedTensor& named : detector->parameters())
    if (named.name.ends_with("bbox_ctrness.weight")) named.tensor.zero_();
  const HeadOutputs outputs = run(*detector, imagesOf(1, {64, 64}));
  EXPECT_TRUE(at::allclose(at::sigmoid(outputs.output(kObjectnessOutput)), at::full({1}, 0.02), 1e-4, 0));
  const auto iou = detectorOf("fcos-small", {{"prior", "0.02"}, {"quality_output", "iou"}});
  for (const NamedTensor& named : iou->parameters())
    if (named.name.ends_with("bbox_ctrness.weight")) named.tensor.zero_();
  EXPECT_TRUE(at::equal(run(*iou, imagesOf(1, {64, 64})).output(kIouOutput).count_nonzero(),
                        at::zeros({}, at::kLong)));
}

TEST_P(DenseHeads, ChannelsLastAndBf16StayNear) {
  const auto detector = detectorOf(GetParam() + "-small", {{"head_norm", "gn"}});
  disturb(*detector);
  const at::Tensor images = imagesOf(2, {96, 64});
  const c10::NoGradGuard noGrad;
  const HeadOutputs plain = run(*detector, images);
  detector->moveTo(at::kCPU, true);
  const HeadOutputs last = run(*detector, images);
  HeadOutputs rounded;
  {
    const Autocast autocast;
    rounded = run(*detector, images);
  }
  const auto compare = [](const at::Tensor& a, const at::Tensor& b, const at::Tensor& c) {
    if (!a.defined()) return;
    EXPECT_TRUE(b.is_contiguous());
    EXPECT_LT(largestDifference(a, b), 1e-4 * a.abs().max().item<double>());
    EXPECT_EQ(c.scalar_type(), at::kFloat);
    EXPECT_LT(largestDifference(a, c), 0.1 * a.abs().max().item<double>());
  };
  compare(plain.logits, last.logits, rounded.logits);
  compare(plain.offsets, last.offsets, rounded.offsets);
  compare(plain.output(kCenternessOutput), last.output(kCenternessOutput), rounded.output(kCenternessOutput));
}

TEST_P(DenseHeads, Float64GivesFloat64Everywhere) {
  const auto detector = detectorOf(GetParam() + "-small");
  detector->toDtype(at::kDouble);
  const HeadOutputs outputs = run(*detector, imagesOf(1, {64, 64}).to(at::kDouble));
  for (const at::Tensor& tensor : {outputs.logits, outputs.offsets, outputs.boxes})
    EXPECT_EQ(tensor.scalar_type(), at::kDouble);
  if (detector->stages().front().heads.gives(kCenternessOutput)) {
    EXPECT_EQ(outputs.output(kCenternessOutput).scalar_type(), at::kDouble);
  }
}

// ---- FCOS ------------------------------------------------------------------------------------------------

TEST(Fcos, HasTorchvisionsTensors) {
  const auto detector = detectorOf("fcos-r50", {}, 91);
  const std::set<std::string> names = namesOf(*detector);
  for (const std::string name :
       {"backbone.body.layer4.2.bn3.running_var", "backbone.fpn.extra_blocks.p7.bias",
        "head.classification_head.conv.0.bias", "head.classification_head.conv.1.weight",
        "head.classification_head.conv.9.weight", "head.classification_head.conv.10.bias",
        "head.classification_head.cls_logits.weight", "head.regression_head.conv.10.weight",
        "head.regression_head.bbox_reg.bias", "head.regression_head.bbox_ctrness.weight"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
  EXPECT_EQ(tensorNamed(*detector, "head.regression_head.bbox_ctrness.weight").sizes(),
            (at::IntArrayRef{1, 256, 3, 3}));
  EXPECT_EQ(detector->stages().front().heads.anchorsPerCell, 1);
  EXPECT_TRUE(detector->stages().front().heads.points);
  EXPECT_TRUE(detector->stages().front().heads.gives(kCenternessOutput));
}

TEST(Fcos, DistanceFormsAreTheirFormulas) {
  const at::Tensor images = imagesOf(1, {64, 64});
  const c10::NoGradGuard noGrad;
  const auto deltas = [&](const char* form, double bias) {
    return run(*withConstantBoxes({{"distances", form}}, bias), images).offsets;
  };
  EXPECT_TRUE(at::equal(deltas("relu", 1.5), at::full({1, 85, 4}, 1.5f)));
  EXPECT_TRUE(at::equal(deltas("relu", -1.5), at::zeros({1, 85, 4})));
  EXPECT_TRUE(at::allclose(deltas("exp", 1.5), at::full({1}, std::exp(1.5f))));
  EXPECT_TRUE(at::allclose(deltas("exp", -1.5), at::full({1}, std::exp(-1.5f))));
  const at::Tensor strides = detectorOf("fcos-small")->anchors({64, 64}).strides.unsqueeze(1);
  EXPECT_TRUE(at::allclose(deltas("exp_px", 3) * strides, at::full({1}, std::exp(3.0f))));
  // Far beyond any image, and finite.
  EXPECT_TRUE(deltas("exp", 1e30).isfinite().all().item<bool>());
  const at::Tensor boxes = run(*withConstantBoxes({{"distances", "exp"}}, 1e30), images).boxes;
  EXPECT_TRUE(((boxes.select(2, 2) - boxes.select(2, 0)) * (boxes.select(2, 3) - boxes.select(2, 1)))
                  .isfinite()
                  .all()
                  .item<bool>());
}

TEST(Fcos, BoxesLieAroundThePoints) {
  for (const auto& [offset, shift] : {std::pair{"0", 0.0f}, std::pair{"0.5", 4.0f}}) {
    const auto detector = withConstantBoxes({{"distances", "relu"}, {"point_offset", offset}}, 2);
    const at::Tensor boxes = run(*detector, imagesOf(1, {64, 64})).boxes[0];
    const at::Tensor second = at::tensor({8 + shift - 16, shift - 16, 8 + shift + 16, shift + 16});
    EXPECT_TRUE(at::equal(boxes[1], second)) << boxes[1];
  }
}

TEST(Fcos, LevelScalesMultiplyTheOutputsOfTheirLevel) {
  const auto detector = withConstantBoxes({{"distances", "relu"}, {"level_scales", "true"}}, 1);
  const c10::NoGradGuard noGrad;
  tensorNamed(*detector, "head.regression_head.scales.1").fill_(3);
  const at::Tensor deltas = run(*detector, imagesOf(1, {64, 64})).offsets;
  for (const LevelLayout& level : detector->anchors({64, 64}).levels) {
    const at::Tensor rows = deltas.slice(1, level.firstAnchor, level.firstAnchor + level.anchorCount());
    EXPECT_TRUE(rows.eq(level.stride == 16 ? 3 : 1).all().item<bool>()) << level.stride;
  }
  EXPECT_EQ(
      namesOf(*detectorOf("fcos-small", {{"level_scales", "false"}})).count("head.regression_head.scales.0"),
      0u);
}

TEST(Fcos, TheCenternessOutputSitsOnTheBranchAskedFor) {
  for (const std::string branch : {"regression", "classification"}) {
    const auto detector = detectorOf("fcos-small", {{"centerness_branch", branch}});
    const std::string prefix = "head." + branch + "_head.";
    ASSERT_TRUE(tensorNamed(*detector, prefix + "bbox_ctrness.weight").defined());
    const std::string other = branch == "regression" ? "classification" : "regression";
    EXPECT_FALSE(tensorNamed(*detector, "head." + other + "_head.bbox_ctrness.weight").defined());
    run(*detector, imagesOf(1, {64, 64})).output(kCenternessOutput).sum().backward();
    EXPECT_GT(tensorNamed(*detector, prefix + "conv.0.weight").grad().abs().sum().item<double>(), 0);
    EXPECT_FALSE(tensorNamed(*detector, "head." + other + "_head.conv.0.weight").grad().defined());
  }
}

TEST(Fcos, WithoutCenternessThereIsNoSuchOutput) {
  for (const std::string model : {"fcos-small", "atss-small"}) {
    const auto detector = detectorOf(model, {{"centerness", "false"}});
    EXPECT_FALSE(detector->stages().front().heads.gives(kCenternessOutput));
    EXPECT_FALSE(run(*detector, imagesOf(1, {64, 64})).output(kCenternessOutput).defined());
    for (const std::string& name : namesOf(*detector))
      EXPECT_EQ(name.find("ctrness"), std::string::npos) << name;
  }
}

TEST(Fcos, TorchvisionsWeightsLoadByName) {
  // As torchvision's fcos_resnet50_fpn_coco file: 91 classes, frozen batch norms without counters.
  const auto source = detectorOf("fcos-r50", {{"norm", "frozen_bn"}}, 91, 1);
  std::vector<NamedTensor> file;
  for (const NamedTensor& named : source->stateDict())
    file.push_back({named.name, named.tensor.detach().clone()});
  const auto target = detectorOf("fcos-r50", {{"norm", "frozen_bn"}}, 91, 2);
  const Result<WeightsReport> report = loadWeights(*target, file, "fcos_resnet50_fpn_coco.pth");
  ASSERT_TRUE(report.ok()) << report.error().text();
  EXPECT_EQ(report->loaded.size(), file.size());
  EXPECT_TRUE(report->missing.empty() && report->unexpected.empty() && report->wrongShape.empty());
  EXPECT_TRUE(tensorNamed(*target, "head.regression_head.bbox_ctrness.weight")
                  .equal(tensorNamed(*source, "head.regression_head.bbox_ctrness.weight")));

  // Other classes: all but the class outputs.
  const auto other = detectorOf("fcos-r50", {{"norm", "bn"}}, 3, 2);
  const Result<WeightsReport> partly = loadWeights(*other, file, "fcos_resnet50_fpn_coco.pth");
  ASSERT_TRUE(partly.ok()) << partly.error().text();
  EXPECT_EQ(partly->wrongShape.size(), 2u);
  EXPECT_EQ(partly->loaded.size(), file.size() - 2);
  EXPECT_TRUE(partly->missing.empty());
}

// ---- ATSS ------------------------------------------------------------------------------------------------

TEST(AtssHead, HasOneSquareAnchorOfEightStridesPerLocation) {
  const auto detector = detectorOf("atss-r18", {{"fpn_channels", "16"}});
  const AnchorSet& anchors = detector->anchors({96, 64});
  EXPECT_EQ(anchors.offsets, BoxOffsets::kAnchorDeltas);
  EXPECT_EQ(detector->stages().front().heads.anchorsPerCell, 1);
  EXPECT_FALSE(detector->stages().front().heads.points);
  const Box& second = anchors.geometry->boxesInInput[1];
  EXPECT_EQ(second, (Box{8 - 32, -32, 8 + 32, 32}));
  for (std::size_t i = 0; i < anchors.geometry->count(); ++i) {
    const Box& box = anchors.geometry->boxesInInput[i];
    EXPECT_EQ(box.width(), 8 * anchors.strides[static_cast<std::int64_t>(i)].item<float>());
    EXPECT_EQ(box.width(), box.height());
  }
}

TEST(AtssHead, OffsetsAreOutputsTimesTheDeviationsOfMmdet) {
  const c10::NoGradGuard noGrad;
  const at::Tensor images = imagesOf(1, {64, 64});
  const auto detector = withConstantBoxes({}, 1, "atss-small");
  tensorNamed(*detector, "head.regression_head.scales.0").fill_(2);
  const at::Tensor deltas = run(*detector, images).offsets[0];
  EXPECT_TRUE(at::allclose(deltas[0], at::tensor({0.2f, 0.2f, 0.4f, 0.4f})));
  EXPECT_TRUE(at::allclose(deltas[-1], at::tensor({0.1f, 0.1f, 0.2f, 0.2f})));
}

TEST(AtssHead, TakesSeveralAnchorsPerLocation) {
  const auto detector = detectorOf("atss-small", {{"scales_per_octave", "3"}, {"ratios", "0.5,1"}});
  EXPECT_EQ(detector->stages().front().heads.anchorsPerCell, 6);
  const HeadOutputs outputs = run(*detector, imagesOf(1, {64, 64}));
  EXPECT_EQ(outputs.output(kCenternessOutput).sizes(),
            (at::IntArrayRef{1, detector->anchors({64, 64}).count()}));
}

// ---- options ---------------------------------------------------------------------------------------------

TEST(HeadOptions, TraitsFollowTheOptions) {
  const auto traitsOf = [](const std::string& model, const Settings& settings) {
    ParamSet params = *modelParams(model);
    for (const auto& [key, value] : settings)
      EXPECT_TRUE(params.set(key, value).ok());
    return modelTraits(model, params)->front();
  };
  EXPECT_TRUE(traitsOf("fcos-r101", {}).points);
  EXPECT_FALSE(traitsOf("fcos-small", {{"centerness", "false"}}).gives(kCenternessOutput));
  EXPECT_TRUE(traitsOf("atss-r34", {}).gives(kCenternessOutput));
  EXPECT_EQ(traitsOf("atss-small", {{"ratios", "1,2"}}).anchorsPerCell, 2);
  EXPECT_FALSE(traitsOf("retinanet-r50", {}).gives(kCenternessOutput));
  EXPECT_EQ(traitsOf("retinanet-r50", {}).anchorsPerCell, 9);
}

TEST(HeadOptions, OutOfRangeOrOfAnotherHeadAreUsageErrors) {
  const std::vector<std::pair<std::string, std::pair<std::string, std::string>>> bad = {
      {"fcos-small", {"point_offset", "1.5"}},   {"fcos-small", {"point_offset", "-0.5"}},
      {"fcos-small", {"distances", "softplus"}}, {"fcos-small", {"centerness_branch", "both"}},
      {"fcos-small", {"ratios", "1"}},           {"fcos-small", {"anchor_scale", "4"}},
      {"atss-small", {"distances", "exp"}},      {"atss-small", {"levels", "6"}},
      {"retina-small", {"centerness", "true"}}};
  for (const auto& [model, setting] : bad) {
    ParamSet params = *modelParams(model);
    const Status status = params.set(setting.first, setting.second);
    ASSERT_FALSE(status.ok()) << model << " " << setting.first;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_THAT(status.error().text(), ::testing::HasSubstr(setting.first));
  }
}

}  // namespace
}  // namespace anchorscope
