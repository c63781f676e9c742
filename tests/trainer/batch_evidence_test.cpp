// Looking at a training step while it is done: what is seen, and that nothing of the step changes.

#include "core/trainer/batch_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "core/base/check.h"
#include "core/evidence/batch_name.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Recipe {
  const char* method;
  const char* model;
  const char* accumulate;
};

void PrintTo(const Recipe& recipe, std::ostream* out) {
  *out << recipe.method << " with " << recipe.model;
}

class Watched : public ::testing::TestWithParam<Recipe> {
 protected:
  static RunConfig config() {
    RunConfig config = smallConfig(GetParam().method, GetParam().model);
    set(config, "train.accumulate", GetParam().accumulate);
    set(config, "model.norm", "bn");
    // The curves of watched steps hold the statistics as well.
    set(config, "train.statistics_every", "1");
    return config;
  }
};

TEST_P(Watched, ChangesNothingByPhasesOrAtOnce) {
  const auto straight = prepareOrFail(config()), watched = prepareOrFail(config()),
             byPhases = prepareOrFail(config());
  ASSERT_TRUE(straight && watched && byPhases);
  std::vector<StepPhase> phases;
  for (int step = 0; step < 3; ++step) {
    ASSERT_TRUE(straight->step());
    const auto collected = watched->watchBatch();
    ASSERT_TRUE(watched->step(collected.get()));
    EXPECT_FALSE(collected->take().empty());
    const auto stopped =
        byPhases->watchBatch([&](const BatchEvidence& evidence, const BatchEvidence::Reached& reached) {
          phases.push_back(reached.phase);
          EXPECT_FALSE(evidence.take().empty());
        });
    ASSERT_TRUE(byPhases->step(stopped.get()));
  }
  const auto wanted = straight->takeReports(/*all=*/true);
  for (const auto& [name, trainer] : {std::pair{"watched", watched.get()}, {"by phases", byPhases.get()}}) {
    const auto got = trainer->takeReports(/*all=*/true);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      for (const ScalarValue& scalar : wanted[i].scalars)
        EXPECT_EQ(valueOf(got[i].scalars, scalar.name), scalar.value) << name << ' ' << scalar.name;
    const auto before = straight->stateDict(), after = trainer->stateDict();
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_TRUE(at::equal(before[i].tensor, after[i].tensor)) << name << ' ' << before[i].name;
  }
  using enum StepPhase;
  const auto batches = static_cast<std::size_t>(std::stoi(GetParam().accumulate));
  std::vector<StepPhase> expected;
  for (int step = 0; step < 3; ++step) {
    for (std::size_t i = 0; i < batches; ++i)
      expected.insert(expected.end(), {kForward, kAssign, kLoss, kBackward});
    expected.push_back(kUpdate);
  }
  EXPECT_EQ(phases, expected);
}

TEST_P(Watched, TheLossesOfImagesAddUpToTheBatchs) {
  RunConfig one = config();
  set(one, "train.accumulate", "1");
  const auto trainer = prepareOrFail(one);
  ASSERT_TRUE(trainer);
  const auto evidence = trainer->watchBatch();
  ASSERT_TRUE(trainer->step(evidence.get()));
  const auto scalars = trainer->takeReports(/*all=*/true).front().scalars;
  const auto batch = evidence->take();
  ASSERT_THAT(batch, SizeIs(2));
  ASSERT_FALSE(batch[0].losses.empty());
  for (std::size_t head = 0; head < batch[0].losses.size(); ++head) {
    double sum = 0;
    for (const BatchImage& image : batch)
      sum += image.losses[head].value;
    EXPECT_NEAR(sum, valueOf(scalars, batch[0].losses[head].name), 1e-4 * std::max(1.0, sum))
        << batch[0].losses[head].name;
  }
  EXPECT_EQ(batch[0].loss,
            std::accumulate(batch[0].losses.begin(), batch[0].losses.end(), 0.0,
                            [](double sum, const ScalarValue& head) { return sum + head.value; }));
}

INSTANTIATE_TEST_SUITE_P(
    Methods, Watched,
    ::testing::Values(Recipe{"musu", "retina-small", "2"}, Recipe{"max_iou", "retina-small", "1"},
                      Recipe{"harmonic", "retina-small", "1"}, Recipe{"sampling_free", "retina-small", "1"},
                      Recipe{"fcos", "fcos-small", "2"}, Recipe{"atss", "atss-small", "1"}),
    [](const auto& recipe) { return std::string(recipe.param.method); });

bool anyFinite(const std::vector<float>& values) {
  return std::any_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// What of a frame has values.
std::vector<std::string> known(const ProbeFrame& frame) {
  std::vector<std::string> names;
  const StageEvidence& stage = *frame.stages[0];
  for (const char* name : {"cls_score", "assigned_cls", "loss.cls"})
    if (const Channel* channel = stage.channel(name); channel && anyFinite(channel->values))
      names.emplace_back(name);
  if (const PairTable* table = stage.pairTable("musu.pairs"); table && table->rowCount() > 0)
    names.emplace_back("pairs");
  if (const ObjectColumn* column = stage.objectColumn("positives.cls"); column && anyFinite(column->values))
    names.emplace_back("positives");
  return names;
}

TEST(BatchEvidence, EachPhaseShowsWhatItHasComputed) {
  const auto trainer = prepareOrFail(smallConfig("musu"));
  ASSERT_TRUE(trainer);
  std::map<StepPhase, std::vector<std::string>> seen;
  std::map<StepPhase, std::vector<PartNorm>> norms;
  std::map<StepPhase, std::set<std::string>> channels;
  const auto evidence =
      trainer->watchBatch([&](const BatchEvidence& batch, const BatchEvidence::Reached& reached) {
        const auto images = batch.take();
        ASSERT_THAT(images, SizeIs(2));
        seen[reached.phase] = known(*images[0].frame);
        for (const Channel& channel : images[0].frame->stages[0]->channels)
          channels[reached.phase].insert(channel.spec.name);
        norms[reached.phase] = batch.norms();
        EXPECT_EQ(images[0].losses.empty(), reached.phase < StepPhase::kLoss);
        EXPECT_FALSE(images[0].frame->stages[0]->predictedBoxesInInput.empty());
      });
  ASSERT_TRUE(trainer->step(evidence.get()));
  EXPECT_THAT(seen[StepPhase::kForward], ElementsAre("cls_score"));
  EXPECT_THAT(seen[StepPhase::kAssign], ElementsAre("cls_score", "assigned_cls", "pairs", "positives"));
  EXPECT_THAT(seen[StepPhase::kLoss],
              ElementsAre("cls_score", "assigned_cls", "loss.cls", "pairs", "positives"));
  for (const auto& [phase, names] : channels)
    EXPECT_EQ(names, channels[StepPhase::kLoss]) << "layers are there from the first phase on";
  ASSERT_FALSE(norms[StepPhase::kForward].empty());
  for (std::size_t i = 0; i < norms[StepPhase::kForward].size(); ++i) {
    EXPECT_GT(norms[StepPhase::kForward][i].weights, 0);
    EXPECT_TRUE(std::isnan(norms[StepPhase::kLoss][i].gradient));
    EXPECT_GT(norms[StepPhase::kBackward][i].gradient, 0) << norms[StepPhase::kBackward][i].part;
    EXPECT_TRUE(std::isnan(norms[StepPhase::kBackward][i].change));
    EXPECT_GT(norms[StepPhase::kUpdate][i].change, 0) << norms[StepPhase::kUpdate][i].part;
  }
}

TEST(BatchEvidence, TheGradientsOfPartsAreTheWholeGradient) {
  RunConfig config = smallConfig("max_iou");
  set(config, "train.accumulate", "3");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const auto evidence = trainer->watchBatch([](const BatchEvidence&, const BatchEvidence::Reached&) {});
  ASSERT_TRUE(trainer->step(evidence.get()));
  double squares = 0;
  for (const PartNorm& norm : evidence->norms())
    squares += norm.gradient * norm.gradient;
  const double whole = valueOf(trainer->takeReports(/*all=*/true).front().scalars, "train.grad_norm");
  EXPECT_NEAR(std::sqrt(squares), whole, 1e-4 * whole);
}

/// Keeps what a step published of its last batch.
class KeepingSink final : public EvidenceSink {
 public:
  void channel(const ChannelSpec& spec, const at::Tensor& values, int) override { last[spec.name] = values; }
  void pairs(const PairTableSpec&, const PairRows&) override {}
  void objects(const ObjectColumnSpec&, const at::Tensor&) override {}
  std::map<std::string, at::Tensor> last;
};

TEST(BatchEvidence, IsWhatTheStepComputedOfItsAugmentedImages) {
  RunConfig config = smallConfig("musu");
  set(config, "model.norm", "bn");
  const auto trainer = prepareOrFail(config), other = prepareOrFail(config);
  ASSERT_TRUE(trainer && other);
  KeepingSink sink;
  LastBatch last({&sink});
  ASSERT_TRUE(other->step(&last));
  const auto evidence = trainer->watchBatch();
  ASSERT_TRUE(trainer->step(evidence.get()));
  const auto batch = evidence->take();
  ASSERT_THAT(batch, SizeIs(2));
  for (std::size_t image = 0; image < batch.size(); ++image) {
    const ProbeFrame& frame = *batch[image].frame;
    EXPECT_THAT(frame.image->name, StartsWith(concat("batch ", image + 1, ": ")));
    EXPECT_THAT(trainer->facts().imageNames, Contains(std::string(imageOf(frame.image->name))));
    EXPECT_EQ(frame.image->pixels->size, frame.image->inputSize);
    EXPECT_EQ(frame.step, 0) << "updates before the step";
    ASSERT_FALSE(sink.last.empty());
    for (const auto& [name, values] : sink.last) {
      const Channel* channel = frame.stages[0]->channel(name);
      ASSERT_NE(channel, nullptr) << name;
      const at::Tensor own =
          values[static_cast<std::int64_t>(image)].to(at::kFloat).reshape({-1}).contiguous();
      ASSERT_EQ(channel->values.size(), static_cast<std::size_t>(own.numel())) << name;
      EXPECT_TRUE(at::allclose(own, at::from_blob(const_cast<float*>(channel->values.data()), {own.numel()}),
                               0, 0, true))
          << name;
    }
  }
}

TEST(BatchEvidence, OfSeveralBatchesAllImagesAreThere) {
  RunConfig config = smallConfig("max_iou");
  set(config, "train.accumulate", "3");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const auto evidence = trainer->watchBatch();
  EXPECT_THAT(evidence->take(), IsEmpty());
  ASSERT_TRUE(trainer->step(evidence.get()));
  const auto batch = evidence->take();
  ASSERT_THAT(batch, SizeIs(6));
  EXPECT_THAT(batch[5].frame->image->name, StartsWith("batch 6: "));
}

TEST(BatchName, IsReadAsItWasWritten) {
  EXPECT_EQ(batchName(12, "a: b.png"), "batch 12: a: b.png");
  EXPECT_EQ(imageOf("batch 12: a: b.png"), "a: b.png");
  EXPECT_EQ(batchPlace("batch 12: a: b.png"), "batch 12: ");
  for (const char* name : {"a.png", "batch 12", "batch : x", "batch 1:x", "batch x: y", "batch "}) {
    EXPECT_EQ(batchPlace(name), "") << name;
    EXPECT_EQ(imageOf(name), name);
  }
}

TEST(PartNorms, PartsAreNamedByWhatTheirParametersBeginWith) {
  EXPECT_EQ(partOf("backbone.body.layer1.0.conv1.weight"), "backbone.body.layer1");
  EXPECT_EQ(partOf("head.classification_head.conv.0.weight"), "head.classification_head");
  EXPECT_EQ(partOf("scale"), "scale");
  EXPECT_EQ(partOf("a.weight"), "a");
}

}  // namespace
}  // namespace anchorscope::testing
