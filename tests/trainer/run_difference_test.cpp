// In what two runs differ.
#include "core/trainer/run_difference.h"

#include <gtest/gtest.h>

#include "core/trainer/run_config.h"

namespace anchorscope {
namespace {

RunHeader headerOf(const RunConfig& config) {
  RunHeader header;
  header.configToml = toToml(config);
  header.methodName = config.method;
  header.modelName = config.model;
  header.dataSpec = config.data;
  header.device = "cpu";
  header.programVersion = "0.1.0";
  return header;
}

const RunDifference* find(const std::vector<RunDifference>& differences, const std::string& key) {
  for (const RunDifference& each : differences)
    if (each.key == key) return &each;
  return nullptr;
}

TEST(RunDifference, EqualRunsInOtherFoldersDoNotDiffer) {
  auto config = makeRunConfig("musu", "retina-small");
  ASSERT_TRUE(config);
  const RunHeader a = headerOf(*config);
  config->out = "/another/folder";
  RunHeader b = headerOf(*config);
  b.startedAtUtc = "2030-01-01T00:00:00Z";
  const auto differences = runDifferences(a, b);
  ASSERT_TRUE(differences) << differences.error().text();
  EXPECT_TRUE(differences->empty()) << differences->front().key;
}

TEST(RunDifference, TellsOptionsOfEachPartWithTheirHelp) {
  auto a = makeRunConfig("musu", "retina-small"), b = makeRunConfig("musu", "retina-small");
  ASSERT_TRUE(applySetting(*b, "train.lr", "0.02"));
  ASSERT_TRUE(applySetting(*b, "method.beta", "0.3"));
  RunHeader second = headerOf(*b);
  second.device = "cuda:0";
  second.threads = 8;
  const auto differences = runDifferences(headerOf(*a), second);
  ASSERT_TRUE(differences);
  std::vector<std::string> keys;
  for (const RunDifference& each : *differences)
    keys.push_back(each.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"run.device", "run.threads", "train.lr", "method.beta"}));
  const RunDifference* rate = find(*differences, "train.lr");
  EXPECT_EQ(rate->b, "0.02");
  EXPECT_EQ(rate->a, toText(a->train.get("lr")));
  EXPECT_EQ(rate->help, a->train.find("lr")->help);
}

TEST(RunDifference, OptionsOfAnotherMethodStandOnItsSideAlone) {
  auto a = makeRunConfig("musu", "retina-small"), b = makeRunConfig("max_iou", "retina-small");
  const auto differences = runDifferences(headerOf(*a), headerOf(*b));
  ASSERT_TRUE(differences);
  EXPECT_EQ(differences->front(),
            (RunDifference{"run.method", differences->front().help, "musu", "max_iou"}));
  int only = 0;
  for (const ParamSpec& spec : b->methodParams.specs())
    if (!a->methodParams.find(spec.name) && b->methodParams.applies(spec.name)) {
      const RunDifference* found = find(*differences, "method." + spec.name);
      ASSERT_NE(found, nullptr) << spec.name;
      EXPECT_EQ(found->a, "");
      EXPECT_EQ(found->b, toText(b->methodParams.get(spec.name)));
      ++only;
    }
  EXPECT_GT(only, 0);
}

TEST(RunDifference, WhatDoesNotMatterIsNoDifference) {
  auto a = makeRunConfig("musu", "retina-small"), b = makeRunConfig("musu", "retina-small");
  // It counts only with another rule of membership.
  ASSERT_FALSE(a->methodParams.applies("gamma"));
  ASSERT_TRUE(applySetting(*b, "method.gamma", "0.9"));
  const auto differences = runDifferences(headerOf(*a), headerOf(*b));
  ASSERT_TRUE(differences);
  EXPECT_TRUE(differences->empty()) << differences->front().key;
}

TEST(RunDifference, AConfigurationThatCannotBeReadIsSaid) {
  auto a = makeRunConfig("musu", "retina-small");
  RunHeader broken = headerOf(*a);
  broken.configToml = "method = ";
  const auto differences = runDifferences(headerOf(*a), broken);
  ASSERT_FALSE(differences);
  EXPECT_NE(differences.error().text().find("second run"), std::string::npos);
}

}  // namespace
}  // namespace anchorscope
