// Steps of several batches: gradient, scalars, skipping, evidence and going on.
#include "core/trainer/accumulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/ops/evidence_sink.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

LossTerms terms(double total, std::vector<std::pair<std::string, double>> scalars) {
  LossTerms out;
  out.total = at::tensor(total, at::kDouble);
  for (const auto& [name, value] : scalars)
    out.scalars.push_back({name, at::tensor(value, at::kDouble)});
  return out;
}

TEST(MeanTerms, AveragesEachScalarOverTheBatchesThatHaveIt) {
  const LossTerms mean =
      meanTerms({terms(3, {{"loss", 3}, {"positives", 10}}), terms(1, {{"loss", 1}, {"starved", 5}}),
                 terms(2, {{"loss", 2}, {"positives", 4}})});
  EXPECT_EQ(mean.total.item<double>(), 2);
  ASSERT_THAT(mean.scalars, SizeIs(3));
  EXPECT_EQ(mean.scalars[0].name, "loss");
  EXPECT_EQ(mean.scalars[0].value.item<double>(), 2);
  EXPECT_EQ(mean.scalars[1].name, "positives");
  EXPECT_EQ(mean.scalars[1].value.item<double>(), 7);
  EXPECT_EQ(mean.scalars[2].name, "starved");
  EXPECT_EQ(mean.scalars[2].value.item<double>(), 5);
}

TEST(MeanTerms, OneBatchThatIsNotFiniteShows) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double bad : {kInf, -kInf, std::nan("")})
    EXPECT_FALSE(std::isfinite(meanTerms({terms(1, {}), terms(bad, {}), terms(2, {})}).total.item<double>()));
  EXPECT_FALSE(std::isfinite(meanTerms({terms(kInf, {}), terms(-kInf, {})}).total.item<double>()));
}

/// Losses of max_iou are divided by each image's positives and averaged over images, and group norms see one
/// image at a time: nothing depends on what else is in the batch.
RunConfig plainSgd(const char* batch, const char* accumulate) {
  RunConfig config = smallConfig("max_iou");
  set(config, "train.batch", batch);
  set(config, "train.accumulate", accumulate);
  for (const auto& [key, value] : std::map<std::string, std::string>{{"optimizer", "sgd"},
                                                                     {"momentum", "0"},
                                                                     {"weight_decay", "0"},
                                                                     {"warmup_steps", "0"},
                                                                     {"schedule", "constant"},
                                                                     {"lr", "1024"},
                                                                     {"clip_grad", "0"}})
    set(config, "train." + key, value);
  return config;
}

/// What one step of plain SGD takes off each tensor, over its rate: the gradient. At this rate the weights'
/// own rounding is far below it.
constexpr double kRate = 1024;
std::vector<at::Tensor> gradientOfFirstStep(const RunConfig& config) {
  const auto trainer = prepareOrFail(config);
  std::vector<at::Tensor> out;
  if (!trainer) return out;
  for (const NamedTensor& entry : trainer->stateDict())
    out.push_back(entry.tensor.detach().to(at::kDouble, /*non_blocking=*/false, /*copy=*/true));
  train(*trainer, 1);
  const auto after = trainer->stateDict();
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = (out[i] - after[i].tensor.detach().to(at::kDouble)) / kRate;
  return out;
}

TEST(Accumulation, HasTheGradientOfTheLargeBatch) {
  const auto large = gradientOfFirstStep(plainSgd("6", "1")), small = gradientOfFirstStep(plainSgd("2", "3"));
  ASSERT_FALSE(large.empty());
  ASSERT_EQ(large.size(), small.size());
  double most = 0;
  for (std::size_t i = 0; i < large.size(); ++i) {
    // float32 sums in another order.
    const double difference = (large[i] - small[i]).abs().max().item<double>(),
                 size = large[i].abs().max().item<double>();
    EXPECT_LE(difference, 1e-5 * std::max(size, 0.01)) << "tensor " << i;
    most = std::max(most, size);
  }
  EXPECT_GT(most, 0.01);
}

TEST(Accumulation, ReportsTheMeanOfItsBatchesAndCountsPositionsInBatches) {
  RunConfig single = plainSgd("2", "1"), several = plainSgd("2", "3");
  for (RunConfig* config : {&single, &several})
    set(*config, "train.lr", "0");
  const auto one = prepareOrFail(single), three = prepareOrFail(several);
  ASSERT_TRUE(one && three);
  const auto parts = train(*one, 3), whole = train(*three, 1);
  ASSERT_THAT(whole, SizeIs(1));
  EXPECT_EQ(whole.front().step, 1);
  EXPECT_EQ(three->stepsDone(), 1);
  EXPECT_EQ(three->checkpointFacts().loaderPosition, 3);
  int compared = 0;
  for (const ScalarValue& scalar : parts.front().scalars) {
    if (scalar.name.starts_with("train.")) continue;
    double sum = 0;
    for (const StepReport& part : parts)
      sum += valueOf(part.scalars, scalar.name);
    EXPECT_DOUBLE_EQ(valueOf(whole.front().scalars, scalar.name), sum / 3) << scalar.name;
    ++compared;
  }
  EXPECT_GT(compared, 5);
}

TEST(Accumulation, ClipsTheWholeGradientOnce) {
  RunConfig config = plainSgd("2", "2");
  set(config, "train.clip_grad", "0.01");
  double sum = 0;
  for (const at::Tensor& gradient : gradientOfFirstStep(config))
    sum += gradient.square().sum().item<double>();
  EXPECT_NEAR(std::sqrt(sum), 0.01, 1e-4);
}

TEST(Accumulation, AStepThatIsNotFiniteChangesNothingAndNamesItsImage) {
  RunConfig config = plainSgd("2", "3");
  set(config, "model.norm", "bn");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  train(*trainer, 1);
  EXPECT_FALSE(trainPoisoned(*trainer).updated);
  EXPECT_THAT(trainer->facts().imageNames, Contains(trainer->explainNonFinite(2).culpritImage));
}

/// The same images as so many steps of one batch each, whose losses are known.
TEST(Accumulation, OfManyBatchesTheImageIsFoundWhereverItStood) {
  constexpr int kBatches = 64;
  RunConfig single = plainSgd("1", "1"), several = plainSgd("1", "64");
  for (RunConfig* config : {&single, &several})
    set(*config, "train.lr", "0");
  const auto one = prepareOrFail(single), many = prepareOrFail(several);
  ASSERT_TRUE(one && many);
  train(*many, 2);
  const auto afterPlace = [](const NonFiniteStory& story) {
    return story.error.message.substr(story.error.message.find("; image"));
  };
  for (const std::int64_t step : {1, 2}) {
    double worst = -1;
    std::string expected;
    for (int i = 0; i < kBatches; ++i) {
      const StepReport report = train(*one, 1).front();
      const double loss = valueOf(report.scalars, "loss.total");
      if (loss <= worst) continue;
      worst = loss;
      expected = afterPlace(one->explainNonFinite(report.step));
    }
    EXPECT_EQ(afterPlace(many->explainNonFinite(step)), expected) << "step " << step;
  }
}

/// Counts the batches whose evidence it got.
class CountingSink final : public EvidenceSink {
 public:
  void channel(const ChannelSpec& spec, const at::Tensor& values, int) override {
    ++channels[spec.name];
    last[spec.name] = values;
  }
  void pairs(const PairTableSpec&, const PairRows&) override {}
  void objects(const ObjectColumnSpec&, const at::Tensor&) override {}
  std::map<std::string, int> channels;
  std::map<std::string, at::Tensor> last;
};

TEST(Accumulation, EvidenceIsOfTheLastBatch) {
  RunConfig single = plainSgd("2", "1"), several = plainSgd("2", "3");
  for (RunConfig* config : {&single, &several})
    set(*config, "train.lr", "0");
  const auto one = prepareOrFail(single), three = prepareOrFail(several);
  ASSERT_TRUE(one && three);
  CountingSink third, ofStep;
  train(*one, 2);
  LastBatch ofThird({&third}), ofLast({&ofStep});
  ASSERT_TRUE(one->step(&ofThird).ok());
  ASSERT_TRUE(three->step(&ofLast).ok());
  EXPECT_EQ(ofStep.channels, third.channels);
  ASSERT_FALSE(ofStep.last.empty());
  for (const auto& [name, values] : third.last)
    EXPECT_TRUE(
        at::allclose(ofStep.last.at(name).to(at::kDouble), values.to(at::kDouble), 0, 0, /*equal_nan=*/true))
        << name;
}

TEST(Accumulation, GoesOnBitIdentically) {
  RunConfig config = smallConfig("max_iou");
  set(config, "train.accumulate", "3");
  set(config, "train.ema_decay", "0.9");
  set(config, "model.norm", "bn");
  const TemporaryFolder folder;
  const std::string checkpoint = (folder / "four.ckpt").string();
  const auto straight = prepareOrFail(config), first = prepareOrFail(config);
  ASSERT_TRUE(straight && first);
  train(*straight, 8);
  train(*first, 4);
  ASSERT_TRUE(first->saveCheckpoint(checkpoint, Overwrite::kNo).ok());
  const auto second = prepareOrFail(config, checkpoint);
  ASSERT_TRUE(second);
  train(*second, 4);
  const Checkpoint one = straight->copyState(), other = second->copyState();
  EXPECT_EQ(one.facts.loaderPosition, 24);
  EXPECT_EQ(other.facts.loaderPosition, 24);
  ASSERT_EQ(one.tensors.size(), other.tensors.size());
  bool averaged = false;
  for (std::size_t i = 0; i < one.tensors.size(); ++i) {
    EXPECT_TRUE(at::equal(one.tensors[i].tensor, other.tensors[i].tensor)) << one.tensors[i].name;
    averaged = averaged || one.tensors[i].name.starts_with("ema.");
  }
  EXPECT_TRUE(averaged);
}

}  // namespace
}  // namespace anchorscope::testing
