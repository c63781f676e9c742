// What every registered method must hold to: its loss. What it shows is in method_evidence_test.cpp.

#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

#include "core/assigners/assigner.h"
#include "core/methods/method.h"
#include "core/methods/recipe.h"
#include "core/ops/capabilities.h"
#include "core/ops/distance_distribution.h"
#include "tests/contract/cases.h"
#include "tests/contract/gradient_check.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::expectGradient;
using testing::MethodCase;
using testing::RecordingSink;

class MethodContract : public ::testing::TestWithParam<MethodCase> {
 protected:
  std::unique_ptr<Method> make(const ParamSet& params) const {
    auto method = GetParam().make(params);
    EXPECT_TRUE(method.ok());
    return *std::move(method);
  }
  std::unique_ptr<Method> make() const { return make(GetParam().params); }
  DenseScene makeDenseScene(const DenseSceneOptions& options = {}) const {
    return GetParam().kind.scene(options);
  }
  bool sumsPlainly() const { return GetParam().combiner == "weighted_sum"; }
};

LossTerms lossOf(Method& method, const DenseScene& scene, EvidenceSink* sink = nullptr) {
  return method.loss({scene.anchors, scene.outputs, scene.targets}, sink);
}

std::map<std::string, double> scalarsOf(const LossTerms& terms) {
  std::map<std::string, double> all;
  for (const NamedScalar& scalar : terms.scalars)
    all[scalar.name] = scalar.value.item<double>();
  return all;
}

void requireGradients(DenseScene& scene) {
  scene.outputs.logits = scene.outputs.logits.detach().requires_grad_();
  scene.outputs.offsets = scene.outputs.offsets.detach().requires_grad_();
  scene.outputs.boxes = scene.outputs.boxes.detach().requires_grad_();
  for (auto& [name, output] : scene.outputs.further)
    output = output.detach().requires_grad_();
  if (scene.outputs.distribution.defined())
    scene.outputs.distribution = scene.outputs.distribution.detach().requires_grad_();
}

TEST_P(MethodContract, TheLossIsAFiniteScalarWithGradient) {
  DenseScene scene = makeDenseScene();
  requireGradients(scene);
  const auto method = make();
  const LossTerms terms = lossOf(*method, scene);
  EXPECT_EQ(terms.total.dim(), 0);
  EXPECT_TRUE(terms.total.requires_grad());
  EXPECT_GT(terms.total.item<double>(), 0);
  terms.total.backward();
  EXPECT_GT(scene.outputs.logits.grad().abs().max().item<double>(), 0);
  EXPECT_TRUE(scene.outputs.logits.grad().isfinite().all().item<bool>());
  double boxGradient = 0;
  for (const at::Tensor& output : {scene.outputs.offsets, scene.outputs.boxes})
    if (output.grad().defined()) {
      EXPECT_TRUE(output.grad().isfinite().all().item<bool>());
      boxGradient += output.grad().abs().sum().item<double>();
    }
  EXPECT_GT(boxGradient, 0);
  for (const auto& [name, output] : scene.outputs.further) {
    EXPECT_TRUE(output.grad().isfinite().all().item<bool>()) << name;
    EXPECT_GT(output.grad().abs().sum().item<double>(), 0) << name;
  }
}

TEST_P(MethodContract, ScalarsAreTheDeclaredOnesDetachedAndConsistent) {
  DenseScene scene = makeDenseScene();
  requireGradients(scene);
  const auto method = make();
  const LossTerms terms = lossOf(*method, scene);
  const EvidenceDeclaration declared = method->declaration(GetParam().kind.heads);
  ASSERT_EQ(terms.scalars.size(), declared.scalars.size());
  for (const NamedScalar& scalar : terms.scalars) {
    EXPECT_NE(declared.scalar(scalar.name), nullptr) << scalar.name;
    EXPECT_EQ(scalar.value.dim(), 0) << scalar.name;
    EXPECT_FALSE(scalar.value.requires_grad()) << scalar.name;
  }
  const auto values = scalarsOf(terms);
  EXPECT_NEAR(values.at("loss.total"), terms.total.item<double>(), 1e-6);
  EXPECT_GT(values.at("positives.reg"), 0);
  if (GetParam().joint()) {
    double sum = 0;
    for (const ScalarSpec& scalar : declared.scalars)
      if (scalar.name.starts_with("loss.") && scalar.name != "loss.total" &&
          !scalar.name.ends_with("_normalizer"))
        sum += values.at(scalar.name);
    EXPECT_NEAR(sum, values.at("loss.total"), 1e-5 * sum);
    return;
  }
  EXPECT_NEAR(values.at("loss.cls_fg") + values.at("loss.cls_bg"), values.at("loss.cls"),
              1e-5 * values.at("loss.cls"));
  EXPECT_GT(values.at("loss.loc"), 0);
}

TEST_P(MethodContract, WithAndWithoutASinkTheLossIsTheSame) {
  DenseScene scene = makeDenseScene();
  RecordingSink sink;
  EXPECT_EQ(scalarsOf(lossOf(*make(), scene)), scalarsOf(lossOf(*make(), scene, &sink)));
  EXPECT_EQ(scalarsOf(lossOf(*make(), scene)), scalarsOf(lossOf(*make(), scene)));
}

TEST_P(MethodContract, BoxesPerClassThatAreAllTheSameAreOneBox) {
  HeadTraits perClass = GetParam().kind.heads;
  perClass.boxPerClass = true;
  const auto conflicts = GetParam().conflicts(perClass);
  if (!conflicts.empty()) {
    ASSERT_EQ(conflicts.size(), 1u);
    EXPECT_EQ(conflicts.front().option, "assigner");
    EXPECT_THAT(conflicts.front().message, ::testing::HasSubstr("has a box for every class"));
    return;
  }
  DenseScene one = makeDenseScene(), each = one;
  const std::int64_t classes = one.outputs.logits.size(2);
  each.outputs.boxes = one.outputs.boxes.unsqueeze(2).repeat({1, 1, classes, 1});
  each.outputs.offsets = one.outputs.offsets.unsqueeze(2).repeat({1, 1, classes, 1});
  requireGradients(one);
  requireGradients(each);
  RecordingSink ofOne, ofEach;
  const LossTerms wanted = lossOf(*make(), one, &ofOne), got = lossOf(*make(), each, &ofEach);
  wanted.total.backward();
  got.total.backward();
  EXPECT_EQ(scalarsOf(got), scalarsOf(wanted));
  // The gradients of the pairs that share a candidate are added in another order.
  const double rtol = GetParam().listsPairs() || GetParam().joint() || GetParam().classesOfPairs() ? 1e-5 : 0;
  const auto same = [&](const at::Tensor& perClassGradient, const at::Tensor& gradient) {
    return !gradient.defined() ? !perClassGradient.defined()
                               : at::allclose(perClassGradient.sum(2), gradient, rtol, rtol * 1e-2);
  };
  EXPECT_TRUE(same(each.outputs.boxes.grad(), one.outputs.boxes.grad()));
  EXPECT_TRUE(same(each.outputs.offsets.grad(), one.outputs.offsets.grad()));
  EXPECT_TRUE(at::equal(each.outputs.logits.grad(), one.outputs.logits.grad()));
  ASSERT_EQ(ofEach.channelValues.size(), ofOne.channelValues.size());
  const auto declared = make()->declaration(perClass);
  for (const ChannelSpec& spec : ofEach.channelSpecs) {
    EXPECT_EQ(*declared.channel(spec.name), spec) << spec.name;
    EXPECT_TRUE(at::allclose(ofEach.channelValues.at(spec.name), ofOne.channelValues.at(spec.name), 0, 0,
                             /*equal_nan=*/true))
        << spec.name;
  }
  for (const auto& [name, values] : ofOne.objectValues)
    EXPECT_TRUE(at::allclose(ofEach.objectValues.at(name), values, 0, 0, /*equal_nan=*/true)) << name;
  for (const PairTableSpec& table : ofEach.pairSpecs) {
    EXPECT_EQ(*declared.pairTable(table.name), table) << table.name;
    const auto &columns = ofEach.pairRows.at(table.name).columns,
               &expected = ofOne.pairRows.at(table.name).columns;
    ASSERT_EQ(columns.size(), expected.size()) << table.name;
    for (std::size_t i = 0; i < columns.size(); ++i)
      EXPECT_TRUE(at::allclose(columns[i], expected[i], 0, 0, /*equal_nan=*/true))
          << table.name << " " << table.columns[i].name;
  }
}

TEST_P(MethodContract, TrainingNeverWaitsForTheDevice) {
  // Operators that read a value back to the host would stop a GPU's queue (and forbid capturing the step as a
  // graph).
  static const std::set<std::string> waiting = {
      "aten::item",       "aten::_local_scalar_dense", "aten::nonzero", "aten::equal",
      "aten::is_nonzero", "aten::masked_select",       "aten::unique2", "aten::_unique2",
      "aten::unique_dim"};
  static std::set<std::string> seen;
  static int operators = 0;
  seen.clear();
  operators = 0;
  DenseScene scene = makeDenseScene();
  requireGradients(scene);
  const auto method = make();
  const auto handle =
      at::addGlobalCallback(at::RecordFunctionCallback([](const at::RecordFunction& function)
                                                           -> std::unique_ptr<at::ObserverContext> {
                              ++operators;
                              if (waiting.count(function.name())) seen.insert(function.name());
                              return nullptr;
                            }).scopes({at::RecordScope::FUNCTION}));
  lossOf(*method, scene).total.backward();
  at::removeCallback(handle);
  EXPECT_GT(operators, 0) << "nothing was recorded";
  if (GetParam().listsPairs()) seen.erase("aten::nonzero");
  EXPECT_THAT(seen, ::testing::IsEmpty());
}

TEST_P(MethodContract, WorksWithoutGradients) {
  const c10::NoGradGuard noGrad;
  DenseScene scene = makeDenseScene();
  const auto method = make();
  const LossTerms terms = lossOf(*method, scene);
  EXPECT_FALSE(terms.total.requires_grad());
  EXPECT_TRUE(terms.total.isfinite().item<bool>());
}

TEST_P(MethodContract, WithoutObjectsEverythingIsBackground) {
  for (const std::int64_t padding : {0, 3}) {
    DenseSceneOptions options;
    options.objects = {0};
    options.padTo = padding;
    DenseScene scene = makeDenseScene(options);
    requireGradients(scene);
    const auto method = make();
    RecordingSink sink;
    const LossTerms terms = lossOf(*method, scene, &sink);
    const auto values = scalarsOf(terms);
    EXPECT_EQ(values.at("positives.cls"), 0);
    if (GetParam().classesOfPairs() || GetParam().hardNegatives()) {
      EXPECT_EQ(values.at("loss.total"), 0) << "no pair or positive, and no class of the background";
      continue;
    }
    if (!GetParam().joint()) {
      EXPECT_EQ(values.at("loss.loc"), 0);
    }
    EXPECT_GT(values.at(GetParam().joint() || GetParam().objectness() ? "loss.total" : "loss.cls"), 0);
    terms.total.backward();
    const at::Tensor& gradient = GetParam().objectness() && !GetParam().joint()
                                     ? scene.outputs.output(kObjectnessOutput).grad()
                                     : scene.outputs.logits.grad();
    const at::Tensor ofObjects =
        GetParam().kind.heads.background ? gradient.narrow(2, 0, gradient.size(2) - 1) : gradient;
    EXPECT_TRUE((sumsPlainly() ? ofObjects > 0 : ofObjects >= 0).all().item<bool>())
        << "background pushes every logit down";
    for (const at::Tensor& output : {scene.outputs.offsets, scene.outputs.boxes})
      if (output.grad().defined()) {
        EXPECT_TRUE(output.grad().eq(0).all().item<bool>());
      }
  }
}

TEST_P(MethodContract, WithoutAnchorsTheLossIsZero) {
  DenseSceneOptions options;
  options.noAnchors = true;
  RecordingSink sink;
  const at::Tensor total = lossOf(*make(), makeDenseScene(options), &sink).total;
  EXPECT_TRUE(total.isfinite().item<bool>());
  if (sumsPlainly()) {
    EXPECT_EQ(total.item<double>(), 0);
  }
}

TEST_P(MethodContract, PaddingAndOrderOfObjectsDoNotMatter) {
  // Losses of pairs are of every object; of them the IoU output learns the one that is shown.
  const std::string& why = GetParam().assignerEntry().orderOfObjects;
  if (!why.empty() && (!GetParam().classesOfPairs() || GetParam().kind.heads.gives(kIouOutput)))
    GTEST_SKIP() << why;
  DenseSceneOptions options;
  options.objects = {4};
  const DenseScene scene = makeDenseScene(options);
  DenseScene padded = scene;
  const at::Tensor order =
      at::tensor(std::vector<std::int64_t>{2, 0, 3, 1}, at::TensorOptions().dtype(at::kLong));
  const auto changed = [&](const at::Tensor& tensor, double fill) {
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    shape[1] = 2;
    return at::cat({tensor.index_select(1, order), at::full(shape, fill, tensor.options())}, 1);
  };
  padded.targets.boxes = changed(scene.targets.boxes, 0);
  padded.targets.labels = changed(scene.targets.labels, -1);
  padded.targets.valid = changed(scene.targets.valid, 0);
  if (scene.targets.masks.defined()) padded.targets.masks = changed(scene.targets.masks, 0);
  const auto expected = scalarsOf(lossOf(*make(), scene)), got = scalarsOf(lossOf(*make(), padded));
  for (const auto& [name, value] : expected)
    EXPECT_NEAR(got.at(name), value, 1e-5 * std::abs(value) + 1e-6) << name;
}

TEST_P(MethodContract, FiniteAtExtremeOutputs) {
  DenseSceneOptions options;
  options.logitScale = 1e4;
  DenseScene scene = makeDenseScene(options);
  scene.outputs.boxes[0].slice(0, 0, 40).slice(1, 2, 4).copy_(
      scene.outputs.boxes[0].slice(0, 0, 40).slice(1, 0, 2));
  scene.outputs.boxes[1].slice(0, 0, 40).mul_(1e6f);
  scene.outputs.offsets[1].slice(0, 0, 40).mul_(1e4f);
  requireGradients(scene);
  const auto method = make();
  RecordingSink sink;
  const LossTerms terms = lossOf(*method, scene, &sink);
  EXPECT_TRUE(terms.total.isfinite().item<bool>());
  terms.total.backward();
  for (const at::Tensor& output : {scene.outputs.logits, scene.outputs.offsets, scene.outputs.boxes})
    if (output.grad().defined()) {
      EXPECT_TRUE(output.grad().isfinite().all().item<bool>());
    }
}

TEST_P(MethodContract, ANonFiniteOutputShowsInTheLossAndStopsNoEvidence) {
  if (GetParam().classesOfPairs()) GTEST_SKIP() << "an anchor without a pair learns no class";
  DenseScene scene = makeDenseScene();
  scene.outputs.logits[0][7].fill_(std::numeric_limits<float>::quiet_NaN());
  const auto method = make();
  RecordingSink sink;
  const LossTerms terms = lossOf(*method, scene, &sink);
  EXPECT_FALSE(terms.total.isfinite().item<bool>());
  const auto shown =
      std::find_if(sink.channelSpecs.rbegin(), sink.channelSpecs.rend(), [&](const ChannelSpec& spec) {
        return GetParam().joint() ? spec.name.starts_with("loss.") : spec.name == "loss.cls";
      });  // of a joint loss that of the background, which is the last
  ASSERT_NE(shown, sink.channelSpecs.rend());
  const at::Tensor culprit = sink.channelValues.at(shown->name).isnan();
  EXPECT_TRUE(culprit[0][7].item<bool>());
  EXPECT_EQ(culprit.sum().item<std::int64_t>(), 1) << "only the culprit's own loss is not a number";
}

TEST_P(MethodContract, GradientInDoubles) {
  if (GetParam().holdsConstants())
    GTEST_SKIP() << GetParam().method << " with " << GetParam().combiner
                 << " holds factors constant in the gradient: by its own contract, or reference values";
  DenseSceneOptions options;
  options.dtype = at::kDouble;
  const DenseScene scene = makeDenseScene(options);
  const auto method = make(GetParam().differentiableParams());
  const std::int64_t samples = GetParam().isDefault ? 200 : 40;
  const auto total = [&](const HeadOutputs& outputs) {
    return method->loss({scene.anchors, outputs, scene.targets}, nullptr).total;
  };
  // The assignment is constant in the gradient. It is in the differences too: their step is far below what
  // moves a bag, a rank or a match in this scene (a method whose weights vary continuously with the outputs
  // needs its own check).
  // The IoU output learns the IoU of the predicted boxes, which is constant in the gradient alone.
  if (!scene.outputs.further.contains(kIouOutput))
    expectGradient(
        scene.outputs.offsets,
        [&](const at::Tensor& deltas) { return total(testing::withOffsets(scene, deltas)); }, 5, samples);
  expectGradient(
      scene.outputs.logits,
      [&](const at::Tensor& logits) {
        HeadOutputs outputs = scene.outputs;
        outputs.logits = logits;
        return total(outputs);
      },
      6, samples);
  if (scene.outputs.distribution.defined())
    expectGradient(
        scene.outputs.distribution,
        [&](const at::Tensor& distribution) {
          HeadOutputs outputs = testing::withOffsets(scene, expectedDistances(distribution));
          outputs.distribution = distribution;
          return total(outputs);
        },
        8, samples);
  for (const auto& further : scene.outputs.further)
    expectGradient(
        further.second,
        [&](const at::Tensor& logits) {
          HeadOutputs outputs = scene.outputs;
          outputs.further[further.first] = logits;
          return total(outputs);
        },
        7, 160);
}

TEST_P(MethodContract, GradientDescentOnTheOutputsLearns) {
  DenseScene scene = makeDenseScene();
  requireGradients(scene);
  const auto method = make();
  at::Tensor deltas = scene.outputs.offsets, logits = scene.outputs.logits;
  std::map<std::string, at::Tensor> further = scene.outputs.further;
  std::vector<std::pair<at::Tensor*, double>> steps = {{&deltas, GetParam().kind.heads.points ? 0.05 : 0.01},
                                                       {&logits, 0.1}};
  for (auto& [name, output] : further)
    steps.emplace_back(&output, 0.1);
  std::map<std::string, double> first, last;
  for (int step = 0; step < 60; ++step) {
    scene.outputs = testing::withOffsets(scene, deltas);
    const LossTerms terms = lossOf(*method, scene);
    last = scalarsOf(terms);
    if (step == 0) first = last;
    terms.total.backward();
    const c10::NoGradGuard noGrad;
    for (const auto& [output, size] : steps) {
      output->sub_(output->grad().sign() * size);
      output->mutable_grad() = at::Tensor();
    }
  }
  // A centerness head cannot get below the entropy of its soft targets; the others can.
  const auto heads = [&](const std::map<std::string, double>& values) {
    return GetParam().joint() ? values.at("loss.total") : values.at("loss.cls") + values.at("loss.loc");
  };
  EXPECT_LT(heads(last), 0.5 * heads(first));
  for (const auto& [name, output] : further) {
    if (GetParam().joint()) break;
    const std::string loss = name == kCenternessOutput ? "loss.quality" : "loss." + name;
    EXPECT_LT(last.at(loss), first.at(loss));
  }
}

TEST_P(MethodContract, BackgroundInARegionToIgnoreHasNoLossWhereThatIsAskedFor) {
  for (const bool all : {false, true})
    for (const bool on : {false, true}) {
      ParamSet params = GetParam().params;
      ASSERT_TRUE(params.find("ignore_iof_thr") && params.applies("ignore_iof_thr"));
      ASSERT_TRUE(params.set("ignore_iof_thr", on ? "0.5" : "-1").ok());
      DenseSceneOptions options;
      options.ignoreRegions = 1;
      DenseScene scene = makeDenseScene(options);
      scene.targets.ignoreBoxes.copy_(
          (all ? at::tensor({-200.f, -200.f, 300.f, 300.f}) : at::tensor({30.f, 20.f, 64.f, 64.f}))
              .view({1, 1, 4}));
      requireGradients(scene);
      RecordingSink sink;
      const auto method = make(params);
      const LossTerms terms = lossOf(*method, scene, &sink);
      ASSERT_TRUE(terms.total.isfinite().item<bool>());
      if (terms.total.requires_grad()) terms.total.backward();
      const at::Tensor object = sink.channelValues.at(kClsObjectChannel);
      const at::Tensor gradient = scene.outputs.logits.grad().defined()
                                      ? scene.outputs.logits.grad().abs().amax(2)
                                      : at::zeros(object.sizes());
      std::int64_t inside = 0;
      for (std::int64_t image = 0; image < 2; ++image) {
        const std::vector<double> shares = testing::sharesInIgnored(scene, image);
        for (std::size_t i = 0; i < shares.size(); ++i) {
          const auto anchor = static_cast<std::int64_t>(i);
          const auto winner = object[image][anchor].item<double>();
          if (!(shares[i] > 0.5 + 1e-6) || winner >= 0) continue;
          ++inside;
          if (on) {
            EXPECT_EQ(winner, -2) << "anchor " << i;
            EXPECT_EQ(gradient[image][anchor].item<double>(), 0) << "anchor " << i;
          } else if (winner == -1 && !GetParam().classesOfPairs() &&
                     (GetParam().joint() || !GetParam().objectness())) {
            EXPECT_GT(gradient[image][anchor].item<double>(), 0) << "anchor " << i;
          }
        }
      }
      EXPECT_GT(inside, 10);
      EXPECT_EQ(scalarsOf(terms).at("ignored"), object.eq(-2).sum().item<double>());
    }
}

TEST_P(MethodContract, StateHasUniqueNamesAndKeepsItsIdentityWhenMoved) {
  const auto method = make();
  std::set<std::string> names;
  std::vector<NamedTensor> state = method->parameters();
  const auto parameters = state.size();
  for (NamedTensor& buffer : method->buffers())
    state.push_back(std::move(buffer));
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_FALSE(state[i].name.empty());
    EXPECT_TRUE(names.insert(state[i].name).second) << state[i].name << " stands twice";
    ASSERT_TRUE(state[i].tensor.defined()) << state[i].name;
    EXPECT_TRUE(state[i].tensor.is_cpu()) << state[i].name;
    EXPECT_TRUE(state[i].tensor.is_leaf()) << state[i].name;
    EXPECT_EQ(state[i].tensor.requires_grad(), i < parameters) << state[i].name;
  }
  method->moveTo(availableDevices().size() > 1 ? at::Device(at::kCUDA) : at::Device(at::kCPU));
  std::vector<NamedTensor> moved = method->parameters();
  for (NamedTensor& buffer : method->buffers())
    moved.push_back(std::move(buffer));
  ASSERT_EQ(moved.size(), state.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(moved[i].name, state[i].name);
    EXPECT_TRUE(moved[i].tensor.is_same(state[i].tensor)) << state[i].name;
  }
}

TEST_P(MethodContract, PutBackStateGoesOnAsItDid) {
  // What a checkpoint holds is all there is: a method with the state of another one gives the same losses.
  DenseScene scene = makeDenseScene();
  requireGradients(scene);
  const auto original = make(), restored = make();
  const auto stateOf = [](Method& method) {
    std::vector<NamedTensor> state = method.parameters();
    for (NamedTensor& buffer : method.buffers())
      state.push_back(std::move(buffer));
    return state;
  };
  lossOf(*original, scene);
  lossOf(*original, scene);
  {
    const c10::NoGradGuard noGrad;
    const std::vector<NamedTensor> from = stateOf(*original), into = stateOf(*restored);
    ASSERT_EQ(from.size(), into.size());
    for (std::size_t i = 0; i < from.size(); ++i)
      into[i].tensor.copy_(from[i].tensor);
  }
  for (int step = 0; step < 3; ++step)
    EXPECT_EQ(scalarsOf(lossOf(*original, scene)), scalarsOf(lossOf(*restored, scene)));
}

TEST_P(MethodContract, StateStaysWhereNoGradientIsRecorded) {
  const DenseScene scene = makeDenseScene();
  const auto method = make();
  std::vector<at::Tensor> before;
  for (const NamedTensor& buffer : method->buffers())
    before.push_back(buffer.tensor.clone());
  RecordingSink sink;
  {
    const c10::NoGradGuard noGrad;
    lossOf(*method, scene, &sink);
  }
  const std::vector<NamedTensor> after = method->buffers();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(after[i].tensor, before[i])) << after[i].name;
}

TEST_P(MethodContract, InputsStayAsTheyWere) {
  const DenseScene scene = makeDenseScene();
  const std::vector<at::Tensor> inputs = {scene.anchors.boxes, scene.outputs.logits, scene.outputs.offsets,
                                          scene.outputs.boxes, scene.targets.boxes,  scene.targets.labels};
  std::vector<at::Tensor> before;
  for (const at::Tensor& tensor : inputs)
    before.push_back(tensor.clone());
  const auto method = make();
  RecordingSink sink;
  lossOf(*method, scene, &sink);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    EXPECT_TRUE(at::equal(inputs[i], before[i])) << "input " << i;
}

INSTANTIATE_TEST_SUITE_P(Registry, MethodContract, ::testing::ValuesIn(testing::methodCases()),
                         testing::kCaseName);

TEST(MethodCases, EveryChoiceOfPartsGoesWithSomeHeads) {
  std::set<std::string> tried;
  for (const MethodCase& tested : testing::methodCases())
    tried.insert(testing::partsOf(tested.rules(), tested.assigner, tested.transforms, tested.combiner));
  for (const Recipe& recipe : recipes())
    for (std::size_t stage = 0; stage < recipe.stages.size(); ++stage) {
      const StageRules& rules = recipe.stages[stage];
      for (const std::string& assigner : rules.assigners)
        for (const std::vector<std::string>& transforms : testing::transformChoices(rules))
          for (const std::string& combiner : rules.combiners) {
            const std::string parts = testing::partsOf(rules, assigner, transforms, combiner);
            EXPECT_EQ(tried.count(parts), 1u) << testing::stageName(recipe, stage) << ": " << parts;
          }
    }
}

}  // namespace
}  // namespace anchorscope
