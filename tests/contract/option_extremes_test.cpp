// Every numeric option of every registry has bounds, and works at both of them or is refused in one clear
// sentence.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/assigners/assigner.h"
#include "core/data/loader.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/transform.h"
#include "core/model/detector.h"
#include "core/samplers/sampler.h"
#include "core/trainer/trainer.h"
#include "tests/contract/cases.h"

namespace anchorscope {
namespace {

bool isNumber(const ParamSpec& spec) {
  return spec.type == anchorscope::ParamType::kInt || spec.type == anchorscope::ParamType::kFloat;
}

/// The option at its lower or upper bound.
std::string textAtBound(const ParamSpec& spec, bool upper) {
  const double bound = upper ? *spec.max : *spec.min;
  return spec.type == anchorscope::ParamType::kInt ? toText(ParamValue(static_cast<std::int64_t>(bound)))
                                                   : toText(ParamValue(bound));
}

void expectBounds(const std::string& owner, const std::vector<ParamSpec>& specs) {
  for (const ParamSpec& spec : specs) {
    if (!isNumber(spec)) continue;
    ASSERT_TRUE(spec.min && spec.max) << owner << '.' << spec.name;
    EXPECT_TRUE(std::isfinite(*spec.min) && std::isfinite(*spec.max) && *spec.min < *spec.max)
        << owner << '.' << spec.name;
    for (const bool upper : {false, true})
      EXPECT_TRUE(parseParam(spec, textAtBound(spec, upper)).ok()) << owner << '.' << spec.name;
    const bool whole = spec.type == anchorscope::ParamType::kInt;
    for (const char* beyond :
         {whole ? "9223372036854775807" : "1e308", whole ? "-9223372036854775808" : "-1e308"})
      EXPECT_FALSE(parseParam(spec, beyond).ok()) << owner << '.' << spec.name << " = " << beyond;
  }
}

template <typename Entry>
void expectBoundsOf(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries)
    expectBounds(entry.name, entry.params);
}

TEST(OptionBounds, EveryNumberOfEveryRegistryHasThem) {
  expectBounds("train", trainParams());
  expectBounds("data", loaderParams());
  for (const MethodInfo& info : methodInfos())
    expectBounds(info.name, methodParams(info.name)->specs());
  for (const ModelInfo& info : modelInfos())
    expectBounds(info.name, modelParams(info.name)->specs());
  expectBoundsOf(assignerEntries());
  expectBoundsOf(clsLossEntries());
  expectBoundsOf(boxLossEntries());
  expectBoundsOf(lossTransformEntries());
  expectBoundsOf(lossCombinerEntries());
  expectBoundsOf(samplerEntries());
}

RunConfig tinyConfig() {
  RunConfig config = *makeRunConfig("max_iou", "retina-small");
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"train.size", "64"},
                                                        {"train.batch", "1"},
                                                        {"train.threads", "1"},
                                                        {"train.loader_threads", "0"},
                                                        {"train.device", "cpu"},
                                                        {"train.probe_count", "1"},
                                                        {"model.width", "16"},
                                                        {"model.fpn_channels", "16"},
                                                        {"model.head_depth", "0"}})
    EXPECT_TRUE(applySetting(config, key, value).ok()) << key;
  return config;
}

/// Trains a step and looks at the evidence; a refusal must be of the user's kind and name what to do.
void expectStepOrRefusal(const RunConfig& config, const std::string& what) {
  PrepareOptions options;
  options.availableBytes = std::int64_t{256} << 20;  // so that the largest sizes are refused, not tried
  auto trainer = Trainer::prepare(config, options);
  if (!trainer) {
    EXPECT_TRUE(trainer.error().code == ErrorCode::kUsage || trainer.error().code == ErrorCode::kDevice)
        << what << ": " << trainer.error().text();
    EXPECT_FALSE(trainer.error().action.empty()) << what << ": " << trainer.error().text();
    return;
  }
  const Status status = (*trainer)->step();
  EXPECT_TRUE(status.ok()) << what << ": " << status.error().text();
  EXPECT_EQ((*trainer)->takeReports(/*all=*/true).size(), 1u) << what;
  (*trainer)->capture();
}

class RunOptionExtremes : public ::testing::TestWithParam<const char*> {};

TEST_P(RunOptionExtremes, AStepIsTrainedOrOneSentenceRefusesIt) {
  const std::string part = GetParam();
  const RunConfig tiny = tinyConfig();
  for (const ParamSpec& spec : paramsOf(tiny, part).specs()) {
    if (!isNumber(spec)) continue;
    for (const bool upper : {false, true}) {
      RunConfig config = tiny;
      const std::string key = part + "." + spec.name;
      // So many batches a step are fine, and take as long as they are many.
      const std::string value = upper && key == "train.accumulate" ? "3" : textAtBound(spec, upper);
      ASSERT_TRUE(applySetting(config, key, value).ok()) << key << " = " << value;
      EXPECT_NO_THROW(expectStepOrRefusal(config, key + " = " + value)) << key << " = " << value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, RunOptionExtremes, ::testing::Values("train", "data"),
                         [](const auto& tested) { return std::string(tested.param); });

class ModelOptionExtremes : public ::testing::TestWithParam<const char*> {};

TEST_P(ModelOptionExtremes, ADetectorIsBuiltAndRuns) {
  const std::string name = GetParam();
  const ParamSet defaults = *modelParams(name);
  for (const ParamSpec& spec : defaults.specs()) {
    if (!isNumber(spec)) continue;
    for (const bool upper : {false, true}) {
      ParamSet params = defaults;
      const std::string what = spec.name + " = " + textAtBound(spec, upper);
      ASSERT_TRUE(params.set(spec.name, textAtBound(spec, upper)).ok()) << what;
      const auto detector = makeDetector(name, params, 2, 0);
      ASSERT_TRUE(detector.ok()) << what << ": " << detector.error().text();
      const int side = 2;
      const HeadOutputs outputs = (*detector)->forward(at::zeros({1, 3, side, side})).front().heads;
      EXPECT_TRUE(outputs.logits.isfinite().all().item<bool>()) << what;
      EXPECT_GT(outputs.boxes.size(1), 0) << what;
    }
  }
}

// The rows of the registry share these options: one of each kind of heads, one of each kind of backbone.
INSTANTIATE_TEST_SUITE_P(Models, ModelOptionExtremes,
                         ::testing::Values("retina-small", "fcos-small", "atss-small"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           name.replace(name.find('-'), 1, "_");
                           return name;
                         });

TEST(StepMemory, WhatDoesNotFitIsToldBeforeTheFirstStepWithBothNumbers) {
  RunConfig config = tinyConfig();
  ASSERT_TRUE(applySetting(config, "train.size", "2048").ok());
  ASSERT_TRUE(applySetting(config, "train.batch", "64").ok());
  PrepareOptions options;
  options.availableBytes = std::int64_t{1} << 30;
  const auto trainer = Trainer::prepare(config, options);
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(trainer.error().code, ErrorCode::kDevice);
  EXPECT_THAT(trainer.error().text(),
              ::testing::ContainsRegex("64 images of 2048 x 2048 px needs about [0-9]+ GB .* 1 GB are free.*"
                                       "Lower train.batch or train.size"));
}

}  // namespace
}  // namespace anchorscope
