// The moving average of the weights: its formula, what it covers, and who uses it.
#include "core/trainer/weight_average.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/model/weights.h"
#include "core/trainer/evaluation.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<Detector> smallDetector(const char* norm, std::uint64_t seed = 1) {
  RunConfig config = smallConfig("max_iou");
  set(config, "model.norm", norm);
  auto detector = makeDetector(config.model, config.modelParams, 2, seed);
  EXPECT_TRUE(detector.ok());
  return *std::move(detector);
}

at::Tensor noSkip() {
  return at::zeros({}, at::kFloat);
}

std::map<std::string, at::Tensor> copies(const std::vector<NamedTensor>& tensors) {
  std::map<std::string, at::Tensor> out;
  for (const NamedTensor& entry : tensors)
    out[entry.name] = entry.tensor.detach().clone();
  return out;
}

/// Every floating-point tensor of the detector moves a little, otherwise each time.
void move(Detector& detector, int step) {
  const at::NoGradGuard noGrad;
  for (NamedTensor& entry : detector.stateDict())
    if (entry.tensor.is_floating_point())
      entry.tensor.add_(
          (at::arange(entry.tensor.numel(), at::kFloat).reshape(entry.tensor.sizes()) + step).sin(), 0.1);
}

TEST(WeightAverage, FollowsItsFormulaForParametersAndRunningStatistics) {
  const auto detector = smallDetector("bn");
  WeightAverage average(*detector);
  std::map<std::string, at::Tensor> expected;
  for (const auto& [name, tensor] : copies(detector->stateDict()))
    expected[name] = tensor.to(at::kDouble);
  const double decays[] = {0.9, 0.5, 0.99};
  for (int step = 0; step < 3; ++step) {
    move(*detector, step);
    average.update(decays[step], noSkip());
    for (const NamedTensor& entry : detector->stateDict())
      expected[entry.name] =
          decays[step] * expected[entry.name] + (1 - decays[step]) * entry.tensor.detach().to(at::kDouble);
  }
  const auto state = copies(average.state());
  std::size_t covered = 0;
  for (const NamedTensor& entry : detector->stateDict()) {
    const bool counter = entry.name.ends_with("num_batches_tracked");
    ASSERT_EQ(state.count("ema." + entry.name), counter ? 0U : 1U) << entry.name;
    if (counter) continue;
    ++covered;
    EXPECT_TRUE(at::allclose(state.at("ema." + entry.name).to(at::kDouble), expected[entry.name], 1e-5, 1e-6))
        << entry.name;
  }
  EXPECT_EQ(covered, state.size());
}

TEST(WeightAverage, KeepsNothingTwiceThatDoesNotMove) {
  const auto detector = smallDetector("frozen_bn");
  std::size_t trained = 0;
  for (const NamedTensor& parameter : detector->parameters())
    trained += parameter.tensor.requires_grad() ? 1 : 0;
  EXPECT_EQ(WeightAverage(*detector).state().size(), trained);
  EXPECT_LT(trained, detector->parameters().size());
}

TEST(WeightAverage, ASkippedStepLeavesItAlone) {
  const auto detector = smallDetector("gn");
  WeightAverage average(*detector);
  move(*detector, 0);
  const auto before = copies(average.state());
  average.update(0.5, at::ones({}, at::kFloat));
  for (const auto& [name, tensor] : copies(average.state()))
    EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
}

TEST(WeightAverage, AScopeLendsItToTheDetectorAndGivesBack) {
  const auto detector = smallDetector("bn");
  WeightAverage average(*detector);
  move(*detector, 0);
  average.update(0.25, noSkip());
  const auto weights = copies(detector->stateDict()), averages = copies(average.state());
  {
    const WeightAverage::Scope scope(&average);
    for (const NamedTensor& entry : detector->stateDict()) {
      if (!entry.tensor.is_floating_point()) continue;
      EXPECT_TRUE(at::equal(entry.tensor, averages.at("ema." + entry.name))) << entry.name;
      EXPECT_EQ(entry.tensor.requires_grad(), entry.name.find("running_") == std::string::npos) << entry.name;
    }
  }
  for (const NamedTensor& entry : detector->stateDict())
    EXPECT_TRUE(at::equal(entry.tensor, weights.at(entry.name))) << entry.name;
  for (const auto& [name, tensor] : copies(average.state()))
    EXPECT_TRUE(at::equal(tensor, averages.at(name))) << name;
  { const WeightAverage::Scope nothing(nullptr); }
}

TEST(WeightAverage, WarmsUpAsTheImplementationItIsNamedAfter) {
  ParamSet params(trainParams());
  ASSERT_TRUE(params.set("ema_decay", "0.99"));
  EXPECT_DOUBLE_EQ(averageDecay(params, 1), 2.0 / 11);
  EXPECT_DOUBLE_EQ(averageDecay(params, 90), 0.91);
  EXPECT_DOUBLE_EQ(averageDecay(params, 10'000), 0.99);
  ASSERT_TRUE(params.set("ema_warmup", "yolov5"));
  EXPECT_DOUBLE_EQ(averageDecay(params, 2000), 0.99 * (1 - std::exp(-1.0)));
  ASSERT_TRUE(params.set("ema_warmup", "none"));
  EXPECT_DOUBLE_EQ(averageDecay(params, 1), 0.99);
}

RunConfig averagedConfig() {
  RunConfig config = smallConfig("max_iou");
  set(config, "train.ema_decay", "0.95");
  set(config, "train.eval_max_images", "0");
  set(config, "train.lr", "0.01");
  return config;
}

void expectSameNumbers(const Evaluation& a, const Evaluation& b) {
  EXPECT_EQ(a.detections, b.detections);
  for (std::size_t i = 0; i < a.metrics.size(); ++i)
    EXPECT_EQ(a.metrics[i].value, b.metrics[i].value) << a.metrics[i].name;
}

TEST(WeightAverage, IsWhatTheTrainerAndItsCheckpointsEvaluate) {
  const RunConfig config = averagedConfig();
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  EXPECT_THAT(trainer->facts().trainingReport, HasSubstr("decay 0.95): evaluations use it"));
  train(*trainer, 12);
  const TemporaryFolder folder;
  const std::string path = (folder / "whole.ckpt").string();
  ASSERT_TRUE(trainer->saveCheckpoint(path, Overwrite::kNo).ok());

  // Both sets of weights, taken apart by hand.
  auto whole = readCheckpoint(path);
  ASSERT_TRUE(whole.ok());
  const auto all = copies(whole->tensors);
  std::vector<NamedTensor> trained, averaged;
  for (const NamedTensor& entry : trainer->stateDict()) {
    trained.push_back({entry.name, all.at(entry.name)});
    const auto average = all.find("ema." + entry.name);
    averaged.push_back({entry.name, average == all.end() ? all.at(entry.name) : average->second});
  }
  RunConfig ofFile = *configOfCheckpoint(path);
  const auto handmade = [&](const std::vector<NamedTensor>& weights, const char* name) {
    const std::string file = (folder / name).string();
    CheckpointFacts facts = whole->facts;
    EXPECT_TRUE(writeCheckpoint(file, facts, weights, Overwrite::kNo).ok());
    auto evaluation = evaluateFile(ofFile, file, "demo#val");
    EXPECT_TRUE(evaluation.ok()) << evaluation.error().text();
    EXPECT_FALSE(evaluation->averagedWeights);
    return *std::move(evaluation);
  };
  const Evaluation ofTrained = handmade(trained, "trained.ckpt"),
                   ofAveraged = handmade(averaged, "averaged.ckpt");
  ASSERT_NE(ofTrained.metrics[0].value, ofAveraged.metrics[0].value) << "the test tells them apart";

  auto direct = trainer->evaluate({});
  ASSERT_TRUE(direct.ok());
  EXPECT_TRUE(direct->averagedWeights);
  expectSameNumbers(*direct, ofAveraged);
  auto fromFile = evaluateFile(ofFile, path, "demo#val");
  ASSERT_TRUE(fromFile.ok());
  EXPECT_TRUE(fromFile->averagedWeights);
  expectSameNumbers(*fromFile, ofAveraged);

  ASSERT_TRUE(trainer->setParam("train.eval_ema", "false"));
  direct = trainer->evaluate({});
  ASSERT_TRUE(direct.ok());
  EXPECT_FALSE(direct->averagedWeights);
  expectSameNumbers(*direct, ofTrained);
  set(ofFile, "train.eval_ema", "false");
  fromFile = evaluateFile(ofFile, path, "demo#val");
  ASSERT_TRUE(fromFile.ok());
  EXPECT_FALSE(fromFile->averagedWeights);
  expectSameNumbers(*fromFile, ofTrained);
}

TEST(WeightAverage, ChangesNothingAboutTrainingAndEvidence) {
  RunConfig plain = averagedConfig();
  set(plain, "train.ema_decay", "0");
  const auto without = prepareOrFail(plain), with = prepareOrFail(averagedConfig());
  ASSERT_TRUE(without && with);
  for (int i = 0; i < 3; ++i) {
    train(*without, 1);
    train(*with, 1);
    ASSERT_TRUE(with->evaluate({}).ok());
  }
  const auto one = without->stateDict(), other = with->stateDict();
  for (std::size_t i = 0; i < one.size(); ++i)
    EXPECT_TRUE(at::equal(one[i].tensor, other[i].tensor)) << one[i].name;
  const auto a = without->capture().take(), b = with->capture().take();
  ASSERT_EQ(a.size(), b.size());
  ASSERT_FALSE(a.empty());
  EXPECT_EQ(a[0]->stages.front()->predictedBoxesInInput, b[0]->stages.front()->predictedBoxesInInput);
  EXPECT_THAT(without->facts().trainingReport, Not(HasSubstr("average")));
}

TEST(WeightAverage, ANewRunStartsFromItUnlessAskedOtherwise) {
  const auto source = smallDetector("gn"), target = smallDetector("gn", 7);
  WeightAverage average(*source);
  move(*source, 0);
  average.update(0.5, noSkip());
  std::vector<NamedTensor> tensors = source->stateDict();
  for (NamedTensor& entry : average.state())
    tensors.push_back(std::move(entry));
  const TemporaryFolder folder;
  const std::string path = (folder / "both.ckpt").string();
  ASSERT_TRUE(writeCheckpoint(path, {}, tensors, Overwrite::kNo).ok());
  const auto averages = copies(average.state()), weights = copies(source->stateDict());
  for (const WeightsChoice choice : {WeightsChoice::kAveraged, WeightsChoice::kTrained}) {
    const auto report = loadWeights(*target, path, choice);
    ASSERT_TRUE(report.ok()) << report.error().text();
    EXPECT_EQ(report->averaged, choice == WeightsChoice::kAveraged);
    EXPECT_THAT(report->summary(),
                HasSubstr(report->averaged ? "the averaged weights" : "not their average"));
    EXPECT_TRUE(report->unexpected.empty());
    for (const NamedTensor& entry : target->stateDict())
      EXPECT_TRUE(at::equal(entry.tensor,
                            report->averaged ? averages.at("ema." + entry.name) : weights.at(entry.name)))
          << entry.name;
  }
}

TEST(WeightAverage, RefusesTheStateOfARunWithoutOne) {
  const auto detector = smallDetector("gn");
  WeightAverage average(*detector);
  EXPECT_EQ(average.loadState(detector->stateDict()).error().code, ErrorCode::kBadData);
}

}  // namespace
}  // namespace anchorscope::testing
