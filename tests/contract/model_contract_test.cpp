// What every registered detector must hold to.

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/model/detector.h"
#include "core/trainer/run_config.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::RecordingSink;

class Models : public ::testing::TestWithParam<std::string> {
 protected:
  ParamSet params() const { return *modelParams(GetParam()); }
  std::vector<ParamSpec> specs() const { return params().specs(); }

  /// Options whose network is built and run in no time, where the model has them.
  ParamSet narrow() const {
    ParamSet set = params();
    for (const auto& [name, value] : {std::pair{"fpn_channels", "16"}, {"head_depth", "1"}}) {
      if (set.find(name) != nullptr) {
        EXPECT_TRUE(set.set(name, value).ok()) << name;
      }
    }
    return set;
  }
  bool large() const {
    return GetParam().find("-r50") != std::string::npos || GetParam().find("-r101") != std::string::npos;
  }
};

std::unique_ptr<Detector> built(const std::string& name, const ParamSet& params) {
  auto detector = makeDetector(name, params, 3, 1);
  EXPECT_TRUE(detector.ok()) << (detector.ok() ? "" : detector.error().text());
  return *std::move(detector);
}

void expectSame(const HeadTraits& got, const HeadTraits& expected) {
  EXPECT_EQ(got.points, expected.points);
  EXPECT_EQ(got.anchorsPerCell, expected.anchorsPerCell);
  EXPECT_EQ(got.outputs, expected.outputs);
  EXPECT_EQ(got.background, expected.background);
  EXPECT_EQ(got.stage, expected.stage);
  EXPECT_EQ(got.classAgnostic, expected.classAgnostic);
  EXPECT_EQ(got.ownCandidates, expected.ownCandidates);
  EXPECT_EQ(got.boxPerClass, expected.boxPerClass);
  EXPECT_EQ(got.masks, expected.masks);
}

void expectSame(const Detector& detector, const std::vector<HeadTraits>& expected) {
  const std::vector<StageInfo> stages = detector.stages();
  ASSERT_EQ(stages.size(), expected.size());
  for (std::size_t i = 0; i < stages.size(); ++i)
    expectSame(stages[i].heads, expected[i]);
}

/// Of two images and three classes.
at::Tensor sumOfSoundOutputs(const StageOutputs& stage, const HeadTraits& traits) {
  const std::int64_t count = stage.candidates.count(), classes = traits.classAgnostic ? 1 : 3;
  EXPECT_EQ(stage.candidates.shared(), !traits.ownCandidates);
  EXPECT_EQ(stage.candidates.origins.defined(), traits.ownCandidates);
  const HeadOutputs& outputs = stage.heads;
  EXPECT_EQ(outputs.logits.sizes(), (at::IntArrayRef{2, count, classes + (traits.background ? 1 : 0)}));
  EXPECT_EQ(outputs.activation == ScoreActivation::kSoftmaxWithBackground, traits.background);
  const std::vector<std::int64_t> boxes = traits.boxPerClass ? std::vector<std::int64_t>{2, count, classes, 4}
                                                             : std::vector<std::int64_t>{2, count, 4};
  EXPECT_EQ(outputs.offsets.sizes(), boxes);
  EXPECT_EQ(outputs.boxes.sizes(), boxes);
  at::Tensor sum = outputs.logits.sum() + outputs.boxes.sum();
  EXPECT_EQ(outputs.output(kCenternessOutput).defined(), traits.gives(kCenternessOutput));
  for (const auto& [name, values] : outputs.further) {
    EXPECT_TRUE(traits.gives(name)) << name;
    EXPECT_EQ(values.sizes(), (at::IntArrayRef{2, count})) << name;
    sum = sum + values.sum();
  }
  EXPECT_EQ(static_cast<bool>(outputs.masksOf), traits.masks);
  if (traits.masks) {
    const at::Tensor masks = outputs.masksOf(at::tensor({3.F, 4.F, 40.F, 30.F}).expand({5, 4}),
                                             at::tensor({0, 1, 1, 0, 0}, at::kLong));
    EXPECT_EQ(masks.dim(), 4);
    EXPECT_EQ(masks.size(0), 5);
    EXPECT_EQ(masks.size(1), classes);
    EXPECT_TRUE(at::allclose(masks[0], masks[3]) && at::allclose(masks[1], masks[2]));
    sum = sum + masks.sum();
  }
  return sum;
}

/// Runs the detector on a small image; outputs must fit the anchors and the evidence the declaration.
void expectRuns(Detector& detector, const HeadTraits& traits, bool backward) {
  const SizePx size{64, 48};
  const AnchorSet& anchors = detector.anchors(size);
  ASSERT_GT(anchors.count(), 0);
  std::int64_t count = 0;
  int mostPerCell = 0;
  for (const LevelLayout& level : anchors.levels) {
    EXPECT_EQ(level.firstAnchor, count);
    mostPerCell = std::max(mostPerCell, level.anchorsPerCell);
    count += level.anchorCount();
  }
  EXPECT_EQ(mostPerCell, traits.anchorsPerCell);
  EXPECT_EQ(count, anchors.count());
  EXPECT_EQ(anchors.offsets, traits.points ? BoxOffsets::kSideDistances : BoxOffsets::kAnchorDeltas);
  ASSERT_TRUE(anchors.geometry);
  EXPECT_EQ(anchors.geometry->levels, anchors.levels);
  EXPECT_EQ(static_cast<std::int64_t>(anchors.geometry->count()), count);

  const at::Tensor images = at::sin(at::arange(2 * 3 * 48 * 64, at::kFloat)).view({2, 3, 48, 64});
  RecordingSink sink;
  const std::vector<StageOutputs> stages = detector.forward(images, nullptr, {&sink});
  const std::vector<StageInfo> infos = detector.stages();
  ASSERT_EQ(stages.size(), infos.size());
  EXPECT_TRUE(stages.front().candidates.boxes.equal(anchors.boxes));
  at::Tensor sum = at::zeros({});
  for (std::size_t stage = 0; stage < stages.size(); ++stage)
    sum = sum + sumOfSoundOutputs(stages[stage], infos[stage].heads);
  EXPECT_TRUE(sum.isfinite().item<bool>());
  if (backward) {
    sum.backward();
    for (const NamedTensor& named : detector.parameters()) {
      if (!named.tensor.grad().defined()) continue;
      EXPECT_TRUE(named.tensor.grad().isfinite().all().item<bool>()) << named.name;
    }
  }

  const EvidenceDeclaration declared = detector.declaration();
  ASSERT_EQ(sink.channelSpecs.size(), declared.channels.size());
  std::set<std::string> published;
  for (const ChannelSpec& spec : sink.channelSpecs)
    published.insert(spec.name);
  for (const ChannelSpec& spec : declared.channels)
    EXPECT_EQ(published.count(spec.name), 1u) << spec.name;
  EXPECT_EQ(sink.pairSpecs, declared.pairTables);
}

TEST_P(Models, SayWhichParametersAreOfTheBackboneAndWhichAreBiases) {
  const auto detector = makeDetector(GetParam(), params(), 3, 1);
  ASSERT_TRUE(detector.ok());
  const auto parameters = (*detector)->parameters();
  const std::vector<ParameterRole> roles = (*detector)->parameterRoles();
  ASSERT_EQ(roles.size(), parameters.size());
  int counts[2][3] = {};
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string& name = parameters[i].name;
    // A detector's own word against its names, which torchvision gave it.
    EXPECT_EQ(roles[i].backbone, name.starts_with("backbone.") && !name.starts_with("backbone.fpn.")) << name;
    const bool ofWeights = parameters[i].tensor.dim() != 1;
    EXPECT_EQ(roles[i].kind == ParameterRole::Kind::kWeight, ofWeights) << name;
    if (roles[i].kind == ParameterRole::Kind::kBias) {
      EXPECT_TRUE(name.ends_with(".bias")) << name;
    }
    ++counts[roles[i].backbone ? 1 : 0][static_cast<int>(roles[i].kind)];
  }
  EXPECT_GT(counts[1][static_cast<int>(ParameterRole::Kind::kWeight)], 0);
  EXPECT_GT(counts[1][static_cast<int>(ParameterRole::Kind::kNorm)], 0);
  EXPECT_GE(counts[0][static_cast<int>(ParameterRole::Kind::kBias)], 2) << "both outputs have biases";
}

TEST_P(Models, OptionsAreDescribedAndTheirDefaultsValid) {
  std::set<std::string> names;
  for (const ParamSpec& spec : specs()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name << " stands twice";
    EXPECT_FALSE(spec.help.empty() || spec.source.empty()) << spec.name;
    EXPECT_TRUE(validateParam(spec, spec.defaultValue).ok()) << spec.name;
    if (!spec.whenOption.empty()) {
      EXPECT_NE(params().find(spec.whenOption), nullptr) << spec.name;
    }
  }
}

TEST_P(Models, OptionsComeBackFromToml) {
  RunConfig config = *makeRunConfig("musu", GetParam());
  for (const ParamSpec& spec : specs()) {
    ParamValue other = spec.defaultValue;
    if (spec.type == anchorscope::ParamType::kBool) other = !std::get<bool>(other);
    if (spec.type == anchorscope::ParamType::kChoice) other = spec.choices.back();
    if (spec.type == anchorscope::ParamType::kInt) other = static_cast<std::int64_t>(*spec.max);
    if (spec.type == anchorscope::ParamType::kFloat) other = 0.1 + 0.2 * *spec.max;
    if (spec.type == anchorscope::ParamType::kText) other = std::string("0.7, 1.3");
    ASSERT_TRUE(config.modelParams.setValue(spec.name, other).ok()) << spec.name;
  }
  const Result<RunConfig> back = fromToml(toToml(config), "config.toml");
  ASSERT_TRUE(back.ok()) << back.error().text();
  EXPECT_EQ(back->model, GetParam());
  for (const ParamSpec& spec : specs())
    EXPECT_EQ(back->modelParams.get(spec.name), config.modelParams.get(spec.name)) << spec.name;
}

TEST_P(Models, TraitsAreThoseOfTheDetectorAndOutputsFitTheAnchors) {
  const ParamSet set = large() ? narrow() : params();
  const std::vector<HeadTraits> traits = *modelTraits(GetParam(), set);
  const auto detector = built(GetParam(), set);
  expectSame(*detector, traits);
  if (!large()) expectRuns(*detector, traits.front(), true);
}

TEST_P(Models, EveryChoiceRuns) {
  if (large()) GTEST_SKIP() << "the same code as the smaller backbones, and slow";
  for (const ParamSpec& spec : specs()) {
    std::vector<std::string> values = spec.choices;
    if (spec.type == anchorscope::ParamType::kBool) values = {"true", "false"};
    for (const std::string& value : values) {
      if (toText(spec.defaultValue) == value) continue;
      SCOPED_TRACE(spec.name + " = " + value);
      ParamSet set = narrow();
      ASSERT_TRUE(set.set(spec.name, value).ok());
      const std::vector<HeadTraits> traits = *modelTraits(GetParam(), set);
      const auto detector = built(GetParam(), set);
      expectSame(*detector, traits);
      const c10::NoGradGuard noGrad;
      expectRuns(*detector, traits.front(), false);
    }
  }
}

TEST_P(Models, OutOfRangeIsAUsageErrorThatNamesTheOption) {
  for (const ParamSpec& spec : specs()) {
    const auto refused = [&](const std::string& text) {
      ParamSet set = params();
      const Status status = set.set(spec.name, text);
      ASSERT_FALSE(status.ok()) << spec.name << " = " << text;
      EXPECT_EQ(status.error().code, ErrorCode::kUsage);
      EXPECT_NE(status.error().message.find(spec.name), std::string::npos);
    };
    if (spec.min) refused(std::to_string(static_cast<std::int64_t>(*spec.min) - 1));
    if (spec.max) refused(std::to_string(static_cast<std::int64_t>(*spec.max) + 1));
    if (spec.type != anchorscope::ParamType::kText) refused("no such value");
  }
}

std::vector<std::string> modelNames() {
  std::vector<std::string> names;
  for (const ModelInfo& info : modelInfos())
    names.push_back(info.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Registry, Models, ::testing::ValuesIn(modelNames()), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace anchorscope
