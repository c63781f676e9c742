#include "core/compare/comparison_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trainer/presets.h"

namespace anchorscope {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

ComparisonMethod methodOf(const std::string& text) {
  auto method = parseComparisonMethod(text);
  EXPECT_TRUE(method.ok()) << text;
  return method ? *method : ComparisonMethod{};
}

ComparisonOptions optionsFor(const std::vector<std::string>& methods, const std::string& budget = "150") {
  ComparisonOptions options;
  options.folder = "out";
  options.data = "demo";
  options.seeds = 2;
  options.budget = *parseComparisonBudget(budget);
  for (const std::string& text : methods)
    options.methods.push_back(methodOf(text));
  return options;
}

Result<std::vector<PlannedRun>> planOf(const ComparisonOptions& options, std::int64_t steps = 150) {
  return planComparison(options, [&](const std::string&, const RunConfig&) { return Result(steps); });
}

Error refusalOf(const ComparisonOptions& options) {
  auto plan = planOf(options);
  EXPECT_FALSE(plan.ok());
  return plan ? Error{} : plan.error();
}

TEST(ComparisonMethod, IsAPresetWithSettingsUnderALabel) {
  const ComparisonMethod plain = methodOf("bccd-musu");
  EXPECT_EQ(plain.label, "bccd-musu");
  EXPECT_EQ(plain.preset, "bccd-musu");
  EXPECT_THAT(plain.settings, IsEmpty());
  const ComparisonMethod varied = methodOf("bccd-musu+method.beta=0.5+lr_steps=0.5,0.8");
  EXPECT_EQ(varied.label, "bccd-musu+method.beta=0.5+lr_steps=0.5,0.8");
  EXPECT_EQ(varied.preset, "bccd-musu");
  EXPECT_THAT(varied.settings, ElementsAre(Pair("method.beta", "0.5"), Pair("lr_steps", "0.5,0.8")));
  const ComparisonMethod labelled = methodOf("MuSu, β 0.5=bccd-musu+beta=0.5");
  EXPECT_EQ(labelled.label, "MuSu, β 0.5");
  EXPECT_EQ(labelled.preset, "bccd-musu");
}

TEST(ComparisonMethod, APlusInsideAValueBelongsToIt) {
  EXPECT_THAT(methodOf("demo+lr=1e+3+warmup_steps=5").settings,
              ElementsAre(Pair("lr", "1e+3"), Pair("warmup_steps", "5")));
}

TEST(ComparisonMethod, RefusesWhatHasNoPreset) {
  for (const char* text : {"", "=demo", "label=", "a=b=c", "label=+lr=1"})
    EXPECT_FALSE(parseComparisonMethod(text).ok()) << text;
}

TEST(ComparisonBudget, IsStepsSecondsOrEpochs) {
  for (const char* text : {"400", "120s", "2e", "0.5e", "1.5s"}) {
    auto budget = parseComparisonBudget(text);
    ASSERT_TRUE(budget.ok()) << text;
    EXPECT_EQ(budget->text(), text);
  }
  EXPECT_EQ(parseComparisonBudget("120s")->unit, ComparisonBudget::Unit::kSeconds);
  for (const char* text : {"", "0", "-3", "1.5", "12m", "s", "nan", "inf", "1e300"})
    EXPECT_EQ(parseComparisonBudget(text).ok(), false) << text;
}

TEST(PlanComparison, GivesEveryMethodTheSameDataSeedsAndBudget) {
  auto plan = planOf(optionsFor({"demo", "other=bccd-max-iou"}));
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  ASSERT_THAT(*plan, SizeIs(4));
  for (std::size_t i = 0; i < plan->size(); ++i) {
    const PlannedRun& run = (*plan)[i];
    EXPECT_EQ(run.label, i < 2 ? "demo" : "other");
    EXPECT_EQ(run.seed, static_cast<std::int64_t>(i % 2));
    EXPECT_EQ(run.config.train.getInt("seed"), run.seed);
    EXPECT_EQ(run.config.train.getInt("steps"), 150);
    EXPECT_EQ(run.config.data, "demo");
    EXPECT_EQ(run.config.validation, "demo#val");
    EXPECT_EQ(run.config.train.getInt("eval_every"), 0);
  }
  EXPECT_EQ((*plan)[0].config.train.getInt("warmup_steps"), 10) << "100 of 1,500";
  EXPECT_EQ((*plan)[3].config.out, "out/other/seed-1");
}

TEST(PlanComparison, SettingsStandOnTopOfTheStretchedPreset) {
  ComparisonOptions options = optionsFor({"demo", "demo+lr=0.5+warmup_steps=7"});
  options.settings = {{"lr", "0.25"}, {"batch", "3"}};
  options.threads = 1;
  auto plan = planOf(options);
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_EQ((*plan)[0].config.train.getFloat("lr"), 0.25);
  EXPECT_EQ((*plan)[2].config.train.getFloat("lr"), 0.5);
  EXPECT_EQ((*plan)[2].config.train.getInt("warmup_steps"), 7);
  EXPECT_EQ((*plan)[2].config.train.getInt("batch"), 3);
  EXPECT_EQ((*plan)[2].config.train.getInt("threads"), 1);
}

TEST(PlanComparison, TellsTheStepsOfTheFinalConfiguration) {
  ComparisonOptions options = optionsFor({"demo"});
  options.settings = {{"batch", "7"}};
  std::int64_t batch = 0;
  ASSERT_TRUE(planComparison(options, [&](const std::string&, const RunConfig& config) {
                batch = config.train.getInt("batch");
                return Result(std::int64_t{10});
              }).ok());
  EXPECT_EQ(batch, 7);
}

TEST(PlanComparison, RefusesWhatCannotBeCompared) {
  EXPECT_EQ(refusalOf(optionsFor({})).code, ErrorCode::kUsage);
  EXPECT_THAT(refusalOf(optionsFor({"dem"})).text(), HasSubstr("demo"));
  EXPECT_THAT(refusalOf(optionsFor({"demo", "demo"})).text(), HasSubstr("one folder"));
  EXPECT_THAT(refusalOf(optionsFor({"a b=demo", "a-b=demo"})).text(), HasSubstr("a-b"));
  EXPECT_THAT(refusalOf(optionsFor({"demo+steps=5"})).text(), HasSubstr("--budget"));
  EXPECT_THAT(refusalOf(optionsFor({"demo+train.seed=5"})).text(), HasSubstr("--seeds"));
  EXPECT_THAT(refusalOf(optionsFor({"demo+nonsense=5"})).text(), HasSubstr("nonsense"));
  ComparisonOptions options = optionsFor({"demo"});
  options.data = "demo#val";
  EXPECT_THAT(refusalOf(options).text(), HasSubstr("--validation"));
  options.data = "voc:/no/such/folder";
  EXPECT_EQ(refusalOf(options).code, ErrorCode::kNotFound);
}

TEST(PlanComparison, TellsEveryMethodThatCannotBeTrained) {
  const Error refusal =
      refusalOf(optionsFor({"demo", "a=bccd-musu-fcos+centerness=true", "b=bccd-musu-atss+centerness=true"}));
  EXPECT_EQ(refusal.code, ErrorCode::kUsage);
  EXPECT_THAT(refusal.text(), HasSubstr("a: musu with fcos-small"));
  EXPECT_THAT(refusal.text(), HasSubstr("b: musu with atss-small"));
}

TEST(LabelFolder, IsAPlainNameInsideTheFolder) {
  EXPECT_EQ(labelFolder("out", "bccd-musu+beta=0.5"), "out/bccd-musu+beta=0.5");
  EXPECT_EQ(labelFolder("out", "a/b c"), "out/a-b-c");
  EXPECT_EQ(labelFolder("out", ".."), "out/-.");
}

TEST(ConfigDifferences, NameEveryOption) {
  const RunConfig a = *presetConfig("demo");
  RunConfig b = a;
  EXPECT_THAT(configDifferences(a, b), IsEmpty());
  b.out = "elsewhere";
  EXPECT_THAT(configDifferences(a, b), IsEmpty());
  b.data = "demo:3";
  b.validation = "demo:4";
  ASSERT_TRUE(applySetting(b, "train.lr", "0.5").ok());
  EXPECT_THAT(configDifferences(a, b), ElementsAre("data: demo, not demo:3", "validation: none, not demo:4",
                                                   "train.lr: 0.003, not 0.5"));
  const RunConfig other = *presetConfig("bccd-max-iou");
  EXPECT_THAT(configDifferences(a, other), Contains("method: musu, not max_iou"));
}

TEST(ConfigDifferences, PassOverOptionsThatDoNotMatter) {
  const RunConfig a = *presetConfig("bccd-musu");
  RunConfig b = a;
  ASSERT_TRUE(applySetting(b, "method.gamma_f", "3").ok());
  EXPECT_THAT(configDifferences(a, b), ElementsAre("method.gamma_f: 2, not 3"));
  RunConfig c = a;
  for (RunConfig* config : {&b, &c})
    ASSERT_TRUE(applySetting(*config, "method.cls_loss", "weighted_bce").ok());
  EXPECT_THAT(configDifferences(b, c), IsEmpty());
}

}  // namespace
}  // namespace anchorscope
