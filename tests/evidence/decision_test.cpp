#include "core/evidence/decision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Five anchors in a row, two objects on the first four; object 0 has a bag of two.
/// Columns: value, bound, reaches (gate), kept (not asked: NaN), weighs, note, w, rank, member.
StageEvidence smallFrame() {
  StageEvidence frame;
  auto image = std::make_shared<ProbeImage>();
  image->objects = {{{0, 0, 20, 10}, 0, false}, {{20, 0, 40, 10}, 1, false}};
  frame.image = image;
  auto anchors = std::make_shared<CandidateSet>();
  anchors->levels = {{10, 1, 5, 1, 0}};
  for (int i = 0; i < 5; ++i) {
    const auto x = static_cast<float>(10 * i);
    anchors->boxesInInput.push_back({x, 0, x + 10, 10});
  }
  frame.candidates = anchors;

  PairTable table;
  table.spec.name = "pairs";
  table.spec.memberColumn = "member";
  for (const char* name : {"value", "bound", "reaches", "kept", "weighs", "note", "w", "rank", "member"})
    table.spec.columns.push_back({name, "", "", "", false, {}});
  const auto add = [&](int object, int anchor, const std::vector<float>& values) {
    table.object.push_back(object);
    table.candidate.push_back(anchor);
    table.columns.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      table.columns[i].push_back(values[i]);
  };
  add(0, 0, {0.9f, 0.5f, 1, kNan, 1, 0, 1.0f, 0, 1});
  add(0, 1, {0.6f, 0.5f, 1, kNan, 1, 0, 0.5f, 1, 1});
  add(0, 2, {0.2f, 0.5f, 0, kNan, kNan, 0, 0.0f, -1, 0});
  add(1, 1, {0.4f, 0.4f, 1, kNan, 1, 1, 0.8f, 0, 1});
  frame.pairTables = {table};

  Channel winner;
  winner.spec.name = "winner";
  winner.values = {0, 1, -1, -2, kNan};
  frame.channels = {winner};

  TestSpec reaches{"threshold",
                   "Does it reach the threshold?",
                   "value",
                   ">=",
                   "bound",
                   {},
                   "reaches",
                   true,
                   "note",
                   "best of an empty bag",
                   TestRole::kRequired,
                   ""};
  TestSpec kept{"limit", "Is it kept?", "", "", "", {}, "kept", true, "", "", TestRole::kRequired, ""};
  TestSpec weighs{"weight", "Has it a weight?",  "w", ">", "", 0.f, "weighs", false, "",
                  "",       TestRole::kRequired, ""};
  frame.decisions = {
      {"pairs", "no overlap", {reaches, kept, weighs}, {{"regression", "winner", "w", "rank"}}}};
  return frame;
}

TEST(Explain, APairBeyondTheBoundIsNotKnownRatherThanFailed) {
  StageEvidence frame = smallFrame();
  frame.pairTables[0].missesPerObject = 1;
  frame.pairTables[0].omitted = {4, 0};
  const Decision omitted = explain(frame, 3, 0);
  EXPECT_FALSE(omitted.considered);
  ASSERT_EQ(omitted.rows.size(), 1U);
  EXPECT_EQ(omitted.rows[0].verdict, TestVerdict::kNotApplicable);
  EXPECT_NE(omitted.summary.find("Not kept: "), std::string::npos) << omitted.summary;
  EXPECT_NE(
      omitted.summary.find("nearest 1 misses are kept (train.evidence_pairs), 4 are not; or no overlap"),
      std::string::npos);
  // Nothing of object 1 was left out: an absent pair was never considered.
  EXPECT_EQ(explain(frame, 3, 1).rows.at(0).verdict, TestVerdict::kFailed);
}

TEST(Explain, APositiveIsTaken) {
  const Decision decision = explain(smallFrame(), 0, 0);
  EXPECT_TRUE(decision.considered);
  ASSERT_EQ(decision.rows.size(), 3u);
  EXPECT_EQ(decision.rows[0].verdict, TestVerdict::kPassed);
  EXPECT_FLOAT_EQ(decision.rows[0].value, 0.9f);
  EXPECT_FLOAT_EQ(decision.rows[0].bound, 0.5f);
  EXPECT_EQ(decision.rows[0].relation, ">=");
  EXPECT_EQ(decision.rows[1].verdict, TestVerdict::kNotApplicable);
  EXPECT_TRUE(std::isnan(decision.rows[1].value) && std::isnan(decision.rows[1].bound));
  EXPECT_EQ(decision.rows[2].verdict, TestVerdict::kPassed);
  EXPECT_FLOAT_EQ(decision.rows[2].bound, 0.f);
  ASSERT_EQ(decision.outcomes.size(), 1u);
  EXPECT_EQ(decision.outcomes[0].kind, DecisionOutcome::Kind::kTaken);
  EXPECT_EQ(decision.outcomes[0].rank, 0);
  EXPECT_EQ(decision.outcomes[0].bagSize, 2);
  EXPECT_NE(decision.summary.find("rank 0 of 2"), std::string::npos) << decision.summary;
}

TEST(Explain, ALostPairNamesTheWinnerAndBothWeights) {
  const Decision decision = explain(smallFrame(), 1, 0);
  ASSERT_EQ(decision.outcomes.size(), 1u);
  EXPECT_EQ(decision.outcomes[0].kind, DecisionOutcome::Kind::kLost);
  EXPECT_EQ(decision.outcomes[0].winner, 1);
  EXPECT_FLOAT_EQ(decision.outcomes[0].weight, 0.5f);
  EXPECT_FLOAT_EQ(decision.outcomes[0].winnerWeight, 0.8f);
  EXPECT_NE(decision.summary.find("0.8 against 0.5"), std::string::npos) << decision.summary;
}

TEST(Explain, AFailedGateLeavesTheRestUnreached) {
  const Decision decision = explain(smallFrame(), 2, 0);
  ASSERT_EQ(decision.rows.size(), 3u);
  EXPECT_EQ(decision.rows[0].verdict, TestVerdict::kFailed);
  EXPECT_EQ(decision.rows[1].verdict, TestVerdict::kNotReached);
  EXPECT_EQ(decision.rows[2].verdict, TestVerdict::kNotReached);
  EXPECT_EQ(decision.outcomes[0].kind, DecisionOutcome::Kind::kDropped);
  EXPECT_EQ(decision.outcomes[0].rank, -1);
}

TEST(Explain, ANoteStandsOnlyWhereItsColumnSaysSo) {
  EXPECT_EQ(explain(smallFrame(), 1, 1).rows[0].note, "best of an empty bag");
  EXPECT_EQ(explain(smallFrame(), 0, 0).rows[0].note, "");
}

TEST(Explain, APairWithoutARowSaysWhy) {
  const Decision decision = explain(smallFrame(), 0, 1);
  EXPECT_FALSE(decision.considered);
  ASSERT_EQ(decision.rows.size(), 1u);
  EXPECT_EQ(decision.rows[0].verdict, TestVerdict::kFailed);
  EXPECT_EQ(decision.rows[0].note, "no overlap");
  EXPECT_EQ(decision.outcomes[0].kind, DecisionOutcome::Kind::kLost);
  EXPECT_TRUE(std::isnan(decision.outcomes[0].weight));
  EXPECT_FLOAT_EQ(decision.outcomes[0].winnerWeight, 1.0f);
  EXPECT_NE(decision.summary.find("Not considered: no overlap"), std::string::npos);
}

TEST(Explain, IgnoredAndUndefinedWinners) {
  EXPECT_EQ(explain(smallFrame(), 3, 0).outcomes[0].kind, DecisionOutcome::Kind::kIgnored);
  EXPECT_EQ(explain(smallFrame(), 4, 0).outcomes[0].kind, DecisionOutcome::Kind::kDropped);
}

TEST(Explain, WithoutDecisionsOrTableThereIsNothingToTell) {
  StageEvidence frame = smallFrame();
  frame.pairTables.clear();
  EXPECT_TRUE(explain(frame, 0, 0).rows.empty());
  EXPECT_TRUE(explain(frame, 0, 0).outcomes.empty());
  frame = smallFrame();
  frame.decisions.clear();
  EXPECT_TRUE(explain(frame, 0, 0).rows.empty());
}

TEST(Explain, AnchorsAndObjectsOutOfRangeAreNotConsidered) {
  const StageEvidence frame = smallFrame();
  for (const auto& [anchor, object] : {std::pair{-1, 0}, {99, 0}, {0, -1}, {0, 7}})
    EXPECT_FALSE(explain(frame, anchor, object).considered) << anchor << ' ' << object;
}

TEST(Explain, AWinnerOfMinusOneIsNeverTakenForObjectMinusOne) {
  // Asking about "no object" must not read the background's -1 as its winner.
  EXPECT_NE(explain(smallFrame(), 2, -1).outcomes[0].kind, DecisionOutcome::Kind::kTaken);
  EXPECT_NE(explain(smallFrame(), 3, -2).outcomes[0].kind, DecisionOutcome::Kind::kTaken);
}

TEST(Explain, ADecisionAboutCandidatesIsToldOfAnyPairAndOfNone) {
  StageEvidence frame = smallFrame();
  Channel drawn, kept;
  drawn.spec.name = "sampler.key";
  drawn.values = {0.1f, 0.9f, 0.4f, std::nanf(""), 0.2f};
  kept.spec.name = "sampler.kept";
  kept.values = {1, 0, 1, std::nanf(""), 1};
  frame.channels.push_back(drawn);
  frame.channels.push_back(kept);
  TestSpec test;
  test.name = "drawn";
  test.description = "Is it among the negatives that were drawn?";
  test.valueColumn = "sampler.key";
  test.relation = "<=";
  test.bound = 0.5f;
  test.passedColumn = "sampler.kept";
  const std::size_t before = explain(frame, 1, 0).rows.size();
  frame.decisions.push_back({"", "", {test}, {}});
  const Decision negative = explain(frame, 1, -1);
  ASSERT_FALSE(negative.rows.empty());
  EXPECT_EQ(negative.rows.back().name, "drawn");
  EXPECT_EQ(negative.rows.back().verdict, TestVerdict::kFailed);
  EXPECT_FLOAT_EQ(negative.rows.back().value, 0.9f);
  EXPECT_FLOAT_EQ(negative.rows.back().bound, 0.5f);
  EXPECT_EQ(explain(frame, 1, 0).rows.size(), before + 1);
  EXPECT_EQ(explain(frame, 0, 0).rows.back().verdict, TestVerdict::kPassed);
  EXPECT_EQ(explain(frame, 3, 0).rows.back().verdict, TestVerdict::kNotApplicable) << "it was not asked";
}

TEST(Explain, AMarginIsWhatIsLeftToTheBoundInTheValuesUnit) {
  StageEvidence frame = smallFrame();
  frame.pairTables[0].spec.columns[0].unit = "px";
  const DecisionRow passed = explain(frame, 0, 0).rows[0], failed = explain(frame, 2, 0).rows[0];
  EXPECT_FLOAT_EQ(passed.margin, 0.4f);
  EXPECT_EQ(passed.unit, "px");
  EXPECT_FLOAT_EQ(failed.margin, -0.3f);
  EXPECT_TRUE(std::isnan(explain(frame, 0, 0).rows[1].margin)) << "it has no numbers";
  // It failed for something else than its numbers, which hold.
  frame.pairTables[0].columns[0][2] = 0.7f;
  EXPECT_TRUE(std::isnan(explain(frame, 2, 0).rows[0].margin));
  frame.decisions[0].tests[0].relation = "<=";
  EXPECT_FLOAT_EQ(explain(frame, 2, 0).rows[0].margin, -0.2f);
  frame.decisions[0].tests[0].relation = "=";
  EXPECT_FLOAT_EQ(explain(frame, 2, 0).rows[0].margin, -0.2f);
}

TEST(Explain, TheSentenceNamesObjectRankWeightShortfallAndLoss) {
  StageEvidence frame = smallFrame();
  Channel loss;
  loss.spec.name = "loss.cls";
  loss.spec.title = "Classification loss";
  loss.spec.unit = "nat";
  loss.values = {1.5f, 0.5f, 0, kNan, 1};
  frame.channels.push_back(loss);
  EXPECT_EQ(explain(frame, 0, 0).summary,
            "Taken for regression by object 0 at rank 0 of 2 (w 1). Classification loss 1.5 nat, 50 % of the "
            "image's.");
  EXPECT_EQ(explain(frame, 1, 0).summary,
            "Lost for regression to object 1, which has w 0.8 against 0.5. Classification loss 0.5 nat, 16.7 "
            "% of the image's.");
  EXPECT_EQ(explain(frame, 2, 0).summary,
            "Background for regression. It fails threshold (0.2 < 0.5, 0.3 short).");
  const Decision undefined = explain(frame, 3, 0);
  ASSERT_EQ(undefined.losses.size(), 1U);
  EXPECT_TRUE(std::isnan(undefined.losses[0].value) && std::isnan(undefined.losses[0].share));
  EXPECT_FLOAT_EQ(explain(frame, 4, 0).losses[0].share, 1.f / 3);
}

TEST(Explain, TheSentenceTellsCloseNumbersApart) {
  StageEvidence frame = smallFrame();
  frame.pairTables[0].columns[0][2] = 0.49996f;
  EXPECT_EQ(explain(frame, 2, 0).summary,
            "Background for regression. It fails threshold (0.49996 < 0.5, 4e-05 short).");
}

TEST(Explain, TheSentenceSaysWhetherACandidateWasDrawn) {
  StageEvidence frame = smallFrame();
  Channel drawn, kept;
  drawn.spec.name = "sampler.key";
  drawn.values = {0.1f, 0.9f, 0.4f, kNan, 0.2f};
  kept.spec.name = "sampler.kept";
  kept.values = {1, 0, 1, kNan, 1};
  frame.channels.push_back(drawn);
  frame.channels.push_back(kept);
  TestSpec test{"drawn", "", "sampler.key",       "<=", "", 0.5f, "sampler.kept", true,
                "",      "", TestRole::kRequired, ""};
  frame.decisions.push_back({"", "", {test}, {}});
  const auto ends = [&](std::int32_t anchor, const std::string& with) {
    const std::string summary = explain(frame, anchor, 0).summary;
    EXPECT_TRUE(summary.ends_with(with)) << summary;
  };
  ends(0, " Sampled: it passes drawn (0.1 <= 0.5).");
  ends(1, " Not sampled: it fails drawn (0.9 > 0.5).");
  EXPECT_EQ(explain(frame, 3, 0).summary.find("ampled"), std::string::npos) << "it was not asked";
}

TEST(MostRelevantObject, WinnerThenWeightThenOverlap) {
  StageEvidence frame = smallFrame();
  EXPECT_EQ(mostRelevantObject(frame, 0), 0);
  EXPECT_EQ(mostRelevantObject(frame, 1), 1);
  EXPECT_EQ(mostRelevantObject(frame, 2), 0);  // a row, though weight 0
  EXPECT_EQ(mostRelevantObject(frame, 3), 1);  // no row: the overlap of the anchor's box
  EXPECT_EQ(mostRelevantObject(frame, 4), -1);
  frame.channels[0].values[1] = -1;
  EXPECT_EQ(mostRelevantObject(frame, 1), 1);  // 0.8 against 0.5
}

TEST(MostRelevantObject, OverlapIsMeasuredInTheImage) {
  StageEvidence frame = smallFrame();
  auto image = std::make_shared<ProbeImage>(*frame.image);
  image->inputFromImage = {2, 2, 0, 0};  // the input is twice as large: anchors 0..4 cover image x 0..25
  frame.image = image;
  frame.pairTables.clear();
  frame.channels.clear();
  EXPECT_EQ(mostRelevantObject(frame, 3), 0);  // image x 15..20
  EXPECT_EQ(mostRelevantObject(frame, 4), 1);  // image x 20..25
}

TEST(MostRelevantObject, NoObjectsOrNoSuchAnchor) {
  StageEvidence frame = smallFrame();
  EXPECT_EQ(mostRelevantObject(frame, -1), -1);
  EXPECT_EQ(mostRelevantObject(frame, 99), -1);
  frame.image = std::make_shared<ProbeImage>();
  frame.pairTables.clear();
  frame.channels.clear();
  EXPECT_EQ(mostRelevantObject(frame, 0), -1);
}

TEST(HeldRelationTest, IsTrueOfTheNumbersWhateverTheVerdict) {
  const auto held = [](const char* relation, float value, float bound) {
    DecisionRow row;
    row.relation = relation;
    row.value = value;
    row.bound = bound;
    return heldRelation(row);
  };
  EXPECT_EQ(held(">=", 0.3f, 0.237f), ">=");
  EXPECT_EQ(held(">=", 7.2e-4f, 0.237f), "<");
  EXPECT_EQ(held(">", 0, 0), "<=");
  EXPECT_EQ(held(">", 1, 0), ">");
  EXPECT_EQ(held("<=", 0.5f, 0.4f), ">");
  EXPECT_EQ(held("<=", 0.4f, 0.4f), "<=");
  EXPECT_EQ(held("<", 9, 9), ">=");
  EXPECT_EQ(held("<", 8, 9), "<");
  EXPECT_EQ(held("=", 0.5f, 0.5f), "=");
  EXPECT_EQ(held("=", 0.4f, 0.5f), "<");
  EXPECT_EQ(held("≥", 0.4f, 0.5f), "<");
  EXPECT_EQ(held("", 1, 2), "");
  EXPECT_EQ(held(">=", std::nanf(""), 2), "");
}

}  // namespace
}  // namespace anchorscope
