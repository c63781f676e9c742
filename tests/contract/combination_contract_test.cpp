// What every registered coupling and combiner of the heads' losses must hold to.

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/named_registry.h"
#include "core/losses/combiner.h"
#include "core/losses/coupling.h"
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

  LossContext context(const DenseOutputs& outputs) const { return {scene.anchors, outputs, scene.targets}; }

  /// Binary cross entropy, GIoU and centerness losses of these outputs.
  HeadLosses losses(const DenseOutputs& outputs) const {
    HeadLosses heads;
    heads.clsObject = heads.regObject = object;
    heads.regWeight = weight;
    const at::Tensor label = scene.targets.labels.gather(1, object.clamp_min(0));
    heads.clsRows =
        clsLossRowsOfLabels(outputs.logits, at::where(object >= 0, label, object), {ClsElementLoss::kBce});
    heads.locRows =
        matchedSimilarityLoss(outputs.boxes, scene.targets.boxes, object, weight, {BoxSimilarity::kGiou});
    heads.qualityRows =
        at::binary_cross_entropy_with_logits(outputs.centerness, at::full_like(outputs.centerness, 0.7), {},
                                             {}, at::Reduction::None) *
        object.ge(0).to(outputs.centerness.scalar_type());
    const at::Tensor count =
        object.ge(0).sum().clamp_min(1).to(weight.scalar_type()).expand({object.size(0)});
    heads.clsDivisors = heads.locDivisors = heads.qualityDivisors = count;
    return heads;
  }
};

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

// ---- couplings -------------------------------------------------------------------------------------------

class CouplingContract : public ::testing::TestWithParam<std::string> {
 protected:
  const LossCouplingEntry& entry() const { return entryOf(lossCouplingEntries(), GetParam()); }
  std::unique_ptr<LossCoupling> make(const ParamSet& params) const {
    auto made = makeLossCoupling(GetParam(), params);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
  std::unique_ptr<LossCoupling> make() const { return make(ParamSet(entry().params)); }
};

TEST_P(CouplingContract, ChangesOnlyPositivesAndShowsWhatItDeclares) {
  const Batch batch;
  const HeadLosses before = batch.losses(batch.scene.outputs);
  HeadLosses losses = before;
  RecordingSink sink;
  const auto coupling = make();
  expectDeclared(coupling->couple(losses, batch.context(batch.scene.outputs), &sink),
                 coupling->declaration());
  expectShown(sink, coupling->declaration());
  const at::Tensor background = batch.object < 0;
  for (const auto& [got, had] :
       {std::pair{losses.clsRows, before.clsRows}, {losses.locRows, before.locRows}}) {
    ASSERT_EQ(got.sizes(), had.sizes());
    EXPECT_TRUE(got.isfinite().all().item<bool>());
    EXPECT_TRUE(at::equal(got.index({background}), had.index({background})));
  }
  if (losses.extraRows.defined()) {
    ASSERT_EQ(losses.extraRows.sizes(), before.clsRows.sizes());
    EXPECT_TRUE(losses.extraRows.index({background}).eq(0).all().item<bool>());
  }
  EXPECT_TRUE(at::equal(losses.clsObject, before.clsObject));
}

TEST_P(CouplingContract, WithoutPositivesNothingChanges) {
  const Batch batch(false);
  const HeadLosses before = batch.losses(batch.scene.outputs);
  HeadLosses losses = before;
  RecordingSink sink;
  for (const NamedScalar& scalar : make()->couple(losses, batch.context(batch.scene.outputs), &sink))
    EXPECT_TRUE(scalar.value.isfinite().item<bool>()) << scalar.name;
  EXPECT_TRUE(at::equal(losses.clsRows, before.clsRows));
  EXPECT_TRUE(at::equal(losses.locRows, before.locRows));
  if (losses.extraRows.defined()) {
    EXPECT_TRUE(losses.extraRows.eq(0).all().item<bool>());
  }
}

TEST_P(CouplingContract, TheSameWithAndWithoutASinkAndInputsStay) {
  const Batch batch;
  const HeadLosses before = batch.losses(batch.scene.outputs);
  const at::Tensor cls = before.clsRows.clone(), loc = before.locRows.clone();
  HeadLosses one = before, other = before;
  RecordingSink sink;
  make()->couple(one, batch.context(batch.scene.outputs), nullptr);
  make()->couple(other, batch.context(batch.scene.outputs), &sink);
  EXPECT_TRUE(at::equal(one.clsRows, other.clsRows));
  EXPECT_TRUE(at::equal(one.locRows, other.locRows));
  EXPECT_TRUE(at::equal(before.clsRows, cls)) << "rows were changed in place";
  EXPECT_TRUE(at::equal(before.locRows, loc)) << "rows were changed in place";
}

TEST_P(CouplingContract, FiniteAtExtremeLogits) {
  const Batch batch(true, at::kFloat, 1e4);
  DenseOutputs outputs = batch.scene.outputs;
  outputs.logits = outputs.logits.detach().requires_grad_();
  outputs.boxes = outputs.boxes.detach().requires_grad_();
  HeadLosses losses = batch.losses(outputs);
  make()->couple(losses, batch.context(outputs), nullptr);
  const SummedLosses sums = sumLosses(losses);
  at::Tensor total = sums.cls + sums.loc;
  if (sums.extra.defined()) total = total + sums.extra;
  EXPECT_TRUE(total.isfinite().item<bool>());
  total.backward();
  EXPECT_TRUE(outputs.logits.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(outputs.boxes.grad().isfinite().all().item<bool>());
}

TEST_P(CouplingContract, GradientInDoubles) {
  ParamSet params(entry().params);
  for (const auto& [name, value] : entry().differentiableWith)
    ASSERT_TRUE(params.set(name, value).ok()) << name;
  const auto coupling = make(params);
  const Batch batch;
  const auto total = [&](const DenseOutputs& outputs) {
    HeadLosses losses = batch.losses(outputs);
    coupling->couple(losses, batch.context(outputs), nullptr);
    const SummedLosses sums = sumLosses(losses);
    return sums.extra.defined() ? sums.cls + sums.loc + sums.extra : sums.cls + sums.loc;
  };
  expectGradient(
      batch.scene.outputs.logits,
      [&](const at::Tensor& logits) {
        DenseOutputs outputs = batch.scene.outputs;
        outputs.logits = logits;
        return total(outputs);
      },
      11, 100);
  expectGradient(
      batch.scene.outputs.deltas,
      [&](const at::Tensor& deltas) { return total(testing::withOffsets(batch.scene, deltas)); }, 12, 100);
}

INSTANTIATE_TEST_SUITE_P(Registry, CouplingContract,
                         ::testing::ValuesIn(testing::namesOf(lossCouplingEntries())),
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
HeadLosses withLeaves(HeadLosses losses) {
  for (at::Tensor* rows : {&losses.clsRows, &losses.locRows, &losses.qualityRows})
    *rows = rows->detach().clone().requires_grad_();
  return losses;
}

TEST_P(CombinerContract, TheTotalIsAFiniteScalarWithDeclaredScalars) {
  const Batch batch;
  const auto combiner = make();
  RecordingSink sink;
  const HeadLosses losses = withLeaves(batch.losses(batch.scene.outputs));
  const CombinedLoss combined = combiner->combine(losses, batch.context(batch.scene.outputs), &sink);
  for (const at::Tensor& value : {combined.total, combined.cls, combined.loc, combined.quality}) {
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
  const HeadLosses losses = withLeaves(batch.losses(batch.scene.outputs));
  make()->combine(losses, batch.context(batch.scene.outputs), nullptr).total.backward();
  for (const auto& [rows, divisors] : {std::pair{losses.clsRows, losses.clsDivisors},
                                       {losses.locRows, losses.locDivisors},
                                       {losses.qualityRows, losses.qualityDivisors}}) {
    ASSERT_TRUE(rows.grad().defined());
    const at::Tensor counts = rows.grad() * divisors.unsqueeze(1);
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
      HeadLosses losses = batch->losses(batch->scene.outputs);
      for (at::Tensor* rows : {&losses.clsRows, &losses.locRows, &losses.qualityRows})
        *rows = *rows * factor;
      losses = withLeaves(losses);
      const CombinedLoss combined = make()->combine(losses, batch->context(batch->scene.outputs), nullptr);
      EXPECT_TRUE(combined.total.isfinite().item<bool>()) << "factor " << factor;
      combined.total.backward();
      for (const at::Tensor& rows : {losses.clsRows, losses.locRows, losses.qualityRows})
        if (rows.grad().defined()) {
          EXPECT_TRUE(rows.grad().isfinite().all().item<bool>()) << "factor " << factor;
        }
    }
}

TEST_P(CombinerContract, WorksWithoutACenternessHead) {
  const Batch batch;
  HeadLosses losses = batch.losses(batch.scene.outputs);
  losses.qualityRows = losses.qualityDivisors = at::Tensor();
  DenseOutputs outputs = batch.scene.outputs;
  outputs.centerness = at::Tensor();
  const CombinedLoss combined = make()->combine(losses, batch.context(outputs), nullptr);
  EXPECT_TRUE(combined.total.isfinite().item<bool>());
  EXPECT_FALSE(combined.quality.defined());
}

TEST_P(CombinerContract, GradientInDoubles) {
  const Batch batch;
  const HeadLosses losses = batch.losses(batch.scene.outputs);
  const auto combiner = make();
  const auto total = [&](const HeadLosses& heads) {
    return combiner->combine(heads, batch.context(batch.scene.outputs), nullptr).total;
  };
  if (!entry().holdsConstants)
    for (at::Tensor HeadLosses::*rows :
         {&HeadLosses::clsRows, &HeadLosses::locRows, &HeadLosses::qualityRows})
      expectGradient(
          losses.*rows,
          [&](const at::Tensor& values) {
            HeadLosses heads = losses;
            heads.*rows = values;
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
