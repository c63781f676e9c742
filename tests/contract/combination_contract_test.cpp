// What every registered transform and combiner of the heads' losses must hold to.

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/named_registry.h"
#include "core/losses/combiner.h"
#include "core/losses/transform.h"
#include "core/ops/box_losses.h"
#include "core/ops/cls_losses.h"
#include "tests/contract/cases.h"
#include "tests/contract/gradient_check.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::expectGradient;
using testing::RecordingSink;

/// Every fourth anchor of a scene on points with centerness has an object, or none has.
struct Batch {
  DenseScene scene;
  at::Tensor object, weight;

  explicit Batch(bool positives = true, at::ScalarType dtype = at::kDouble, double logitScale = 2) {
    DenseSceneOptions options;
    options.dtype = dtype;
    options.objects = {3};
    options.logitScale = logitScale;
    scene = testing::headKinds().back().scene(options);
    const std::int64_t batch = scene.outputs.logits.size(0), anchors = scene.anchors.count();
    const at::Tensor index =
        at::arange(batch * anchors, at::TensorOptions().dtype(at::kLong)).view({batch, anchors});
    object = at::where((index % 4 == 0).logical_and(at::full({}, positives)), index % 3, -1);
    weight = object.ge(0).to(dtype) * (0.5 + (index % 5).to(dtype) * 0.1);
  }

  StageInputs context(const HeadOutputs& outputs) const { return {scene.anchors, outputs, scene.targets}; }

  /// Binary cross entropy, GIoU and centerness losses of these outputs.
  LossTable losses(const HeadOutputs& outputs) const {
    LossTable heads;
    heads.clsObject = heads.regObject = object;
    heads.regWeight = weight;
    const at::Tensor label = scene.targets.labels.gather(1, object.clamp_min(0));
    const at::Tensor count =
        object.ge(0).sum().clamp_min(1).to(weight.scalar_type()).expand({object.size(0)});
    const auto add = [&](const char* head, const at::Tensor& values) {
      heads.rows.push_back({head, values, count});
    };
    add(kClsHead,
        clsLossRowsOfLabels(outputs.logits, at::where(object >= 0, label, object), {ClsElementLoss::kBce}));
    add(kLocHead,
        matchedSimilarityLoss(outputs.boxes, scene.targets.boxes, object, weight, {BoxSimilarity::kGiou}));
    const at::Tensor centerness = outputs.output(kCenternessOutput);
    add(kQualityHead, at::binary_cross_entropy_with_logits(centerness, at::full_like(centerness, 0.7), {}, {},
                                                           at::Reduction::None) *
                          object.ge(0).to(centerness.scalar_type()));
    return heads;
  }
};

/// The heads that a transform added.
std::vector<LossRows> added(const LossTable& losses, const LossTable& before) {
  std::vector<LossRows> out;
  for (const LossRows& rows : losses.rows)
    if (!before.find(rows.head)) out.push_back(rows);
  return out;
}

/// Of every head but the quality's.
at::Tensor totalOf(const LossTable& losses) {
  at::Tensor total = losses.at(kClsHead).sum();
  for (const LossRows& rows : losses.rows)
    if (rows.head != kClsHead && rows.head != kQualityHead) total = total + rows.sum();
  return total;
}

template <typename Entry>
const Entry& entryOf(const std::vector<Entry>& entries, const std::string& name) {
  return **findNamed(entries, name, "entry");
}

void expectDeclared(const std::vector<NamedScalar>& scalars, const EvidenceDeclaration& declared) {
  EXPECT_EQ(scalars.size(), declared.scalars.size());
  for (const NamedScalar& scalar : scalars) {
    EXPECT_NE(declared.scalar(scalar.name), nullptr) << scalar.name;
    EXPECT_EQ(scalar.value.dim(), 0) << scalar.name;
    EXPECT_FALSE(scalar.value.requires_grad()) << scalar.name;
  }
}

void expectShown(const RecordingSink& sink, const EvidenceDeclaration& declared) {
  EXPECT_EQ(sink.channelSpecs.size(), declared.channels.size());
  for (const ChannelSpec& spec : sink.channelSpecs) {
    const ChannelSpec* known = declared.channel(spec.name);
    ASSERT_NE(known, nullptr) << spec.name;
    EXPECT_EQ(*known, spec);
    EXPECT_FALSE(sink.channelValues.at(spec.name).requires_grad()) << spec.name;
  }
  EXPECT_EQ(sink.pairSpecs, declared.pairTables);
  EXPECT_EQ(sink.objectSpecs, declared.objectColumns);
}

// ---- transforms -------------------------------------------------------------------------------------------

class TransformContract : public ::testing::TestWithParam<std::string> {
 protected:
  const LossTransformEntry& entry() const { return entryOf(lossTransformEntries(), GetParam()); }
  std::unique_ptr<LossTransform> make(const ParamSet& params) const {
    auto made = makeLossTransform(GetParam(), params);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
  std::unique_ptr<LossTransform> make() const { return make(ParamSet(entry().params)); }
};

TEST_P(TransformContract, ChangesOnlyPositivesAndShowsWhatItDeclares) {
  const Batch batch;
  const LossTable before = batch.losses(batch.scene.outputs);
  LossTable losses = before;
  RecordingSink sink;
  const auto transform = make();
  expectDeclared(transform->apply(losses, batch.context(batch.scene.outputs), &sink),
                 transform->declaration());
  expectShown(sink, transform->declaration());
  const at::Tensor background = batch.object < 0;
  for (const LossRows& rows : before.rows) {
    const at::Tensor &got = losses.at(rows.head).values, &had = rows.values;
    ASSERT_EQ(got.sizes(), had.sizes());
    EXPECT_TRUE(got.isfinite().all().item<bool>());
    EXPECT_EQ(at::equal(got.index({background}), had.index({background})),
              !(entry().weighsBackground && rows.head == kClsHead))
        << rows.head;
  }
  for (const LossRows& rows : added(losses, before)) {
    ASSERT_EQ(rows.values.sizes(), before.rows.front().values.sizes());
    EXPECT_TRUE(rows.values.index({background}).eq(0).all().item<bool>());
  }
  EXPECT_TRUE(at::equal(losses.clsObject, before.clsObject));
}

TEST_P(TransformContract, WithoutPositivesNothingChanges) {
  if (entry().weighsBackground) GTEST_SKIP() << "background changes, too";
  const Batch batch(false);
  const LossTable before = batch.losses(batch.scene.outputs);
  LossTable losses = before;
  RecordingSink sink;
  for (const NamedScalar& scalar : make()->apply(losses, batch.context(batch.scene.outputs), &sink))
    EXPECT_TRUE(scalar.value.isfinite().item<bool>()) << scalar.name;
  for (const LossRows& rows : before.rows)
    EXPECT_TRUE(at::equal(losses.at(rows.head).values, rows.values)) << rows.head;
  for (const LossRows& rows : added(losses, before))
    EXPECT_TRUE(rows.values.eq(0).all().item<bool>()) << rows.head;
}

TEST_P(TransformContract, TheSameWithAndWithoutASinkAndInputsStay) {
  const Batch batch;
  const LossTable before = batch.losses(batch.scene.outputs);
  const at::Tensor cls = before.at(kClsHead).values.clone(), loc = before.at(kLocHead).values.clone();
  LossTable one = before, other = before;
  RecordingSink sink;
  make()->apply(one, batch.context(batch.scene.outputs), nullptr);
  make()->apply(other, batch.context(batch.scene.outputs), &sink);
  ASSERT_EQ(one.rows.size(), other.rows.size());
  for (const LossRows& rows : one.rows)
    EXPECT_TRUE(at::equal(rows.values, other.at(rows.head).values)) << rows.head;
  EXPECT_TRUE(at::equal(before.at(kClsHead).values, cls)) << "rows were changed in place";
  EXPECT_TRUE(at::equal(before.at(kLocHead).values, loc)) << "rows were changed in place";
}

TEST_P(TransformContract, FiniteAtExtremeLogits) {
  const Batch batch(true, at::kFloat, 1e4);
  HeadOutputs outputs = batch.scene.outputs;
  outputs.logits = outputs.logits.detach().requires_grad_();
  outputs.boxes = outputs.boxes.detach().requires_grad_();
  LossTable losses = batch.losses(outputs);
  make()->apply(losses, batch.context(outputs), nullptr);
  const at::Tensor total = totalOf(losses);
  EXPECT_TRUE(total.isfinite().item<bool>());
  total.backward();
  EXPECT_TRUE(outputs.logits.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(outputs.boxes.grad().isfinite().all().item<bool>());
}

TEST_P(TransformContract, GradientInDoubles) {
  ParamSet params(entry().params);
  for (const auto& [name, value] : entry().differentiableWith)
    ASSERT_TRUE(params.set(name, value).ok()) << name;
  const auto transform = make(params);
  const Batch batch;
  const auto total = [&](const HeadOutputs& outputs) {
    LossTable losses = batch.losses(outputs);
    transform->apply(losses, batch.context(outputs), nullptr);
    return totalOf(losses);
  };
  expectGradient(
      batch.scene.outputs.logits,
      [&](const at::Tensor& logits) {
        HeadOutputs outputs = batch.scene.outputs;
        outputs.logits = logits;
        return total(outputs);
      },
      11, 100);
  expectGradient(
      batch.scene.outputs.offsets,
      [&](const at::Tensor& deltas) { return total(testing::withOffsets(batch.scene, deltas)); }, 12, 100);
}

INSTANTIATE_TEST_SUITE_P(Registry, TransformContract,
                         ::testing::ValuesIn(testing::namesOf(lossTransformEntries())),
                         [](const auto& tested) { return tested.param; });

// ---- combiners -------------------------------------------------------------------------------------------

/// A combiner with default options, or with one choice of its options changed.
struct CombinerCase {
  std::string combiner, option, value;
};

std::string nameOf(const CombinerCase& tested) {
  std::string name = tested.combiner;
  if (!tested.option.empty()) name += "_" + tested.option + "_" + tested.value;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}
std::ostream& operator<<(std::ostream& stream, const CombinerCase& tested) {
  return stream << nameOf(tested);
}

std::vector<CombinerCase> combinerCases() {
  std::vector<CombinerCase> cases;
  for (const LossCombinerEntry& entry : lossCombinerEntries()) {
    cases.push_back({entry.name, "", ""});
    for (const ParamSpec& spec : entry.params) {
      std::vector<std::string> values = spec.choices;
      if (spec.type == ParamType::kBool) values = {"true", "false"};
      for (const std::string& value : values)
        if (value != toText(spec.defaultValue)) cases.push_back({entry.name, spec.name, value});
    }
  }
  return cases;
}

class CombinerContract : public ::testing::TestWithParam<CombinerCase> {
 protected:
  const LossCombinerEntry& entry() const { return entryOf(lossCombinerEntries(), GetParam().combiner); }
  std::unique_ptr<LossCombiner> make() const {
    ParamSet params(entry().params);
    if (!GetParam().option.empty()) {
      EXPECT_TRUE(params.set(GetParam().option, GetParam().value).ok());
    }
    auto made = makeLossCombiner(entry().name, params);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
};

/// The same losses, each row a leaf of its own.
LossTable withLeaves(LossTable losses) {
  for (LossRows& rows : losses.rows)
    rows.values = rows.values.detach().clone().requires_grad_();
  return losses;
}

TEST_P(CombinerContract, TheTotalIsAFiniteScalarWithDeclaredScalars) {
  const Batch batch;
  const auto combiner = make();
  RecordingSink sink;
  const LossTable losses = withLeaves(batch.losses(batch.scene.outputs));
  const CombinedLoss combined = combiner->combine(losses, batch.context(batch.scene.outputs), &sink);
  std::vector<at::Tensor> values = combined.heads;
  ASSERT_EQ(values.size(), losses.rows.size());
  values.push_back(combined.total);
  for (const at::Tensor& value : values) {
    ASSERT_TRUE(value.defined());
    EXPECT_EQ(value.dim(), 0);
    EXPECT_TRUE(value.isfinite().item<bool>());
  }
  EXPECT_TRUE(combined.total.requires_grad());
  expectDeclared(combined.scalars, combiner->declaration());
  expectShown(sink, combiner->declaration());
}

TEST_P(CombinerContract, EveryRowOfAHeadCountsAlike) {
  // The derivative by a row, times its image's divisor, is one number for the head: anchors are not told
  // apart.
  const Batch batch;
  const LossTable losses = withLeaves(batch.losses(batch.scene.outputs));
  make()->combine(losses, batch.context(batch.scene.outputs), nullptr).total.backward();
  for (const LossRows& rows : losses.rows) {
    ASSERT_TRUE(rows.values.grad().defined());
    const at::Tensor counts = rows.values.grad() * rows.divisors.unsqueeze(1);
    EXPECT_GT(counts.min().item<double>(), 0);
    EXPECT_NEAR(counts.max().item<double>(), counts.min().item<double>(), 1e-9 * counts.max().item<double>());
  }
}

TEST_P(CombinerContract, FiniteWithoutPositivesWithoutLossAndAtHugeLosses) {
  if (GetParam().value == "true" || GetParam().value == "false")
    GTEST_SKIP() << "such an option may switch the guard off";
  // The published code of guided scales divides by zero in such batches.
  const Batch full, empty(false);
  for (const Batch* batch : {&full, &empty})
    for (const double factor : {0.0, 1.0, 1e6}) {
      LossTable losses = batch->losses(batch->scene.outputs);
      for (LossRows& rows : losses.rows)
        rows.values = rows.values * factor;
      losses = withLeaves(losses);
      const CombinedLoss combined = make()->combine(losses, batch->context(batch->scene.outputs), nullptr);
      EXPECT_TRUE(combined.total.isfinite().item<bool>()) << "factor " << factor;
      combined.total.backward();
      for (const LossRows& rows : losses.rows)
        if (rows.values.grad().defined()) {
          EXPECT_TRUE(rows.values.grad().isfinite().all().item<bool>()) << "factor " << factor;
        }
    }
}

TEST_P(CombinerContract, WorksWithoutACenternessHead) {
  const Batch batch;
  LossTable losses = batch.losses(batch.scene.outputs);
  std::erase_if(losses.rows, [](const LossRows& rows) { return rows.head == kQualityHead; });
  HeadOutputs outputs = batch.scene.outputs;
  outputs.further.clear();
  const CombinedLoss combined = make()->combine(losses, batch.context(outputs), nullptr);
  EXPECT_TRUE(combined.total.isfinite().item<bool>());
  EXPECT_EQ(combined.heads.size(), 2U);
}

TEST_P(CombinerContract, GradientInDoubles) {
  const Batch batch;
  const LossTable losses = batch.losses(batch.scene.outputs);
  const auto combiner = make();
  const auto total = [&](const LossTable& heads) {
    return combiner->combine(heads, batch.context(batch.scene.outputs), nullptr).total;
  };
  if (!entry().holdsConstants)
    for (const LossRows& rows : losses.rows)
      expectGradient(
          rows.values,
          [&](const at::Tensor& values) {
            LossTable heads = losses;
            heads.at(rows.head).values = values;
            return total(heads);
          },
          13, 40);

  // Learnable parameters: float32 or float64, so the differences are coarse.
  for (const NamedTensor& parameter : combiner->parameters()) {
    parameter.tensor.mutable_grad() = at::Tensor();
    total(losses).backward();
    ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    const double got = parameter.tensor.grad().sum().item<double>();
    const c10::NoGradGuard noGrad;
    constexpr double kStep = 1e-3;
    parameter.tensor.add_(kStep);
    const double above = total(losses).item<double>();
    parameter.tensor.sub_(2 * kStep);
    const double below = total(losses).item<double>();
    parameter.tensor.add_(kStep);
    const double expected = (above - below) / (2 * kStep);
    EXPECT_NEAR(got, expected, 1e-3 * (1 + std::abs(expected))) << parameter.name;
  }
}

TEST_P(CombinerContract, StateHasUniqueNamesAndMovesOnlyWhileTraining) {
  const Batch batch;
  const auto combiner = make();
  std::set<std::string> names;
  for (const auto& list : {combiner->parameters(), combiner->buffers()})
    for (const NamedTensor& state : list)
      EXPECT_TRUE(names.insert(state.name).second) << state.name << " stands twice";
  std::vector<at::Tensor> before;
  for (const NamedTensor& buffer : combiner->buffers())
    before.push_back(buffer.tensor.clone());
  {
    const c10::NoGradGuard noGrad;
    combiner->combine(batch.losses(batch.scene.outputs), batch.context(batch.scene.outputs), nullptr);
  }
  const std::vector<NamedTensor> after = combiner->buffers();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(after[i].tensor, before[i])) << after[i].name;
}

INSTANTIATE_TEST_SUITE_P(Registry, CombinerContract, ::testing::ValuesIn(combinerCases()),
                         [](const auto& tested) { return nameOf(tested.param); });

}  // namespace
}  // namespace anchorscope
