// Ways of halving maps: strided, LIP, average and max pooling in every backbone.

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "core/base/check.h"
#include "core/model/resnet.h"
#include "core/ops/capabilities.h"
#include "tests/model/detector_testing.h"

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

/// Every way, as options.
const std::vector<Settings> kWays = {
    {{"downsampling", "strided"}},
    {{"downsampling", "average"}},
    {{"downsampling", "max"}},
    {{"downsampling", "lip"}},
    {{"downsampling", "lip"}, {"lip_width", "24"}},
    {{"downsampling", "lip"}, {"lip_logits", "simplified"}},
    {{"downsampling", "lip"}, {"lip_logits", "projection"}},
};

std::string textOf(const Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings)
    text += concat(name, " = ", value, " ");
  return text;
}

std::map<std::string, at::Tensor> stateByName(const Detector& detector) {
  std::map<std::string, at::Tensor> tensors;
  for (const NamedTensor& named : detector.stateDict())
    tensors[named.name] = named.tensor;
  return tensors;
}

std::int64_t bodyParameters(const Detector& detector) {
  std::int64_t count = 0;
  for (const NamedTensor& named : detector.parameters()) {
    if (named.name.compare(0, 14, "backbone.body.") == 0) count += named.tensor.numel();
  }
  return count;
}

/// Keeps cell channels by name.
class CellSink final : public EvidenceSink {
 public:
  struct Map {
    ChannelSpec spec;
    at::Tensor values;
    int stride = 0;
  };
  void channel(const ChannelSpec& spec, const at::Tensor& values, int stride) override {
    EXPECT_TRUE(maps.emplace(spec.name, Map{spec, values, stride}).second) << spec.name << " twice";
  }
  void pairs(const PairTableSpec&, const PairRows&) override { FAIL(); }
  void objects(const ObjectColumnSpec&, const at::Tensor&) override { FAIL(); }
  std::map<std::string, Map> maps;
};

TEST(LipBackbone, EveryBackboneTakesEveryWayAndGivesTheSameShapes) {
  const c10::NoGradGuard noGrad;
  for (const char* model :
       {"retina-small", "retinanet-r18", "retinanet-r34", "retinanet-r50", "retinanet-r101"}) {
    std::vector<at::Tensor> logits;
    for (const Settings& way : kWays) {
      SCOPED_TRACE(concat(model, ": ", textOf(way)));
      const std::unique_ptr<Detector> detector = detectorOf(model, way);
      detector->moveTo(at::kCPU, true);
      logits.push_back(run(*detector, imagesOf(1, {46, 38})).logits);
      EXPECT_TRUE(logits.back().isfinite().all().item<bool>());
      EXPECT_EQ(logits.back().sizes(), logits.front().sizes());
    }
  }
}

TEST(LipBackbone, GradientReachesEveryParameterInEveryWay) {
  // Every way on the small one, one pooled way and the LIP that is most different on the others.
  std::vector<std::pair<const char*, Settings>> cases;
  for (const Settings& way : kWays)
    cases.emplace_back("retina-small", way);
  for (const char* model : {"retinanet-r18", "retinanet-r50", "fcos-small", "atss-small"}) {
    cases.emplace_back(model, Settings{{"downsampling", "max"}});
    cases.emplace_back(model, Settings{{"downsampling", "lip"}});
  }
  for (const auto& [model, way] : cases) {
    SCOPED_TRACE(concat(model, ": ", textOf(way)));
    const std::unique_ptr<Detector> detector = detectorOf(model, way);
    disturb(*detector);
    detector->moveTo(at::kCPU, true);
    const HeadOutputs outputs = run(*detector, imagesOf(2, {96, 64}));
    at::Tensor loss = lossOf(outputs);
    if (outputs.output(kCenternessOutput).defined()) loss = loss + outputs.output(kCenternessOutput).sum();
    loss.backward();
    for (const NamedTensor& named : detector->parameters()) {
      ASSERT_TRUE(named.tensor.grad().defined()) << named.name;
      EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
      EXPECT_GT(named.tensor.grad().abs().sum().item<double>(), 0) << named.name;
    }
  }
}

TEST(LipBackbone, FrozenStagesFreezeTheirLogitsToo) {
  const auto detector = detectorOf("retinanet-r18", {{"downsampling", "lip"}, {"trainable_layers", "2"}});
  for (const NamedTensor& named : detector->parameters()) {
    const bool frozen =
        named.name.find("body.conv1") != std::string::npos ||
        named.name.find("body.bn1") != std::string::npos || named.name.find("maxpool") != std::string::npos ||
        named.name.find("layer1") != std::string::npos || named.name.find("layer2") != std::string::npos;
    EXPECT_EQ(named.tensor.requires_grad(), !frozen) << named.name;
  }
}

TEST(LipBackbone, ParameterCountsOfTheOfficialNetworks) {
  // The official classifiers have 23,864,232 and 42,856,360 with a layer of 2048 x 1000 + 1000.
  const std::int64_t classifier = 2049000;
  EXPECT_EQ(bodyParameters(*detectorOf("retinanet-r50", {{"downsampling", "lip"}})) + classifier, 23864232);
  EXPECT_EQ(bodyParameters(*detectorOf("retinanet-r101", {{"downsampling", "lip"}})) + classifier, 42856360);
  // By hand, per stage with I channels in, P planes, width W: I W + 9 W^2 + 4 W for the trunk,
  // W P + 2 P + W I + 2 I for the heads: 524,800 + 606,720 + 770,560 more with 256 than with 128.
  EXPECT_EQ(bodyParameters(*detectorOf("retinanet-r50", {{"downsampling", "lip"}, {"lip_width", "256"}})) +
                classifier,
            23864232 + 1902080);
  // Without logits: the 3x3 convolutions of 128, 256 and 512 planes became 1x1.
  const std::int64_t plain = bodyParameters(*detectorOf("retinanet-r50"));
  const std::int64_t pooled = bodyParameters(*detectorOf("retinanet-r50", {{"downsampling", "average"}}));
  EXPECT_EQ(plain - pooled, 8 * (128 * 128 + 256 * 256 + 512 * 512));
  EXPECT_EQ(pooled, bodyParameters(*detectorOf("retinanet-r50", {{"downsampling", "max"}})));
  // Basic blocks keep their 3x3.
  EXPECT_EQ(bodyParameters(*detectorOf("retinanet-r18")),
            bodyParameters(*detectorOf("retinanet-r18", {{"downsampling", "average"}})));
}

TEST(LipBackbone, StartsAsAveragePooling) {
  const c10::NoGradGuard noGrad;
  for (const char* model : {"retina-small", "retinanet-r18", "retinanet-r50"}) {
    for (const char* logits : {"bottleneck", "simplified", "projection"}) {
      SCOPED_TRACE(concat(model, " ", logits));
      const Settings norm = {{"norm", "frozen_bn"}};  // which lets a new network's blocks through
      Settings average = norm, lip = norm;
      average.emplace_back("downsampling", "average");
      lip.insert(lip.end(), {{"downsampling", "lip"}, {"lip_logits", logits}});
      const at::Tensor images = imagesOf(2, {101, 67}).to(at::kDouble);
      std::vector<at::Tensor> outputs;
      for (const Settings& settings : {average, lip}) {
        const auto detector = detectorOf(model, settings);
        detector->toDtype(at::kDouble);
        outputs.push_back(run(*detector, images).logits);
      }
      const double spread = (outputs[0] - outputs[0].mean()).abs().max().item<double>();
      EXPECT_GT(spread, 1e-6);
      EXPECT_LT(largestDifference(outputs[0], outputs[1]), 1e-9 * spread);
    }
  }
}

TEST(LipBackbone, WaysShareTheRandomWeightsOfTheirCommonParts) {
  const auto strided = stateByName(*detectorOf("retina-small"));
  const auto average = stateByName(*detectorOf("retina-small", {{"downsampling", "average"}}));
  const auto lip = stateByName(*detectorOf("retina-small", {{"downsampling", "lip"}}));
  std::size_t shared = 0;
  for (const auto& [name, tensor] : strided) {
    const auto found = lip.find(name);
    if (found == lip.end()) continue;
    ++shared;
    EXPECT_TRUE(found->second.equal(tensor)) << name;
  }
  EXPECT_GT(shared, 30u);
  for (const auto& [name, tensor] : average) {
    ASSERT_EQ(lip.count(name), 1u) << name;
    EXPECT_TRUE(lip.at(name).equal(tensor)) << name;
  }
  EXPECT_GT(lip.size(), average.size());
  EXPECT_EQ(average.count("backbone.body.layer2.0.downsample.conv.weight"), 1u);
}

TEST(LipBackbone, ChannelsLastGivesTheSameOutputsAndGradients) {
  for (const auto& [model, settings] : std::vector<std::pair<std::string, Settings>>{
           {"retina-small", {{"downsampling", "lip"}}},
           {"retina-small", {{"downsampling", "lip"}, {"lip_logits", "simplified"}}},
           {"retinanet-r18", {{"downsampling", "lip"}, {"norm", "frozen_bn"}}},
           {"retina-small", {{"downsampling", "average"}}},
           {"retina-small", {{"downsampling", "max"}}}}) {
    SCOPED_TRACE(concat(model, ": ", textOf(settings)));
    const at::Tensor images = imagesOf(2, {101, 67});
    std::vector<at::Tensor> logits;
    std::vector<std::vector<at::Tensor>> gradients(2);
    for (const bool channelsLast : {false, true}) {
      const std::unique_ptr<Detector> detector = detectorOf(model, settings);
      disturb(*detector);
      detector->moveTo(at::kCPU, channelsLast);
      const HeadOutputs outputs = run(*detector, images);
      lossOf(outputs).backward();
      logits.push_back(outputs.logits.detach());
      for (const NamedTensor& named : detector->parameters()) {
        if (named.tensor.requires_grad()) gradients[channelsLast ? 1 : 0].push_back(named.tensor.grad());
      }
    }
    EXPECT_LT(largestDifference(logits[0], logits[1]), 1e-4 * logits[0].abs().max().item<double>());
    for (std::size_t i = 0; i < gradients[0].size(); ++i) {
      EXPECT_LT(largestDifference(gradients[0][i], gradients[1][i]),
                1e-2 * gradients[0][i].abs().max().item<double>())
          << i;
    }
  }
}

TEST(LipBackbone, DeclaredChannelsArePublishedOnTheirGridsForAnySize) {
  const c10::NoGradGuard noGrad;
  const std::map<std::string, int> places = {{"stem", 2},
                                             {"layer2.conv", 4},
                                             {"layer2.shortcut", 4},
                                             {"layer3.conv", 8},
                                             {"layer3.shortcut", 8},
                                             {"layer4.conv", 16},
                                             {"layer4.shortcut", 16}};
  for (const auto& [model, logits] : std::vector<std::pair<const char*, const char*>>{
           {"retina-small", "bottleneck"}, {"fcos-small", "projection"}, {"retinanet-r50", "bottleneck"}}) {
    const auto detector = detectorOf(model, {{"downsampling", "lip"}, {"lip_logits", logits}});
    disturb(*detector);
    const EvidenceDeclaration declaration = detector->declaration();
    EXPECT_EQ(declaration.channels.size(), 3 * places.size());
    for (const SizePx size : {SizePx{250, 250}, SizePx{64, 96}, SizePx{97, 161}}) {
      SCOPED_TRACE(concat(model, " ", size.width, "x", size.height));
      const at::Tensor images = imagesOf(2, size);
      CellSink sink;
      const at::Tensor watched = run(*detector, images, &sink).logits;
      EXPECT_TRUE(watched.equal(run(*detector, images).logits));
      ASSERT_EQ(sink.maps.size(), declaration.channels.size());
      for (const ChannelSpec& spec : declaration.channels) {
        EXPECT_FALSE(spec.title.empty() || spec.description.empty() || spec.unit.empty() ||
                     spec.source.empty());
        EXPECT_EQ(spec.domain, ChannelDomain::kCell);
        ASSERT_EQ(sink.maps.count(spec.name), 1u) << spec.name;
        const CellSink::Map& map = sink.maps.at(spec.name);
        EXPECT_EQ(map.spec, spec);
        const CellGrid grid = CellGrid::of(map.stride, size);
        EXPECT_EQ(map.values.sizes(), (at::IntArrayRef{2, grid.rows, grid.columns})) << spec.name;
        EXPECT_TRUE(map.values.isfinite().all().item<bool>()) << spec.name;
        ASSERT_TRUE(spec.min.has_value());
        EXPECT_GE(map.values.min().item<float>(), *spec.min - 1e-5f) << spec.name;
        if (spec.max) {
          EXPECT_LE(map.values.max().item<float>(), *spec.max + 1e-5f) << spec.name;
        }
      }
      for (const auto& [place, stride] : places) {
        EXPECT_EQ(sink.maps.at(concat("lip.", place, ".importance")).stride, stride);
        EXPECT_EQ(sink.maps.at(concat("lip.", place, ".saturation")).stride, stride);
        EXPECT_EQ(sink.maps.at(concat("lip.", place, ".entropy")).stride, 2 * stride);
      }
    }
  }
}

TEST(LipBackbone, EvidenceAtTheStartIsThatOfAveragePooling) {
  const c10::NoGradGuard noGrad;
  const auto detector = detectorOf("retina-small", {{"downsampling", "lip"}});
  CellSink sink;
  run(*detector, imagesOf(1, {96, 96}), &sink);
  for (const auto& [name, map] : sink.maps) {
    const at::Tensor inside = map.values.slice(1, 1).slice(2, 1);
    if (name.find(".importance") != std::string::npos) {
      EXPECT_LT(largestDifference(map.values, at::ones_like(map.values)), 1e-5) << name;
    } else if (name.find(".entropy") != std::string::npos) {
      EXPECT_NEAR(inside.min().item<double>(), std::log(9.0), 1e-5) << name;
      EXPECT_NEAR(map.values[0][0][0].item<double>(), std::log(4.0), 1e-5) << name;  // 2x2 inside the map
    } else {
      EXPECT_EQ(map.values.abs().max().item<float>(), 0) << name;
    }
  }
}

TEST(LipBackbone, OtherWaysDeclareAndPublishNothing) {
  const c10::NoGradGuard noGrad;
  for (const char* way : {"strided", "average", "max"}) {
    const auto detector = detectorOf("retina-small", {{"downsampling", way}});
    EXPECT_EQ(detector->declaration(), EvidenceDeclaration()) << way;
    CellSink sink;
    run(*detector, imagesOf(1, {64, 64}), &sink);
    EXPECT_TRUE(sink.maps.empty()) << way;
  }
}

TEST(LipBackbone, MapsOfOnePixelAreFine) {
  for (const char* model : {"retina-small", "retinanet-r50"}) {
    const auto detector = detectorOf(model, {{"downsampling", "lip"}, {"norm", "frozen_bn"}});
    disturb(*detector);
    lossOf(run(*detector, imagesOf(2, {16, 16}))).backward();  // layer4 pools maps of one pixel
    for (const NamedTensor& named : detector->parameters()) {
      if (named.tensor.requires_grad()) {
        EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
      }
    }
  }
}

/// Logits and gradients under autocast against those of float32.
void checkAutocast(const Settings& way, at::ScalarType dtype, bool channelsLast) {
  SCOPED_TRACE(concat(textOf(way), toString(dtype), channelsLast ? ", channels last" : ", contiguous"));
  const auto detector = detectorOf("retina-small", way);
  disturb(*detector);
  detector->moveTo(at::kCPU, channelsLast);
  const at::Tensor images = imagesOf(2, {64, 64});
  const at::Tensor exact = run(*detector, images).logits.detach();
  HeadOutputs rounded;
  {
    const Autocast autocast(dtype);
    rounded = run(*detector, images);
  }
  const double spread = (exact - exact.mean()).abs().max().item<double>();
  EXPECT_LT(largestDifference(exact, rounded.logits), 0.1 * spread);
  EXPECT_GT(largestDifference(exact, rounded.logits), 0);  // the narrow type was really used
  lossOf(rounded).backward();
  for (const NamedTensor& named : detector->parameters())
    EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
}

TEST(LipBackbone, Bf16AutocastStaysNearFloat32) {
  for (const Settings& way : kWays) {
    for (const bool channelsLast : {false, true})
      checkAutocast(way, at::kBFloat16, channelsLast);
  }
}

// e^12, the weight of the largest logit, is more than float16 holds.
TEST(LipBackbone, Float16AutocastStaysNearFloat32) {
  for (const bool channelsLast : {false, true})
    checkAutocast({{"downsampling", "lip"}}, at::kHalf, channelsLast);
}

TEST(LipBackbone, TrainingMovesTheWeightsAwayFromAveragePooling) {
  const auto detector = detectorOf("retina-small", {{"downsampling", "lip"}});
  detector->moveTo(at::kCPU, true);
  const at::Tensor images = imagesOf(2, {64, 64});
  EXPECT_LT(lossAfterDescent(*detector, images), 0.8);
  const c10::NoGradGuard noGrad;
  CellSink sink;
  run(*detector, images, &sink);
  for (const auto& [name, map] : sink.maps) {
    if (name.find(".importance") != std::string::npos) {
      EXPECT_GT((map.values - 1).abs().max().item<double>(), 1e-5) << name;
    }
  }
}

TEST(LipBackbone, OptionsMatterOnlyForLip) {
  Result<ParamSet> params = modelParams("retinanet-r50");
  ASSERT_TRUE(params.ok());
  EXPECT_EQ(params->getText("downsampling"), "strided");
  EXPECT_FALSE(params->applies("lip_logits"));
  EXPECT_FALSE(params->applies("lip_width"));
  ASSERT_TRUE(params->set("downsampling", "lip").ok());
  EXPECT_TRUE(params->applies("lip_logits"));
  EXPECT_TRUE(params->applies("lip_width"));
  EXPECT_EQ(params->getInt("lip_width"), 128);
  ASSERT_TRUE(params->set("lip_logits", "projection").ok());
  EXPECT_FALSE(params->applies("lip_width"));
  const Status bad = params->set("downsampling", "softpool");
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(bad.error().text(), ::testing::HasSubstr("average"));
  for (const ParamSpec& spec : ResNetShape{}.downsamplingParams())
    EXPECT_EQ(spec.effect, ParamEffect::kNextRun) << spec.name;
}

}  // namespace
}  // namespace anchorscope
