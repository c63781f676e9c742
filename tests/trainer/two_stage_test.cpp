// Detectors of two stages: what each learns by, the sum, and the evidence of both.

#include <ATen/record_function.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/base/check.h"
#include "core/evidence/decision.h"
#include "core/trainer/batch_loss.h"
#include "tests/support/dense_scene.h"
#include "tests/trainer/two_stage_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(TwoStages, OptionsBelongToTheirStage) {
  const ParamSet params(recipeParams(twoStages()));
  EXPECT_EQ(params.getFloat("rpn.neg_iou_thr"), 0.3);
  EXPECT_EQ(params.getFloat("roi.neg_iou_thr"), 0.4);
  EXPECT_EQ(params.getFloat("roi.lambda_reg"), 2);
  for (const ParamSpec& spec : params.specs())
    EXPECT_TRUE(spec.whenOption.empty() || spec.whenOption.substr(0, 4) == spec.name.substr(0, 4))
        << spec.name;
  EXPECT_EQ(method()->stage(0).params().getFloat("neg_iou_thr"), 0.3);
  EXPECT_EQ(method({{"roi.cls_loss", "focal"}})->stage(1).params().getText("cls_loss"), "focal");
}

TEST(MethodSetOf, AModelOfAnotherNumberOfStagesIsAUsageError) {
  const auto refused = MethodSet::make("faster_rcnn", *methodParams("faster_rcnn"), {HeadTraits()});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_THAT(refused.error().text(), HasSubstr("faster_rcnn"));
  EXPECT_THAT(refused.error().text(), HasSubstr("2 stages"));
}

TEST_F(TwoStages, TheTotalIsTheSumAndEveryStageLearns) {
  const auto methods = method();
  const auto stages = detector->forward(images, &targets, {});
  const LossTerms terms = methods->loss(stages, targets, StepContext());
  EXPECT_DOUBLE_EQ(valueOf(terms, "loss.total"), terms.total.item<double>());
  EXPECT_NEAR(valueOf(terms, "rpn.loss.total") + valueOf(terms, "roi.loss.total"), terms.total.item<double>(),
              1e-5);
  EXPECT_NEAR(valueOf(terms, "roi.loss.total"),
              valueOf(terms, "roi.loss.cls") + 2 * valueOf(terms, "roi.loss.loc"), 1e-5);
  EXPECT_EQ(valueOf(terms, "roi.objects"), 3);
  EXPECT_GE(valueOf(terms, "roi.positives.cls"), 3) << "the objects' own boxes";
  terms.total.backward();
  EXPECT_GT(detector->classWeights().grad().abs().sum().item<double>(), 0);
  for (const NamedTensor& named : detector->parameters())
    if (named.name.find("cls_logits.weight") != std::string::npos) {
      EXPECT_GT(named.tensor.grad().abs().sum().item<double>(), 0) << named.name;
    }
}

TEST_F(TwoStages, EachStagesLossIsThatOfItsRulesAlone) {
  const auto methods = method();
  const at::NoGradGuard noGrad;
  const auto stages = detector->forward(images, &targets, {});
  const LossTerms terms = methods->loss(stages, targets, StepContext());
  DenseTargets something = targets;
  something.labels = at::where(targets.valid, 0, -1);
  const auto alone = method();
  const StageInputs rpn{stages[0].candidates, stages[0].heads, something};
  EXPECT_EQ(alone->stage(0).loss(rpn, StepContext()).total.item<double>(), valueOf(terms, "rpn.loss.total"))
      << "the first stage tells something from nothing";
  // Image by image, with candidates that the one image's are all there is.
  double cls = 0;
  for (std::int64_t b = 0; b < 2; ++b) {
    AnchorSet own;
    own.boxes = stages[1].candidates.boxes[b];
    HeadOutputs outputs = stages[1].heads;
    outputs.logits = outputs.logits.narrow(0, b, 1);
    outputs.offsets = outputs.offsets.narrow(0, b, 1);
    outputs.boxes = outputs.boxes.narrow(0, b, 1);
    const DenseTargets its{targets.boxes.narrow(0, b, 1),
                           targets.labels.narrow(0, b, 1),
                           targets.valid.narrow(0, b, 1),
                           targets.ignoreBoxes.narrow(0, b, 1),
                           {}};
    const LossTerms single = alone->stage(1).loss({own, outputs, its}, StepContext());
    cls += valueOf(single, "loss.loc") * valueOf(single, "loss.loc_normalizer");
  }
  EXPECT_NEAR(cls, valueOf(terms, "roi.loss.loc") * valueOf(terms, "roi.loss.loc_normalizer"), 1e-5);
}

TEST_F(TwoStages, DeclareWhatTheyGiveUnderTheirName) {
  const auto methods = method();
  const RunDeclaration declared = methods->declaration({{"rpn", "", "", ""}, {"roi", "", "", ""}});
  const auto stages = detector->forward(images, &targets, {});
  for (const NamedScalar& scalar : methods->loss(stages, targets, StepContext()).scalars)
    EXPECT_NE(declared.scalar(scalar.name), nullptr) << scalar.name;
  EXPECT_EQ(declared.scalar("loss.cls"), nullptr);
  EXPECT_NE(declared.scalar("loss.total"), nullptr);
}

TEST_F(TwoStages, EachDeclaresWhatItPublishesOfItsOwnCandidates) {
  for (const bool perClass : {false, true}) {
    heads[1].boxPerClass = perClass;
    const auto methods = method({{"roi.box_loss", perClass ? "giou" : "smooth_l1"}});
    std::vector<StageSpec> specs;
    for (const StageInfo& stage : detector->stages())
      specs.push_back(stage.spec);
    const RunDeclaration declared = methods->declaration(specs);
    ASSERT_EQ(declared.laterStages.size(), 1u);
    EXPECT_EQ(declared.stage.name, "rpn");
    EXPECT_EQ(declared.laterStages.front().stage.origin, "anchor");
    const auto all = declared.stages();
    ASSERT_EQ(all.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(all[i].stage, specs[i]);
      EvidenceDeclaration own = methods->declaration(i);
      own.scalars.clear();
      EXPECT_EQ(all[i].evidence, own);
    }
    // One name, and what it means in either stage.
    EXPECT_EQ(*all[0].evidence.channel("iou") == *all[1].evidence.channel("iou"), !perClass);
  }
}

/// Operators that a call runs.
int operatorsOf(const std::function<void()>& call) {
  static int count = 0;
  count = 0;
  const auto handle = at::addGlobalCallback(
      at::RecordFunctionCallback([](const at::RecordFunction&) -> std::unique_ptr<at::ObserverContext> {
        ++count;
        return nullptr;
      }).scopes({at::RecordScope::FUNCTION}));
  call();
  at::removeCallback(handle);
  return count;
}

std::vector<std::string> namesOf(const std::vector<ChannelSpec>& specs) {
  std::vector<std::string> names;
  for (const ChannelSpec& spec : specs)
    names.push_back(spec.name);
  return names;
}

TEST_F(TwoStages, ATrainingStepPublishesEachStageToItsOwnSink) {
  const auto methods = method();
  const Learner learner{*detector, *methods};
  const auto run = [&](const StageSinks& sinks) {
    return operatorsOf([&] { (void)batchLoss(learner, images, targets, StepContext(), sinks); });
  };
  (void)run({});  // anchors are made
  RecordingSink rpn, roi, rpnAlone, roiAlone;
  const int both = run({&rpn, &roi}), first = run({&rpnAlone}), second = run({nullptr, &roiAlone}),
            nobody = run({nullptr, nullptr});
  EXPECT_EQ(nobody, run({})) << "nobody looks";
  EXPECT_GT(first, nobody);
  EXPECT_GT(second, nobody);
  EXPECT_EQ(both - nobody, (first - nobody) + (second - nobody))
      << "nothing of one stage is computed for the other's sake";
  for (const RecordingSink* sink : {&rpn, &roi})
    EXPECT_THAT(namesOf(sink->channelSpecs), Contains("iou"));
  const std::int64_t anchors = detector->anchors({kSide, kSide}).count();
  for (const auto& [name, values] : rpn.channelValues)
    EXPECT_EQ(values.size(1), anchors) << name;
  for (const auto& [name, values] : roi.channelValues)
    EXPECT_EQ(values.size(1), TwoStageDetector::kProposals + 2) << name;
  EXPECT_EQ(namesOf(rpnAlone.channelSpecs), namesOf(rpn.channelSpecs));
  EXPECT_EQ(namesOf(roiAlone.channelSpecs), namesOf(roi.channelSpecs));
}

TEST_F(TwoStages, AFrameHoldsBoth) {
  const auto methods = method();
  PendingFrames pending;
  StepContext step;
  step.step = 5;
  CaptureSetup setup(*detector, *methods);
  setup.postprocess.scoreThreshold = 0;
  const ProbeBatch batch = probes();
  captureProbes(setup, batch, step, {1, 0}, pending);
  const auto frames = pending.take();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1]->image->name, "a");
  for (const auto& frame : frames) {
    EXPECT_EQ(frame->step, 5);
    ASSERT_EQ(frame->stages.size(), 2u);
    const StageEvidence &rpn = *frame->stages[0], &roi = *frame->stages[1];
    EXPECT_TRUE(rpn.candidates->onGrid());
    EXPECT_FALSE(roi.candidates->onGrid());
    EXPECT_EQ(roi.candidates->count(), TwoStageDetector::kProposals + 2u);
    EXPECT_THAT(rpn.predictions, IsEmpty());
    EXPECT_THAT(roi.predictions, Not(IsEmpty()));
    for (std::size_t i = 0; i < roi.candidates->count(); ++i) {
      const std::int32_t origin = roi.candidates->origins[i];
      if (origin < 0) continue;
      EXPECT_EQ(roi.candidates->boxesInInput[i], rpn.predictedBoxesInInput[static_cast<std::size_t>(origin)]);
    }
    // An object's own box is taken for it, and the decision says so.
    for (std::size_t object = 0; object < frame->image->objects.size(); ++object) {
      const auto own =
          static_cast<std::int32_t>(TwoStageDetector::kProposals + static_cast<std::int64_t>(object));
      EXPECT_EQ(roi.channel("assigned_cls")->values[static_cast<std::size_t>(own)],
                static_cast<float>(object));
      const Decision decision = explain(roi, own, static_cast<std::int32_t>(object));
      EXPECT_TRUE(decision.considered);
      EXPECT_THAT(decision.summary, HasSubstr("Taken for classification"));
    }
  }
}

TEST_F(TwoStages, AVariantIsToldTheSameOutputs) {
  const auto methods = method(), other = method({{"rpn.pos_iou_thr", "0.99"}, {"rpn.low_quality", "false"}});
  PendingFrames pending;
  CaptureSetup setup(*detector, *methods);
  setup.variants = {{std::make_shared<const Variant>(Variant{"strict", {{"method.rpn.pos_iou_thr", "0.99"}}}),
                     other.get()}};
  const ProbeBatch batch = probes();
  captureProbes(setup, batch, StepContext(), {0, 1}, pending);
  const auto frames = pending.take();
  ASSERT_EQ(frames.size(), 4u);
  const StageEvidence &own = *frames[0]->stages[0], &strict = *frames[2]->stages[0];
  EXPECT_EQ(frames[2]->image, frames[0]->image);
  ASSERT_NE(strict.variant, nullptr);
  EXPECT_EQ(strict.variant->name, "strict");
  EXPECT_EQ(own.channel("cls_score")->values, strict.channel("cls_score")->values);
  EXPECT_EQ(own.predictedBoxesInInput, strict.predictedBoxesInInput);
  const auto positives = [](const StageEvidence& evidence) {
    const std::vector<float>& object = evidence.channel("assigned_cls")->values;
    return std::count_if(object.begin(), object.end(), [](float value) { return value >= 0; });
  };
  EXPECT_GT(positives(own), 0);
  EXPECT_EQ(positives(strict), 0);
  EXPECT_EQ(positives(*frames[0]->stages[1]), positives(*frames[2]->stages[1]));
}

TEST_F(TwoStages, RulesAndStagesHaveToAgree) {
  const auto conflicts = methodConflicts("max_iou", *methodParams("max_iou"), heads);
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts.front().option, "run.method");
  EXPECT_THAT(conflicts.front().message, HasSubstr("rules for the stages dense, and the model has rpn, roi"));
  HeadTraits proposals;
  proposals.ownCandidates = true;
  EXPECT_THAT(methodConflicts("max_iou", *methodParams("max_iou"), {proposals}), IsEmpty());
  HeadTraits softmax;
  softmax.background = true;
  const auto sigmoids = methodConflicts("max_iou", *methodParams("max_iou"), {softmax});
  ASSERT_EQ(sigmoids.size(), 1u);
  EXPECT_EQ(sigmoids.front().option, "cls_loss");
  EXPECT_THAT(sigmoids.front().message,
              HasSubstr("is of sigmoids, and the model's class scores are a softmax"));
  HeadTraits perClass;
  perClass.boxPerClass = true;
  EXPECT_THAT(methodConflicts("max_iou", *methodParams("max_iou"), {perClass}), IsEmpty());
  const auto musu = methodConflicts("musu", *methodParams("musu"), {perClass});
  ASSERT_EQ(musu.size(), 1u);
  EXPECT_EQ(musu.front().message,
            "MuSu judges anchors by their one predicted box, and stage 'dense' has a box for every class");
  const auto atss = methodConflicts("atss", *methodParams("atss"), {proposals});
  ASSERT_FALSE(atss.empty());
  EXPECT_THAT(atss.front().message, HasSubstr("needs anchors that are the same for every image"));
}

}  // namespace
}  // namespace anchorscope::testing
