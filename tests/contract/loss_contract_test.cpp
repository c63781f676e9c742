// What every registered classification and box loss must hold to.

#include <gtest/gtest.h>

#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/ops/box_coder.h"
#include "tests/contract/cases.h"
#include "tests/contract/gradient_check.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::expectGradient;
using testing::HeadKind;

const at::TensorOptions kDouble = at::TensorOptions().dtype(at::kDouble);
const at::TensorOptions kLong = at::TensorOptions().dtype(at::kLong);

// ---- classification --------------------------------------------------------------------------------------

class ClsLossContract : public ::testing::TestWithParam<std::string> {
 protected:
  const ClsLossEntry& entry() const { return **findNamed(clsLossEntries(), GetParam(), "loss"); }
  /// With its default options, but for the focal exponent where there is one.
  std::unique_ptr<ClsLoss> make(const std::string& gamma = "2") const {
    ParamSet params(entry().params);
    if (params.find("gamma_f")) {
      EXPECT_TRUE(params.set("gamma_f", gamma).ok());
    }
    auto loss = makeClsLoss(GetParam(), params);
    EXPECT_TRUE(loss.ok());
    return *std::move(loss);
  }
  /// Of 3 classes, and of the background where the loss is of one.
  at::Tensor someLogits() const {
    DenseSceneOptions options;
    options.dtype = at::kDouble;
    options.classes = entry().background ? 4 : 3;
    return testing::makeDenseScene(options).outputs.logits;
  }
  bool ofImages() const { return make()->domain() == LossDomain::kBatch; }
};

/// Labels of the anchors of a scene of 2 x 160 anchors and 3 classes: classes, background and ignored in
/// turn.
at::Tensor someLabels() {
  return (at::arange(320, kLong) % 5 - 2).view({2, 160});
}

at::Tensor oneHot(const at::Tensor& labels, std::int64_t classes) {
  return (labels.unsqueeze(2) == at::arange(classes, kLong)).to(at::kDouble);
}

TEST_P(ClsLossContract, LabelsAreOneHotTargetsAndIgnoredOnesCountNothing) {
  const auto loss = make();
  const at::Tensor labels = someLabels(), logits = someLogits();
  const at::Tensor hard = loss->rows(logits, {labels, {}, {}}, {});
  ASSERT_EQ(hard.sizes(), ofImages() ? at::IntArrayRef({2, 1}) : labels.sizes());
  const at::Tensor weights = labels.ne(-2).to(at::kDouble);
  if (!entry().labelsOnly) {
    EXPECT_TRUE(at::allclose(hard, loss->rows(logits, {{}, oneHot(labels, 3), weights}, {}), 1e-12, 1e-14));
  }
  // Anchors that count nothing are as ignored ones.
  const at::Tensor unweighted = make()->rows(logits, {labels.clamp_min(-1), {}, weights}, {});
  EXPECT_TRUE(at::allclose(make()->rows(logits, {labels, {}, {}}, {}), unweighted, 1e-12, 1e-14));
  if (ofImages()) return;
  EXPECT_TRUE(hard.index({labels == -2}).eq(0).all().item<bool>());
  EXPECT_TRUE(hard.index({labels != -2}).ge(0).all().item<bool>());
  EXPECT_TRUE(hard.index({entry().ofBatch ? labels >= 0 : labels != -2}).gt(0).all().item<bool>());
}

TEST_P(ClsLossContract, IgnoredAnchorsGetNoGradient) {
  const auto loss = make();
  const at::Tensor labels = someLabels(), logits = someLogits().requires_grad_();
  loss->rows(logits, {labels, {}, {}}, {}).sum().backward();
  EXPECT_TRUE(logits.grad().index({labels == -2}).eq(0).all().item<bool>());
  const at::Tensor background = logits.grad().narrow(2, 0, 3).index({labels == -1});
  EXPECT_GT(background.sum().item<double>(), 0) << "background pushes logits down";
  if (!entry().ofBatch) {
    EXPECT_TRUE(background.gt(0).all().item<bool>());
  }
}

TEST_P(ClsLossContract, RowsScaleWithTheirWeights) {
  const at::Tensor logits = someLogits(), weights = at::linspace(0.1, 2, 320, kDouble).view({2, 160});
  ClsTargets targets;
  if (entry().labelsOnly)
    targets.labels = someLabels();
  else
    targets.soft = oneHot(someLabels(), 3);
  const at::Tensor plain = make()->rows(logits, targets, {});
  targets.weights = weights;
  // Of a loss that is no anchor's, a weight only says whether the anchor takes part.
  EXPECT_TRUE(
      at::allclose(make()->rows(logits, targets, {}), ofImages() ? plain : plain * weights, 1e-12, 1e-14));
}

TEST_P(ClsLossContract, TheOrderOfAnchorsDoesNotMatter) {
  const at::Tensor labels = someLabels(), logits = someLogits();
  const at::Tensor order = at::arange(160, kLong) * 7 % 160;
  at::Tensor expected = make()->rows(logits, {labels, {}, {}}, {});
  if (!ofImages()) expected = expected.index_select(1, order);
  EXPECT_TRUE(
      at::allclose(make()->rows(logits.index_select(1, order), {labels.index_select(1, order), {}, {}}, {}),
                   expected, 1e-12, 1e-14));
}

TEST_P(ClsLossContract, InputsStayAndASinkChangesNothing) {
  const at::Tensor labels = someLabels(), logits = someLogits();
  const at::Tensor hadLabels = labels.clone(), hadLogits = logits.clone();
  const auto loss = make();
  testing::RecordingSink sink;
  const at::Tensor rows = loss->rows(logits, {labels, {}, {}}, &sink);
  EXPECT_TRUE(at::equal(rows, make()->rows(logits, {labels, {}, {}}, {})));
  EXPECT_TRUE(at::equal(labels, hadLabels) && at::equal(logits, hadLogits));
  EXPECT_EQ(sink.channelSpecs, loss->declaration().channels);
  for (const auto& [name, values] : sink.channelValues) {
    EXPECT_EQ(values.sizes(), labels.sizes()) << name;
    EXPECT_FALSE(values.requires_grad()) << name;
    EXPECT_TRUE(values.isfinite().any().item<bool>()) << name;
  }
}

TEST_P(ClsLossContract, StateMovesOnlyWhileTraining) {
  const auto loss = make();
  const auto stateOf = [&] {
    std::vector<at::Tensor> state;
    for (const NamedTensor& buffer : loss->buffers())
      state.push_back(buffer.tensor.clone());
    return state;
  };
  const std::vector<at::Tensor> before = stateOf();
  StepContext looking;
  looking.training = false;
  loss->rows(someLogits(), {someLabels(), {}, {}}, looking);
  std::vector<at::Tensor> after = stateOf();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(after[i], before[i]));
  loss->rows(someLogits(), {someLabels(), {}, {}}, {});
  after = stateOf();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_FALSE(at::equal(after[i], before[i]));
}

TEST_P(ClsLossContract, GradientOfSoftTargets) {
  const auto loss = make();
  const at::Tensor targets = (oneHot(someLabels(), 3) * at::linspace(0.1, 1, 160, kDouble).view({1, 160, 1}));
  if (entry().labelsOnly) {
    EXPECT_ANY_THROW(loss->rows(someLogits(), {{}, targets, {}}, {})) << "soft targets are no labels";
    return;
  }
  expectGradient(
      someLogits(),
      [&](const at::Tensor& logits) {
        return loss->rows(logits, {{}, targets, {}}, {}).sum();
      },
      1);
}

TEST_P(ClsLossContract, GradientOfLabels) {
  const auto loss = make();
  if (entry().holdsConstants) {  // differences of the loss do not give it; at least it points the right way
    const at::Tensor logits = someLogits().requires_grad_();
    loss->rows(logits, {someLabels(), {}, {}}, {}).sum().backward();
    const at::Tensor own = oneHot(someLabels(), 3).to(at::kBool);
    EXPECT_LT(logits.grad().index({own}).max().item<double>(), 0) << "positives are pushed up";
    EXPECT_GE(logits.grad().index({own.logical_not()}).min().item<double>(), 0) << "nothing else is";
    return;
  }
  expectGradient(
      someLogits(),
      [&](const at::Tensor& logits) {
        return loss->rows(logits, {someLabels(), {}, {}}, {}).sum();
      },
      2);
}

TEST_P(ClsLossContract, FiniteAtExtremeLogits) {
  for (const char* gamma : {"0", "0.5", "2", "5"}) {
    const auto loss = make(gamma);
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      const at::Tensor logits = at::tensor(std::vector<double>{-1e4, 1e4, 0, -88, 88, -17}, kDouble)
                                    .to(dtype)
                                    .view({1, 2, 3})
                                    .requires_grad_();
      for (const double target : {0.0, 0.4, 0.5, 1.0}) {
        ClsTargets targets;
        if (entry().labelsOnly)
          targets.labels = (at::arange(2, kLong) - (target < 0.5 ? 1 : 0)).unsqueeze(0);
        else
          targets.soft = at::full({1, 2, 3}, target, logits.options().requires_grad(false));
        const at::Tensor rows = loss->rows(logits, targets, {});
        EXPECT_TRUE(rows.isfinite().all().item<bool>()) << "gamma " << gamma << ", target " << target;
        rows.sum().backward();
        EXPECT_TRUE(logits.grad().isfinite().all().item<bool>())
            << "gamma " << gamma << ", target " << target;
      }
    }
  }
}

TEST_P(ClsLossContract, WeightsOfBothAnswersAreFactorsOfTheirLosses) {
  const at::Tensor logits = someLogits();
  const auto loss = make();
  if (entry().labelsOnly) {
    ClsTargets both;
    both.positive = both.negative = at::rand_like(logits);
    EXPECT_ANY_THROW(loss->rows(logits, both, {})) << "weights of both answers are no labels";
    return;
  }
  const auto rows = [&](double target) {
    return loss
        ->rows(logits.unsqueeze(3).flatten(0, 1),
               {{}, at::full_like(logits, target).unsqueeze(3).flatten(0, 1), {}}, {})
        .view(logits.sizes());
  };
  const at::Tensor positive = at::rand_like(logits), negative = at::rand_like(logits);
  ClsTargets targets;
  targets.positive = positive;
  targets.negative = negative;
  EXPECT_TRUE(at::allclose(loss->rows(logits, targets, {}), (positive * rows(1) + negative * rows(0)).sum(2),
                           1e-12, 1e-14));
}

TEST_P(ClsLossContract, WithoutAnchorsThereIsNoLoss) {
  const at::Tensor rows = make()->rows(at::zeros({2, 0, 3}), {at::zeros({2, 0}, kLong), {}, {}}, {});
  EXPECT_EQ(rows.sizes(), at::IntArrayRef({2, ofImages() ? 1 : 0}));
  EXPECT_TRUE(rows.isfinite().all().item<bool>());
}

// ---- boxes -----------------------------------------------------------------------------------------------

/// A box loss on one kind of offsets.
struct BoxCase {
  std::string loss;
  HeadKind kind;
};

std::string nameOf(const BoxCase& tested) {
  return tested.loss + "_on_" + tested.kind.name;
}
std::ostream& operator<<(std::ostream& stream, const BoxCase& tested) {
  return stream << nameOf(tested);
}

class BoxLossContract : public ::testing::TestWithParam<BoxCase> {
 protected:
  const BoxLossEntry& entry() const { return **findNamed(boxLossEntries(), GetParam().loss, "loss"); }
  std::unique_ptr<BoxLoss> make() const {
    const std::string& name = GetParam().loss;
    auto loss = makeBoxLoss(name, ParamSet((*findNamed(boxLossEntries(), name, "loss"))->params));
    EXPECT_TRUE(loss.ok());
    return *std::move(loss);
  }
  /// With distances as distributions where the loss is of them.
  DenseScene makeDenseScene(const DenseSceneOptions& options) const {
    DenseScene scene = GetParam().kind.scene(options);
    if (!entry().distribution) return scene;
    const at::Tensor& offsets = scene.outputs.offsets;
    const std::int64_t bins = 8;
    scene.outputs.distribution = at::arange(offsets.numel() * bins, offsets.options().requires_grad(false))
                                     .sin()
                                     .mul_(2)
                                     .view({offsets.size(0), offsets.size(1), 4, bins});
    return scene;
  }
  DenseScene doubleScene() const {
    DenseSceneOptions options;
    options.dtype = at::kDouble;
    options.objects = {3};
    return makeDenseScene(options);
  }
};

/// Objects in turn, every fourth anchor without one.
BoxTargets someTargets(const DenseScene& scene) {
  const std::int64_t batch = scene.outputs.offsets.size(0), anchors = scene.anchors.count();
  const at::Tensor matched = (at::arange(batch * anchors, kLong) % 4 - 1).view({batch, anchors});
  const at::Tensor weights =
      matched.ge(0).to(scene.targets.boxes.scalar_type()) *
      at::linspace(0.2, 1.5, batch * anchors, scene.targets.boxes.options()).view({batch, anchors});
  return {scene.targets.boxes, matched, weights};
}

TEST_P(BoxLossContract, UnmatchedAnchorsCountNothing) {
  const DenseScene scene = doubleScene();
  const BoxTargets targets = someTargets(scene);
  const at::Tensor rows = make()->rows(scene.anchors, scene.outputs, targets, {});
  ASSERT_EQ(rows.sizes(), targets.matched.sizes());
  EXPECT_TRUE(rows.index({targets.matched < 0}).eq(0).all().item<bool>());
  EXPECT_TRUE(rows.index({targets.matched >= 0}).gt(0).all().item<bool>());
}

TEST_P(BoxLossContract, RowsScaleWithTheirWeights) {
  const DenseScene scene = doubleScene();
  BoxTargets targets = someTargets(scene);
  const at::Tensor weighted = make()->rows(scene.anchors, scene.outputs, targets, {});
  const at::Tensor weights = targets.weights;
  targets.weights = targets.matched.ge(0).to(at::kDouble);
  EXPECT_TRUE(at::allclose(weighted, make()->rows(scene.anchors, scene.outputs, targets, {}) * weights, 1e-12,
                           1e-14));
}

TEST_P(BoxLossContract, ZeroAtTheObject) {
  DenseScene scene = doubleScene();
  const BoxTargets targets = someTargets(scene);
  if (entry().distribution) {  // as little as is left is never nothing
    const at::Tensor before = make()->rows(scene.anchors, scene.outputs, targets, {});
    at::Tensor logits = scene.outputs.distribution.clone().requires_grad_();
    scene.outputs.distribution = logits;
    make()->rows(scene.anchors, scene.outputs, targets, {}).sum().backward();
    scene.outputs.distribution = logits.detach() - 0.5 * logits.grad();
    EXPECT_TRUE(make()->rows(scene.anchors, scene.outputs, targets, {}).le(before).all().item<bool>());
    return;
  }
  const at::Tensor object = targets.matched.clamp_min(0);
  scene.outputs.boxes = targets.boxes.gather(1, object.unsqueeze(2).expand({-1, -1, 4}));
  scene.outputs.offsets =
      BoxCoder::of(scene.anchors.offsets).encode(scene.anchors.boxes, scene.outputs.boxes);
  EXPECT_LT(make()->rows(scene.anchors, scene.outputs, targets, {}).abs().max().item<double>(), 1e-9)
      << "more than the 1e-7 px^2 that published formulas add to an area";
}

TEST_P(BoxLossContract, GradientWithRespectToTheOffsets) {
  const DenseScene scene = doubleScene();
  const BoxTargets targets = someTargets(scene);
  const auto loss = make();
  if (entry().holdsConstants) {  // differences of the loss do not give it; at least it leads down
    DenseScene moved = scene;
    moved.outputs.offsets = scene.outputs.offsets.detach().requires_grad_();
    const auto total = [&](const HeadOutputs& outputs) {
      return make()->rows(scene.anchors, outputs, targets, {}).sum();
    };
    const at::Tensor before = total(testing::withOffsets(scene, moved.outputs.offsets));
    before.backward();
    const at::Tensor gradient = moved.outputs.offsets.grad();
    const at::Tensor further = moved.outputs.offsets.detach() - 1e-4 * gradient / gradient.norm();
    EXPECT_LT(total(testing::withOffsets(scene, further)).item<double>(), before.item<double>());
    return;
  }
  if (entry().distribution) {
    expectGradient(
        scene.outputs.distribution,
        [&](const at::Tensor& logits) {
          HeadOutputs outputs = scene.outputs;
          outputs.distribution = logits;
          return loss->rows(scene.anchors, outputs, targets, {}).sum();
        },
        3);
    return;
  }
  expectGradient(
      scene.outputs.offsets,
      [&](const at::Tensor& deltas) {
        return loss->rows(scene.anchors, testing::withOffsets(scene, deltas), targets, {}).sum();
      },
      3);
}

TEST_P(BoxLossContract, FiniteForDegenerateAndHugeBoxes) {
  DenseSceneOptions options;
  options.objects = {3};
  DenseScene scene = makeDenseScene(options);
  scene.outputs.boxes[0].slice(0, 0, 40).slice(1, 2, 4).copy_(
      scene.outputs.boxes[0].slice(0, 0, 40).slice(1, 0, 2));
  scene.outputs.boxes[1].slice(0, 0, 40).mul_(1e6f);
  scene.outputs.offsets[1].slice(0, 0, 40).mul_(1e4f);
  scene.outputs.boxes.requires_grad_();
  scene.outputs.offsets.requires_grad_();
  if (entry().distribution) scene.outputs.distribution.mul_(1e4).requires_grad_();
  const at::Tensor rows = make()->rows(scene.anchors, scene.outputs, someTargets(scene), {});
  EXPECT_TRUE(rows.isfinite().all().item<bool>());
  rows.sum().backward();
  for (const at::Tensor& output : {scene.outputs.boxes, scene.outputs.offsets, scene.outputs.distribution})
    if (output.defined() && output.grad().defined()) {
      EXPECT_TRUE(output.grad().isfinite().all().item<bool>());
    }
}

TEST_P(BoxLossContract, PaddingObjectsHarmNothing) {
  // Nothing is matched to them, but their zero boxes must not leak inf or NaN.
  DenseSceneOptions options;
  options.objects = {0};
  options.padTo = 2;
  DenseScene scene = makeDenseScene(options);
  scene.outputs.offsets.requires_grad_();
  scene.outputs.boxes = scene.outputs.boxes.detach().requires_grad_();
  if (entry().distribution) scene.outputs.distribution.requires_grad_();
  const std::int64_t anchors = scene.anchors.count();
  const BoxTargets targets{scene.targets.boxes, at::full({2, anchors}, -1, kLong), at::zeros({2, anchors})};
  const at::Tensor rows = make()->rows(scene.anchors, scene.outputs, targets, {});
  EXPECT_TRUE(rows.eq(0).all().item<bool>());
  rows.sum().backward();
  for (const at::Tensor& output : {scene.outputs.boxes, scene.outputs.offsets})
    if (output.grad().defined()) {
      EXPECT_TRUE(output.grad().eq(0).all().item<bool>());
    }
}

TEST_P(BoxLossContract, ShowsWhatItDeclares) {
  DenseSceneOptions options;
  options.objects = {3};
  const DenseScene scene = makeDenseScene(options);
  const auto loss = make();
  testing::RecordingSink sink;
  EXPECT_TRUE(at::equal(loss->rows(scene.anchors, scene.outputs, someTargets(scene), &sink),
                        make()->rows(scene.anchors, scene.outputs, someTargets(scene), {})));
  EXPECT_EQ(sink.channelSpecs, loss->declaration().channels);
  EXPECT_EQ(sink.pairSpecs, loss->declaration().pairTables);
  EXPECT_EQ(sink.objectSpecs, loss->declaration().objectColumns);
}

TEST_P(BoxLossContract, WithoutAnchorsThereIsNoLoss) {
  DenseSceneOptions options;
  options.noAnchors = true;
  const DenseScene scene = makeDenseScene(options);
  EXPECT_EQ(make()->rows(scene.anchors, scene.outputs, someTargets(scene), {}).sizes(),
            at::IntArrayRef({2, 0}));
}

/// On anchors with logarithmic offsets and on points with distances to the sides.
std::vector<BoxCase> boxCases() {
  std::vector<BoxCase> cases;
  for (const BoxLossEntry& entry : boxLossEntries())
    for (const HeadKind& kind : testing::headKinds())
      // A loss of masks is of neither boxes nor offsets: tests/losses/mask_loss_test.cpp.
      if (!entry.masks && (kind.name == "anchors" || kind.name == "points"))
        cases.push_back({entry.name, kind});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Registry, ClsLossContract, ::testing::ValuesIn(testing::namesOf(clsLossEntries())),
                         [](const auto& tested) { return tested.param; });
INSTANTIATE_TEST_SUITE_P(Registry, BoxLossContract, ::testing::ValuesIn(boxCases()),
                         [](const auto& tested) { return nameOf(tested.param); });

}  // namespace
}  // namespace anchorscope
