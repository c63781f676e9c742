// What the commands say of a run whose detector has two stages, and of variants beside it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "tests/cli/cli_testing.h"
#include "tests/support/two_stage_frame.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

struct RecordedStages : ::testing::Test {
  RecordedStages() {
    const auto own = makeSyntheticTwoStageFrame(5);
    auto writer = createRun(run_, header(*own), Overwrite::kNo);
    EXPECT_TRUE(writer) << writer.error().text();
    const auto variant =
        std::make_shared<const Variant>(Variant{"strict", {{"method.rpn.pos_iou_thr", "0.9"}}});
    auto other = std::make_shared<ProbeFrame>();
    static_cast<ProbeMoment&>(*other) = *own;
    other->variant = variant;
    for (const auto& stage : own->stages) {
      auto its = std::make_shared<StageEvidence>(*stage);
      its->variant = variant;
      if (Channel* score = its->channels.data()) score->values.assign(score->values.size(), 0.125f);
      other->stages.push_back(std::move(its));
    }
    (*writer)->record({5, {{"loss.total", 1}}, {own, other}});
  }
  /// Says of each stage that it publishes what the frame holds.
  static RunHeader header(const ProbeFrame& frame) {
    std::vector<EvidenceDeclaration> published(frame.stages.size());
    for (std::size_t i = 0; i < published.size(); ++i)
      for (const Channel& channel : frame.stages[i]->channels)
        published[i].channels.push_back(channel.spec);
    RunHeader header;
    header.declaration = RunDeclaration(published[0], frame.stages[0]->stage);
    header.declaration.addStage(frame.stages[1]->stage, published[1]);
    return header;
  }
  const TemporaryFolder folder_;
  const std::string run_ = (folder_ / "run").string();
};

TEST_F(RecordedStages, AProposalIsNotFollowedAsIfItWereOne) {
  const Outcome proposal = run({"track", run_, "--anchor", "3"});
  EXPECT_EQ(proposal.exit, 9);
  EXPECT_THAT(proposal.err, HasSubstr("each step has others"));
  EXPECT_EQ(jsonOf(run({"track", run_, "--anchor", "3", "--stage", "rpn", "--json"})).at("stage"), "rpn");
}

TEST_F(RecordedStages, InfoNamesThem) {
  const auto info = jsonOf(run({"info", run_, "--json"}));
  EXPECT_EQ(info.at("stages"), (nlohmann::json{"rpn", "roi"}));
  EXPECT_EQ(info.at("variants"), (nlohmann::json{"strict"}));
  EXPECT_THAT(run({"info", run_}).out, HasSubstr("stages rpn, roi"));
}

TEST_F(RecordedStages, InfoSaysOfEachWhatItPublishes) {
  const auto info = jsonOf(run({"info", run_, "--json"}));
  const auto& published = info.at("published");
  EXPECT_EQ(published.at("roi").at("channels"), (nlohmann::json{"roi.score", "roi.iou"}));
  EXPECT_THAT(published.at("rpn").at("channels"), ::testing::Contains("cls_score"));
  EXPECT_THAT(published.at("rpn").at("channels"), ::testing::Not(::testing::Contains("roi.iou")));
  const std::string told = run({"info", run_}).out;
  EXPECT_THAT(told, HasSubstr("stage rpn shows of each anchor cls_score"));
  EXPECT_THAT(told, HasSubstr("stage roi shows of each proposal roi.score, roi.iou\n"));
}

TEST_F(RecordedStages, OfOneStageInfoSaysNothingOfStages) {
  const std::string run = (folder_ / "one").string();
  {
    RunHeader header;
    header.declaration.channels.emplace_back().name = "iou";
    auto writer = createRun(run, header, Overwrite::kNo);
    ASSERT_TRUE(writer) << writer.error().text();
    (*writer)->record({0, {{"loss.total", 1}}, {}});
  }
  const Outcome told = testing::run({"info", run, "--json"});
  EXPECT_EQ(jsonOf(told).count("published"), 0u);
  EXPECT_EQ(jsonOf(told).count("stages"), 0u);
}

TEST_F(RecordedStages, InspectTellsOfTheStageAndTheVariantThatIsAskedFor) {
  const auto last = jsonOf(run({"inspect", run_, "--json"}));
  EXPECT_EQ(last.at("stage"), "roi") << "the one that detects";
  EXPECT_EQ(last.at("anchors"), 40);
  EXPECT_EQ(jsonOf(run({"inspect", run_, "--stage", "rpn", "--json"})).at("stage"), "rpn");
  EXPECT_EQ(jsonOf(run({"inspect", run_, "--stage", "0", "--json"})).at("stage"), "rpn");
  EXPECT_THAT(run({"inspect", run_, "--anchor", "3"}).out, HasSubstr("Proposal 3 from anchor "));
  EXPECT_THAT(run({"inspect", run_, "--anchor", "39"}).out, HasSubstr("Proposal 39  box in input"));
  const auto strict = jsonOf(run({"inspect", run_, "--variant", "strict", "--json"}));
  EXPECT_EQ(strict.at("variant").at("options").at("method.rpn.pos_iou_thr"), "0.9");
  EXPECT_THAT(run({"inspect", run_, "--variant", "strict"}).out, HasSubstr("variant strict"));
  const auto anchor = jsonOf(run({"inspect", run_, "--variant", "strict", "--anchor", "3", "--json"}));
  EXPECT_EQ(anchor.at("channels").at("roi.score"), 0.125);
}

TEST_F(RecordedStages, WhatIsNotThereIsAnsweredWithWhatThereIs) {
  const Outcome stage = run({"inspect", run_, "--stage", "mask"});
  EXPECT_NE(stage.exit, 0);
  EXPECT_THAT(stage.err, HasSubstr("There is no stage 'mask'. There are: rpn, roi"));
  EXPECT_THAT(run({"inspect", run_, "--variant", "atss"}).err, HasSubstr("There are: strict"));
  EXPECT_THAT(run({"inspect", run_, "--anchor", "40"}).err, HasSubstr("There is no proposal 40"));
  EXPECT_THAT(run({"figure", run_, "--variant", "atss", "--out", (folder_ / "f.pdf").string()}).err,
              HasSubstr("There are: strict"));
}

TEST_F(RecordedStages, FiguresDrawEitherStage) {
  for (const char* stage : {"rpn", "roi"}) {
    const std::string out = (folder_ / (std::string(stage) + ".pdf")).string();
    const Outcome drawn = run({"figure", run_, "--stage", stage, "--variant", "strict", "--layer",
                               stage == std::string("roi") ? "roi.iou" : "iou", "--out", out});
    EXPECT_EQ(drawn.exit, 0) << drawn.err;
    EXPECT_TRUE(std::filesystem::exists(out));
  }
}

}  // namespace
}  // namespace anchorscope::testing
