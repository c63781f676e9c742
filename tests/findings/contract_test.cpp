// What every rule must hold to, whatever it looks for. New rules are picked up by themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "core/base/check.h"
#include "tests/findings/made_evidence.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/two_stage_frame.h"

namespace anchorscope::testing {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::string textOf(const FindingsReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += concat(finding.rule, '|', finding.title, '|', finding.objects, '|', finding.images, '|',
                   finding.advice);
    for (const FindingNumber& number : finding.numbers)
      text += concat('|', number.name, '=', number.value, ' ', number.unit);
    for (const ObjectRef& ref : finding.who)
      text += concat('|', ref.image, ':', ref.object);
    text += '\n';
  }
  for (const UnaskedRule& rule : report.unasked)
    text += concat(rule.rule, " lacks ", rule.lacks, '\n');
  return text;
}

FindingsReport look(const std::vector<std::shared_ptr<const ProbeFrame>>& frames, Facts facts = {}) {
  Inspection inspection;
  for (const auto& frame : frames)
    inspection.see(*frame);
  return inspection.tell(std::move(facts));
}

/// Every scalar that a rule asks for, with these values.
Facts factsWith(const std::vector<double>& values) {
  Facts facts;
  facts.data = placed({{4, 4, 20, 20}, {10, 10, 13, 13}});
  for (const std::string& name : Inspection::scalarNames()) {
    ScalarSeries& series = facts.scalars[name];
    series.values = values;
    for (std::size_t i = 0; i < values.size(); ++i)
      series.steps.push_back(static_cast<std::int64_t>(i + 1));
  }
  return facts;
}

/// Every channel that a rule asks for, and pairs and predicted boxes, full of this value.
std::shared_ptr<const ProbeFrame> full(float value, std::size_t objects, std::int64_t step) {
  MadeStage stage("hostile.png", step, objects);
  for (const Rule& rule : findingRules())
    for (const Need& need : rule.needs)
      if (need.kind == NeedKind::kChannel) stage.channel(need.name);
  for (std::size_t i = 0; i < objects; ++i)
    stage.member(static_cast<std::int32_t>(i), static_cast<std::int32_t>(i));
  for (Channel& channel : stage.evidence.channels)
    channel.values.assign(channel.values.size(), value);
  for (PairTable& table : stage.evidence.pairTables)
    table.columns[0].assign(table.rowCount(), value);
  stage.evidence.predictedBoxesInInput.assign(stage.evidence.candidates->count(),
                                              {value, value, value, value});
  for (ObjectRecord& object : stage.objects)
    object.boxInImage = {value, value, value, value};
  return stage.frame();
}

TEST(RuleContract, TellsItsNameWhatItLooksForAndWhatItNeeds) {
  std::set<std::string> names;
  for (const Rule& rule : findingRules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.title.empty() || rule.description.empty()) << rule.name;
    ASSERT_FALSE(rule.needs.empty()) << rule.name;
    for (const Need& need : rule.needs) {
      EXPECT_FALSE(needText(need).empty()) << rule.name;
      EXPECT_EQ(need.name.empty(), need.kind != NeedKind::kChannel && need.kind != NeedKind::kScalar)
          << rule.name;
    }
  }
}

TEST(RuleContract, OfNothingEachSaysThatItWasNotAsked) {
  const FindingsReport report = look({});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.unasked.size(), findingRules().size());
}

TEST(RuleContract, WhatItSaysIsWholeAndTheSameEveryTime) {
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  for (const std::int64_t step : {0, 100, 200}) {
    SyntheticFrameOptions options;
    options.step = step;
    options.progress = static_cast<double>(step) / 200;
    frames.push_back(makeSyntheticFrame(options));
  }
  const FindingsReport first = look(frames, factsWith({3, 2, 1}));
  EXPECT_EQ(textOf(first), textOf(look(frames, factsWith({3, 2, 1}))));
  ASSERT_FALSE(first.findings.empty());
  for (const Finding& finding : first.findings) {
    EXPECT_FALSE(finding.title.empty() || finding.advice.empty()) << finding.rule;
    EXPECT_TRUE(std::is_sorted(finding.who.begin(), finding.who.end())) << finding.rule;
  }
  EXPECT_TRUE(std::is_sorted(first.findings.begin(), first.findings.end(),
                             [](const Finding& a, const Finding& b) { return a.objects > b.objects; }));
}

TEST(RuleContract, StagesAreLookedAtEachByItself) {
  const FindingsReport report = look({makeSyntheticTwoStageFrame()});
  EXPECT_TRUE(report.leftOut.empty());
  for (const Finding& finding : report.findings)
    for (const ObjectRef& ref : finding.who)
      EXPECT_LT(ref.object, 18) << finding.title;
}

TEST(RuleContract, BearsAnyNumbers) {
  for (const float value : {kNan, kInfinity, -kInfinity, -2.0f, 1e30f, 0.0f})
    for (const std::size_t objects : {0u, 1u, 12u}) {
      const std::vector<double> series(100, value);
      const FindingsReport report = look(
          {full(value, objects, 0), full(value, objects, 1), full(value, objects, 2)}, factsWith(series));
      EXPECT_TRUE(report.leftOut.empty());
      EXPECT_EQ(report.unasked.empty(), objects > 0) << textOf(report);  // no bags without objects
    }
}

TEST(RuleContract, BearsFramesWithoutCandidates) {
  MadeStage stage("empty.png", 0, 3);
  stage.evidence.candidates = std::make_shared<const CandidateSet>();
  for (Channel& channel : stage.evidence.channels)
    channel.values.clear();
  EXPECT_TRUE(look({stage.frame()}).leftOut.empty());
}

TEST(RuleContract, WhatContradictsItselfIsNotShownButTold) {
  MadeStage shorter("shorter.png", 7, 1), outside("outside.png", 8, 1), without("without.png", 9, 1);
  shorter.channel("winner").values.pop_back();
  outside.member(900, 0);
  without.evidence.candidates = nullptr;
  const FindingsReport report = look({shorter.frame(), outside.frame(), without.frame()});
  ASSERT_EQ(report.leftOut.size(), 3u);
  EXPECT_EQ(report.leftOut[0], "shorter.png at step 7: channel winner has 79 values for 80 candidates");
  EXPECT_TRUE(report.findings.empty());
}

TEST(RuleContract, VariantsAreNotTakenForTheRun) {
  MadeStage stage("a.png", 0, 2);
  auto frame = std::make_shared<ProbeFrame>(*stage.frame());
  frame->variant = std::make_shared<const Variant>(Variant{"atss", {}});
  EXPECT_TRUE(look({frame}).findings.empty());
}

}  // namespace
}  // namespace anchorscope::testing
