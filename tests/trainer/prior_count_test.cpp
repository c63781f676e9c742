// The counted prior: against counting image by image, its cache, and what a run makes of it.

#include "core/trainer/prior_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>

#include "core/base/box_math.h"
#include "core/data/loader.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

/// Sends the program's own cache into a folder of the test's.
class OwnCache {
 public:
  OwnCache() {
    const char* before = std::getenv("XDG_CACHE_HOME");  // NOLINT(concurrency-mt-unsafe)
    if (before != nullptr) before_ = before;
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }
  ~OwnCache() {
    if (before_)
      setenv("XDG_CACHE_HOME", before_->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    else
      unsetenv("XDG_CACHE_HOME");  // NOLINT(concurrency-mt-unsafe)
  }
  OwnCache(const OwnCache&) = delete;
  OwnCache& operator=(const OwnCache&) = delete;

 private:
  TemporaryFolder folder_;
  std::optional<std::string> before_;
};

std::unique_ptr<Method> makeNamed(const std::string& name,
                                  const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  ParamSet params = *methodParams(name);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok()) << option;
  return *makeMethod(name, params);
}

/// A demo data set, a small detector's anchors, and a folder for the cache.
class PriorCounting : public ::testing::Test {
 protected:
  void SetUp() override {
    dataset_ = *openDataset("demo");
    ParamSet params = *modelParams("retina-small");
    detector_ = *makeDetector("retina-small", params, 5, 0);
    options_.loader.shape = InputShape::fixed({96, 96});
    options_.cacheFolder = (folder_ / "counts").string();
  }
  AnchorSet anchors(int side = 96) { return detector_->anchors({side, side}); }
  PriorCount count(Method& method, int side = 96) {
    options_.loader.shape = InputShape::fixed({side, side});
    const auto counted = countPrior(
        *dataset_, method, [&](SizePx input) { return detector_->anchors(input); }, options_);
    EXPECT_TRUE(counted.ok());
    return *counted;
  }
  std::vector<std::filesystem::path> cacheFiles() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(options_.cacheFolder))
      files.push_back(entry.path());
    return files;
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Dataset> dataset_;
  std::unique_ptr<Detector> detector_;
  PriorCountOptions options_;
};

TEST_F(PriorCounting, EqualsCountingAnchorByAnchor) {
  const auto method = makeNamed("sampling_free", {{"low_quality", "false"}});
  const PriorCount counted = count(*method);
  const at::Tensor boxes = anchors().boxes.contiguous();
  const auto* anchor = boxes.const_data_ptr<float>();
  std::int64_t positives = 0, background = 0, ignored = 0;
  std::vector<std::size_t> all(dataset_->images().size());
  std::iota(all.begin(), all.end(), 0);
  const auto batch = loadForInference(*dataset_, all, options_.loader);
  ASSERT_TRUE(batch.ok());
  for (const BatchSample& sample : batch->samples)
    for (std::int64_t n = 0; n < anchors().count(); ++n) {
      const float* a = anchor + 4 * n;
      float best = 0;
      for (const Annotation& object : sample.objectsInInput) {
        const Box& b = object.boxInImage;
        best = std::max(best, boxmath::iou(a[0], a[1], a[2], a[3], b.x1, b.y1, b.x2, b.y2));
      }
      ++(best >= 0.5F ? positives : best < 0.4F ? background : ignored);
    }
  EXPECT_EQ(counted.positives, positives);
  EXPECT_EQ(counted.background, background);
  EXPECT_EQ(counted.ignored, ignored);
  EXPECT_GT(positives, 0);
  EXPECT_GT(ignored, 0);
  EXPECT_DOUBLE_EQ(counted.prior(),
                   static_cast<double>(positives) / static_cast<double>(positives + background) / 5);
}

TEST_F(PriorCounting, IgnoredAnchorsStayOutAlsoWhereTheyTrainAsBackground) {
  const auto one = makeNamed("sampling_free");
  const auto other = makeNamed("sampling_free", {{"ignored_anchors", "background"}});
  const PriorCount a = count(*one);
  options_.cacheFolder.clear();
  const PriorCount b = count(*other);
  EXPECT_EQ(a.ignored, b.ignored);
  EXPECT_EQ(a.background, b.background);
}

TEST_F(PriorCounting, ImagesThatAreNotTrainedOnDoNotCount) {
  const auto method = makeNamed("sampling_free");
  const PriorCount all = count(*method);
  // Which of the images have an object as large as that, by hand.
  constexpr float kSide = 45;
  std::int64_t expected = 0;
  for (const ImageRecord& image : dataset_->images())
    expected += std::any_of(image.annotations.begin(), image.annotations.end(), [](const Annotation& object) {
      return object.boxInImage.width() >= kSide && object.boxInImage.height() >= kSide;
    });
  ASSERT_TRUE(expected > 0 && expected < all.images) << expected;
  ASSERT_TRUE(options_.loader.params.set("keep_empty", "false"));
  ASSERT_TRUE(options_.loader.params.set("min_object_side", "45"));
  const PriorCount some = count(*method);
  EXPECT_FALSE(some.fromCache);
  EXPECT_EQ(some.images, expected);
  EXPECT_EQ(some.positives + some.background + some.ignored, expected * anchors().count());
}

TEST_F(PriorCounting, ASecondTimeComesFromTheCache) {
  const auto method = makeNamed("sampling_free");
  const PriorCount first = count(*method), second = count(*method);
  EXPECT_FALSE(first.fromCache);
  EXPECT_TRUE(second.fromCache);
  EXPECT_EQ(first.positives, second.positives);
  EXPECT_EQ(first.background, second.background);
  EXPECT_EQ(first.ignored, second.ignored);
  EXPECT_EQ(first.images, second.images);
}

TEST_F(PriorCounting, WhateverChangesTheCountIsCountedAnew) {
  count(*makeNamed("sampling_free"));
  EXPECT_FALSE(count(*makeNamed("sampling_free", {{"pos_iou_thr", "0.6"}})).fromCache);
  EXPECT_FALSE(count(*makeNamed("sampling_free"), 128).fromCache);
  EXPECT_FALSE(count(*makeNamed("sampling_free", {{"assigner", "atss"}})).fromCache);
  // Losses do not matter.
  EXPECT_TRUE(count(*makeNamed("sampling_free", {{"generation", "2021c"}})).fromCache);
  EXPECT_TRUE(count(*makeNamed("max_iou")).fromCache);
  dataset_ = *openDataset("demo:7");
  EXPECT_FALSE(count(*makeNamed("sampling_free")).fromCache);
}

TEST_F(PriorCounting, ADamagedCacheIsCountedAnewAndReplaced) {
  const auto method = makeNamed("sampling_free");
  const PriorCount first = count(*method);
  ASSERT_EQ(cacheFiles().size(), 1U);
  const std::filesystem::path file = cacheFiles().front();
  const std::string whole = readFile(file);
  std::string wrong = whole;
  wrong.replace(wrong.find("\"positives\": "), 13, "\"positives\": 1");
  for (const std::string& damaged : {std::string(), whole.substr(0, whole.size() / 2), std::string("[1, 2]"),
                                     std::string("\0\xff", 2), wrong}) {
    std::ofstream(file, std::ios::binary) << damaged;
    const PriorCount again = count(*method);
    EXPECT_FALSE(again.fromCache) << damaged;
    EXPECT_EQ(again.positives, first.positives);
    EXPECT_EQ(readFile(file), whole);
  }
}

TEST_F(PriorCounting, ACacheThatCannotBeWrittenIsSaidAndNoFailure) {
  folder_.write("file", "");
  options_.cacheFolder = (folder_ / "file").string();
  const PriorCount counted = count(*makeNamed("sampling_free"));
  EXPECT_GT(counted.positives, 0);
  EXPECT_THAT(counted.summary(), HasSubstr("not kept"));
}

TEST_F(PriorCounting, TellsHowFarItIsAndCanBeStopped) {
  std::vector<double> fractions;
  options_.progress = [&](double fraction) {
    fractions.push_back(fraction);
    return true;
  };
  const auto method = makeNamed("sampling_free");
  count(*method);
  ASSERT_GE(fractions.size(), 3U);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_EQ(fractions.front(), 0);
  EXPECT_EQ(fractions.back(), 1);

  options_.progress = [](double fraction) { return fraction == 0; };
  options_.cacheFolder = (folder_ / "other").string();
  const auto stopped = countPrior(
      *dataset_, *method, [&](SizePx input) { return detector_->anchors(input); }, options_);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(options_.cacheFolder));
}

// ---- in a run --------------------------------------------------------------------------------------------

/// The smallest and the largest class bias of a detector.
std::pair<double, double> classBias(const Trainer& trainer) {
  for (const NamedTensor& entry : trainer.stateDict())
    if (entry.name.ends_with("cls_logits.bias"))
      return {entry.tensor.min().item<double>(), entry.tensor.max().item<double>()};
  ADD_FAILURE() << "no class bias";
  return {};
}

TEST(CountedPrior, IsWhereClassesStart) {
  const OwnCache cache;
  const auto trainer = prepareOrFail(smallConfig("sampling_free"));
  ASSERT_TRUE(trainer);
  const auto reports = train(*trainer, 1);
  const double prior = valueOf(reports[0].scalars, "train.prior");
  EXPECT_GT(prior, 0);
  EXPECT_LT(prior, 0.2);
  const auto fresh = prepareOrFail(smallConfig("sampling_free"));
  const auto [least, most] = classBias(*fresh);
  EXPECT_NEAR(least, -std::log((1 - prior) / prior), 1e-5);
  EXPECT_EQ(least, most);
  EXPECT_THAT(fresh->facts().priorReport, HasSubstr("counted before"));
}

TEST(CountedPrior, CanBeHadWithEveryAssignerThatLooksAtBoxesAlone) {
  const OwnCache cache;
  RunConfig config = smallConfig("max_iou");
  set(config, "method.bias_init", "counted");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  EXPECT_THAT(trainer->facts().priorReport, HasSubstr("counted prior"));

  RunConfig musu = smallConfig("musu");
  set(musu, "method.bias_init", "counted");
  const auto refused = Trainer::prepare(musu, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_THAT(refused.error().text(), HasSubstr("outputs"));
  const auto conflicts = conflictsOf(musu);
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].option, "method.bias_init");
}

TEST(CountedPrior, WithoutPositivesTheModelsPriorStaysAndThatIsSaid) {
  const OwnCache cache;
  const TemporaryFolder folder;
  RunConfig config = smallConfig("sampling_free");
  config.data = writeCocoSet(folder, {{{8, 8, 1, 1}}, {}});
  set(config, "method.low_quality", "false");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  EXPECT_THAT(trainer->facts().priorReport, HasSubstr("No prior can be counted"));
  const double prior = config.modelParams.getFloat("prior");
  EXPECT_NEAR(classBias(*trainer).first, -std::log((1 - prior) / prior), 1e-5);
  EXPECT_TRUE(train(*trainer, 1)[0].updated);  // the guard: no division by the number of positives
}

class SamplingFreeResume : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(SamplingFreeResume, IsBitIdenticalToTrainingStraightOn) {
  const auto [generation, optimizer] = GetParam();
  const OwnCache cache;
  RunConfig config = smallConfig("sampling_free");
  set(config, "train.optimizer", optimizer);
  set(config, "method.generation", generation);
  if (config.methodParams.applies("warmup_iters")) set(config, "method.warmup_iters", "5");
  const TemporaryFolder folder;
  const std::string checkpoint = (folder / "six.ckpt").string();
  std::vector<StepReport> straight, resumed;
  const auto one = prepareOrFail(config);
  straight = train(*one, 10);
  {
    const auto first = prepareOrFail(config);
    resumed = train(*first, 6);
    ASSERT_TRUE(first->saveCheckpoint(checkpoint, Overwrite::kNo).ok());
  }
  const auto second = prepareOrFail(config, checkpoint);
  ASSERT_TRUE(second);
  for (StepReport& report : train(*second, 4))
    resumed.push_back(std::move(report));
  ASSERT_EQ(straight.size(), resumed.size());
  for (std::size_t i = 0; i < straight.size(); ++i) {
    ASSERT_EQ(straight[i].scalars.size(), resumed[i].scalars.size()) << i;
    for (std::size_t k = 0; k < straight[i].scalars.size(); ++k) {
      EXPECT_EQ(straight[i].scalars[k].name, resumed[i].scalars[k].name);
      EXPECT_EQ(straight[i].scalars[k].value, resumed[i].scalars[k].value)
          << "step " << i + 1 << ' ' << straight[i].scalars[k].name;
    }
  }
  if (std::string(generation) == "2021a") {  // and something was learnt
    EXPECT_NE(valueOf(straight[9].scalars, "sampling_free.delta2"), 1);
    EXPECT_NE(valueOf(straight[9].scalars, "sampling_free.delta2"),
              valueOf(straight[5].scalars, "sampling_free.delta2"));
  }
  if (std::string(generation) == "2021c") {
    EXPECT_NE(valueOf(straight[9].scalars, "sampling_free.sigma2_loc"), 1);
    EXPECT_EQ(valueOf(straight[9].scalars, "sampling_free.warmup_left"), 0);
    EXPECT_EQ(valueOf(straight[9].scalars, "sampling_free.ratio"),
              valueOf(straight[5].scalars, "sampling_free.ratio"));
  }
}

INSTANTIATE_TEST_SUITE_P(, SamplingFreeResume,
                         ::testing::Combine(::testing::Values("2020", "2021a", "2021b", "2021c"),
                                            ::testing::Values("adamw", "sgd")),
                         [](const auto& parameter) {
                           return "Of" + std::string(std::get<0>(parameter.param)) + "_" +
                                  std::get<1>(parameter.param);
                         });

TEST(LogitGradients, AreMeasuredInTheBackwardPass) {
  // Cross entropy, one positive class output per positive: |p - y| over the divisor, summed.
  const OwnCache cache;
  for (const char* prior : {"0.5", "0.001"}) {
    RunConfig config = smallConfig("sampling_free");
    set(config, "method.combiner", "weighted_sum");
    set(config, "method.bias_init", "model");
    set(config, "model.prior", prior);
    const auto trainer = prepareOrFail(config);
    const StepReport report = train(*trainer, 1)[0];
    const double background = valueOf(report.scalars, "grad.cls_bg");
    const double expected = valueOf(report.scalars, "background") * 5 * std::stod(prior) /
                            valueOf(report.scalars, "loss.cls_normalizer");
    EXPECT_NEAR(background / expected, 1, 0.2) << prior;  // logits also hold what the head adds to its bias
    EXPECT_GT(valueOf(report.scalars, "grad.cls_fg"), 0);
  }
}

}  // namespace
}  // namespace anchorscope::testing
