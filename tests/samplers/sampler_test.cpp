// Samplers by hand; that they hold for every registered one is in tests/contract.

#include "core/samplers/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/named_registry.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;

const at::TensorOptions kLong = at::TensorOptions().dtype(at::kLong);
using Options = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Sampler> make(const std::string& name, const Options& changes = {}) {
  ParamSet params((*findNamed(samplerEntries(), name, "sampler"))->params);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok()) << option;
  return *makeSampler(name, params);
}

StepContext stepOf(std::uint64_t seed) {
  StepContext step;
  step.seed = seed;
  return step;
}

at::Tensor row(const std::vector<std::int64_t>& values) {
  return at::tensor(values, kLong).unsqueeze(0);
}
at::Tensor row(const std::vector<float>& values) {
  return at::tensor(values).unsqueeze(0);
}

std::vector<std::int64_t> indices(const at::Tensor& kept, std::int64_t image = 0) {
  const at::Tensor found = kept[image].nonzero().squeeze(1);
  return {found.data_ptr<std::int64_t>(), found.data_ptr<std::int64_t>() + found.numel()};
}

std::int64_t countOf(const at::Tensor& mask) {
  return mask.sum().item<std::int64_t>();
}

TEST(RandomSampler, FillsUpWithBackgroundAndEverySeedIsAnotherChoice) {
  // 3 positives, 20 background, 1 that takes no part.
  SamplerInputs inputs;
  inputs.object = at::cat({row(std::vector<std::int64_t>{0, 1, 1, -2}), at::full({1, 20}, -1, kLong)}, 1);
  const auto sampler = make("random", {{"sample_number", "8"}, {"positive_fraction", "0.25"}});
  at::Tensor ever = at::zeros({1, 24}, at::kLong);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const at::Tensor kept = sampler->choose(inputs, stepOf(seed)).kept;
    ASSERT_EQ(countOf(kept.slice(1, 0, 3)), 2) << "8 * 0.25";
    ASSERT_EQ(countOf(kept), 8);
    ever += kept.to(at::kLong);
  }
  EXPECT_EQ(ever[0][3].item<std::int64_t>(), 0);
  const at::Tensor positives = ever.slice(1, 0, 3), background = ever.slice(1, 4);
  EXPECT_GT(positives.min().item<std::int64_t>(), 160) << "200 of 300 each";
  EXPECT_LT(positives.max().item<std::int64_t>(), 240);
  EXPECT_GT(background.min().item<std::int64_t>(), 55) << "90 of 300 each";
  EXPECT_LT(background.max().item<std::int64_t>(), 125);
}

TEST(RandomSampler, BackgroundMayBeBoundByPositives) {
  SamplerInputs inputs;
  inputs.object = at::cat({at::zeros({1, 2}, kLong), at::full({1, 30}, -1, kLong)}, 1);
  const Options few = {{"sample_number", "16"}, {"neg_pos_ub", "3"}};
  EXPECT_EQ(countOf(make("random", few)->choose(inputs, {}).kept), 2 + 6);
  inputs.object.fill_(-1);
  EXPECT_EQ(countOf(make("random", few)->choose(inputs, {}).kept), 3) << "without a positive as with one";
}

TEST(OhemSampler, KeepsTheLargestLossesOfBothKinds) {
  SamplerInputs inputs;
  inputs.object = row(std::vector<std::int64_t>{0, 0, 1, -1, -1, -1, -1, -2});
  inputs.loss = row(std::vector<float>{0.1F, 0.9F, 0.5F, 0.3F, 0.7F, 0.2F, 0.7F, 9});
  const auto sampler = make("ohem", {{"sample_number", "4"}, {"positive_fraction", "0.5"}});
  EXPECT_THAT(indices(sampler->choose(inputs, {}).kept), ElementsAre(1, 2, 4, 6));
  const auto fewer = make("ohem", {{"sample_number", "3"}, {"positive_fraction", "0.5"}});
  EXPECT_THAT(indices(fewer->choose(inputs, {}).kept), ElementsAre(1, 4, 6)) << "3 * 0.5 is one positive";
}

TEST(HardNegativeSampler, KeepsThreePerPositiveOfEachImage) {
  SamplerInputs inputs;
  inputs.object = at::full({2, 10}, -1, kLong);
  inputs.object[0][4] = 0;
  inputs.loss = at::arange(20, at::kFloat).view({2, 10});
  const at::Tensor kept = make("hard_negative")->choose(inputs, {}).kept;
  EXPECT_THAT(indices(kept, 0), ElementsAre(4, 7, 8, 9));
  EXPECT_THAT(indices(kept, 1), ElementsAre()) << "no positive, no background";
}

/// 40 candidates each of overlap 0 to 1/3 and 1/3 to 2/3 of 0.9, then 2 in the last third, all background.
SamplerInputs inBins() {
  SamplerInputs inputs;
  inputs.object = at::full({1, 83}, -1, kLong);
  inputs.iou =
      at::cat({at::linspace(0.01, 0.29, 40), at::linspace(0.31, 0.59, 40), at::tensor({0.7F, 0.8F, 0.9F})})
          .unsqueeze(0);
  inputs.object[0][82] = -2;  // the largest overlap of the image, which takes no part
  return inputs;
}

TEST(IouBalancedSampler, EveryBinOfOverlapsHasItsShare) {
  const auto sampler = make("iou_balanced", {{"sample_number", "30"}, {"positive_fraction", "0"}});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor kept = sampler->choose(inBins(), stepOf(seed)).kept[0];
    ASSERT_EQ(countOf(kept), 30);
    EXPECT_EQ(countOf(kept.slice(0, 80, 82)), 2) << "all of the last bin";
    EXPECT_GE(countOf(kept.slice(0, 0, 40)), 10) << "30 / 3, and of the 8 that the last one lacks";
    EXPECT_GE(countOf(kept.slice(0, 40, 80)), 10);
  }
}

TEST(IouBalancedSampler, BelowTheFloorHasAShareOfItsOwn) {
  const auto sampler = make(
      "iou_balanced",
      {{"sample_number", "30"}, {"positive_fraction", "0"}, {"floor_thr", "0.3"}, {"floor_fraction", "0.2"}});
  const at::Tensor kept = sampler->choose(inBins(), {}).kept[0];
  EXPECT_EQ(countOf(kept.slice(0, 0, 40)), 6);
  EXPECT_EQ(countOf(kept), 30);
}

TEST(IouBalancedSampler, ForgetsItsFloorAsMmdetDoes) {
  SamplerInputs inputs = inBins();
  inputs.iou[0].slice(0, 0, 20).fill_(0);
  const auto choose = [&](Sampler& sampler) {
    return countOf(sampler.choose(inputs, {}).kept[0].slice(0, 0, 20));
  };
  const Options options = {{"sample_number", "60"}, {"positive_fraction", "0"}, {"iou_bins", "1"}};
  Options mmdet = options;
  mmdet.emplace_back("floor_state", "mmdet");
  const auto ours = make("iou_balanced", options), theirs = make("iou_balanced", mmdet);
  EXPECT_TRUE(ours->buffers().empty());
  const std::int64_t before = choose(*ours);
  EXPECT_GT(before, 5);
  EXPECT_EQ(choose(*ours), before);
  EXPECT_EQ(choose(*theirs), before);
  EXPECT_EQ(choose(*theirs), 0) << "those without overlap are now below the floor, and 62 are above it";
}

TEST(IouBalancedSampler, ObjectsHavePositivesInEqualNumbers) {
  // 12 positives of object 0, 3 of object 1.
  SamplerInputs inputs;
  inputs.object =
      at::cat({at::zeros({1, 12}, kLong), at::ones({1, 3}, kLong), at::full({1, 40}, -1, kLong)}, 1);
  inputs.iou = at::linspace(0, 0.5, 55).unsqueeze(0);
  const auto sampler = make("iou_balanced", {{"sample_number", "16"}, {"positive_fraction", "0.5"}});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor kept = sampler->choose(inputs, stepOf(seed)).kept[0];
    EXPECT_EQ(countOf(kept.slice(0, 0, 15)), 8);
    EXPECT_EQ(countOf(kept.slice(0, 12, 15)), 3) << "8 / 2 + 1 of each, as far as there are so many";
  }
}

TEST(ScoreHlrSampler, TheBestOfEveryGroupComesFirst) {
  // Boxes 0, 1, 2 are one group, 3 is another, 4 is not sure of anything.
  SamplerInputs inputs;
  inputs.object = at::full({1, 5}, -1, kLong);
  inputs.boxes =
      at::tensor(std::vector<float>{0, 0, 10, 10, 0, 0, 10, 11, 0, 0, 10, 12, 50, 50, 60, 60, 0, 0, 9, 9})
          .view({1, 5, 4});
  inputs.score = row(std::vector<float>{0.9F, 0.8F, 0.7F, 0.3F, 0.01F});
  inputs.loss = at::ones({1, 5});
  const auto sampler =
      make("score_hlr", {{"sample_number", "3"}, {"positive_fraction", "0"}, {"hlr_k", "1"}});
  const SampledCandidates selection = sampler->choose(inputs, {});
  EXPECT_THAT(indices(selection.kept), ElementsAre(0, 1, 3));
  // Places 0, 2 and 1 of 4: 1, 1/2, 3/4, times 3 over their sum.
  EXPECT_TRUE(at::allclose(selection.weight, row(std::vector<float>{4 / 3.F, 2 / 3.F, 1, 1, 1})));
}

}  // namespace
}  // namespace anchorscope
