#include "core/trainer/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/presets.h"

namespace anchorscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RunConfig config(const std::string& method = "musu", const std::string& model = "retina-small") {
  auto made = makeRunConfig(method, model);
  EXPECT_TRUE(made.ok());
  return *made;
}

void expectEqual(const RunConfig& a, const RunConfig& b) {
  EXPECT_EQ(a.data, b.data);
  EXPECT_EQ(a.validation, b.validation);
  EXPECT_EQ(a.method, b.method);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.probes, b.probes);
  EXPECT_EQ(a.out, b.out);
  for (const char* prefix : {"train", "method", "model", "data"}) {
    const ParamSet &one = paramsOf(a, prefix), &other = paramsOf(b, prefix);
    ASSERT_EQ(one.specs().size(), other.specs().size()) << prefix;
    for (const ParamSpec& spec : one.specs())
      EXPECT_EQ(one.get(spec.name), other.get(spec.name)) << prefix << '.' << spec.name;
  }
}

TEST(RunConfig, EveryMethodAndModelSurvivesToml) {
  for (const MethodInfo& method : methodInfos())
    for (const ModelInfo& model : modelInfos()) {
      const RunConfig before = config(method.name, model.name);
      auto after = fromToml(toToml(before), "run.toml");
      ASSERT_TRUE(after.ok()) << after.error().text();
      expectEqual(before, *after);
    }
}

TEST(RunConfig, AwkwardValuesSurviveToml) {
  RunConfig before = config();
  before.data = "voc:C:\\data \"quoted\"#train\n\ttab \x01 Größe";
  before.probes = {"a.jpg", "b \"c\".png"};
  before.out = "runs/1";
  ASSERT_TRUE(applySetting(before, "train.lr", "0.1").ok());
  ASSERT_TRUE(applySetting(before, "train.weight_decay", "1e-300").ok());
  ASSERT_TRUE(applySetting(before, "train.clip_grad", "123456789").ok());
  ASSERT_TRUE(applySetting(before, "train.seed", "9007199254740993").ok());
  ASSERT_TRUE(applySetting(before, "method.beta", "0.30000000000000004").ok());
  auto after = fromToml(toToml(before), "run.toml");
  ASSERT_TRUE(after.ok()) << after.error().text();
  expectEqual(before, *after);
}

TEST(RunConfig, BytesThatAreNoUtf8NeverMakeAFileThatCannotBeRead) {
  const std::string bytes = "mu\xf1oz \xc3\x28 \xff";
  RunConfig before = config();
  EXPECT_TRUE(checkTexts(before));
  for (std::string RunConfig::*member :
       {&RunConfig::data, &RunConfig::validation, &RunConfig::weights, &RunConfig::out}) {
    RunConfig one = config();
    one.*member = bytes;
    EXPECT_EQ(checkTexts(one).error().code, ErrorCode::kUsage);
    before.*member = bytes;
  }
  before.probes = {bytes};
  ASSERT_TRUE(before.train.set("lr_steps", bytes));
  auto after = fromToml(toToml(before), "run.toml");
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_EQ(after->data, "mu\\xf1oz \\xc3( \\xff");
  EXPECT_EQ(after->probes, std::vector<std::string>{after->data});
  EXPECT_EQ(after->train.getText("lr_steps"), after->data);
  EXPECT_TRUE(checkTexts(*after));
}

TEST(RunConfig, EveryFloatOptionSurvivesAtItsBounds) {
  RunConfig before = config();
  for (const char* prefix : {"train", "method", "model", "data"}) {
    ParamSet& params = paramsOf(before, prefix);
    const std::vector<ParamSpec> specs = params.specs();
    for (const ParamSpec& spec : specs)
      if (spec.type == ParamType::kFloat && spec.min) {
        ASSERT_TRUE(params.setValue(spec.name, ParamValue(*spec.min)).ok()) << spec.name;
      }
  }
  auto after = fromToml(toToml(before), "run.toml");
  ASSERT_TRUE(after.ok()) << after.error().text();
  expectEqual(before, *after);
}

TEST(RunConfig, MissingLinesTakeDefaults) {
  auto read = fromToml("[run]\ndata = \"demo:3\"\n[train]\nlr = 1\n", "run.toml");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->data, "demo:3");
  EXPECT_EQ(read->method, "musu");
  EXPECT_EQ(read->train.getFloat("lr"), 1.0);
  EXPECT_TRUE(read->train.isDefault("batch"));
}

TEST(RunConfig, BadTomlNamesFileAndLine) {
  const auto message = [](const std::string& text) {
    auto read = fromToml(text, "run.toml");
    EXPECT_FALSE(read.ok()) << text;
    return read.ok() ? std::string() : read.error().text();
  };
  EXPECT_THAT(message("[train]\nlr = = 1\n"), HasSubstr("run.toml:2"));
  EXPECT_THAT(message("[train]\n\nlearning = 1\n"), HasSubstr("run.toml:3"));
  EXPECT_THAT(message("[train]\nbatch = 0\n"), HasSubstr("run.toml:2"));
  EXPECT_THAT(message("[train]\nbatch = [1]\n"), HasSubstr("run.toml:2"));
  EXPECT_THAT(message("[run]\nmethods = \"musu\"\n"), HasSubstr("run.toml:2"));
  EXPECT_THAT(message("[run]\nprobes = [1]\n"), HasSubstr("run.toml:2"));
  EXPECT_THAT(message("[training]\n"), HasSubstr("run.toml:1"));
  // A stage's options stand in a table of their own; this method has but one stage.
  for (const char* text : {"[method.rpn]\nassigner = \"atss\"\n", "[method]\nrpn.assigner = \"atss\"\n"})
    EXPECT_THAT(message(text), AllOf(HasSubstr("run.toml:2"), HasSubstr("'rpn.assigner'")));
  EXPECT_THAT(message("[run]\nmethod = \"muso\"\n"), HasSubstr("musu"));
}

TEST(RunConfig, TomlThatIsTooDeepOrTooLargeIsRefused) {
  const auto problemOf = [](const std::string& text) {
    const auto read = fromToml(text, "run.toml");
    EXPECT_TRUE(read.ok() || read.error().code == ErrorCode::kBadData ||
                read.error().code == ErrorCode::kUsage);
    return read ? std::string() : read.error().text();
  };
  std::string levels = "a";
  for (int i = 0; i < 100'000; ++i)
    levels += ".a";
  const std::string deep = "run.toml:2: its keys have too many levels";
  EXPECT_THAT(problemOf("\n" + levels + " = 1"), HasSubstr(deep));
  EXPECT_THAT(problemOf("\n[" + levels + "]"), HasSubstr(deep));
  EXPECT_THAT(problemOf("\nx = {" + levels + " = 1}"), HasSubstr(deep));
  // Quotation marks hide dots from TOML, and only these from us.
  EXPECT_THAT(problemOf("x = ['''\n' ''', {" + levels + " = 1}]"), HasSubstr(deep));
  EXPECT_THAT(problemOf("x = \"\"\"\\\"\"\"\"\"\"\n" + levels + " = 1"), HasSubstr(deep));
  EXPECT_THAT(problemOf("# don't\n" + levels + " = 1"), HasSubstr(deep));
  EXPECT_EQ(problemOf("[run]\ndata = \"" + levels + "\""), "");
  EXPECT_EQ(problemOf("[run]\ndata = '" + levels + "'"), "");
  EXPECT_EQ(problemOf("# " + levels + "\n[run]\ndata = 'demo'"), "");
  EXPECT_EQ(problemOf("[run]\ndata = \"\"\"" + levels + "\"\"\""), "");
  // As deep as is let through ends well too.
  EXPECT_THAT(problemOf(levels.substr(0, 2 * 1900 + 1) + " = 1"), HasSubstr("there is no part 'a'"));
  EXPECT_NE(problemOf("x = " + std::string(100'000, '[')), "");
  EXPECT_THAT(problemOf(std::string(2U << 20U, '\n')), HasSubstr("1048576 bytes"));
}

TEST(ApplySetting, TakesFullAndUniqueShortKeys) {
  RunConfig changed = config();
  EXPECT_TRUE(applySetting(changed, "train.lr", "0.5").ok());
  EXPECT_TRUE(applySetting(changed, "beta", "0.25").ok());
  EXPECT_EQ(changed.train.getFloat("lr"), 0.5);
  EXPECT_EQ(changed.methodParams.getFloat("beta"), 0.25);
}

TEST(ApplySetting, NamesTheNearestForAnUnknownKey) {
  RunConfig changed = config();
  const Status status = applySetting(changed, "train.lrr", "1");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_THAT(status.error().text(), HasSubstr("train.lr"));
}

TEST(ApplySetting, RefusesAnAmbiguousShortKey) {
  RunConfig changed = config();
  changed.dataParams = ParamSet({floatParam("lr", 0, {}, {}, "1", "", "test")});
  const Status status = applySetting(changed, "lr", "1");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().text(), HasSubstr("train.lr"));
  EXPECT_THAT(status.error().text(), HasSubstr("data.lr"));
}

TEST(MakeRunConfig, UnknownNamesAreUsageErrors) {
  EXPECT_EQ(makeRunConfig("nothing", "retina-small").error().code, ErrorCode::kUsage);
  EXPECT_EQ(makeRunConfig("musu", "nothing").error().code, ErrorCode::kUsage);
}

TEST(Presets, AreValidAndTitled) {
  ASSERT_FALSE(presets().empty());
  for (const Preset& preset : presets()) {
    auto read = presetConfig(preset.name);
    ASSERT_TRUE(read.ok()) << preset.name << ": " << read.error().text();
    EXPECT_TRUE(checkCombination(*read).ok())
        << preset.name << ": " << checkCombination(*read).error().text();
    EXPECT_FALSE(preset.title.empty()) << preset.name;
  }
  EXPECT_EQ(presetConfig("dem").error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace anchorscope
