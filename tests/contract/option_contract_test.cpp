// What the options of every registry entry must hold to.

#include <gtest/gtest.h>

#include <set>

#include "core/assigners/assigner.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/transform.h"
#include "core/methods/method.h"
#include "core/samplers/sampler.h"
#include "tests/contract/cases.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::RecordingSink;

class MethodOptions : public ::testing::TestWithParam<std::string> {
 protected:
  ParamSet params() const { return *methodParams(GetParam()); }
  std::vector<ParamSpec> specs() const { return params().specs(); }
};

TEST_P(MethodOptions, EachIsDescribedAndItsDefaultIsValid) {
  std::set<std::string> names;
  for (const ParamSpec& spec : specs()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name << " stands twice";
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    EXPECT_FALSE(spec.source.empty()) << spec.name;
    EXPECT_TRUE(validateParam(spec, spec.defaultValue).ok()) << spec.name;
    const bool ofStage = testing::recipeOf(GetParam()).stages.size() > 1;
    EXPECT_EQ(std::count(spec.name.begin(), spec.name.end(), '.'), ofStage ? 1 : 0) << spec.name;
    EXPECT_TRUE(spec.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos)
        << spec.name;
  }
}

TEST_P(MethodOptions, OutOfRangeIsAUsageErrorThatNamesTheOption) {
  int tried = 0;
  const auto refused = [&](const ParamSpec& spec, const std::string& text) {
    ParamSet set = params();
    const Status status = set.set(spec.name, text);
    ASSERT_FALSE(status.ok()) << spec.name << " = " << text;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_NE(status.error().message.find(spec.name), std::string::npos);
    ++tried;
  };
  for (const ParamSpec& spec : specs()) {
    const bool number =
        spec.type == anchorscope::ParamType::kFloat || spec.type == anchorscope::ParamType::kInt;
    if (number && spec.min)
      refused(spec, toText(ParamValue(std::int64_t{static_cast<std::int64_t>(*spec.min) - 1})));
    if (number && spec.max)
      refused(spec, toText(ParamValue(std::int64_t{static_cast<std::int64_t>(*spec.max) + 1})));
    if (number) refused(spec, "nan");
    if (spec.type != anchorscope::ParamType::kText) refused(spec, "no such value");
  }
  EXPECT_GT(tried, 0);
}

/// Runs one stage of a method with its own options on a small scene; the loss must be finite and the evidence
/// complete.
void expectStageRuns(const Recipe& recipe, std::size_t stage, const ParamSet& own, const std::string& what) {
  auto method = makeStage(recipe, stage, own);
  ASSERT_TRUE(method.ok()) << what << ": " << method.error().text();
  const testing::HeadKind* kind = testing::fittingKind(recipe, stage, own);
  if (kind == nullptr) {  // the options contradict each other on any heads: that must be told
    const auto conflicts = stageConflicts(recipe, stage, own, testing::headKinds().front().heads);
    ASSERT_FALSE(conflicts.empty()) << what;
    EXPECT_FALSE(conflicts[0].message.empty() || conflicts[0].action.empty()) << what;
    return;
  }
  DenseSceneOptions options;
  options.ignoreRegions = 1;
  DenseScene scene = kind->scene(options);
  scene.outputs.logits.requires_grad_();
  scene.outputs.offsets.requires_grad_();
  scene.outputs.boxes = scene.outputs.boxes.detach().requires_grad_();
  RecordingSink sink;
  const LossTerms terms = (*method)->loss({scene.anchors, scene.outputs, scene.targets}, &sink);
  terms.total.backward();
  // Normalisers named so divide by nothing where nothing is positive, as their source does.
  const bool unguarded = what.find("unguarded") != std::string::npos &&
                         !sink.channelValues.at("assigned_cls").ge(0).any().item<bool>();
  if (!unguarded) {
    EXPECT_TRUE(terms.total.isfinite().item<bool>()) << what;
    EXPECT_TRUE(scene.outputs.logits.grad().isfinite().all().item<bool>()) << what;
  }
  const EvidenceDeclaration declared = (*method)->declaration(kind->heads);
  EXPECT_EQ(sink.channelSpecs.size(), declared.channels.size()) << what;
  EXPECT_EQ(sink.pairSpecs, declared.pairTables) << what;
}

/// The same of the stage that the option belongs to.
void expectRuns(const std::string& name, const ParamSet& set, const std::string& what,
                const std::string& option) {
  const Recipe& recipe = testing::recipeOf(name);
  for (std::size_t stage = 0; stage < recipe.stages.size(); ++stage)
    if (recipe.stages.size() == 1 || option.rfind(recipe.stages[stage].stage + ".", 0) == 0)
      expectStageRuns(recipe, stage, stageParams(recipe, stage, set), what);
}

TEST_P(MethodOptions, EveryChoiceRuns) {
  for (const ParamSpec& spec : specs()) {
    std::vector<std::string> values = spec.choices;
    if (spec.type == anchorscope::ParamType::kBool) values = {"true", "false"};
    for (const std::string& value : values) {
      ParamSet set = params();
      ASSERT_TRUE(set.set(spec.name, value).ok());
      expectRuns(GetParam(), set, spec.name + " = " + value, spec.name);
    }
  }
}

/// Sets a number to its lower or upper bound; false when it has none.
bool setToBound(ParamSet& set, const ParamSpec& spec, bool upper) {
  const auto& bound = upper ? spec.max : spec.min;
  if (!bound) return false;
  const bool whole = spec.type == anchorscope::ParamType::kInt;
  const ParamValue value = whole ? ParamValue(static_cast<std::int64_t>(*bound)) : ParamValue(*bound);
  EXPECT_TRUE(set.setValue(spec.name, value).ok()) << spec.name;
  return true;
}

/// As expectRuns; a set of options that contradict each other may be refused instead.
void expectRunsOrIsRefused(const std::string& name, const ParamSet& set, const std::string& what,
                           const std::string& option) {
  if (const auto stages = makeStages(name, set); !stages) {
    EXPECT_EQ(stages.error().code, ErrorCode::kUsage) << what;
    return;
  }
  expectRuns(name, set, what, option);
}

TEST_P(MethodOptions, EveryBoundRuns) {
  for (const ParamSpec& spec : specs())
    for (const bool upper : {false, true}) {
      ParamSet set = params();
      if (setToBound(set, spec, upper))
        expectRunsOrIsRefused(GetParam(), set, spec.name + (upper ? " at its maximum" : " at its minimum"),
                              spec.name);
    }
}

TEST_P(MethodOptions, EveryChoiceRunsWithAllNumbersAtABound) {
  // A choice may bring options into play that the default choice leaves unread.
  for (const ParamSpec& choice : specs()) {
    if (choice.type != anchorscope::ParamType::kChoice) continue;
    for (const std::string& value : choice.choices)
      for (const bool upper : {false, true}) {
        ParamSet set = params();
        ASSERT_TRUE(set.set(choice.name, value).ok());
        for (const ParamSpec& spec : specs())
          setToBound(set, spec, upper);
        expectRunsOrIsRefused(GetParam(), set,
                              choice.name + " = " + value + (upper ? ", maxima" : ", minima"), choice.name);
      }
  }
}

TEST_P(MethodOptions, InfoIsComplete) {
  for (const MethodInfo& info : methodInfos()) {
    if (info.name != GetParam()) continue;
    EXPECT_FALSE(info.title.empty() || info.description.empty() || info.source.empty());
    EXPECT_EQ(makeStages(info.name, params())->front()->info().name, info.name);
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, MethodOptions, ::testing::ValuesIn(testing::methodNames()),
                         [](const auto& tested) { return tested.param; });

TEST(Methods, AnUnknownNameIsAUsageErrorWithTheNearest) {
  for (const Error& error : {methodParams("musuu").error(), methodDeclaration("musuu").error(),
                             makeMethod("musuu", ParamSet()).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kUsage);
    EXPECT_NE(error.action.find("musu"), std::string::npos) << error.text();
  }
}

TEST(Methods, OptionsOfAnotherMethodAreAUsageError) {
  const auto method = makeMethod("musu", *methodParams("max_iou"));
  ASSERT_FALSE(method.ok());
  EXPECT_EQ(method.error().code, ErrorCode::kUsage);
}

template <typename Entry>
void expectDescribed(const std::vector<Entry>& entries) {
  std::set<std::string> names;
  for (const Entry& entry : entries) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " stands twice";
    EXPECT_FALSE(entry.title.empty() || entry.description.empty() || entry.source.empty()) << entry.name;
    for (const ParamSpec& spec : entry.params)
      EXPECT_FALSE(spec.help.empty() || spec.source.empty()) << spec.name;
  }
  EXPECT_FALSE(names.empty());
}

TEST(Registries, EveryEntryIsDescribedAndHasItsOwnName) {
  expectDescribed(assignerEntries());
  expectDescribed(clsLossEntries());
  expectDescribed(boxLossEntries());
  expectDescribed(lossTransformEntries());
  expectDescribed(lossCombinerEntries());
  expectDescribed(samplerEntries());
}

}  // namespace
}  // namespace anchorscope
