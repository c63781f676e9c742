// What every registered sampler must hold to.

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/base/named_registry.h"
#include "core/evidence/decision_reader.h"
#include "core/samplers/sampler.h"
#include "tests/contract/cases.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::RecordingSink;

const at::TensorOptions kLong = at::TensorOptions().dtype(at::kLong);

enum class Scene { kUsual, kNoObjects, kAllIgnored, kNoCandidates, kOnlyPositives };

/// 2 images of 160 candidates, of which every fifth has an object and every seventh takes no part; losses,
/// overlaps and scores all differ from each other.
SamplerInputs inputsOf(Scene kind) {
  const std::int64_t count = kind == Scene::kNoCandidates ? 0 : 160;
  const at::Tensor index = at::arange(2 * count, kLong).view({2, count});
  SamplerInputs inputs;
  inputs.object = at::where(index % 7 == 0, -2, at::where(index % 5 == 0, index % 3, -1));
  if (kind == Scene::kNoObjects) inputs.object = inputs.object.clamp_max(-1);
  if (kind == Scene::kAllIgnored) inputs.object = at::full_like(inputs.object, -2);
  if (kind == Scene::kOnlyPositives) inputs.object = index % 4;
  const at::Tensor mixed = (index * 37 % 331).to(at::kFloat) / 331;
  inputs.loss = mixed + 0.01;
  inputs.iou = kind == Scene::kNoObjects ? at::zeros_like(mixed) : (index * 53 % 337).to(at::kFloat) / 400;
  inputs.score = (index * 71 % 347).to(at::kFloat) / 347;
  const at::Tensor corner = at::stack({index * 11 % 89, index * 17 % 97}, 2).to(at::kFloat);
  inputs.boxes = at::cat({corner, corner + 30}, 2);
  return inputs;
}

SamplerInputs mapped(const SamplerInputs& inputs, const std::function<at::Tensor(const at::Tensor&)>& map) {
  return {map(inputs.object), map(inputs.iou), map(inputs.loss), map(inputs.score), map(inputs.boxes)};
}

class SamplerContract : public ::testing::TestWithParam<std::string> {
 protected:
  const SamplerEntry& entry() const { return **findNamed(samplerEntries(), GetParam(), "sampler"); }
  /// Of so few candidates that something is left out.
  std::unique_ptr<Sampler> make() const {
    ParamSet params(entry().params);
    if (params.find("sample_number")) {
      EXPECT_TRUE(params.set("sample_number", "24").ok());
    }
    auto made = makeSampler(GetParam(), params);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
  static SampledCandidates choose(Sampler& sampler, const SamplerInputs& inputs, EvidenceSink* sink = nullptr,
                                  std::uint64_t seed = 5) {
    StepContext step(sink);
    step.seed = seed;
    return sampler.choose(inputs, step);
  }
};

TEST_P(SamplerContract, KeepsSomeOfThoseThatTakePart) {
  const auto sampler = make();
  for (const Scene kind :
       {Scene::kUsual, Scene::kNoObjects, Scene::kAllIgnored, Scene::kNoCandidates, Scene::kOnlyPositives}) {
    SCOPED_TRACE(static_cast<int>(kind));
    const SamplerInputs inputs = inputsOf(kind);
    const SampledCandidates selection = choose(*sampler, inputs);
    ASSERT_EQ(selection.kept.sizes(), inputs.object.sizes());
    ASSERT_EQ(selection.kept.scalar_type(), at::kBool);
    EXPECT_FALSE(selection.kept.logical_and(inputs.object < -1).any().item<bool>());
    if (kind == Scene::kUsual || kind == Scene::kOnlyPositives) {
      EXPECT_TRUE(selection.kept.any(1).all().item<bool>());
    }
    if (!selection.weight.defined()) continue;
    ASSERT_EQ(selection.weight.sizes(), inputs.object.sizes());
    EXPECT_TRUE(selection.weight.isfinite().all().item<bool>());
    EXPECT_TRUE(selection.weight.ge(0).all().item<bool>());
  }
}

TEST_P(SamplerContract, ImagesAreChosenFromIndependently) {
  SamplerInputs inputs = inputsOf(Scene::kUsual), changed = inputsOf(Scene::kUsual);
  changed.object[1].fill_(-1);
  for (at::Tensor* values : {&changed.iou, &changed.loss, &changed.score})
    values->select(0, 1).copy_(values->select(0, 1).flip(0));
  const SampledCandidates one = choose(*make(), inputs), other = choose(*make(), changed);
  EXPECT_TRUE(at::equal(one.kept[0], other.kept[0]));
  if (one.weight.defined()) {
    EXPECT_TRUE(at::equal(one.weight[0], other.weight[0]));
  }
}

TEST_P(SamplerContract, TheSameTwiceWithAndWithoutASinkAndInputsStay) {
  const SamplerInputs inputs = inputsOf(Scene::kUsual);
  const SamplerInputs before = mapped(inputs, [](const at::Tensor& values) { return values.clone(); });
  RecordingSink sink;
  const SampledCandidates one = choose(*make(), inputs), two = choose(*make(), inputs),
                          seen = choose(*make(), inputs, &sink);
  EXPECT_TRUE(at::equal(one.kept, two.kept));
  EXPECT_TRUE(at::equal(one.kept, seen.kept));
  for (const auto& [got, had] : {std::pair{inputs.object, before.object},
                                 {inputs.iou, before.iou},
                                 {inputs.loss, before.loss},
                                 {inputs.score, before.score},
                                 {inputs.boxes, before.boxes}})
    EXPECT_TRUE(at::equal(got, had));
}

TEST_P(SamplerContract, TheOrderOfCandidatesMattersOnlyToWhatIsRandom) {
  const SamplerInputs inputs = inputsOf(Scene::kUsual);
  const at::Tensor order = at::arange(160, kLong) * 7 % 160;
  const auto permuted = [&](const at::Tensor& values) { return values.index_select(1, order); };
  const at::Tensor one = choose(*make(), inputs).kept, other = choose(*make(), mapped(inputs, permuted)).kept;
  // What no seed changes is chosen by values.
  const bool random = !at::equal(one, choose(*make(), inputs, nullptr, 6).kept);
  if (!random) {
    EXPECT_TRUE(at::equal(permuted(one), other));
  }
  EXPECT_TRUE(at::equal(one.sum(1), other.sum(1)));
}

TEST_P(SamplerContract, ShowsWhatItDeclaresAndSaysOfEveryCandidateWhy) {
  for (const Scene kind : {Scene::kUsual, Scene::kNoObjects, Scene::kAllIgnored, Scene::kOnlyPositives}) {
    SCOPED_TRACE(static_cast<int>(kind));
    const auto sampler = make();
    const SamplerInputs inputs = inputsOf(kind);
    RecordingSink sink;
    const SampledCandidates selection = choose(*sampler, inputs, &sink);
    const EvidenceDeclaration declared = sampler->declaration();
    EXPECT_EQ(sink.channelSpecs, declared.channels);
    EXPECT_TRUE(sink.pairSpecs.empty() && sink.objectSpecs.empty());
    ASSERT_EQ(declared.decisions.size(), 1u);
    const DecisionSpec& decision = declared.decisions.front();
    EXPECT_TRUE(decision.pairTable.empty() && decision.outcomes.empty());
    const DenseScene scene = testing::makeDenseScene();
    for (std::int64_t image = 0; image < 2; ++image) {
      const StageEvidence frame = sink.frame(scene, image, declared.decisions);
      const DecisionReader reader(frame, decision);
      std::vector<TestAnswer> answers;
      for (std::int64_t candidate = 0; candidate < 160; ++candidate) {
        reader.read(candidate, answers);
        int passed = 0, failed = 0;
        for (const TestAnswer& answer : answers) {
          passed += answer.verdict == TestVerdict::kPassed;
          failed += answer.verdict == TestVerdict::kFailed;
          if (answer.verdict == TestVerdict::kPassed) {
            EXPECT_GT(answer.margin, 0) << candidate;
          }
          if (answer.verdict == TestVerdict::kFailed) {
            EXPECT_LE(answer.margin, 0) << candidate;
          }
        }
        const bool kept = selection.kept[image][candidate].item<bool>();
        const bool takesPart = inputs.object[image][candidate].item<std::int64_t>() >= -1;
        EXPECT_EQ(failed == 0 && passed > 0, kept) << candidate;
        EXPECT_EQ(failed > 0, takesPart && !kept) << candidate;
      }
    }
  }
}

TEST_P(SamplerContract, EveryChoiceAndBoundRuns) {
  for (const ParamSpec& spec : entry().params) {
    std::vector<ParamValue> values(spec.choices.begin(), spec.choices.end());
    for (const auto& bound : {spec.min, spec.max})
      if (bound)
        values.push_back(spec.type == anchorscope::ParamType::kInt
                             ? ParamValue(static_cast<std::int64_t>(*bound))
                             : ParamValue(*bound));
    for (const ParamValue& value : values) {
      ParamSet params(entry().params);
      ASSERT_TRUE(params.setValue(spec.name, value).ok()) << spec.name;
      const auto sampler = *makeSampler(GetParam(), params);
      for (const Scene kind : {Scene::kUsual, Scene::kNoObjects, Scene::kNoCandidates}) {
        const SamplerInputs inputs = inputsOf(kind);
        RecordingSink sink;
        const SampledCandidates selection = choose(*sampler, inputs, &sink);
        EXPECT_FALSE(selection.kept.logical_and(inputs.object < -1).any().item<bool>()) << spec.name;
        if (selection.weight.defined()) {
          EXPECT_TRUE(selection.weight.isfinite().all().item<bool>()) << spec.name;
        }
      }
    }
  }
}

TEST_P(SamplerContract, StateMovesOnlyWhileTraining) {
  const auto sampler = make();
  std::vector<at::Tensor> before;
  for (const NamedTensor& buffer : sampler->buffers())
    before.push_back(buffer.tensor.clone());
  {
    const c10::NoGradGuard noGrad;
    choose(*sampler, inputsOf(Scene::kUsual));
  }
  const std::vector<NamedTensor> after = sampler->buffers();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(after[i].tensor, before[i])) << after[i].name;
}

TEST_P(SamplerContract, WhatItSaysItNeedsIsAllThatItReads) {
  const auto sampler = make();
  SamplerInputs inputs = inputsOf(Scene::kUsual);
  const at::Tensor expected = choose(*sampler, inputs).kept;
  if (!sampler->needsLoss()) inputs.loss = at::Tensor();
  if (!sampler->needsIou()) inputs.iou = at::Tensor();
  if (!sampler->needsScores()) inputs.score = inputs.boxes = at::Tensor();
  EXPECT_TRUE(at::equal(choose(*make(), inputs).kept, expected));
}

INSTANTIATE_TEST_SUITE_P(Registry, SamplerContract, ::testing::ValuesIn(testing::namesOf(samplerEntries())),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace anchorscope
