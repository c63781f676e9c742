#include "core/evidence/object_story.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Two levels of four and two anchors, two objects. Object 0 is asked two things of each anchor, its score
/// (at least 0.5; a gate) and whether no object's score is larger there.
///
/// anchor   score of 0   of 1   goes to
/// 0        0.9          -      0
/// 1        0.6          0.8    1: lost
/// 2        0.45         -      nobody: 0.05 short
/// 3        0.2          0.9    1: 0.3 short
/// 4 (P4)   0.7          -      0
/// 5 (P4)   0.4          -      nobody: 0.1 short
StageEvidence smallFrame() {
  StageEvidence frame;
  auto image = std::make_shared<ProbeImage>();
  image->objects = {{{0, 0, 20, 10}, 0, false}, {{20, 0, 40, 10}, 1, false}};
  frame.image = image;
  auto anchors = std::make_shared<CandidateSet>();
  anchors->levels = {{8, 1, 4, 1, 0}, {16, 1, 2, 1, 4}};
  anchors->boxesInInput.assign(6, {0, 0, 8, 8});
  frame.candidates = anchors;
  PairTable table;
  table.spec.name = "pairs";
  table.spec.memberColumn = "member";
  for (const char* name : {"score", "enough", "best", "is_best", "member"})
    table.spec.columns.push_back({name, "", "", "", false, {}});
  table.columns.resize(5);
  const auto add = [&](int object, int anchor, const std::vector<float>& values) {
    table.object.push_back(object);
    table.candidate.push_back(anchor);
    for (std::size_t i = 0; i < values.size(); ++i)
      table.columns[i].push_back(values[i]);
  };
  add(0, 0, {0.9f, 1, 0.9f, 1, 1});
  add(0, 1, {0.6f, 1, 0.8f, 0, 0});
  add(0, 2, {0.45f, 0, kNan, kNan, 0});
  add(0, 3, {0.2f, 0, 0.9f, kNan, 0});
  add(0, 4, {0.7f, 1, 0.7f, 1, 1});
  add(0, 5, {0.4f, 0, kNan, kNan, 0});
  add(1, 1, {0.8f, 1, 0.8f, 1, 1});
  add(1, 3, {0.9f, 1, 0.9f, 1, 1});
  frame.pairTables = {table};
  Channel winner, loss;
  winner.spec.name = "winner";
  winner.values = {0, 1, -1, 1, 0, -1};
  loss.spec.name = "loss.cls";
  loss.values = {1, 2, 0.5f, 0.5f, 3, 1};
  frame.channels = {winner, loss};
  TestSpec enough{"score", "", "score", ">=", "", 0.5f, "enough", true, "", "", TestRole::kRequired, ""};
  TestSpec best{"best object",       "", "score", ">=", "best", {}, "is_best", false, "", "",
                TestRole::kConflict, ""};
  frame.decisions = {{"pairs", "too far away", {enough, best}, {{"regression", "winner", "score", ""}}}};
  return frame;
}

TEST(ExplainObject, CountsWhatReachedWhatWasTakenAndWhatWasLostToWhom) {
  const ObjectStory story = explainObject(smallFrame(), 0);
  EXPECT_EQ(story.object, 0);
  EXPECT_EQ(story.considered, 6);
  EXPECT_EQ(story.reached, 3);
  EXPECT_EQ(story.taken, 2);
  EXPECT_EQ(story.lost, 1);
  ASSERT_EQ(story.heads.size(), 1U);
  EXPECT_EQ(story.heads[0].taken, 2);
  EXPECT_EQ(story.heads[0].lost, 1);
  ASSERT_EQ(story.levels.size(), 2U);
  EXPECT_EQ(story.levels[0].name, "P3");
  EXPECT_EQ(story.levels[0].considered, 4);
  EXPECT_EQ(story.levels[0].reached, 2);
  EXPECT_EQ(story.levels[0].taken, 1);
  EXPECT_EQ(story.levels[1].name, "P4");
  EXPECT_EQ(story.levels[1].considered, 2);
  EXPECT_EQ(story.levels[1].taken, 1);
  ASSERT_EQ(story.rivals.size(), 1U);
  EXPECT_EQ(story.rivals[0].object, 1);
  EXPECT_EQ(story.rivals[0].lost, 1) << "anchor 3 did not reach object 0";
  EXPECT_EQ(story.rivals[0].candidate, 1);
  ASSERT_EQ(story.obstacles.size(), 1U);
  EXPECT_EQ(story.obstacles[0].test, "score");
  EXPECT_EQ(story.obstacles[0].failed, 3);
  ASSERT_EQ(story.losses.size(), 1U);
  EXPECT_FLOAT_EQ(story.losses[0].value, 4);
  EXPECT_FLOAT_EQ(story.losses[0].share, 0.5f);
  EXPECT_EQ(story.state, ObjectState::kServed);
  EXPECT_EQ(story.summary,
            "Well served: it has 2 for regression of 3 anchors that reached it. Object 1 has 1 that reached "
            "it.");
}

TEST(ExplainObject, TheNearestMissesComeFirstAndSayWhatTheyLacked) {
  const ObjectStory story = explainObject(smallFrame(), 0);
  // By 0.05, by 0.1, by 0.3 of 0.5.
  ASSERT_EQ(story.misses.size(), 3U) << "what reached it is no miss";
  EXPECT_EQ(story.misses[0].candidate, 2);
  EXPECT_EQ(story.misses[0].lacked.name, "score");
  EXPECT_EQ(story.misses[0].lacked.verdict, TestVerdict::kFailed);
  EXPECT_FLOAT_EQ(story.misses[0].lacked.margin, -0.05f);
  EXPECT_EQ(story.misses[0].others, 0);
  EXPECT_EQ(story.misses[0].winner, -1);
  EXPECT_EQ(story.misses[1].candidate, 5);
  EXPECT_EQ(story.misses[2].candidate, 3);
  EXPECT_EQ(story.misses[2].winner, 1);
  EXPECT_EQ(explainObject(smallFrame(), 0, 2).misses.size(), 2U);
  EXPECT_EQ(explainObject(smallFrame(), 0, 2).misses[1].candidate, 5);
}

TEST(ExplainObject, FewerMissingTestsComeBeforeSmallerMargins) {
  StageEvidence frame = smallFrame();
  frame.decisions[0].tests[0].gate = false;
  frame.decisions[0].tests[1].role = TestRole::kRequired;
  frame.pairTables[0].columns[3] = {1, 0, 0, 1, 1, 1, 1, 1};  // anchor 2 fails both, 1, 3 and 5 one
  const ObjectStory story = explainObject(frame, 0);
  ASSERT_EQ(story.misses.size(), 4U);
  EXPECT_EQ(story.misses[0].candidate, 5);
  EXPECT_EQ(story.misses[0].others, 0);
  EXPECT_EQ(story.misses[1].candidate, 1);
  EXPECT_EQ(story.misses[2].candidate, 3);
  EXPECT_EQ(story.misses[3].candidate, 2);
  EXPECT_EQ(story.misses[3].others, 1);
}

TEST(ExplainObject, AMemberThatAnotherObjectHasIsLostWithoutATest) {
  StageEvidence frame = smallFrame();
  frame.decisions[0].tests.pop_back();  // what MuSu does: who wins is no test
  const ObjectStory story = explainObject(frame, 0);
  EXPECT_EQ(story.lost, 1);
  ASSERT_EQ(story.rivals.size(), 1U);
  EXPECT_EQ(story.rivals[0].candidate, 1);
  EXPECT_EQ(story.misses.size(), 3U);
}

TEST(ExplainObject, ContestedStarvedAndIgnored) {
  StageEvidence frame = smallFrame();
  frame.channels[0].values = {-1, 1, -1, 1, 0, -1};  // keeps one, lost one
  ObjectStory story = explainObject(frame, 0);
  EXPECT_EQ(story.state, ObjectState::kContested);
  EXPECT_EQ(story.summary.find("Contested: it has 1 for regression"), 0U) << story.summary;

  frame.channels[0].values = {-1, 1, -1, 1, -1, -1};
  story = explainObject(frame, 0);
  EXPECT_EQ(story.state, ObjectState::kStarved);
  EXPECT_EQ(story.summary,
            "Starved: no anchor trains on it. 6 considered, 3 reached it: 3 fail score. Object 1 has 1 that "
            "reached it.");

  auto image = std::make_shared<ProbeImage>(*frame.image);
  image->objects[0].ignored = true;
  frame.image = image;
  EXPECT_EQ(explainObject(frame, 0).state, ObjectState::kIgnored);
}

TEST(ExplainObject, TheMethodsOwnWordOnStarvingCounts) {
  StageEvidence frame = smallFrame();
  frame.objectColumns = {{{kStarvedColumn, "", "", "", ""}, {1, 0}}};
  EXPECT_EQ(explainObject(frame, 0).state, ObjectState::kStarved);
  EXPECT_EQ(explainObject(frame, 1).state, ObjectState::kServed);
}

TEST(ExplainObject, WithoutPairsTheReasonIsTheMethods) {
  StageEvidence frame = smallFrame();
  auto image = std::make_shared<ProbeImage>(*frame.image);
  image->objects.push_back({{0, 0, 1, 1}, 0, false});
  frame.image = image;
  const ObjectStory story = explainObject(frame, 2);
  EXPECT_EQ(story.state, ObjectState::kStarved);
  EXPECT_EQ(story.considered, 0);
  EXPECT_EQ(story.summary, "Starved: no anchor trains on it. None was considered: too far away.");
}

TEST(ExplainObject, PairsThatWereNotKeptAreSaid) {
  StageEvidence frame = smallFrame();
  frame.pairTables[0].omitted = {40, 0};
  const ObjectStory story = explainObject(frame, 0);
  EXPECT_EQ(story.considered, 46);
  EXPECT_EQ(story.omitted, 40);
  EXPECT_NE(story.summary.find("40 more pairs were not kept"), std::string::npos) << story.summary;
}

TEST(ExplainObject, WithoutDecisionsOrSuchAnObjectNothingIsKnown) {
  StageEvidence frame = smallFrame();
  EXPECT_EQ(explainObject(frame, -1).object, -1);
  EXPECT_EQ(explainObject(frame, 2).object, -1);
  frame.pairTables.clear();
  EXPECT_EQ(explainObject(frame, 0).state, ObjectState::kUnknown);
  EXPECT_TRUE(explainObject(frame, 0).summary.empty());
  EXPECT_EQ(explainObjects(frame).size(), 2U);
}

TEST(ExplainObject, LevelsHaveTheNamesThatTheirCandidatesHave) {
  StageEvidence frame = smallFrame();
  auto anchors = std::make_shared<CandidateSet>(*frame.candidates);
  anchors->levels[1].stride = 24;
  frame.candidates = anchors;
  EXPECT_EQ(explainObject(frame, 0).levels.at(1).name, "stride 24");
}

TEST(ExplainObject, CandidatesOffAnyGridAreOneLevel) {
  StageEvidence frame = smallFrame();
  auto proposals = std::make_shared<CandidateSet>(*frame.candidates);
  proposals->levels.clear();
  frame.candidates = proposals;
  const ObjectStory story = explainObject(frame, 0);
  ASSERT_EQ(story.levels.size(), 1U);
  EXPECT_EQ(story.levels[0].level, -1);
  EXPECT_EQ(story.levels[0].considered, 6);
}

}  // namespace
}  // namespace anchorscope
