// The command `search`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

TEST(CliSearch, FindsImagesOfADataSetByTheirLabels) {
  const auto all = jsonOf(run({"search", "", "--data", "demo", "--json"}));
  ASSERT_TRUE(all.is_array());
  const std::size_t count = all.size();
  ASSERT_GT(count, 4u);
  const std::string name = all[1].at("classes").at(0);
  const auto with = jsonOf(run({"search", "class:" + name, "--data", "demo", "--json"}));
  const auto without = jsonOf(run({"search", "--data", "demo", "--json", "--", "-class:" + name}));
  EXPECT_EQ(with.size() + without.size(), count);
  EXPECT_GT(with.size(), 0u);
  for (const auto& image : with)
    EXPECT_THAT(image.at("classes").dump(), HasSubstr(name));
  const Outcome named =
      run({"search", all[3].at("image").get<std::string>() + " objects>0", "--data", "demo"});
  EXPECT_EQ(named.exit, 0) << named.err;
  EXPECT_THAT(named.out, HasSubstr("1 of"));
}

TEST(CliSearch, FindsProbesOfARunByWhatTrainsOnThem) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "run").string();
  ASSERT_EQ(run(tinyTraining(out, 8)).exit, 0);
  const auto all = jsonOf(run({"search", "", "--run", out, "--json"}));
  ASSERT_GT(all.size(), 0u);
  EXPECT_TRUE(all[0].at("starved").is_number());
  EXPECT_TRUE(all[0].at("loss").is_number());
  const auto starved = jsonOf(run({"search", "starved", "--run", out, "--json"}));
  const auto fed = jsonOf(run({"search", "--run", out, "--step", "last", "--json", "--", "-starved"}));
  EXPECT_EQ(starved.size() + fed.size(), all.size());
}

TEST(CliSearch, ProbesWithoutEvidenceAtTheStepAreNotKnown) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "run").string();
  ASSERT_EQ(run(tinyTraining(out, 4)).exit, 0);
  const auto probes = jsonOf(run({"info", out, "--json"})).at("probes");
  ASSERT_EQ(probes.size(), 2u);
  // One of them was looked at later alone.
  const std::string one = probes.begin().key(), other = std::next(probes.begin()).key();
  {
    const auto frame = (*openRun(out))->frame(one, 4);
    ASSERT_TRUE(frame) << frame.error().text();
    auto later = std::make_shared<ProbeFrame>();
    later->step = 6;
    later->image = (*frame)->image;
    later->classNames = (*frame)->classNames;
    auto stage = std::make_shared<StageEvidence>(*(*frame)->stages.front());
    stage->step = 6;
    later->stages.push_back(std::move(stage));
    auto writer = continueRun(out, 4);
    ASSERT_TRUE(writer) << writer.error().text();
    (*writer)->record({6, {{"loss.total", 1}}, {later}});
  }
  const Outcome all = run({"search", "objects>=0", "--run", out, "--step", "6"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("1 of 2 images"));
  EXPECT_THAT(all.out, HasSubstr(one));
  EXPECT_THAT(all.err, HasSubstr("of 1 image it is not known"));
  EXPECT_EQ(jsonOf(run({"search", "name:" + other, "--run", out, "--step", "6", "--json"})).size(), 1u)
      << "its name is known";
  const Outcome nowhere = run({"search", "", "--run", out, "--step", "5"});
  EXPECT_EQ(nowhere.exit, 3);
  EXPECT_THAT(nowhere.err, HasSubstr("5"));
}

TEST(CliSearch, ARunWithoutEvidenceIsToldToBeOne) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "run").string();
  ASSERT_EQ(run(tinyTraining(out, 2, {"--set", "probe_count=0"})).exit, 0);
  const Outcome none = run({"search", "", "--run", out});
  EXPECT_EQ(none.exit, 3);
  EXPECT_THAT(none.err, HasSubstr("no recorded evidence"));
}

TEST(CliSearch, SaysWhatIsNotUnderstoodAndWhatIsNotKnown) {
  const Outcome wrong = run({"search", "speed>3", "--data", "demo"});
  EXPECT_NE(wrong.exit, 0);
  EXPECT_THAT(wrong.err, HasSubstr("'speed'"));
  EXPECT_NE(run({"search", "a"}).exit, 0);
  const Outcome unknown = run({"search", "starved", "--data", "demo"});
  EXPECT_EQ(unknown.exit, 0);
  EXPECT_THAT(unknown.out, HasSubstr("0 of"));
  EXPECT_THAT(unknown.err, HasSubstr("not known"));
}

}  // namespace
}  // namespace anchorscope::testing
