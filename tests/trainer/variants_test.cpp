// What other methods say of the run's outputs: the text that asks them, and that the answer is what a run
// with that method would have shown.

#include "core/trainer/variants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/evidence/difference.h"
#include "core/methods/method_info.h"
#include "core/trainer/frame_variants.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Result<std::vector<AskedVariant>> askedBy(const std::string& text) {
  RunConfig config = smallConfig("musu");
  set(config, "train.variants", text);
  return askedVariants(config);
}

TEST(Variants, AreReadFromTheirText) {
  EXPECT_TRUE(askedBy("")->empty());
  EXPECT_TRUE(askedBy(" ; ;")->empty());
  const auto asked = askedBy("max_iou; t=0.25 alpha=0.5;musu  t=0.75 ; atss topk=5");
  ASSERT_TRUE(asked) << asked.error().text();
  ASSERT_EQ(asked->size(), 4u);
  EXPECT_EQ((*asked)[0].variant->name, "max_iou");
  EXPECT_THAT((*asked)[0].variant->options, ElementsAre(Pair("method", "max_iou")));
  EXPECT_EQ((*asked)[1].variant->name, "t = 0.25, alpha = 0.5");
  EXPECT_THAT((*asked)[1].variant->options, ElementsAre(Pair("t", "0.25"), Pair("alpha", "0.5")));
  EXPECT_EQ((*asked)[1].method, "musu");
  EXPECT_EQ((*asked)[1].params.getFloat("t"), 0.25);
  EXPECT_EQ((*asked)[2].variant->name, "musu, t = 0.75");
  EXPECT_THAT((*asked)[2].variant->options, ElementsAre(Pair("t", "0.75"))) << "the method is the run's";
  EXPECT_EQ((*asked)[3].method, "atss");
  EXPECT_EQ((*asked)[3].params.getInt("topk"), 5);
}

TEST(Variants, BeginWithTheRunsPresentOptions) {
  RunConfig config = smallConfig("musu");
  set(config, "method.alpha", "0.625");
  set(config, "train.variants", "t=0.25");
  EXPECT_EQ((*askedVariants(config))[0].params.getFloat("alpha"), 0.625);
}

TEST(Variants, WhatIsWrongWithOneIsSaidWithItsName) {
  for (const auto& [text, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"atss; muso", "The variant 'muso'"},
           {"musu tt=0.2", "The variant 'musu tt=0.2'"},
           {"t=high", "The variant 't=high'"},
           {"t=0.2 atss", "'atss' is no option with its value"},
           {"t = 0.2", "'t'"},
           {"t=0.2; alpha=0.5; t=0.20", "The variant 't = 0.2' is asked twice"}}) {
    const auto asked = askedBy(text);
    ASSERT_FALSE(asked) << text;
    EXPECT_EQ(asked.error().code, ErrorCode::kUsage) << text;
    EXPECT_THAT(asked.error().text(), HasSubstr(says)) << text;
  }
  // What heads cannot be trained by is told before anything is built, beside the option.
  RunConfig config = smallConfig("fcos", "fcos-small");
  set(config, "train.variants", "fcos cls_loss=bce; max_iou");
  const std::vector<OptionConflict> conflicts = conflictsOf(config);
  ASSERT_FALSE(conflicts.empty());
  for (const OptionConflict& conflict : conflicts) {
    EXPECT_EQ(conflict.option, "train.variants");
    EXPECT_THAT(conflict.message, HasSubstr("The variant 'max_iou': ")) << "the other one can be asked";
  }
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

/// To the last bit, but for whose it is.
void expectSameEvidence(const StageEvidence& got, const StageEvidence& expected) {
  EXPECT_EQ(got.step, expected.step);
  EXPECT_EQ(got.image->name, expected.image->name);
  std::size_t channels = 0;
  for (const Channel& channel : expected.channels) {
    const Channel* its = got.channel(channel.spec.name);
    ASSERT_NE(its, nullptr) << channel.spec.name;
    EXPECT_TRUE(same(its->values, channel.values)) << channel.spec.name;
    ++channels;
  }
  EXPECT_EQ(got.channels.size(), channels);
  ASSERT_EQ(got.pairTables.size(), expected.pairTables.size());
  for (std::size_t i = 0; i < got.pairTables.size(); ++i) {
    EXPECT_EQ(got.pairTables[i].candidate, expected.pairTables[i].candidate);
    EXPECT_EQ(got.pairTables[i].object, expected.pairTables[i].object);
  }
  EXPECT_EQ(got.decisions.size(), expected.decisions.size());
  EXPECT_EQ(got.predictions.size(), expected.predictions.size());
}

std::vector<std::shared_ptr<const ProbeFrame>> captured(const RunConfig& config) {
  const auto trainer = prepareOrFail(config);
  return trainer ? trainer->capture().take() : std::vector<std::shared_ptr<const ProbeFrame>>();
}

TEST(Variants, SayWhatARunWithThatMethodWouldShow) {
  RunConfig config = smallConfig("musu");
  set(config, "train.variants", "musu; tau_cls=1; max_iou; max_iou box_loss=giou");
  const auto frames = captured(config);
  std::map<std::string, std::vector<std::shared_ptr<const ProbeFrame>>> byVariant;
  for (const auto& frame : frames)
    byVariant[frame->variant ? frame->variant->name : ""].push_back(frame);
  ASSERT_EQ(byVariant.size(), 5u);

  const auto expectAs = [&](const std::string& variant, const RunConfig& run) {
    const auto own = captured(run);
    ASSERT_EQ(own.size(), byVariant[variant].size()) << variant;
    for (std::size_t i = 0; i < own.size(); ++i)
      expectSameEvidence(*byVariant[variant][i]->stages[0], *own[i]->stages[0]);
  };
  const RunConfig plain = smallConfig("musu");
  expectAs("", plain);
  expectAs("musu", plain);
  RunConfig other = plain;
  set(other, "method.tau_cls", "1");
  expectAs("tau_cls = 1", other);
  other = smallConfig("max_iou");
  expectAs("max_iou", other);
  set(other, "method.box_loss", "giou");
  expectAs("max_iou, box_loss = giou", other);
  EXPECT_FALSE(same(byVariant[""][0]->stages[0]->channel("musu.w_cls")->values,
                    byVariant["tau_cls = 1"][0]->stages[0]->channel("musu.w_cls")->values))
      << "the option makes no difference here";
}

TEST(Variants, HaveNoPartInTraining) {
  const auto trainedWith = [](const std::string& variants) {
    RunConfig config = smallConfig("sampling_free");
    set(config, "train.variants", variants);
    std::vector<std::pair<std::string, double>> scalars;
    const auto trainer = prepareOrFail(config);
    for (int step = 0; trainer && step < 4; ++step) {
      for (const StepReport& report : train(*trainer, 1))
        for (const ScalarValue& scalar : report.scalars)
          scalars.emplace_back(scalar.name, scalar.value);
      EXPECT_EQ(trainer->capture().take().empty(), false);
    }
    return scalars;
  };
  const auto alone = trainedWith("");
  ASSERT_FALSE(alone.empty());
  EXPECT_EQ(trainedWith("harmonic; musu; sampling_free"), alone);
}

TEST(Variants, AreAskedOtherwiseWhileTrainingGoesOn) {
  const auto trainer = prepareOrFail(smallConfig("musu"));
  ASSERT_TRUE(trainer);
  const auto names = [&] {
    std::vector<std::string> out;
    for (const auto& frame : trainer->capture().take())
      if (frame->variant && frame->image->name == trainer->probeNames().front())
        out.push_back(frame->variant->name);
    return out;
  };
  EXPECT_TRUE(names().empty());
  ASSERT_TRUE(trainer->setParam("train.variants", "max_iou; t=0.2"));
  EXPECT_THAT(names(), ElementsAre("max_iou", "t = 0.2"));
  // One that cannot be asked leaves those that are.
  for (const char* wrong : {"muso", "t=high", "t=0.2; t=0.2"}) {
    EXPECT_EQ(trainer->setParam("train.variants", wrong).error().code, ErrorCode::kUsage) << wrong;
    EXPECT_THAT(names(), ElementsAre("max_iou", "t = 0.2"));
    EXPECT_EQ(trainer->config().train.getText("variants"), "max_iou; t=0.2");
  }
  // The run's own options are the variants' too.
  ASSERT_TRUE(trainer->setParam("method.alpha", "0.25"));
  EXPECT_THAT(names(), ElementsAre("max_iou", "t = 0.2"));
  train(*trainer, 1);
  EXPECT_THAT(names(), ElementsAre("max_iou", "t = 0.2"));
}

TEST(Variants, AreAskedAgainOfTheSameOutputsWithoutAForwardPass) {
  RunConfig config = smallConfig("musu");
  set(config, "train.variants", "max_iou");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  EXPECT_FALSE(trainer->canAskAgain());
  EXPECT_FALSE(trainer->captureVariants().pending()) << "nothing was captured yet";
  trainer->capture().take();
  ASSERT_TRUE(trainer->canAskAgain());
  ASSERT_TRUE(trainer->setParam("train.variants", "tau_cls=1; max_iou"));
  const auto again = trainer->captureVariants().take();
  ASSERT_EQ(again.size(), 2 * trainer->probeNames().size());
  const auto whole = trainer->capture().take();
  std::size_t compared = 0;
  for (const auto& frame : whole)
    for (const auto& other : again)
      if (frame->variant && *frame->variant == *other->variant && frame->image->name == other->image->name) {
        expectSameEvidence(*other->stages[0], *frame->stages[0]);
        ++compared;
      }
  EXPECT_EQ(compared, again.size());
  // The weights move on, and so does what they give.
  train(*trainer, 1);
  EXPECT_FALSE(trainer->canAskAgain());
  trainer->capture().take();
  EXPECT_TRUE(trainer->canAskAgain());
  ASSERT_TRUE(trainer->setProbes({trainer->probeNames().front()}));
  EXPECT_FALSE(trainer->canAskAgain()) << "of other images";
}

TEST(Variants, AreAskedBesideTheRunsOwnWithoutBeingIts) {
  RunConfig config = smallConfig("musu");
  set(config, "train.variants", "max_iou");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const auto names = [&] {
    std::vector<std::string> out;
    for (const auto& frame : trainer->capture().take())
      if (frame->variant && frame->image->name == trainer->probeNames().front())
        out.push_back((trainer->isOfRun(*frame->variant) ? "run: " : "") + frame->variant->name);
    return out;
  };
  ASSERT_TRUE(trainer->ask("t=0.2; max_iou"));
  EXPECT_THAT(names(), ElementsAre("run: max_iou", "t = 0.2")) << "what the run asks already stands once";
  EXPECT_EQ(trainer->config().train.getText("variants"), "max_iou") << "no option has changed";
  EXPECT_EQ(trainer->ask("muso").error().code, ErrorCode::kUsage);
  EXPECT_THAT(names(), ElementsAre("run: max_iou", "t = 0.2")) << "what was asked stays";
  ASSERT_TRUE(trainer->setParam("method.alpha", "0.25"));
  EXPECT_THAT(names(), ElementsAre("run: max_iou", "t = 0.2"));
  ASSERT_TRUE(trainer->setParam("train.variants", "t=0.2"));
  EXPECT_THAT(names(), ElementsAre("run: t = 0.2", "max_iou"));
  ASSERT_TRUE(trainer->ask(""));
  EXPECT_THAT(names(), ElementsAre("run: t = 0.2"));
  EXPECT_EQ(trainer->asked(), "");
}

TEST(Variants, AQuestionDoesNotStandInTheWayOfTheRun) {
  const auto trainer = prepareOrFail(smallConfig("max_iou"));
  ASSERT_TRUE(trainer);
  ASSERT_TRUE(trainer->ask("pos_iou_thr=0.4 neg_iou_thr=0.4"));
  // The run's bounds may not cross; what was asked would make them.
  ASSERT_TRUE(trainer->ask("pos_iou_thr=0.45"));
  ASSERT_TRUE(trainer->setParam("method.pos_iou_thr", "0.9"));
  const Status raised = trainer->setParam("method.neg_iou_thr", "0.8");
  ASSERT_TRUE(raised) << raised.error().text();
  EXPECT_EQ(trainer->asked(), "") << "with these bounds it cannot be asked any more";
  EXPECT_TRUE(trainer->capture().pending());
}

/// What the boxes alone decide, of a frame that holds more.
void expectSameAssignment(const StageEvidence& got, const StageEvidence& expected) {
  for (const char* name : {"assigned_cls", "assigned_reg", "state", "anchor_iou", "iou", "cls_score",
                           "difference.cls", "difference.reg"}) {
    ASSERT_NE(got.channel(name), nullptr) << name;
    EXPECT_TRUE(same(got.channel(name)->values, expected.channel(name)->values)) << name;
  }
  for (const char* name : {"positives.cls", "positives.reg", "difference.added_cls"})
    EXPECT_TRUE(same(got.objectColumn(name)->values, expected.objectColumn(name)->values)) << name;
  ASSERT_LE(got.pairTables.size(), expected.pairTables.size());
  for (const PairTable& its : got.pairTables) {  // without those of a loss, which asks the heads
    const auto found = std::ranges::find_if(
        expected.pairTables, [&](const PairTable& other) { return other.spec.name == its.spec.name; });
    ASSERT_NE(found, expected.pairTables.end()) << its.spec.name;
    const PairTable& table = *found;
    EXPECT_EQ(its.candidate, table.candidate);
    EXPECT_EQ(its.object, table.object);
    for (std::size_t column = 0; column < its.spec.columns.size(); ++column) {
      const int other = table.columnIndex(its.spec.columns[column].name);
      ASSERT_GE(other, 0) << its.spec.columns[column].name;
      EXPECT_TRUE(same(its.columns[column], table.columns[static_cast<std::size_t>(other)]))
          << its.spec.columns[column].name;
    }
  }
  EXPECT_EQ(got.decisions.size(), expected.decisions.size());
}

TEST(FrameVariants, SayWhatTheBoxesDecideAsIfTheRunHadBeenAsked) {
  std::size_t methods = 0;
  for (const MethodInfo& info : methodInfos()) {
    for (const char* model : {"retina-small", "fcos-small", "atss-small"}) {
      RunConfig config = smallConfig(info.name, model);
      if (!conflictsOf(config).empty()) continue;
      SCOPED_TRACE(info.name + std::string(" on ") + model);
      set(config, "train.variants", "ignored_anchors=background");
      const auto frames = captured(config);
      std::map<std::pair<std::string, bool>, std::shared_ptr<const ProbeFrame>> byImage;
      for (const auto& frame : frames)
        byImage[{frame->image->name, frame->variant != nullptr}] = frame;
      auto asks = FrameVariants::make(config, "ignored_anchors=background");
      ASSERT_TRUE(asks) << asks.error().text();
      ASSERT_EQ((*asks)->variants().size() + (*asks)->refused().size(), 1u);
      if ((*asks)->variants().empty()) continue;
      ++methods;
      for (const auto& [key, frame] : byImage) {
        if (key.second) continue;
        const auto answer = (*asks)->ask(frame, (*asks)->variants().front().name);
        ASSERT_TRUE(answer) << answer.error().text();
        const auto expected = withDifferences({frame, byImage[{key.first, true}]}).back();
        EXPECT_EQ(*(*answer)->variant, *expected->variant);
        expectSameAssignment(*(*answer)->stages[0], *expected->stages[0]);
      }
    }
  }
  EXPECT_GE(methods, 3u) << "methods whose assignment the boxes decide";
}

TEST(FrameVariants, WhatTheyCannotSayIsTold) {
  const RunConfig config = smallConfig("max_iou");
  for (const auto& [text, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"muso", "There is no method 'muso'"}, {"pos_iou_thr=2", "pos_iou_thr"}}) {
    const auto asks = FrameVariants::make(config, text);
    ASSERT_FALSE(asks) << text;
    EXPECT_EQ(asks.error().code, ErrorCode::kUsage);
    EXPECT_THAT(asks.error().text(), HasSubstr(says));
  }
  const auto asks = FrameVariants::make(config, "musu; pos_iou_thr=0.6");
  ASSERT_TRUE(asks) << asks.error().text();
  ASSERT_EQ((*asks)->refused().size(), 1u) << "the other is asked";
  EXPECT_EQ((*asks)->refused().front().variant.name, "musu");
  EXPECT_THAT((*asks)->refused().front().why.text(),
              HasSubstr("looks at what the detector's heads say, which no recorded frame holds"));
  const auto frames = captured(config);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ((*asks)->ask(frames.front(), "musu").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE((*asks)->ask(frames.front(), "pos_iou_thr = 0.6"));
}

}  // namespace
}  // namespace anchorscope::testing
