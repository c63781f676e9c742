// The transform "sampling" by hand; that it holds to what every transform does is in tests/contract.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/base/named_registry.h"
#include "core/losses/transform.h"
#include "core/samplers/sampler.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using ::testing::ElementsAre;
using testing::RecordingSink;

const LossTransformEntry& entry() {
  return **findNamed(lossTransformEntries(), "sampling", "transform");
}

std::unique_ptr<LossTransform> make(const std::vector<std::pair<std::string, std::string>>& changes) {
  ParamSet params(entry().params);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok()) << option;
  return *makeLossTransform("sampling", params);
}

at::Tensor row(const std::vector<float>& values) {
  return at::tensor(values).unsqueeze(0);
}

/// Five anchors, of which the first two have the object.
struct Batch {
  DenseScene scene = testing::makeWorkedScene(
      {{0, 0, 10, 10}, {1, 0, 11, 10}, {20, 0, 30, 10}, {40, 0, 50, 10}, {60, 0, 70, 10}}, {{0, 0, 10, 10}},
      {0}, 1);
  LossTable losses;

  Batch() {
    losses.clsObject = losses.regObject =
        at::tensor(std::vector<std::int64_t>{0, 0, -1, -1, -2}, at::TensorOptions().dtype(at::kLong))
            .unsqueeze(0);
    losses.regWeight = row({1, 1, 0, 0, 0});
    const at::Tensor two = at::full({1}, 2.F);
    losses.rows = {{kClsHead, row({0.5F, 0.7F, 0.1F, 0.3F, 0}), two},
                   {kLocHead, row({1, 2, 0, 0, 0}), two},
                   {kQualityHead, row({3, 4, 0, 0, 0}), two}};
  }
  std::map<std::string, double> apply(LossTransform& transform, EvidenceSink* sink = nullptr) {
    std::map<std::string, double> scalars;
    for (const NamedScalar& scalar :
         transform.apply(losses, {scene.anchors, scene.outputs, scene.targets}, StepContext(sink)))
      scalars[scalar.name] = scalar.value.item<double>();
    return scalars;
  }
};

const std::vector<std::pair<std::string, std::string>> kOneOfEach = {
    {"sampler", "ohem"}, {"sample_number", "2"}, {"positive_fraction", "0.5"}};

TEST(Sampling, WhatIsDroppedCountsNothingForAnyHead) {
  Batch batch;
  auto scalars = batch.apply(*make(kOneOfEach));
  EXPECT_TRUE(at::equal(batch.losses.at(kClsHead).values, row({0, 0.7F, 0, 0.3F, 0})));
  EXPECT_TRUE(at::equal(batch.losses.at(kLocHead).values, row({0, 2, 0, 0, 0})));
  EXPECT_TRUE(at::equal(batch.losses.at(kQualityHead).values, row({0, 4, 0, 0, 0})));
  const auto objects = [](const at::Tensor& values) {
    return std::vector<std::int64_t>(values.data_ptr<std::int64_t>(), values.data_ptr<std::int64_t>() + 5);
  };
  EXPECT_THAT(objects(batch.losses.clsObject), ElementsAre(-2, 0, -2, -1, -2));
  EXPECT_THAT(objects(batch.losses.regObject), ElementsAre(-2, 0, -1, -1, -2));
  EXPECT_TRUE(at::equal(batch.losses.regWeight, row({0, 1, 0, 0, 0})));
  EXPECT_EQ(scalars.at("sampling.positives"), 1);
  EXPECT_EQ(scalars.at("sampling.background"), 1);
  EXPECT_EQ(scalars.at("sampling.dropped_positives"), 1);
}

TEST(Sampling, DividesByWhatWasKeptWhereThatIsAskedFor) {
  Batch counted, given;
  counted.losses.at(kClsHead).divisors.fill_(7);
  counted.apply(*make(kOneOfEach));
  EXPECT_EQ(counted.losses.at(kClsHead).divisors.item<float>(), 2);
  EXPECT_EQ(counted.losses.at(kLocHead).divisors.item<float>(), 2);
  auto off = kOneOfEach;
  off.emplace_back("sampled_normalizer", "false");
  given.losses.at(kLocHead).divisors = at::full({1}, 7.F);
  given.apply(*make(off));
  EXPECT_EQ(given.losses.at(kLocHead).divisors.item<float>(), 7);
}

TEST(Sampling, ALossThatIsItsOwnSumKeepsItsDivisor) {
  Batch batch;
  batch.losses.at(kClsHead).normalized = true;
  batch.losses.at(kClsHead).divisors = at::ones({1});
  batch.apply(*make(kOneOfEach));
  EXPECT_EQ(batch.losses.at(kClsHead).divisors.item<float>(), 1);
}

TEST(Sampling, WhatIsNotFiniteShowsEvenWhereItIsDropped) {
  Batch batch;
  batch.losses.at(kLocHead).values[0][0] = std::numeric_limits<float>::quiet_NaN();
  batch.apply(*make(kOneOfEach));
  EXPECT_TRUE(batch.losses.at(kLocHead).values.isnan().any().item<bool>());
}

TEST(Sampling, ShowsWhatItsSamplerDoes) {
  Batch batch;
  const auto transform = make(kOneOfEach);
  RecordingSink sink;
  batch.apply(*transform, &sink);
  EXPECT_EQ(sink.channelSpecs, transform->declaration().channels);
  EXPECT_TRUE(at::allclose(sink.channelValues.at("sampler.kept"),
                           row({0, 1, 0, 1, std::numeric_limits<float>::quiet_NaN()}), 0, 0,
                           /*equal_nan=*/true));
}

TEST(Sampling, OptionsOfASamplerMatterOnlyWithIt) {
  ParamSet params(entry().params);
  for (const SamplerEntry& sampler : samplerEntries()) {
    ASSERT_TRUE(params.set("sampler", sampler.name).ok());
    for (const SamplerEntry& other : samplerEntries())
      for (const ParamSpec& spec : other.params) {
        const bool own = std::any_of(sampler.params.begin(), sampler.params.end(),
                                     [&](const ParamSpec& mine) { return mine.name == spec.name; });
        EXPECT_EQ(params.applies(spec.name), own) << spec.name << " with " << sampler.name;
      }
  }
}

}  // namespace
}  // namespace anchorscope
