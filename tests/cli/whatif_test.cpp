// What other methods would have decided at a recorded step, on the command line: by the boxes, by the
// weights.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

TEST(CliWhatIf, BoxesAnswerForEveryStepAndWeightsWhereTheyWereKept) {
  const TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
  ASSERT_EQ(run(tinyTraining(recorded, 8)).exit, 0);

  const auto byBoxes = jsonOf(run({"whatif", recorded, "--step", "4", "--ask", "max_iou; atss", "--json"}));
  ASSERT_EQ(byBoxes.at("answers").size(), 2u);
  EXPECT_EQ(byBoxes["answers"][0]["variant"], "max_iou");
  EXPECT_EQ(byBoxes["answers"][0]["answered_by"], "boxes");
  // All are the sums of levels; objects of a class are the class'.
  const auto& cls = byBoxes["answers"][1]["heads"]["cls"];
  std::int64_t added = 0, ofObjects = 0, ofClasses = 0;
  for (const auto& level : cls.at("levels"))
    added += level.at("added").get<std::int64_t>();
  for (const auto& object : cls.at("objects"))
    ofObjects += object.at("added").get<std::int64_t>();
  for (const auto& one : cls.at("classes"))
    ofClasses += one.at("added").get<std::int64_t>();
  EXPECT_EQ(added, cls.at("added").get<std::int64_t>());
  EXPECT_EQ(ofObjects, ofClasses);
  EXPECT_GT(ofObjects + cls.at("removed").get<std::int64_t>(), 0) << "both decide the same";

  // The run's own method looks at the heads: its checkpoint is asked, of the last step.
  const auto byWeights = jsonOf(run({"whatif", recorded, "--ask", "musu; tau_cls=1; max_iou", "--json"}));
  ASSERT_EQ(byWeights.at("answers").size(), 3u);
  EXPECT_EQ(byWeights.at("step"), 8);
  for (const auto& answer : byWeights["answers"])
    EXPECT_EQ(answer.at("answered_by"), "weights");
  const auto& same = byWeights["answers"][0]["heads"]["reg"];
  EXPECT_EQ(same.at("added").get<int>() + same.at("removed").get<int>() + same.at("moved").get<int>(), 0)
      << "the same method decides otherwise than the run";
  // What boxes alone decide is the same with the weights.
  EXPECT_EQ(
      jsonOf(run({"whatif", recorded, "--ask", "max_iou", "--json"}))["answers"][0]["heads"]["cls"]["added"],
      byWeights["answers"][2]["heads"]["cls"]["added"]);
  EXPECT_THAT(run({"whatif", recorded, "--ask", "atss"}).out, HasSubstr("atss, of the same boxes\n  cls: +"));

  const Outcome without = run({"whatif", recorded, "--step", "4", "--ask", "tau_cls=1"});
  EXPECT_EQ(without.exit, 3);
  EXPECT_THAT(without.err, HasSubstr("holds no checkpoint of step 4"));
  EXPECT_THAT(without.err, HasSubstr("looks at what the detector's heads say"));
  const Outcome unknown = run({"whatif", recorded, "--ask", "muso"});
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_THAT(unknown.err, HasSubstr("There is no method 'muso'"));
  EXPECT_EQ(run({"whatif", recorded, "--ask", " ; "}).exit, 2);
}

TEST(CliWhatIf, ItIsAskedWithTheOptionsThatTheStepHad) {
  const TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
  ASSERT_EQ(run(tinyTraining(recorded, 8, {"--method", "max_iou", "--set", "method.neg_iou_thr=0.1"})).exit,
            0);
  const auto answerAt = [&](const char* step) {
    return jsonOf(run({"whatif", recorded, "--step", step, "--ask", "low_quality=false", "--json"}))
        .at("answers")
        .at(0)
        .at("heads");
  };
  const auto before4 = answerAt("4"), before8 = answerAt("8");
  // As a window would have changed it while step 4 was the last one done.
  {
    auto writer = continueRun(recorded, 8);
    ASSERT_TRUE(writer) << writer.error().text();
    (*writer)->recordChange({4, "method.pos_iou_thr", "0.5", "0.2"});
  }
  EXPECT_EQ(answerAt("4"), before4) << "step 4 was recorded before it";
  const auto changed8 = answerAt("8");
  EXPECT_NE(changed8, before8);
  // And what the run goes on with later says nothing of the steps before.
  ASSERT_EQ(
      run({"train", "--resume", recorded, "--steps", "12", "--set", "method.pos_iou_thr=0.9", "--quiet"})
          .exit,
      0);
  EXPECT_EQ(answerAt("4"), before4);
  EXPECT_EQ(answerAt("8"), changed8);
}

}  // namespace
}  // namespace anchorscope::testing
