#include "core/model/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/check.h"
#include "core/model/dense_detector.h"
#include "core/model/layers.h"
#include "core/ops/box_coder.h"
#include "core/ops/capabilities.h"
#include "core/ops/scores.h"
#include "tests/model/detector_testing.h"
#include "tests/support/shared_data.h"

namespace anchorscope {
namespace {

using testing::Autocast;
using testing::detectorOf;
using testing::disturb;
using testing::imagesOf;
using testing::largestDifference;
using testing::lossAfterDescent;
using testing::lossOf;
using testing::run;
using testing::Settings;

TEST(Models, EveryRegisteredModelHasUsableDefaults) {
  std::set<std::string> names;
  for (const ModelInfo& info : modelInfos()) {
    SCOPED_TRACE(info.name);
    EXPECT_TRUE(names.insert(info.name).second);
    EXPECT_FALSE(info.title.empty() || info.description.empty() || info.source.empty());
    const bool large =
        info.name.find("-r50") != std::string::npos || info.name.find("-r101") != std::string::npos;
    const std::unique_ptr<Detector> detector = detectorOf(info.name);
    EXPECT_EQ(detector->info().name, info.name);
    EXPECT_TRUE(detector->training());
    if (large) continue;  // building them is enough here
    const c10::NoGradGuard noGrad;
    detector->setTraining(false);
    const HeadOutputs outputs = run(*detector, imagesOf(1, {64, 64}));
    EXPECT_TRUE(outputs.logits.isfinite().all().item<bool>());
    EXPECT_TRUE(outputs.boxes.isfinite().all().item<bool>());
    // The prior, give or take what random weights add.
    const double prior = modelParams(info.name)->getFloat("prior");
    EXPECT_NEAR(scoresOf(outputs).mean().item<double>(), prior, 0.01);
  }
  std::set<std::string> expected;
  for (const std::string head : {"retinanet", "fcos", "atss", "faster-rcnn", "mask-rcnn"})
    for (const std::string backbone : {"small", "r18", "r34", "r50", "r101"})
      expected.insert(concat(head == "retinanet" && backbone == "small" ? "retina" : head, "-", backbone));
  expected.insert({"ssd-small", "ssd300-vgg16"});
  EXPECT_EQ(names, expected);
}

TEST(Models, UnknownNameIsAUsageErrorWithTheNearest) {
  const Result<ParamSet> params = modelParams("retinanet-r5");
  ASSERT_FALSE(params.ok());
  EXPECT_EQ(params.error().code, ErrorCode::kUsage);
  EXPECT_THAT(params.error().text(), ::testing::HasSubstr("retinanet-r50"));
}

TEST(Models, BadOptionsAreUsageErrors) {
  for (const char* ratios : {"", "1,", ",1", "1;2", "0", "-1", "nan", "1e9", "abc"}) {
    Result<ParamSet> params = modelParams("retina-small");
    ASSERT_TRUE(params.ok());
    ASSERT_TRUE(params->set("ratios", ratios).ok());
    const auto detector = makeDetector("retina-small", *params, 3, 0);
    ASSERT_FALSE(detector.ok()) << ratios;
    EXPECT_EQ(detector.error().code, ErrorCode::kUsage);
    EXPECT_THAT(detector.error().message, ::testing::HasSubstr("ratios"));
  }
  const auto params = modelParams("retina-small");
  EXPECT_FALSE(makeDetector("retina-small", *params, 0, 0).ok());
}

TEST(Models, OutputsHaveOneRowPerAnchorForAnySizeAndAnchorsPerLocation) {
  const std::vector<std::pair<Settings, int>> kinds = {
      {{}, 1},
      {{{"scales_per_octave", "3"}}, 3},
      {{{"scales_per_octave", "3"}, {"ratios", "0.5, 1,2"}}, 9},
      {{{"scales_per_octave", "2"}, {"ratios", "0.3,1,1.5,2,4"}, {"levels", "5"}}, 10},
      {{{"levels", "3"}, {"head_depth", "0"}, {"head_norm", "gn"}, {"norm", "bn"}}, 1}};
  for (const auto& [settings, anchorsPerCell] : kinds) {
    const std::unique_ptr<Detector> detector = detectorOf("retina-small", settings, 5);
    for (const SizePx size : {SizePx{160, 160}, SizePx{96, 64}, SizePx{101, 37}, SizePx{32, 200}}) {
      SCOPED_TRACE(concat(anchorsPerCell, " per cell, ", size.width, " x ", size.height));
      const AnchorSet& anchors = detector->anchors(size);
      ASSERT_FALSE(anchors.levels.empty());
      for (const LevelLayout& level : anchors.levels) {
        EXPECT_EQ(level.anchorsPerCell, anchorsPerCell);
        EXPECT_EQ(level.rows, (size.height + level.stride - 1) / level.stride);
        EXPECT_EQ(level.columns, (size.width + level.stride - 1) / level.stride);
      }
      const HeadOutputs outputs = run(*detector, imagesOf(2, size));
      EXPECT_EQ(outputs.logits.sizes(), (at::IntArrayRef{2, anchors.count(), 5}));
      EXPECT_EQ(outputs.offsets.sizes(), (at::IntArrayRef{2, anchors.count(), 4}));
      EXPECT_EQ(outputs.boxes.sizes(), outputs.offsets.sizes());
      EXPECT_FALSE(outputs.output(kCenternessOutput).defined());
    }
  }
}

TEST(Models, RowsFollowTheAnchorOrder) {
  // One changed pixel changes the rows of the anchors over it, and none far from it: in x and y, on every
  // level.
  const std::unique_ptr<Detector> detector =
      detectorOf("retina-small", {{"scales_per_octave", "2"}, {"levels", "3"}, {"norm", "frozen_bn"}}, 2);
  const c10::NoGradGuard noGrad;
  const SizePx size{640, 512};
  const int x = 600, y = 40;
  at::Tensor images = at::zeros({1, 3, size.height, size.width});
  const at::Tensor dark = run(*detector, images).logits;
  images.select(0, 0).narrow(1, y, 1).narrow(2, x, 1).fill_(50);
  const at::Tensor change = (run(*detector, images).logits - dark).abs().sum(-1)[0];
  testing::expectChangeAt(*detector, size, x, y, change);
}

TEST(Models, AnUntouchedBoxHeadPredictsTheAnchorsThemselves) {
  const std::unique_ptr<Detector> detector = detectorOf("retina-small", {{"scales_per_octave", "3"}});
  const c10::NoGradGuard noGrad;
  for (const NamedTensor& named : detector->parameters()) {
    if (named.name.find("bbox_reg") != std::string::npos) named.tensor.zero_();
  }
  const HeadOutputs outputs = run(*detector, imagesOf(2, {96, 96}));
  const at::Tensor boxes = detector->anchors({96, 96}).boxes.expand_as(outputs.boxes);
  EXPECT_LT(largestDifference(outputs.boxes, boxes), 1e-4);
}

TEST(Models, ScalesOfTheBoxHeadScaleTheOffsets) {
  const c10::NoGradGuard noGrad;
  const at::Tensor images = imagesOf(1, {64, 64});
  const HeadOutputs plain =
      run(*detectorOf("retina-small", {{"center_scale", "1"}, {"size_scale", "1"}}), images);
  const std::unique_ptr<Detector> detector =
      detectorOf("retina-small", {{"center_scale", "0.1"}, {"size_scale", "0.2"}});
  detector->moveTo(at::kCPU, true);
  const HeadOutputs scaled = run(*detector, images);
  const at::Tensor scale = at::tensor({0.1, 0.1, 0.2, 0.2}, at::kFloat);
  EXPECT_LT(largestDifference(plain.offsets * scale, scaled.offsets), 1e-4);
  EXPECT_GT(plain.offsets.abs().max().item<double>(), 1e-2);
  const at::Tensor boxes = BoxCoder::torchvision().decode(detector->anchors({64, 64}).boxes, scaled.offsets);
  EXPECT_LT(largestDifference(boxes, scaled.boxes), 1e-4);
}

TEST(Models, GradientReachesEveryTrainableParameterAndNoFrozenOne) {
  struct Case {
    const char* model;
    Settings settings;
  };
  const std::vector<Case> cases = {{"retina-small", {}},
                                   {"retina-small", {{"head_norm", "gn"}, {"levels", "5"}}},
                                   {"retinanet-r18", {{"norm", "bn"}}},
                                   {"retinanet-r18", {{"norm", "frozen_bn"}}},
                                   {"retinanet-r18", {{"norm", "gn"}, {"trainable_layers", "3"}}}};
  for (const Case& item : cases) {
    SCOPED_TRACE(item.model);
    const std::unique_ptr<Detector> detector = detectorOf(item.model, item.settings);
    disturb(*detector);
    lossOf(run(*detector, imagesOf(2, {64, 64}))).backward();
    std::size_t trained = 0;
    for (const NamedTensor& named : detector->parameters()) {
      if (!named.tensor.requires_grad()) {
        EXPECT_FALSE(named.tensor.grad().defined()) << named.name;
        continue;
      }
      ++trained;
      ASSERT_TRUE(named.tensor.grad().defined()) << named.name;
      EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
      EXPECT_GT(named.tensor.grad().abs().sum().item<double>(), 0) << named.name;
    }
    EXPECT_GT(trained, 20u);
  }
}

TEST(Models, FrozenPartsAreThoseAskedFor) {
  const auto frozenNames = [](const Detector& detector) {
    std::set<std::string> names;
    for (const NamedTensor& named : detector.parameters()) {
      if (!named.tensor.requires_grad()) names.insert(named.name);
    }
    return names;
  };
  EXPECT_TRUE(frozenNames(*detectorOf("retinanet-r18", {{"norm", "bn"}})).empty());
  for (const std::string& name : frozenNames(*detectorOf("retinanet-r18", {{"norm", "frozen_bn"}}))) {
    EXPECT_TRUE(name.find(".bn") != std::string::npos || name.find("downsample.1") != std::string::npos)
        << name;
  }
  const std::set<std::string> frozen =
      frozenNames(*detectorOf("retinanet-r18", {{"norm", "bn"}, {"trainable_layers", "3"}}));
  EXPECT_EQ(frozen.count("backbone.body.conv1.weight"), 1u);
  EXPECT_EQ(frozen.count("backbone.body.layer1.1.bn2.bias"), 1u);
  EXPECT_EQ(frozen.count("backbone.body.layer2.0.conv1.weight"), 0u);
  EXPECT_EQ(frozen.size(), 15u);  // the stem's 3 and 4 times 3 of layer1
}

TEST(Models, BatchStatisticsAreUsedAndLearnedInTrainingOnly) {
  const std::unique_ptr<Detector> detector = detectorOf("retinanet-r18", {{"norm", "bn"}});
  const c10::NoGradGuard noGrad;
  const at::Tensor images = imagesOf(2, {64, 64}) + 3;
  const auto bufferNamed = [&](const std::string& name) {
    for (const NamedTensor& named : detector->buffers()) {
      if (named.name == name) return named.tensor;
    }
    return at::Tensor();
  };
  detector->setTraining(false);
  EXPECT_FALSE(detector->training());
  run(*detector, images);
  EXPECT_EQ(bufferNamed("backbone.body.bn1.num_batches_tracked").item<std::int64_t>(), 0);
  EXPECT_EQ(bufferNamed("backbone.body.bn1.running_mean").abs().sum().item<float>(), 0);
  detector->setTraining(true);
  run(*detector, images);
  EXPECT_EQ(bufferNamed("backbone.body.bn1.num_batches_tracked").item<std::int64_t>(), 1);
  EXPECT_GT(bufferNamed("backbone.body.bn1.running_mean").abs().sum().item<float>(), 0);

  const std::unique_ptr<Detector> frozen = detectorOf("retinanet-r18", {{"norm", "frozen_bn"}});
  run(*frozen, images);
  for (const NamedTensor& named : frozen->buffers()) {
    const float expected = named.name.find("running_var") != std::string::npos ? 1 : 0;
    EXPECT_TRUE(named.tensor.eq(expected).all().item<bool>()) << named.name;
  }
}

// Also guards against the bug of oneDNN in LibTorch 2.11: the backward pass of a strided 1x1 convolution with
// fewer than 16 input channels in channels_last writes out of bounds and gives wrong gradients.
TEST(Models, ChannelsLastGivesTheSameOutputsAndGradients) {
  for (const auto& [model, settings] :
       std::vector<std::pair<std::string, Settings>>{{"retina-small", {{"width", "16"}}},
                                                     {"retina-small", {{"norm", "bn"}}},
                                                     {"retinanet-r50", {{"norm", "frozen_bn"}}}}) {
    SCOPED_TRACE(model);
    const at::Tensor images = imagesOf(2, {96, 64});
    std::vector<HeadOutputs> outputs;
    std::vector<std::vector<at::Tensor>> gradients;
    for (const bool channelsLast : {false, true}) {
      const std::unique_ptr<Detector> detector = detectorOf(model, settings);
      disturb(*detector);
      detector->moveTo(at::kCPU, channelsLast);
      outputs.push_back(run(*detector, images));
      EXPECT_TRUE(outputs.back().logits.is_contiguous());
      lossOf(outputs.back()).backward();
      std::vector<at::Tensor>& list = gradients.emplace_back();
      for (const NamedTensor& named : detector->parameters()) {
        if (channelsLast && named.tensor.dim() == 4) {
          EXPECT_TRUE(named.tensor.is_contiguous(at::MemoryFormat::ChannelsLast)) << named.name;
        }
        if (named.tensor.requires_grad()) list.push_back(named.tensor.grad());
      }
    }
    EXPECT_LT(largestDifference(outputs[0].logits, outputs[1].logits),
              1e-4 * outputs[0].logits.abs().max().item<double>());
    EXPECT_LT(largestDifference(outputs[0].offsets, outputs[1].offsets),
              1e-4 * outputs[0].offsets.abs().max().item<double>());
    ASSERT_EQ(gradients[0].size(), gradients[1].size());
    for (std::size_t i = 0; i < gradients[0].size(); ++i) {
      const double scale = gradients[0][i].abs().max().item<double>();
      EXPECT_LT(largestDifference(gradients[0][i], gradients[1][i]), 1e-2 * scale) << i;
    }
  }
}

TEST(Models, NarrowStridedPointwiseConvolutionsAreRefused) {
  StateList state(0);
  EXPECT_THROW(Conv(state, "narrow", {15, 32, 1, 2, false}, ConvInit::kKaimingFanOut), CheckFailure);
  EXPECT_NO_THROW(Conv(state, "wide", {16, 32, 1, 2, false}, ConvInit::kKaimingFanOut));
  const auto params = modelParams("retina-small");
  ASSERT_TRUE(params.ok());
  EXPECT_FALSE(ParamSet(*params).set("width", "8").ok());
}

TEST(Models, Bf16AutocastStaysNearFloat32AndGivesFloat32) {
  for (const bool channelsLast : {false, true}) {
    const std::unique_ptr<Detector> detector = detectorOf("retina-small", {{"head_norm", "gn"}});
    disturb(*detector);
    detector->moveTo(at::kCPU, channelsLast);
    const at::Tensor images = imagesOf(2, {64, 64});
    const HeadOutputs exact = run(*detector, images);
    HeadOutputs rounded;
    {
      const Autocast autocast;
      rounded = run(*detector, images);
    }
    EXPECT_EQ(rounded.logits.scalar_type(), at::kFloat);
    EXPECT_EQ(rounded.offsets.scalar_type(), at::kFloat);
    EXPECT_EQ(rounded.boxes.scalar_type(), at::kFloat);
    const double spread = (exact.logits - exact.logits.mean()).abs().max().item<double>();
    const double difference = largestDifference(exact.logits, rounded.logits);
    EXPECT_LT(difference, 0.1 * spread);
    EXPECT_GT(difference, 0);  // bf16 was really used
    lossOf(rounded).backward();
    for (const NamedTensor& named : detector->parameters()) {
      ASSERT_TRUE(named.tensor.grad().defined()) << named.name;
      EXPECT_EQ(named.tensor.grad().scalar_type(), at::kFloat) << named.name;
    }
  }
}

TEST(Models, WeightsDependOnTheSeedAndTheNameOnly) {
  const auto first = detectorOf("retina-small", {}, 3, 7);
  const auto again = detectorOf("retina-small", {}, 3, 7);
  const auto other = detectorOf("retina-small", {}, 3, 8);
  const auto more = detectorOf("retina-small", {{"scales_per_octave", "3"}, {"head_norm", "gn"}}, 3, 7);
  const auto a = first->stateDict(), b = again->stateDict(), c = other->stateDict();
  ASSERT_EQ(a.size(), b.size());
  int changed = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_TRUE(a[i].tensor.equal(b[i].tensor)) << a[i].name;
    changed += a[i].tensor.equal(c[i].tensor) ? 0 : 1;
  }
  EXPECT_GT(changed, 20);
  const auto d = more->stateDict();
  EXPECT_TRUE(a[0].tensor.equal(d[0].tensor));
  EXPECT_EQ(a[0].name, "backbone.body.conv1.weight");
}

TEST(Models, TensorsKeepTheirIdentityThroughMovesAndDtypes) {
  const auto detector = detectorOf("retina-small");
  const std::vector<NamedTensor> before = detector->stateDict();
  detector->moveTo(at::kCPU, true);
  detector->toDtype(at::kDouble);
  const std::vector<NamedTensor> after = detector->stateDict();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(before[i].tensor.is_same(after[i].tensor));
  EXPECT_EQ(before[0].tensor.scalar_type(), at::kDouble);
  const HeadOutputs outputs = run(*detector, imagesOf(1, {64, 64}).to(at::kDouble));
  EXPECT_EQ(outputs.logits.scalar_type(), at::kDouble);
  EXPECT_EQ(outputs.boxes.scalar_type(), at::kDouble);
}

TEST(Models, AnchorsOfAnotherSizeAreABug) {
  const auto detector = detectorOf("retina-small");
  const auto& dense = dynamic_cast<const DenseDetector&>(*detector);
  EXPECT_THROW(dense.heads(dense.features(imagesOf(1, {64, 64})), detector->anchors({96, 96})), CheckFailure);
}

TEST(Models, AFewStepsOfDescentLowerALoss) {
  for (const bool channelsLast : {false, true}) {
    const auto detector = detectorOf("retina-small");
    detector->moveTo(at::kCPU, channelsLast);
    const at::Tensor images = imagesOf(2, {64, 64});
    EXPECT_LT(lossAfterDescent(*detector, images), 0.8);
  }
}

TEST(Models, ParameterCountsOfTorchvision) {
  // torchvision 0.26 states 34,014,999 for retinanet_resnet50_fpn with 91 classes, whose frozen norms do not
  // count.
  std::int64_t count = 0;
  for (const NamedTensor& named : detectorOf("retinanet-r50", {{"norm", "frozen_bn"}}, 91)->parameters()) {
    if (named.tensor.requires_grad()) count += named.tensor.numel();
  }
  EXPECT_EQ(count, 34014999);
}

TEST(Models, StateDictHasTorchvisionsNamesAndShapesInOrder) {
  ANCHORSCOPE_REQUIRE_SHARED(file, "goldens/model/retinanet_state_dict__c4.json");
  std::ifstream stream(file);
  const nlohmann::json golden = nlohmann::json::parse(stream);
  const auto names = golden["params"]["names"].get<std::vector<std::string>>();
  const auto shapes = golden["params"]["shapes"].get<std::vector<std::vector<std::int64_t>>>();
  for (const char* norm : {"bn", "frozen_bn"}) {
    const auto detector = detectorOf("retinanet-r50", {{"norm", norm}}, 4);
    std::vector<std::string> gotNames;
    std::vector<std::vector<std::int64_t>> gotShapes;
    for (const NamedTensor& named : detector->stateDict()) {
      if (named.name.find("num_batches_tracked") != std::string::npos) continue;
      gotNames.push_back(named.name);
      gotShapes.push_back(named.tensor.sizes().vec());
    }
    EXPECT_EQ(gotNames, names);
    EXPECT_EQ(gotShapes, shapes);
  }
}

}  // namespace
}  // namespace anchorscope
