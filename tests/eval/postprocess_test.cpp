#include "core/eval/postprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/base/random.h"

namespace anchorscope {
namespace {

/// Two levels of 6x8 and 3x4 cells with 2 anchors each: 120 anchors.
const std::vector<LevelLayout> kLevels{{8, 6, 8, 2, 0}, {16, 3, 4, 2, 96}};
constexpr std::int64_t kAnchors = 120;
constexpr SizePx kSize{64, 48};

HeadOutputs randomOutputs(std::int64_t images, std::int64_t classes, std::uint64_t seed) {
  Random random = Random::of(seed, RandomPurpose::kTest);
  HeadOutputs out;
  out.logits = at::empty({images, kAnchors, classes}, at::kFloat);
  out.boxes = at::empty({images, kAnchors, 4}, at::kFloat);
  for (std::int64_t i = 0; i < out.logits.numel(); ++i)
    out.logits.data_ptr<float>()[i] = static_cast<float>(random.normal() * 2 - 2);
  for (std::int64_t i = 0; i < images * kAnchors; ++i) {
    const double x = random.uniform(-10, 60), y = random.uniform(-10, 44);
    float* box = out.boxes.data_ptr<float>() + 4 * i;
    box[0] = static_cast<float>(x);
    box[1] = static_cast<float>(y);
    box[2] = static_cast<float>(x + random.uniform(4, 30));
    box[3] = static_cast<float>(y + random.uniform(4, 30));
  }
  return out;
}

/// The same with boxes of their own for every class.
HeadOutputs withClassBoxes(HeadOutputs outputs, std::int64_t classes, std::uint64_t seed) {
  std::vector<at::Tensor> boxes;
  for (std::int64_t c = 0; c < classes; ++c)
    boxes.push_back(
        randomOutputs(outputs.logits.size(0), 1, seed + static_cast<std::uint64_t>(c) * 100).boxes);
  outputs.boxes = at::stack(boxes, 2);
  return outputs;
}

double scoreOf(float logit) {
  return 1 / (1 + std::exp(-double{logit}));
}

/// Object by object and in double, straight from the description of the reference.
std::vector<PredictionRecord> byHand(const HeadOutputs& outputs, std::int64_t image,
                                     const PostprocessOptions& options) {
  const bool softmax = outputs.activation == ScoreActivation::kSoftmaxWithBackground;
  const auto logits = outputs.logits.accessor<float, 3>();
  const std::int64_t classes = logits.size(2) - (softmax ? 1 : 0);
  const auto score = [&](std::int64_t a, std::int64_t c) {
    if (!softmax) return scoreOf(logits[image][a][c]);
    double sum = 0;
    for (std::int64_t other = 0; other <= classes; ++other)
      sum += std::exp(double{logits[image][a][other]});
    return std::exp(double{logits[image][a][c]}) / sum;
  };
  const auto boxOf = [&](std::int64_t a, std::int64_t c) {
    const at::Tensor row = outputs.boxes.dim() == 4 ? outputs.boxes[image][a][c] : outputs.boxes[image][a];
    const float* edge = row.const_data_ptr<float>();
    return Box{edge[0], edge[1], edge[2], edge[3]};
  };
  std::vector<PredictionRecord> pool;
  for (const LevelLayout& level : kLevels) {
    std::vector<PredictionRecord> ofLevel;
    for (std::int64_t a = level.firstAnchor; a < level.firstAnchor + level.anchorCount(); ++a)
      for (std::int64_t c = 0; c < classes; ++c) {
        if (!(score(a, c) > options.scoreThreshold)) continue;
        const Box box = boxOf(a, c);
        const auto clip = [](float value, int most) {
          return std::min(std::max(value, 0.0f), static_cast<float>(most));
        };
        ofLevel.push_back({{clip(box.x1, kSize.width), clip(box.y1, kSize.height), clip(box.x2, kSize.width),
                            clip(box.y2, kSize.height)},
                           static_cast<int>(c),
                           static_cast<float>(score(a, c)),
                           a});
      }
    const auto byScore = [](const PredictionRecord& x, const PredictionRecord& y) {
      return x.score > y.score;
    };
    std::stable_sort(ofLevel.begin(), ofLevel.end(), byScore);
    if (ofLevel.size() > static_cast<std::size_t>(options.topKPerLevel))
      ofLevel.resize(static_cast<std::size_t>(options.topKPerLevel));
    pool.insert(pool.end(), ofLevel.begin(), ofLevel.end());
    std::stable_sort(pool.begin(), pool.end(), byScore);
  }
  std::vector<PredictionRecord> kept;
  for (const PredictionRecord& candidate : pool) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const PredictionRecord& better) {
      return better.classIndex == candidate.classIndex &&
             double{iou(better.boxInImage, candidate.boxInImage)} > options.nmsIou;
    });
    if (!covered && kept.size() < static_cast<std::size_t>(options.maxDetections)) kept.push_back(candidate);
  }
  return kept;
}

void expectSame(const std::vector<PredictionRecord>& got, const std::vector<PredictionRecord>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].candidate, expected[i].candidate) << i;
    EXPECT_EQ(got[i].classIndex, expected[i].classIndex) << i;
    EXPECT_NEAR(got[i].score, expected[i].score, 1e-6) << i;
    EXPECT_EQ(got[i].boxInImage, expected[i].boxInImage) << i;
  }
}

TEST(Postprocess, AgreesWithTheSameStepsDoneByHand) {
  for (const std::int64_t classes : {1, 3, 20})
    for (const PostprocessOptions& options :
         {PostprocessOptions{}, PostprocessOptions{0.05, 10, 0.5, 300}, PostprocessOptions{0.2, 1000, 0.3, 5},
          PostprocessOptions{0.0, 1000, 0.7, 7}, PostprocessOptions{0.999, 1000, 0.5, 300}}) {
      const HeadOutputs outputs = randomOutputs(3, classes, static_cast<std::uint64_t>(classes));
      const auto got = postprocess(outputs, kLevels, {3, {{}, kSize}}, options);
      ASSERT_EQ(got.size(), 3u);
      for (std::int64_t b = 0; b < 3; ++b) {
        SCOPED_TRACE(concat(classes, " classes, image ", b, ", threshold ", options.scoreThreshold));
        expectSame(got[static_cast<std::size_t>(b)], byHand(outputs, b, options));
      }
    }
}

TEST(Postprocess, WithABoxPerClassEachClassHasItsOwnAndSuppressesByIt) {
  for (const std::int64_t classes : {1, 3, 8})
    for (const ScoreActivation activation :
         {ScoreActivation::kSigmoid, ScoreActivation::kSoftmaxWithBackground})
      for (const PostprocessOptions& options : {PostprocessOptions{}, PostprocessOptions{0.02, 10, 0.3, 300},
                                                PostprocessOptions{0.0, 50, 0.7, 7}}) {
        const bool softmax = activation == ScoreActivation::kSoftmaxWithBackground;
        HeadOutputs outputs = withClassBoxes(randomOutputs(3, classes + (softmax ? 1 : 0), 3), classes, 3);
        outputs.activation = activation;
        const auto got = postprocess(outputs, kLevels, {3, {{}, kSize}}, options);
        for (std::int64_t b = 0; b < 3; ++b) {
          SCOPED_TRACE(concat(classes, " classes, softmax ", softmax, ", image ", b, ", at most ",
                              options.maxDetections));
          EXPECT_FALSE(got[static_cast<std::size_t>(b)].empty());
          expectSame(got[static_cast<std::size_t>(b)], byHand(outputs, b, options));
        }
      }
}

TEST(Postprocess, BoxesPerClassThatAreAllTheSameAreOneBox) {
  HeadOutputs one = randomOutputs(2, 5, 3), each = one;
  each.boxes = one.boxes.unsqueeze(2).expand({-1, -1, 5, -1});
  const auto wanted = postprocess(one, kLevels, {2, {{}, kSize}}),
             got = postprocess(each, kLevels, {2, {{}, kSize}});
  for (std::size_t b = 0; b < 2; ++b)
    expectSame(got[b], wanted[b]);
  each.boxes = one.boxes.unsqueeze(2).expand({-1, -1, 4, -1});
  EXPECT_THROW(postprocess(each, kLevels, {2, {{}, kSize}}), CheckFailure)
      << "boxes of 4 classes for scores of 5";
}

TEST(Postprocess, BoxesComeBackInTheOriginalImageAndNeverReachIntoThePadding) {
  HeadOutputs outputs = randomOutputs(1, 1, 1);
  outputs.logits.fill_(-20);
  outputs.logits[0][5][0] = 3;
  outputs.boxes[0][5] = at::tensor({0.0f, 10.0f, 64.0f, 30.0f});
  // A mirrored 200x50 image at a quarter of its size, with 7 px of padding left and 16 px above.
  const AxisTransform inputFromImage{-0.25, 0.25, 57, 16};
  const auto got = postprocess(outputs, kLevels, {{inputFromImage, {200, 50}}});
  ASSERT_EQ(got[0].size(), 1u);
  EXPECT_EQ(got[0][0].boxInImage, (Box{0, 0, 200, 50}));
  EXPECT_EQ(got[0][0].candidate, 5);
  EXPECT_NEAR(got[0][0].score, scoreOf(3), 1e-6);
}

TEST(Postprocess, CenternessWeighsTheScore) {
  HeadOutputs outputs = randomOutputs(1, 2, 1);
  outputs.logits.fill_(-20);
  outputs.further[kCenternessOutput] = at::full({1, kAnchors}, -20.0f);
  outputs.rankedBy = kCenternessOutput;
  outputs.logits[0][5][1] = 2;
  outputs.logits[0][7][0] = 1;
  outputs.output(kCenternessOutput)[0][5] = -1;
  outputs.output(kCenternessOutput)[0][7] = 1;
  const auto got = postprocess(outputs, kLevels, {{{}, kSize}})[0];
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].candidate, 7);
  EXPECT_NEAR(got[0].score, std::sqrt(scoreOf(1) * scoreOf(1)), 1e-6);
  EXPECT_NEAR(got[1].score, std::sqrt(scoreOf(2) * scoreOf(-1)), 1e-6);

  PostprocessOptions options;
  options.centernessScore = CenternessScore::kProduct;
  const auto product = postprocess(outputs, kLevels, {{{}, kSize}}, options)[0];
  ASSERT_EQ(product.size(), 2u);
  EXPECT_EQ(product[0].candidate, 7);
  EXPECT_NEAR(product[1].score, scoreOf(2) * scoreOf(-1), 1e-6);

  options.centernessScore = CenternessScore::kNone;
  const auto none = postprocess(outputs, kLevels, {{{}, kSize}}, options)[0];
  ASSERT_EQ(none.size(), 2u);
  EXPECT_EQ(none[0].candidate, 5);
  EXPECT_NEAR(none[0].score, scoreOf(2), 1e-6);
}

TEST(Postprocess, OfASoftmaxTheBackgroundIsNoClass) {
  HeadOutputs outputs = randomOutputs(1, 3, 1);
  outputs.activation = ScoreActivation::kSoftmaxWithBackground;
  outputs.logits.fill_(-20);
  outputs.logits.select(2, 2).fill_(0);  // the background
  outputs.logits[0][5][1] = 1;
  const auto got = postprocess(outputs, kLevels, {{{}, kSize}})[0];
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].candidate, 5);
  EXPECT_EQ(got[0].classIndex, 1);
  EXPECT_NEAR(got[0].score, std::exp(1.0) / (std::exp(1.0) + 1), 1e-6);
}

TEST(Postprocess, NothingAboveTheThresholdIsNoDetection) {
  HeadOutputs outputs = randomOutputs(2, 3, 1);
  outputs.logits.fill_(-20);
  outputs.logits[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const auto got = postprocess(outputs, kLevels, {2, {{}, kSize}});
  EXPECT_TRUE(got[0].empty());
  EXPECT_TRUE(got[1].empty());
  const PostprocessOptions everything{0, 1000, 0.5, 300};
  EXPECT_FALSE(postprocess(outputs, kLevels, {2, {{}, kSize}}, everything)[0].empty());
  EXPECT_TRUE(postprocess(outputs, kLevels, {2, {{}, kSize}}, everything)[1].empty());
}

TEST(Postprocess, OfEqualScoresTheEarlierAnchorComesFirst) {
  HeadOutputs outputs = randomOutputs(1, 1, 1);
  outputs.logits.fill_(0);
  outputs.boxes.copy_(at::tensor({1.0f, 1.0f, 9.0f, 9.0f}).expand_as(outputs.boxes));
  const auto got = postprocess(outputs, kLevels, {{{}, kSize}})[0];
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].candidate, 0);
}

TEST(Postprocess, OptionsAreNamedWithTheReferencesDefaults) {
  const PostprocessOptions options = postprocessOptions(ParamSet(postprocessParams()));
  EXPECT_EQ(options.scoreThreshold, 0.05);
  EXPECT_EQ(options.topKPerLevel, 1000);
  EXPECT_EQ(options.nmsIou, 0.5);
  EXPECT_EQ(options.maxDetections, 300);
  EXPECT_EQ(options.centernessScore, CenternessScore::kSqrt);
  EXPECT_EQ(options.smallestSide, 0);
  EXPECT_EQ(options.topKPerClass, 0);
  ParamSet product(postprocessParams());
  ASSERT_TRUE(product.set("score_with_centerness", "product").ok());
  EXPECT_EQ(postprocessOptions(product).centernessScore, CenternessScore::kProduct);
  EXPECT_FALSE(product.set("score_with_centerness", "sum").ok());
}

/// One level of so many anchors whose logits fall from class to class and anchor to anchor.
HeadOutputs falling(const std::vector<Box>& boxes, std::int64_t classes) {
  const auto count = static_cast<std::int64_t>(boxes.size());
  HeadOutputs out;
  out.logits = 3 - at::arange(count * classes, at::kFloat).view({1, count, classes}) * 0.1;
  out.boxes = at::empty({1, count, 4}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    const Box& box = boxes[static_cast<std::size_t>(i)];
    out.boxes[0][i].copy_(at::tensor({box.x1, box.y1, box.x2, box.y2}));
  }
  return out;
}

std::vector<std::int64_t> candidatesOf(const HeadOutputs& outputs, const PostprocessOptions& options) {
  std::vector<std::int64_t> candidates;
  const auto images = postprocess(outputs, {}, {{{}, kSize}}, options);
  for (const PredictionRecord& record : images.front())
    candidates.push_back(record.candidate);
  return candidates;
}

TEST(Postprocess, WhatIsTooSmallInTheImageIsDroppedAndSuppressesNothing) {
  // The first hides all but 3 px of itself behind the edge, where the second lies.
  const HeadOutputs outputs = falling({{-20, 0, 3, 10}, {0, 0, 4, 10}, {20, 20, 30, 21}, {40, 0, 50, 10}}, 1);
  PostprocessOptions options;
  EXPECT_EQ(candidatesOf(outputs, options), (std::vector<std::int64_t>{0, 2, 3}));
  options.smallestSide = 3.5;
  EXPECT_EQ(candidatesOf(outputs, options), (std::vector<std::int64_t>{1, 3}));
}

TEST(Postprocess, OfEachClassTheBestEnterSuppression) {
  const HeadOutputs outputs = falling({{0, 0, 9, 9}, {10, 0, 19, 9}, {20, 0, 29, 9}}, 2);
  PostprocessOptions options;
  options.topKPerClass = 2;
  EXPECT_EQ(candidatesOf(outputs, options), (std::vector<std::int64_t>{0, 0, 1, 1}));
  options.topKPerClass = 1;
  EXPECT_EQ(candidatesOf(outputs, options), (std::vector<std::int64_t>{0, 0}));
  options.topKPerClass = 0;
  EXPECT_EQ(candidatesOf(outputs, options).size(), 6U);
}

TEST(Postprocess, RefusesShapesThatDoNotFit) {
  const HeadOutputs outputs = randomOutputs(2, 3, 1);
  EXPECT_THROW(postprocess(outputs, kLevels, {{{}, kSize}}), CheckFailure);
  EXPECT_THROW(postprocess(outputs, {kLevels[0]}, {2, {{}, kSize}}), CheckFailure);
}

}  // namespace
}  // namespace anchorscope
