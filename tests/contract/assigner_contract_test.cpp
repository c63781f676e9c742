// What every registered assigner must hold to.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "core/assigners/assigner.h"
#include "core/evidence/decision_reader.h"
#include "tests/contract/cases.h"

namespace anchorscope {
namespace {

using testing::AssignerCase;
using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::RecordingSink;

class AssignerContract : public ::testing::TestWithParam<AssignerCase> {
 protected:
  const AssignerEntry& entry() const { return *GetParam().entry; }
  DenseScene makeDenseScene(const DenseSceneOptions& options = {}) const {
    return GetParam().kind.scene(options);
  }
  std::unique_ptr<Assigner> make(const ParamSet& params) const {
    auto assigner = makeAssigner(entry().name, params);
    EXPECT_TRUE(assigner.ok());
    return *std::move(assigner);
  }
  std::unique_ptr<Assigner> make() const { return make(ParamSet(entry().params)); }
  Assignment assign(const DenseScene& scene, EvidenceSink* sink = nullptr) const {
    return make()->assign({scene.anchors, scene.outputs, scene.targets}, sink);
  }
  /// The defaults with each choice and each switch of the options that goes with the heads.
  void forEveryChoice(const std::function<void(const ParamSet&)>& check) const {
    for (const ParamSpec& spec : entry().params) {
      const bool isSwitch = spec.type == anchorscope::ParamType::kBool;
      for (const std::string& value : isSwitch ? std::vector<std::string>{"true", "false"} : spec.choices) {
        SCOPED_TRACE(spec.name + " = " + value);
        ParamSet params(entry().params);
        ASSERT_TRUE(params.set(spec.name, value).ok());
        if (!entry().conflicts || entry().conflicts(params, GetParam().kind.heads).empty()) check(params);
      }
    }
  }
};

/// Everything an assignment holds, for comparing two.
std::vector<at::Tensor> tensorsOf(const Assignment& assignment) {
  std::vector<at::Tensor> all;
  for (const at::Tensor& tensor :
       {assignment.clsObject, assignment.regObject, assignment.clsTarget, assignment.clsWeight,
        assignment.regWeight, assignment.positiveWeight, assignment.negativeWeight})
    if (tensor.defined()) all.push_back(tensor);
  for (const QualityTarget& quality : assignment.quality)
    for (const at::Tensor& tensor : {quality.target, quality.mask})
      if (tensor.defined()) all.push_back(tensor);
  for (const NamedScalar& scalar : assignment.scalars)
    all.push_back(scalar.value);
  return all;
}

void expectEqual(const Assignment& a, const Assignment& b) {
  const auto left = tensorsOf(a), right = tensorsOf(b);
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i)
    EXPECT_TRUE(at::equal(left[i], right[i])) << "tensor " << i;
}

/// The same assignments; scalars up to the order in which they are summed.
void expectSameAssignment(Assignment a, Assignment b) {
  ASSERT_EQ(a.scalars.size(), b.scalars.size());
  for (std::size_t i = 0; i < a.scalars.size(); ++i)
    EXPECT_TRUE(at::allclose(a.scalars[i].value.to(at::kDouble), b.scalars[i].value.to(at::kDouble), 1e-5,
                             1e-7,
                             /*equal_nan=*/true))
        << a.scalars[i].name;
  a.scalars.clear();
  b.scalars.clear();
  expectEqual(a, b);
}

void expectSound(const Assignment& assignment, const DenseScene& scene) {
  const std::int64_t batch = scene.outputs.logits.size(0), anchors = scene.anchors.count();
  const std::int64_t classes = scene.outputs.logits.size(2);
  for (const at::Tensor& object : {assignment.clsObject, assignment.regObject}) {
    ASSERT_EQ(object.sizes(), at::IntArrayRef({batch, anchors}));
    ASSERT_EQ(object.scalar_type(), at::kLong);
    EXPECT_TRUE((object >= -2).all().item<bool>());
    for (std::int64_t b = 0; b < batch; ++b) {
      const at::Tensor positives = object[b].index({object[b] >= 0});
      if (positives.numel() == 0) continue;
      ASSERT_LT(positives.max().item<std::int64_t>(), scene.targets.maxObjects());
      EXPECT_TRUE(scene.targets.valid[b].index({positives}).all().item<bool>()) << "an anchor learns padding";
    }
  }
  ASSERT_EQ(assignment.regWeight.sizes(), at::IntArrayRef({batch, anchors}));
  EXPECT_TRUE(assignment.regWeight.isfinite().all().item<bool>());
  EXPECT_TRUE((assignment.regWeight >= 0).all().item<bool>());
  EXPECT_TRUE((assignment.regWeight.gt(0) == assignment.regObject.ge(0)).all().item<bool>())
      << "weights above 0 and objects of the box head must go together";
  if (assignment.clsTarget.defined()) {
    ASSERT_EQ(assignment.clsTarget.sizes(), at::IntArrayRef({batch, anchors, classes}));
    EXPECT_TRUE(((assignment.clsTarget >= 0) & (assignment.clsTarget <= 1)).all().item<bool>());
    // A positive's may be 0 where it is its box's IoU.
    EXPECT_FALSE((assignment.clsTarget.gt(0).any(2) & (assignment.clsObject < 0)).any().item<bool>());
  }
  if (assignment.clsWeight.defined()) {
    ASSERT_EQ(assignment.clsWeight.sizes(), at::IntArrayRef({batch, anchors}));
    EXPECT_TRUE((assignment.clsWeight >= 0).all().item<bool>());
  }
  for (const QualityTarget& quality : assignment.quality) {
    ASSERT_EQ(quality.target.sizes(), at::IntArrayRef({batch, anchors}));
    EXPECT_TRUE(((quality.target >= 0) & (quality.target <= 1)).all().item<bool>());
  }
  for (const at::Tensor& tensor : tensorsOf(assignment))
    EXPECT_FALSE(tensor.requires_grad());
}

TEST_P(AssignerContract, ShapesTypesAndRanges) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    DenseSceneOptions options;
    options.seed = seed;
    const DenseScene scene = makeDenseScene(options);
    const Assignment assignment = assign(scene);
    expectSound(assignment, scene);
    EXPECT_TRUE(assignment.clsObject.ge(0).any().item<bool>())
        << "the scene has objects, but nothing is positive";
    EXPECT_TRUE(assignment.regObject.ge(0).any().item<bool>());
  }
}

TEST_P(AssignerContract, AnImageWithoutObjectsIsBackground) {
  for (const std::int64_t padding : {0, 2}) {
    DenseSceneOptions options;
    options.objects = {0};
    options.padTo = padding;
    const DenseScene scene = makeDenseScene(options);
    const Assignment assignment = assign(scene);
    EXPECT_TRUE(assignment.clsObject.eq(-1).all().item<bool>());
    EXPECT_TRUE(assignment.regObject.eq(-1).all().item<bool>());
    EXPECT_TRUE(assignment.regWeight.eq(0).all().item<bool>());
    RecordingSink sink;
    assign(scene, &sink);
  }
}

TEST_P(AssignerContract, WithoutAnchorsNothingIsAssigned) {
  DenseSceneOptions options;
  options.noAnchors = true;
  const DenseScene scene = makeDenseScene(options);
  RecordingSink sink;
  const Assignment assignment = assign(scene, &sink);
  EXPECT_EQ(assignment.clsObject.sizes(), at::IntArrayRef({2, 0}));
  EXPECT_EQ(assignment.regWeight.sizes(), at::IntArrayRef({2, 0}));
}

TEST_P(AssignerContract, EveryChoiceIsSound) {
  const DenseScene scene = makeDenseScene();
  forEveryChoice([&](const ParamSet& params) {
    expectSound(make(params)->assign({scene.anchors, scene.outputs, scene.targets}, nullptr), scene);
  });
}

TEST_P(AssignerContract, QualityTargetsAreGivenWhereTheyAreAnnounced) {
  std::vector<std::string> given;
  for (const QualityTarget& quality : assign(makeDenseScene()).quality)
    given.push_back(quality.output);
  EXPECT_EQ(make()->qualityOutputs(), given);
}

/// The option that every assigner must have, on.
ParamSet ignoring(const AssignerEntry& entry) {
  ParamSet params(entry.params);
  EXPECT_NE(params.find("ignore_iof_thr"), nullptr) << "an assigner that does not look at regions to ignore";
  EXPECT_TRUE(params.set("ignore_iof_thr", "0.5").ok());
  return params;
}

TEST_P(AssignerContract, WhenARegionToIgnoreCoversAllThereIsNoBackground) {
  DenseSceneOptions options;
  options.ignoreRegions = 1;
  DenseScene scene = makeDenseScene(options);
  const Assignment before = assign(scene);
  scene.targets.ignoreBoxes.copy_(at::tensor({-200.f, -200.f, 300.f, 300.f}).view({1, 1, 4}));
  RecordingSink sink;
  const Assignment assignment =
      make(ignoring(entry()))->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  expectSound(assignment, scene);
  if (!entry().usesPredictions) {
    EXPECT_TRUE(assignment.clsObject.eq(-2).all().item<bool>());
    EXPECT_TRUE(assignment.regObject.eq(-2).all().item<bool>());
    return;
  }
  // What the predictions have chosen stays.
  EXPECT_TRUE(at::equal(assignment.clsObject, at::where(before.clsObject < 0, -2, before.clsObject)));
  EXPECT_TRUE(at::equal(assignment.regObject, at::where(before.regObject < 0, -2, before.regObject)));
  EXPECT_TRUE(at::equal(assignment.regWeight, before.regWeight));
}

TEST_P(AssignerContract, ARegionToIgnoreTakesOutTheBackgroundInsideAndOnlyThat) {
  DenseSceneOptions options;
  options.ignoreRegions = 2;
  DenseScene scene = makeDenseScene(options);
  const DenseScene without = scene;
  scene.targets.ignoreBoxes =
      at::tensor({0.f, 0.f, 0.f, 0.f, 30.f, 20.f, 64.f, 64.f}).view({1, 2, 4}).repeat({2, 1, 1});
  const Assignment off = assign(scene),
                   on = make(ignoring(entry()))
                            ->assign({scene.anchors, scene.outputs, scene.targets}, nullptr);
  expectEqual(assign(without), off);
  expectSound(on, scene);
  int tried = 0;
  for (std::int64_t image = 0; image < 2; ++image) {
    const std::vector<double> shares = testing::sharesInIgnored(scene, image);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (std::abs(shares[i] - 0.5) < 1e-6) continue;  // either side is right in float32
      const auto anchor = static_cast<std::int64_t>(i);
      const auto before = off.clsObject[image][anchor].item<std::int64_t>(),
                 after = on.clsObject[image][anchor].item<std::int64_t>();
      const bool inside = shares[i] > 0.5;
      if (inside && before == -1) {
        ++tried;
        EXPECT_EQ(after, -2) << "anchor " << i;
        if (on.clsWeight.defined()) {
          EXPECT_EQ(on.clsWeight[image][anchor].item<double>(), 0);
        }
        // The box head may have chosen an anchor that is background to the class head.
        const bool chosen = off.regObject[image][anchor].item<std::int64_t>() >= 0;
        EXPECT_EQ(on.regWeight[image][anchor].item<double>(),
                  chosen ? off.regWeight[image][anchor].item<double>() : 0);
      }
      if (!inside && before == -1) {
        EXPECT_NE(after, -2) << "anchor " << i;
      }
    }
  }
  EXPECT_GT(tried, 10);
}

TEST_P(AssignerContract, DuplicateObjectsAreSound) {
  DenseScene scene = makeDenseScene();
  scene.targets.boxes.select(1, 1).copy_(scene.targets.boxes.select(1, 0));
  scene.targets.labels.select(1, 1).copy_(scene.targets.labels.select(1, 0));
  RecordingSink sink;
  expectSound(assign(scene, &sink), scene);
}

TEST_P(AssignerContract, DegenerateBoxesAreSound) {
  DenseScene scene = makeDenseScene();
  scene.targets.boxes[0][0] = at::tensor({20.f, 20.f, 20.f, 40.f});  // no width
  scene.targets.boxes[0][1] = at::tensor({30.f, 30.f, 10.f, 10.f});  // inside out
  scene.outputs.boxes[0].slice(0, 0, 40).slice(1, 2, 4).copy_(
      scene.outputs.boxes[0].slice(0, 0, 40).slice(1, 0, 2));
  scene.outputs.boxes[1].slice(0, 0, 40).mul_(1e30f);
  RecordingSink sink;
  expectSound(assign(scene, &sink), scene);
}

TEST_P(AssignerContract, ExtremeLogitsAreSound) {
  DenseSceneOptions options;
  options.logitScale = 1e4;
  const DenseScene scene = makeDenseScene(options);
  RecordingSink sink;
  expectSound(assign(scene, &sink), scene);
}

TEST_P(AssignerContract, NonFiniteOutputsLeaveASoundAssignment) {
  // Training stops at a non-finite loss; what is shown of that step must not fail on the way.
  DenseScene scene = makeDenseScene();
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  scene.outputs.logits[0].slice(0, 0, 30).fill_(nan);
  scene.outputs.logits[0].slice(0, 30, 40).fill_(infinity);
  scene.outputs.boxes[1].slice(0, 0, 30).fill_(nan);
  scene.outputs.boxes[1].slice(0, 30, 40).select(1, 2).fill_(infinity);
  scene.outputs.boxes[1].slice(0, 40, 50).select(1, 0).fill_(-infinity);
  RecordingSink sink;
  expectSound(assign(scene, &sink), scene);
}

TEST_P(AssignerContract, OrderOfObjectsDoesNotMatter) {
  if (!entry().orderOfObjects.empty()) GTEST_SKIP() << entry().orderOfObjects;
  DenseSceneOptions options;
  options.objects = {5};
  const DenseScene scene = makeDenseScene(options);
  const at::Tensor order =
      at::tensor(std::vector<std::int64_t>{3, 0, 4, 1, 2}, at::TensorOptions().dtype(at::kLong));
  DenseScene permuted = scene;
  permuted.targets.boxes = scene.targets.boxes.index_select(1, order);
  permuted.targets.labels = scene.targets.labels.index_select(1, order);
  permuted.targets.valid = scene.targets.valid.index_select(1, order);
  const Assignment straight = assign(scene), other = assign(permuted);
  const auto original = [&](const at::Tensor& object) {
    return at::where(object >= 0, order.index({object.clamp_min(0)}), object);
  };
  EXPECT_TRUE(at::equal(straight.clsObject, original(other.clsObject)));
  EXPECT_TRUE(at::equal(straight.regObject, original(other.regObject)));
  EXPECT_TRUE(at::equal(straight.regWeight, other.regWeight));
  if (straight.clsTarget.defined()) {
    EXPECT_TRUE(at::equal(straight.clsTarget, other.clsTarget));
  }
  for (std::size_t i = 0; i < straight.quality.size(); ++i)
    EXPECT_TRUE(at::equal(straight.quality[i].target, other.quality.at(i).target));
}

TEST_P(AssignerContract, PaddingTakesPartInNothing) {
  const DenseScene scene = makeDenseScene();
  DenseScene padded = scene;
  const auto extended = [](const at::Tensor& tensor, double fill) {
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    shape[1] = 3;
    return at::cat({tensor, at::full(shape, fill, tensor.options())}, 1);
  };
  padded.targets.boxes = extended(scene.targets.boxes, 0);
  padded.targets.labels = extended(scene.targets.labels, -1);
  padded.targets.valid = extended(scene.targets.valid, 0);
  expectSameAssignment(assign(scene), assign(padded));
}

TEST_P(AssignerContract, ImagesDoNotInfluenceEachOther) {
  DenseSceneOptions options;
  options.ignoreRegions = 1;
  const DenseScene scene = makeDenseScene(options);
  const Assignment together = assign(scene);
  for (std::int64_t image = 0; image < 2; ++image) {
    const auto one = [&](const at::Tensor& tensor) {
      return tensor.defined() ? tensor.slice(0, image, image + 1) : tensor;
    };
    DenseScene alone = scene;
    for (at::Tensor* tensor :
         {&alone.outputs.logits, &alone.outputs.offsets, &alone.outputs.boxes, &alone.targets.boxes,
          &alone.targets.labels, &alone.targets.valid, &alone.targets.ignoreBoxes})
      *tensor = one(*tensor);
    const Assignment single = assign(alone);
    EXPECT_TRUE(at::equal(one(together.clsObject), single.clsObject));
    EXPECT_TRUE(at::equal(one(together.regObject), single.regObject));
    EXPECT_TRUE(at::equal(one(together.regWeight), single.regWeight));
    if (single.clsTarget.defined()) {
      EXPECT_TRUE(at::equal(one(together.clsTarget), single.clsTarget));
    }
    for (std::size_t i = 0; i < single.quality.size(); ++i)
      EXPECT_TRUE(at::equal(one(together.quality.at(i).target), single.quality[i].target));
  }
}

TEST_P(AssignerContract, TheSameTwiceAndWithOrWithoutASink) {
  const DenseScene scene = makeDenseScene();
  RecordingSink sink;
  const Assignment first = assign(scene);
  expectEqual(first, assign(scene));
  expectEqual(first, assign(scene, &sink));
}

TEST_P(AssignerContract, InputsStayAsTheyWere) {
  DenseSceneOptions options;
  options.ignoreRegions = 2;
  const DenseScene scene = makeDenseScene(options);
  const std::vector<at::Tensor> inputs = {
      scene.anchors.boxes,   scene.anchors.strides, scene.outputs.logits,
      scene.outputs.offsets, scene.outputs.boxes,   scene.targets.boxes,
      scene.targets.labels,  scene.targets.valid,   scene.targets.ignoreBoxes};
  std::vector<at::Tensor> before;
  for (const at::Tensor& tensor : inputs)
    before.push_back(tensor.clone());
  RecordingSink sink;
  assign(scene, &sink);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    EXPECT_TRUE(at::equal(inputs[i], before[i])) << "input " << i;
}

TEST_P(AssignerContract, NoGradientFlowsIntoTheAssignment) {
  DenseScene scene = makeDenseScene();
  scene.outputs.logits.requires_grad_();
  scene.outputs.boxes = scene.outputs.boxes.detach().requires_grad_();
  for (const at::Tensor& tensor : tensorsOf(assign(scene)))
    EXPECT_FALSE(tensor.requires_grad());
}

void expectPublishesWhatItDeclares(Assigner& assigner, const DenseScene& scene) {
  RecordingSink sink;
  const Assignment assignment = assigner.assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  const EvidenceDeclaration declared = assigner.declaration();
  EXPECT_EQ(sink.channelSpecs, declared.channels);
  EXPECT_EQ(sink.pairSpecs, declared.pairTables);
  const auto byName = [](auto specs) {
    std::sort(specs.begin(), specs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return specs;
  };
  EXPECT_EQ(byName(sink.objectSpecs), byName(declared.objectColumns));
  ASSERT_EQ(assignment.scalars.size(), declared.scalars.size());
  for (const NamedScalar& scalar : assignment.scalars) {
    EXPECT_NE(declared.scalar(scalar.name), nullptr) << scalar.name;
    EXPECT_EQ(scalar.value.dim(), 0) << scalar.name;
  }
}

TEST_P(AssignerContract, PublishesExactlyWhatItDeclares) {
  for (const ParamSet& params : {ParamSet(entry().params), ignoring(entry())})
    expectPublishesWhatItDeclares(*make(params), makeDenseScene());
}

/// The object that each candidate goes to for a head as the rows of the decision tell it; -1: none.
std::vector<std::int64_t> replayed(const StageEvidence& frame, const DecisionSpec& decision,
                                   const OutcomeSpec& outcome) {
  const DecisionReader reader(frame, decision);
  const auto* weights = reader.column(outcome.weightColumn);
  std::vector<std::int64_t> winners(frame.candidates->count(), -1);
  std::vector<float> best(winners.size(), -std::numeric_limits<float>::infinity());
  std::vector<TestAnswer> answers;
  for (std::size_t row = 0; row < reader.table()->rowCount(); ++row) {  // in the order of objects
    reader.read(static_cast<std::int64_t>(row), answers);
    if (!reader.wins(answers, outcome.head)) continue;
    const auto candidate = static_cast<std::size_t>(reader.table()->candidate[row]);
    const float weight = weights ? (*weights)[row] : 0;
    if (winners[candidate] >= 0 && !(weight > best[candidate])) continue;
    winners[candidate] = reader.table()->object[row];
    best[candidate] = weight;
  }
  return winners;
}

void expectTheRowsGiveTheAssignment(Assigner& assigner, const DenseScene& scene) {
  RecordingSink sink;
  const Assignment assignment = assigner.assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  for (const DecisionSpec& decision : assigner.declaration().decisions)
    for (std::int64_t image = 0; image < assignment.clsObject.size(0); ++image) {
      const StageEvidence frame = sink.frame(scene, image, {decision});
      for (const OutcomeSpec& outcome : decision.outcomes) {
        const at::Tensor& object =
            outcome.winnerChannel == kClsObjectChannel ? assignment.clsObject : assignment.regObject;
        const at::Tensor told = at::tensor(replayed(frame, decision, outcome), at::kLong);
        EXPECT_TRUE(at::equal(told, object[image].clamp_min(-1)))
            << outcome.head << " of image " << image << ", " << (told != object[image].clamp_min(-1)).sum()
            << " otherwise";
      }
    }
}

TEST_P(AssignerContract, TheRowsOfTheDecisionGiveTheAssignment) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    DenseSceneOptions options;
    options.seed = seed;
    options.objects = {6, 2};
    options.ignoreRegions = 1;
    const DenseScene scene = makeDenseScene(options);
    for (const ParamSet& params : {ParamSet(entry().params), ignoring(entry())})
      expectTheRowsGiveTheAssignment(*make(params), scene);
    forEveryChoice([&](const ParamSet& params) { expectTheRowsGiveTheAssignment(*make(params), scene); });
  }
}

TEST_P(AssignerContract, TheRowsGiveTheAssignmentOfDuplicatesToo) {
  DenseScene scene = makeDenseScene();
  scene.targets.boxes.select(1, 1).copy_(scene.targets.boxes.select(1, 0));
  scene.targets.labels.select(1, 1).copy_(scene.targets.labels.select(1, 0));
  expectTheRowsGiveTheAssignment(*make(), scene);
}

INSTANTIATE_TEST_SUITE_P(Registry, AssignerContract, ::testing::ValuesIn(testing::assignerCases()),
                         testing::kCaseName);

TEST(AssignerCases, EveryAssignerGoesWithSomeHeads) {
  std::set<std::string> tried;
  for (const AssignerCase& tested : testing::assignerCases())
    tried.insert(tested.entry->name);
  for (const AssignerEntry& entry : assignerEntries())
    EXPECT_EQ(tried.count(entry.name), 1u) << entry.name;
}

}  // namespace
}  // namespace anchorscope
