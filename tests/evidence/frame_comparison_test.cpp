// Two frames against each other, and why some cannot be.
#include "core/evidence/frame_comparison.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/evidence/difference.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

StageEvidence evidenceOf(std::vector<float> cls, std::int64_t step = 3) {
  StageEvidence evidence;
  auto image = std::make_shared<ProbeImage>();
  image->name = "a";
  image->objects.resize(2);
  evidence.image = image;
  evidence.step = step;
  auto candidates = std::make_shared<CandidateSet>();
  candidates->levels = {{8, 1, static_cast<int>(cls.size()), 1, 0}};
  for (std::size_t i = 0; i < cls.size(); ++i)
    candidates->boxesInInput.push_back({static_cast<float>(i), 0, static_cast<float>(i) + 8, 8});
  evidence.candidates = candidates;
  Channel channel;
  channel.spec = channelOf("assigned_cls", "assigned", "1", "d", "s");
  channel.values = std::move(cls);
  evidence.channels.push_back(std::move(channel));
  return evidence;
}

std::shared_ptr<const ProbeFrame> frame(StageEvidence evidence) {
  return ProbeFrame::of(std::move(evidence));
}

std::string whyNot(const ProbeFrame& before, const ProbeFrame& after) {
  const auto compared = comparedWith(before, after);
  return compared ? std::string() : compared.error().text();
}

TEST(FrameComparison, TellsWhatTwoStepsOfARunDecideOtherwise) {
  const auto before = frame(evidenceOf({0, -1, 1}, 3)), after = frame(evidenceOf({0, 1, -1}, 8));
  const auto compared = comparedWith(*before, *after);
  ASSERT_TRUE(compared) << compared.error().text();
  EXPECT_EQ((*compared)->step, 8);
  EXPECT_EQ((*compared)->variant, nullptr);
  const StageEvidence& stage = *(*compared)->stages[0];
  const Channel* change = stage.channel("difference.cls");
  ASSERT_NE(change, nullptr);
  EXPECT_TRUE(std::isnan(change->values[0]));
  EXPECT_EQ(change->values[1], 1);
  EXPECT_EQ(change->values[2], -1);
  EXPECT_EQ(change->spec.title.find("the run"), std::string::npos) << change->spec.title;
  EXPECT_EQ(stage.variant, nullptr);
  // What was there is there.
  EXPECT_EQ(stage.channel("assigned_cls")->values, after->stages[0]->channel("assigned_cls")->values);
}

TEST(FrameComparison, KnowsNothingOfEarlierComparisons) {
  const auto a = frame(evidenceOf({0, -1, 1})), b = frame(evidenceOf({0, 1, -1})),
             c = frame(evidenceOf({0, -1, 1}));
  const auto once = comparedWith(*a, *b);
  ASSERT_TRUE(once);
  const auto twice = comparedWith(*c, **once);
  ASSERT_TRUE(twice);
  EXPECT_EQ((*twice)->stages[0]->channels.size(), (*once)->stages[0]->channels.size());
  EXPECT_EQ((*twice)->stages[0]->objectColumns.size(), (*once)->stages[0]->objectColumns.size());
}

TEST(FrameComparison, SaysWhyTwoCannotBeCompared) {
  const auto one = frame(evidenceOf({0, -1, 1}));
  StageEvidence other = evidenceOf({0, -1, 1});
  auto image = std::make_shared<ProbeImage>(*other.image);
  image->name = "b";
  other.image = image;
  EXPECT_NE(whyNot(*one, *frame(other)).find("two images"), std::string::npos);
  EXPECT_NE(whyNot(*one, *frame(evidenceOf({0, -1}))).find("3 anchors"), std::string::npos);
  StageEvidence moved = evidenceOf({0, -1, 1});
  auto candidates = std::make_shared<CandidateSet>(*moved.candidates);
  candidates->boxesInInput[1].x2 += 1;
  moved.candidates = candidates;
  EXPECT_NE(whyNot(*one, *frame(moved)).find("other boxes"), std::string::npos);
  StageEvidence silent = evidenceOf({0, -1, 1});
  silent.channels.clear();
  EXPECT_NE(whyNot(*one, *frame(silent)).find("who learns what"), std::string::npos);
  StageEvidence proposals = evidenceOf({0, -1, 1});
  candidates = std::make_shared<CandidateSet>(*proposals.candidates);
  candidates->levels.clear();
  proposals.candidates = candidates;
  EXPECT_NE(whyNot(*frame(proposals), *frame(proposals)).find("of its own"), std::string::npos);
}

}  // namespace
}  // namespace anchorscope
