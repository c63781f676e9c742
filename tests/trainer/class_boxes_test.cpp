// A second stage whose heads give a box per class: what it learns, detects and shows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/base/check.h"
#include "core/methods/dense_method.h"
#include "core/ops/box_similarity.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/support/dense_scene.h"
#include "tests/support/gradcheck.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/two_stage_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct ClassBoxes : TwoStages {
  explicit ClassBoxes(bool background = false) : TwoStages({true, background}) {}

  std::vector<StageOutputs> outputs() { return detector->forward(images, &targets, {}); }
};

/// The cross entropy of a softmax whose last output is the background's.
class SoftmaxLoss final : public ClsLoss {
 public:
  at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext&) override {
    const at::Tensor label = at::where(targets.labels == -1, logits.size(2) - 1, targets.labels.clamp_min(0));
    const at::Tensor loss = -logits.log_softmax(2).gather(2, label.unsqueeze(2)).squeeze(2);
    return loss.masked_fill(targets.labels == -2, 0);
  }
};

struct ClassBoxesOfASoftmax : ClassBoxes {
  ClassBoxesOfASoftmax() : ClassBoxes(true) {}

  std::unique_ptr<MethodSet> withSoftmax() {
    const Recipe recipe = twoStages();
    const ParamSet params(recipeParams(recipe));
    auto stages = makeStages(recipe, params);
    const ParamSet own = params.sub("roi");
    RecipeParts parts;
    parts.assigner = *makeAssigner("max_iou", own);
    parts.clsLoss = std::make_unique<SoftmaxLoss>();
    parts.boxLoss = *makeBoxLoss("smooth_l1", own);
    parts.qualityLoss = *makeQualityLoss("bce", own);
    parts.combiner = *makeLossCombiner("weighted_sum", own);
    (*stages)[1] = makeDenseMethod(recipe.info, own, std::move(parts));
    return std::make_unique<MethodSet>(*std::move(stages), heads);
  }
};

/// The box loss of the second stage before it is normalised, element by element and in double: of every
/// proposal that has an object the offsets of the object's class against those that lead to it.
double smoothL1ByHand(const StageOutputs& roi, const DenseTargets& targets, const at::Tensor& object,
                      double beta) {
  double sum = 0;
  for (std::int64_t b = 0; b < object.size(0); ++b)
    for (std::int64_t n = 0; n < object.size(1); ++n) {
      const auto g = object[b][n].item<std::int64_t>();
      if (g < 0) continue;
      const at::Tensor from = roi.candidates.boxes[b][n].to(at::kDouble),
                       to = targets.boxes[b][g].to(at::kDouble);
      const auto side = [](const at::Tensor& box, int axis) {
        return box[axis + 2].item<double>() - box[axis].item<double>();
      };
      const auto middle = [](const at::Tensor& box, int axis) {
        return (box[axis + 2].item<double>() + box[axis].item<double>()) / 2;
      };
      const at::Tensor got = roi.heads.offsets[b][n][targets.labels[b][g].item<std::int64_t>()];
      for (int axis = 0; axis < 2; ++axis) {
        const double wanted[] = {(middle(to, axis) - middle(from, axis)) / side(from, axis),
                                 std::log(side(to, axis) / side(from, axis))};
        for (int kind = 0; kind < 2; ++kind) {
          const double d = std::abs(got[2 * kind + axis].item<double>() - wanted[kind]);
          sum += d < beta ? 0.5 * d * d / beta : d - 0.5 * beta;
        }
      }
    }
  return sum;
}

/// What is published of the second stage, with what its method says.
struct Watched {
  LossTerms terms;
  RecordingSink roi;
};

void watch(MethodSet& methods, const std::vector<StageOutputs>& stages, const DenseTargets& targets,
           Watched& out) {
  out.terms = methods.loss(stages, targets, StepContext(), {nullptr, &out.roi});
}

TEST_F(ClassBoxes, TheBoxLossIsOfTheObjectsClass) {
  const auto stages = outputs();
  ASSERT_EQ(stages[1].heads.boxes.sizes(),
            at::IntArrayRef({2, TwoStageDetector::kProposals + 2, kClasses, 4}));
  Watched seen;
  const auto methods = method();
  watch(*methods, stages, targets, seen);
  const at::Tensor object = seen.roi.channelValues.at("assigned_reg");
  const double byHand =
      smoothL1ByHand(stages[1], targets, object, methods->stage(1).params().getFloat("smooth_l1_beta"));
  EXPECT_GT(byHand, 0.1);
  EXPECT_NEAR(valueOf(seen.terms, "roi.loss.loc") * valueOf(seen.terms, "roi.loss.loc_normalizer"), byHand,
              1e-4);
}

TEST_F(ClassBoxes, EveryBoxLossIsThatOfOneBoxPerCandidateWhichIsItsObjectsClass) {
  const auto stages = outputs();
  for (const std::string loss : {"smooth_l1", "giou"}) {
    Watched each, one;
    watch(*method({{"roi.box_loss", loss}}), stages, targets, each);
    // The boxes that matter, picked one by one, in a stage that has no others.
    auto chosen = stages;
    HeadOutputs& roi = chosen[1].heads;
    roi.boxes = roi.boxes.select(2, 0).clone();
    roi.offsets = roi.offsets.select(2, 0).clone();
    const at::Tensor object = each.roi.channelValues.at("assigned_reg");
    for (std::int64_t b = 0; b < 2; ++b)
      for (std::int64_t n = 0; n < object.size(1); ++n)
        if (const auto g = object[b][n].item<std::int64_t>(); g >= 0) {
          const auto label = targets.labels[b][g].item<std::int64_t>();
          const at::NoGradGuard noGrad;
          roi.boxes[b][n].copy_(stages[1].heads.boxes[b][n][label]);
          roi.offsets[b][n].copy_(stages[1].heads.offsets[b][n][label]);
        }
    std::vector<HeadTraits> plain = heads;
    plain[1].boxPerClass = false;
    const Recipe recipe = twoStages();
    ParamSet params(recipeParams(recipe));
    ASSERT_TRUE(params.set("roi.box_loss", loss).ok());
    MethodSet ofOne(*makeStages(recipe, params), plain);
    watch(ofOne, chosen, targets, one);
    EXPECT_EQ(valueOf(each.terms, "roi.loss.total"), valueOf(one.terms, "roi.loss.total")) << loss;
    EXPECT_TRUE(at::equal(each.roi.channelValues.at("loss.loc"), one.roi.channelValues.at("loss.loc")))
        << loss;
    EXPECT_THROW(ofOne.loss(stages, targets, StepContext()), CheckFailure) << "heads unlike their traits";
  }
}

TEST_F(ClassBoxes, TheGradientIsThatOfDifferences) {
  auto stages = outputs();
  const auto toDouble = [](at::Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.detach().to(at::kDouble);
  };
  for (StageOutputs& stage : stages)
    for (at::Tensor* tensor : {&stage.candidates.boxes, &stage.candidates.strides, &stage.heads.logits,
                               &stage.heads.offsets, &stage.heads.boxes})
      toDouble(*tensor);
  toDouble(targets.boxes);
  toDouble(targets.ignoreBoxes);
  const auto ofOffsets = method();
  expectGradient(
      [&](const at::Tensor& offsets) {
        stages[1].heads.offsets = offsets;
        return ofOffsets->loss(stages, targets, StepContext()).total;
      },
      stages[1].heads.offsets.contiguous());
  const auto ofBoxes = method({{"roi.box_loss", "giou"}});
  expectGradient(
      [&](const at::Tensor& boxes) {
        stages[1].heads.boxes = boxes;
        return ofBoxes->loss(stages, targets, StepContext()).total;
      },
      stages[1].heads.boxes.contiguous());
}

TEST_F(ClassBoxes, OnlyTheClassesOfTheBatchMoveTheirOffsets) {
  targets.labels = at::where(targets.valid, 1, -1);
  const LossTerms terms = method()->loss(outputs(), targets, StepContext());
  terms.total.backward();
  const at::Tensor moved = detector->shift().grad().abs().sum(1);
  EXPECT_EQ(moved[0].item<double>(), 0);
  EXPECT_GT(moved[1].item<double>(), 0);
  EXPECT_EQ(moved[2].item<double>(), 0);
}

Box boxOf(const at::Tensor& row) {
  return {row[0].item<float>(), row[1].item<float>(), row[2].item<float>(), row[3].item<float>()};
}

/// What a frame of the second stage has to hold, candidate by candidate.
void expectShown(const StageEvidence& roi, const HeadOutputs& heads, std::int64_t image, std::int64_t classes,
                 const std::vector<ObjectRecord>& objects) {
  std::map<std::int32_t, float> best;
  for (std::size_t n = 0; n < roi.candidates->count(); ++n) {
    const auto row = static_cast<std::int64_t>(n);
    const at::Tensor logits = heads.logits[image][row];
    std::int64_t top = 0;
    for (std::int64_t c = 1; c < classes; ++c)
      if (logits[c].item<float>() > logits[top].item<float>()) top = c;
    EXPECT_EQ(roi.channel("cls_index")->values[n], static_cast<float>(top));
    EXPECT_EQ(roi.predictedBoxesInInput[n], boxOf(heads.boxes[image][row][top]));
    float overlap = 0;
    for (std::size_t g = 0; g < objects.size(); ++g) {
      overlap = std::max(overlap, iou(roi.predictedBoxesInInput[n], objects[g].boxInImage));
      float& best_ = best[static_cast<std::int32_t>(g)];
      best_ =
          std::max(best_, iou(boxOf(heads.boxes[image][row][objects[g].classIndex]), objects[g].boxInImage));
    }
    EXPECT_NEAR(roi.channel("iou")->values[n], overlap, 1e-6);
  }
  for (const auto& [object, value] : best)
    EXPECT_NEAR(roi.objectColumn("iou.best")->values[static_cast<std::size_t>(object)], value, 1e-6);
  const PairTable& pairs = roi.pairTables.front();
  EXPECT_GT(pairs.rowCount(), 0u);
  for (std::size_t r = 0; r < pairs.rowCount(); ++r) {
    const auto object = static_cast<std::size_t>(pairs.object[r]);
    const Box box = boxOf(heads.boxes[image][pairs.candidate[r]][objects[object].classIndex]);
    EXPECT_NEAR(pairs.columns[static_cast<std::size_t>(pairs.columnIndex("box_iou"))][r],
                iou(box, objects[object].boxInImage), 1e-6);
  }
}

std::vector<std::shared_ptr<const ProbeFrame>> framesOf(Detector& detector, MethodSet& methods,
                                                        const ProbeBatch& probes) {
  PendingFrames pending;
  CaptureSetup setup(detector, methods);
  setup.postprocess.scoreThreshold = 0;
  captureProbes(setup, probes, StepContext(), {0, 1}, pending);
  return pending.take();
}

TEST_F(ClassBoxes, AFrameShowsTheBestClassAndJudgesPairsByTheObjects) {
  const auto methods = method();
  const ProbeBatch batch = probes();
  const auto frames = framesOf(*detector, *methods, batch);
  ASSERT_EQ(frames.size(), 2u);
  detector->setTraining(false);
  const auto stages = outputs();
  for (std::size_t image = 0; image < 2; ++image) {
    const StageEvidence& roi = *frames[image]->stages[1];
    expectShown(roi, stages[1].heads, static_cast<std::int64_t>(image), kClasses,
                batch.images[image]->objects);
    EXPECT_THAT(roi.channel("iou")->spec.description, HasSubstr("that of the class of the largest score"));
    EXPECT_THAT(frames[image]->stages[0]->channel("iou")->spec.description, Not(HasSubstr("largest score")));
    EXPECT_THAT(roi.predictions, Not(IsEmpty()));
    for (const PredictionRecord& prediction : roi.predictions) {
      const Box box = boxOf(stages[1].heads.boxes[static_cast<std::int64_t>(image)][prediction.candidate]
                                                 [prediction.classIndex]);
      const auto inside = [](float value) { return std::clamp(value, 0.F, static_cast<float>(kSide)); };
      EXPECT_EQ(prediction.boxInImage, (Box{inside(box.x1), inside(box.y1), inside(box.x2), inside(box.y2)}));
    }
  }
}

TEST_F(ClassBoxes, ARecordedFrameAndWhatTheRunDeclaresAreReadBack) {
  const auto methods = method();
  const ProbeBatch batch = probes();
  RunHeader header;
  header.declaration = methods->declaration({detector->stages()[0].spec, detector->stages()[1].spec});
  const TemporaryFolder folder;
  const std::string path = (folder / "run").string();
  {
    auto writer = createRun(path, header, Overwrite::kNo);
    ASSERT_TRUE(writer) << writer.error().text();
    (*writer)->record({0, {{"loss.total", 1}}, framesOf(*detector, *methods, batch)});
    ASSERT_TRUE((*writer)->flush());
  }
  auto reader = openRun(path);
  ASSERT_TRUE(reader) << reader.error().text();
  const RunDeclaration& declared = (*reader)->header().declaration;
  EXPECT_EQ(declared, header.declaration);
  detector->setTraining(false);
  const auto stages = outputs();
  for (std::size_t image = 0; image < 2; ++image) {
    auto frame = (*reader)->frame(batch.images[image]->name, 0);
    ASSERT_TRUE(frame) << frame.error().text();
    expectShown(*(*frame)->stages[1], stages[1].heads, static_cast<std::int64_t>(image), kClasses,
                batch.images[image]->objects);
    for (std::size_t stage = 0; stage < 2; ++stage) {
      const StageDeclaration its = declared.stages()[stage];
      EXPECT_EQ((*frame)->stages[stage]->stage, its.stage);
      ASSERT_EQ((*frame)->stages[stage]->channels.size(), its.evidence.channels.size());
      for (const Channel& channel : (*frame)->stages[stage]->channels)
        EXPECT_EQ(*its.evidence.channel(channel.spec.name), channel.spec) << channel.spec.name;
    }
  }
}

TEST_F(ClassBoxesOfASoftmax, TheBackgroundHasNoBox) {
  const auto methods = withSoftmax();
  const auto stages = outputs();
  ASSERT_EQ(stages[1].heads.logits.size(2), kClasses + 1);
  ASSERT_EQ(stages[1].heads.boxes.size(2), kClasses);
  Watched seen;
  watch(*methods, stages, targets, seen);
  EXPECT_NEAR(valueOf(seen.terms, "roi.loss.loc") * valueOf(seen.terms, "roi.loss.loc_normalizer"),
              smoothL1ByHand(stages[1], targets, seen.roi.channelValues.at("assigned_reg"),
                             methods->stage(1).params().getFloat("smooth_l1_beta")),
              1e-4);
  const ProbeBatch batch = probes();
  const auto frames = framesOf(*detector, *methods, batch);
  detector->setTraining(false);
  const auto again = outputs();
  for (std::size_t image = 0; image < 2; ++image)
    expectShown(*frames[image]->stages[1], again[1].heads, static_cast<std::int64_t>(image), kClasses,
                batch.images[image]->objects);
}

}  // namespace
}  // namespace anchorscope::testing
