// Configurations of every method with every model: options survive a configuration file, bad ones and
// combinations that cannot be are one clear message.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/run_config.h"
#include "tests/contract/cases.h"

namespace anchorscope {
namespace {

using ::testing::HasSubstr;

/// A valid value that differs from the default; the default where there is no other.
ParamValue anotherValue(const ParamSpec& spec) {
  switch (spec.type) {
    case ParamType::kBool:
      return !std::get<bool>(spec.defaultValue);
    case ParamType::kChoice:
      return spec.choices.back() == std::get<std::string>(spec.defaultValue) ? spec.choices.front()
                                                                             : spec.choices.back();
    case ParamType::kText:
      return std::string("\"quoted\", 1,2 # text");
    case ParamType::kSteps:
      return std::string("0.25e");
    case ParamType::kInt: {
      const auto value = std::get<std::int64_t>(spec.defaultValue);
      return spec.max && static_cast<double>(value) >= *spec.max ? value - 1 : value + 1;
    }
    case ParamType::kFloat: {
      const auto value = std::get<double>(spec.defaultValue);
      // A number whose decimal form is long.
      const double more = value + 0.1 / 3;
      if (!spec.max || more <= *spec.max) return more;
      const double less = value - 0.1 / 3;
      return !spec.min || less >= *spec.min ? less : value;
    }
  }
  return spec.defaultValue;
}

RunConfig configOf(const std::string& method, const std::string& model) {
  auto made = makeRunConfig(method, model);
  EXPECT_TRUE(made.ok());
  return *std::move(made);
}

void expectSurvives(const RunConfig& before, const std::string& prefix) {
  const auto after = fromToml(toToml(before), "run.toml");
  ASSERT_TRUE(after.ok()) << after.error().text();
  const ParamSet &had = paramsOf(before, prefix), &got = paramsOf(*after, prefix);
  ASSERT_EQ(got.specs(), had.specs());
  for (const ParamSpec& spec : had.specs())
    EXPECT_EQ(got.get(spec.name), had.get(spec.name)) << prefix << '.' << spec.name;
}

class MethodConfig : public ::testing::TestWithParam<std::string> {
 protected:
  RunConfig config(const std::string& model = "retina-small") const { return configOf(GetParam(), model); }
};

TEST_P(MethodConfig, EveryOptionSurvivesAConfigurationFile) {
  RunConfig changed = config();
  int different = 0;
  for (const ParamSpec& spec : changed.methodParams.specs()) {
    ASSERT_TRUE(changed.methodParams.setValue(spec.name, anotherValue(spec)).ok()) << spec.name;
    different += changed.methodParams.isDefault(spec.name) ? 0 : 1;
  }
  EXPECT_GT(different, 0);
  expectSurvives(changed, "method");
}

TEST_P(MethodConfig, EveryChoiceSurvivesAConfigurationFile) {
  const std::vector<ParamSpec> specs = config().methodParams.specs();
  for (const ParamSpec& spec : specs)
    for (const std::string& choice : spec.choices) {
      RunConfig changed = config();
      ASSERT_TRUE(applySetting(changed, "method." + spec.name, choice).ok()) << spec.name;
      expectSurvives(changed, "method");
    }
}

TEST_P(MethodConfig, AnUnknownChoiceIsAnsweredWithTheValidOnes) {
  const std::vector<ParamSpec> specs = config().methodParams.specs();
  for (const ParamSpec& spec : specs) {
    if (spec.type != anchorscope::ParamType::kChoice) continue;
    RunConfig changed = config();
    const Status status = applySetting(changed, "method." + spec.name, "no_such_value");
    ASSERT_FALSE(status.ok()) << spec.name;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_THAT(status.error().text(), HasSubstr(spec.name));
    for (const std::string& choice : spec.choices)
      EXPECT_THAT(status.error().text(), HasSubstr(choice));
  }
}

TEST_P(MethodConfig, WhatDoesNotGoTogetherIsToldWithTheOptionToChange) {
  for (const ModelInfo& model : modelInfos()) {
    RunConfig made = config(model.name);
    std::vector<std::string> assigners = {""};
    if (const ParamSpec* spec = made.methodParams.find("assigner")) assigners = spec->choices;
    for (const std::string& assigner : assigners) {
      SCOPED_TRACE(model.name + " " + assigner);
      if (!assigner.empty()) {
        ASSERT_TRUE(applySetting(made, "method.assigner", assigner).ok());
      }
      const std::vector<OptionConflict> conflicts = conflictsOf(made);
      const Status status = checkCombination(made);
      ASSERT_EQ(status.ok(), conflicts.empty());
      for (const OptionConflict& conflict : conflicts) {
        EXPECT_TRUE(conflict.option.rfind("run.", 0) == 0 || fullKey(made, conflict.option).ok())
            << conflict.option;
        EXPECT_FALSE(conflict.message.empty() || conflict.action.empty()) << conflict.option;
        EXPECT_EQ(status.error().code, ErrorCode::kUsage);
        for (const std::string& part : {GetParam(), model.name, conflict.message})
          EXPECT_THAT(status.error().message, HasSubstr(part));
        EXPECT_THAT(status.error().action, HasSubstr(conflict.action));
      }
    }
  }
}

TEST_P(MethodConfig, GoesWithSomeModel) {
  bool fits = false;
  for (const ModelInfo& model : modelInfos())
    for (const bool distributions : {false, true}) {
      RunConfig made = config(model.name);
      if (distributions) {
        if (!made.modelParams.set("distance_bins", "9").ok()) continue;
        ASSERT_TRUE(made.modelParams.set("centerness", "false").ok());
      }
      fits = fits || checkCombination(made).ok();
    }
  EXPECT_TRUE(fits);
}

INSTANTIATE_TEST_SUITE_P(Registry, MethodConfig, ::testing::ValuesIn(testing::methodNames()),
                         [](const auto& tested) { return tested.param; });

class ModelConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(ModelConfig, EveryOptionSurvivesAConfigurationFile) {
  RunConfig changed = configOf(methodInfos().front().name, GetParam());
  for (const ParamSpec& spec : changed.modelParams.specs())
    ASSERT_TRUE(changed.modelParams.setValue(spec.name, anotherValue(spec)).ok()) << spec.name;
  expectSurvives(changed, "model");
}

std::string identifier(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Registry, ModelConfig, ::testing::ValuesIn(testing::namesOf(modelInfos())),
                         [](const auto& tested) { return identifier(tested.param); });

TEST(RunConfigContract, EveryOptionOfTrainingAndDataSurvivesAConfigurationFile) {
  for (const char* prefix : {"train", "data"}) {
    RunConfig changed = configOf(methodInfos().front().name, modelInfos().front().name);
    ParamSet& params = paramsOf(changed, prefix);
    const std::vector<ParamSpec> specs = params.specs();
    for (const ParamSpec& spec : specs)
      ASSERT_TRUE(params.setValue(spec.name, anotherValue(spec)).ok()) << spec.name;
    expectSurvives(changed, prefix);
  }
}

// ---- worked combinations ---------------------------------------------------------------------------------

RunConfig with(const std::string& method, const std::string& model,
               const std::vector<std::pair<std::string, std::string>>& settings = {}) {
  RunConfig made = configOf(method, model);
  for (const auto& [key, value] : settings) {
    const Status status = applySetting(made, key, value);
    EXPECT_TRUE(status.ok()) << key;
  }
  return made;
}

TEST(Combination, AtssNeedsAnchorBoxes) {
  const auto conflicts = conflictsOf(with("atss", "fcos-small"));
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].option, "run.method");
  EXPECT_THAT(conflicts[0].message, HasSubstr("points"));
  EXPECT_TRUE(checkCombination(with("atss", "atss-small")).ok());
  EXPECT_TRUE(checkCombination(with("atss", "retina-small")).ok());
}

TEST(Combination, FcosNeedsOneLocationPerCell) {
  EXPECT_TRUE(checkCombination(with("fcos", "fcos-small")).ok());
  EXPECT_TRUE(checkCombination(with("fcos", "retina-small")).ok());  // one anchor per cell
  const Status status = checkCombination(with("fcos", "retina-small", {{"model.ratios", "0.5,1,2"}}));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("3 anchors per location"));
}

TEST(Combination, AnAssignerThatIsAnOptionIsTheOneToChange) {
  const auto conflicts = conflictsOf(
      with("harmonic", "fcos-small", {{"method.assigner", "max_iou"}, {"model.centerness", "false"}}));
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].option, "method.assigner");
  EXPECT_TRUE(checkCombination(with("harmonic", "fcos-small", {{"method.assigner", "fcos"}})).ok());
}

TEST(Combination, ALossOfLabelsTakesNoSoftTargets) {
  for (const char* loss : {"ghm_c", "ap", "dr"}) {
    const auto conflicts = conflictsOf(
        with("max_iou", "retina-small", {{"method.cls_loss", loss}, {"method.class_targets", "iou"}}));
    ASSERT_EQ(conflicts.size(), 1u) << loss;
    EXPECT_EQ(conflicts[0].option, "method.class_targets");
  }
}

TEST(Combination, ALossOfImagesIsNoAnchors) {
  for (const auto& [slot, choice] : {std::pair<const char*, const char*>{"method.sampling", "sampling"},
                                     {"method.reweighting", "isr_p"}}) {
    const auto conflicts =
        conflictsOf(with("max_iou", "retina-small", {{"method.cls_loss", "dr"}, {slot, choice}}));
    ASSERT_EQ(conflicts.size(), 1u) << slot;
    EXPECT_EQ(conflicts[0].option, slot);
  }
}

TEST(Combination, NothingDividesALossThatIsItsOwnSum) {
  RunConfig made = with("max_iou", "retina-small");
  EXPECT_TRUE(made.methodParams.applies("cls_normalizer"));
  EXPECT_TRUE(applySetting(made, "method.cls_loss", "ghm_c").ok());
  EXPECT_FALSE(made.methodParams.applies("cls_normalizer"));
  EXPECT_TRUE(made.methodParams.applies("loc_normalizer"));
}

TEST(Combination, ACenternessHeadNeedsSomethingToLearn) {
  const auto conflicts = conflictsOf(with("musu", "fcos-small"));
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].option, "model.centerness");
  EXPECT_TRUE(checkCombination(with("musu", "fcos-small", {{"model.centerness", "false"}})).ok());
}

}  // namespace
}  // namespace anchorscope
