// The command `data`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

std::string ppm(int width, int height) {
  return "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" +
         std::string(static_cast<std::size_t>(3 * width * height), '\x80');
}

std::string vocFile(const std::string& name) {
  return "<annotation><object><name>" + name +
         "</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>30</xmax><ymax>30</ymax></bndbox></object></"
         "annotation>";
}

TEST(CliData, ShowsWhatANewcomerWantsToSee) {
  const Outcome text = run({"data", "demo", "--preset", "demo"});
  EXPECT_EQ(text.exit, 0) << text.err;
  for (const char* part : {"400 images (0 without objects)", "Validation: demo#val", "best recall",
                           "triangle", "(small, below 32x32 px)", "(large)", "(all)", "anchors; reachable"})
    EXPECT_THAT(text.out, HasSubstr(part));
  const auto json = jsonOf(run({"data", "demo", "--json", "--model", "retina-small", "--size", "320"}));
  EXPECT_EQ(json.at("detector").at("input"), (nlohmann::json{320, 320}));
  EXPECT_EQ(json.at("classes").size(), 5U);
  std::int64_t objects = 0;
  for (const auto& entry : json.at("classes")) {
    objects += entry.at("objects").get<std::int64_t>();
    EXPECT_LE(entry.at("reachable"), entry.at("objects"));
    EXPECT_EQ(entry.at("share_of_image").size(), 5U);
  }
  EXPECT_EQ(json.at("objects"), objects);
  EXPECT_EQ(json.at("all").at("objects"), objects);
  EXPECT_EQ(run({"data", "demo", "--model", "no-such"}).exit, 2);
}

TEST(CliData, NamesThatAreNoTextBecomeValidJson) {
  const TemporaryFolder folder;
  folder.write("JPEGImages/mu\xf1oz.ppm", ppm(40, 40));
  folder.write("Annotations/mu\xf1oz.xml", vocFile("esc\x1b[31mape"));
  folder.write("JPEGImages/cut\xf1.ppm", "P6\n");
  folder.write("Annotations/cut\xf1.xml", vocFile("cell"));
  const std::string spec = "voc:" + folder.path().string();
  const auto json = jsonOf(run({"data", spec, "--json"}));
  EXPECT_EQ(json.at("images"), 1);
  EXPECT_THAT(json.at("problems").dump(), HasSubstr("cut\\\\xf1"));
  EXPECT_GE(json.at("problem_counts").at("unreadable image"), 1);
  const Outcome text = run({"data", spec});
  EXPECT_EQ(text.exit, 0) << text.err;
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.out.find('\xf1'), std::string::npos);
}

TEST(CliData, ReadsImagesWithoutClasses) {
  const TemporaryFolder folder;
  folder.write("a.ppm", ppm(40, 40));
  const Outcome text = run({"data", "folder:" + folder.path().string()});
  EXPECT_EQ(text.exit, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("1 image (1 without objects), 0 objects"));
}

TEST(CliData, ALongNameDoesNotPushTheNumbersAway) {
  const TemporaryFolder folder;
  folder.write("JPEGImages/a.ppm", ppm(40, 40));
  folder.write("Annotations/a.xml", vocFile(std::string(3000, 'x')));
  const std::string spec = "voc:" + folder.path().string();
  EXPECT_LT(run({"data", spec}).out.size(), 3000u);
  EXPECT_EQ(jsonOf(run({"data", spec, "--json"})).at("classes")[0].at("name"), std::string(3000, 'x'));
}

}  // namespace
}  // namespace anchorscope::testing
