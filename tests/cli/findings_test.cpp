// The command `findings`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

TEST(CliFindings, OfADataSetAreRankedAndComeWithAnchorAdvice) {
  // Anchors of 64 strides, 512 px and more, are larger than any shape of the demo.
  const std::vector<std::string> arguments{
      "findings", "--data", "demo", "--model", "retina-small", "--set", "model.anchor_scale=64"};
  const Outcome text = run(arguments);
  EXPECT_EQ(text.exit, 0) << text.err;
  for (const char* part : {"unreachable", "overlap no anchor with IoU 0.5 or more", "smaller than any anchor",
                           "Anchor advice", "YOLO9000, arXiv:1612.08242", "Try: "})
    EXPECT_THAT(text.out, HasSubstr(part));
  std::vector<std::string> asJson = arguments;
  asJson.emplace_back("--json");
  const auto json = jsonOf(run(asJson));
  ASSERT_TRUE(json.is_array());
  ASSERT_GE(json.size(), 2u);
  for (std::size_t i = 0; i < json.size(); ++i) {
    for (const char* key : {"rule", "severity", "title", "objects", "images", "advice"})
      EXPECT_TRUE(json[i].contains(key)) << key;
    EXPECT_LE(json[i].at("objects"), json[i > 0 ? i - 1 : 0].at("objects"));
  }
  EXPECT_EQ(json[0].at("rule"), "unreachable");
  EXPECT_EQ(json[0].at("objects"), json[0].at("who").size());
  std::vector<std::string> asCsv = arguments;
  asCsv.emplace_back("--csv");
  const Outcome csv = run(asCsv);
  std::size_t lines = 1;
  for (const auto& finding : json)
    lines += std::max<std::size_t>(1, finding.at("who").size());
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), static_cast<std::ptrdiff_t>(lines));
  EXPECT_THAT(csv.out, HasSubstr("\nunreachable,problem,"));
}

TEST(CliFindings, TheAdviceBringsTheRecallItPromises) {
  const auto before = jsonOf(run(
      {"findings", "--data", "demo", "--model", "retina-small", "--set", "model.anchor_scale=16", "--json"}));
  const auto advice = std::find_if(before.begin(), before.end(), [](const auto& finding) {
    return finding.at("rule") == "better_anchors";
  });
  ASSERT_NE(advice, before.end());
  std::istringstream settings(advice->at("advice").get<std::string>());
  std::string scale, ratios, set;
  settings >> set >> scale >> ratios;
  const auto data =
      jsonOf(run({"data", "demo", "--model", "retina-small", "--set", scale, "--set", ratios, "--json"}));
  // The detector rounds its anchors to whole px, the search does not.
  EXPECT_NEAR(data.at("all").at("best_recall").get<double>(),
              advice->at("numbers")[1].at("value").get<double>(), 0.02);
}

TEST(CliFindings, OfARunLookAtWhatItRecordedAndAtItsData) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "run").string();
  ASSERT_EQ(run(tinyTraining(out, 8)).exit, 0);
  const Outcome text = run({"findings", out});
  EXPECT_EQ(text.exit, 0) << text.err;
  const Outcome asJson = run({"findings", out, "--json"});
  EXPECT_TRUE(jsonOf(asJson).is_array());
  EXPECT_EQ(asJson.out, run({"findings", out, "--json"}).out);
  EXPECT_EQ(asJson.err.find("left out"), std::string::npos) << asJson.err;
}

TEST(CliFindings, OneOfRunAndDataIsNamed) {
  EXPECT_EQ(run({"findings"}).exit, 2);
  EXPECT_EQ(run({"findings", "x", "--data", "demo"}).exit, 2);
  EXPECT_EQ(run({"findings", "/no/such/run"}).exit, run({"info", "/no/such/run"}).exit);
  EXPECT_EQ(run({"findings", "--data", "voc:/no/such/set"}).exit, run({"data", "voc:/no/such/set"}).exit);
}

}  // namespace
}  // namespace anchorscope::testing
