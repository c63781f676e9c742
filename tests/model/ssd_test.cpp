#include "core/model/ssd.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "core/model/weights.h"
#include "core/ops/scores.h"
#include "tests/model/detector_testing.h"

namespace anchorscope {
namespace {

using testing::detectorOf;
using testing::imagesOf;

HeadOutputs run(Detector& detector, const at::Tensor& images) {
  return detector.forward(images, nullptr, {}).front().heads;
}

TEST(Ssd, TakesImagesOfAnySize) {
  const at::NoGradGuard noGrad;
  const auto detector = detectorOf("ssd-small");
  for (const SizePx size : {SizePx{300, 300}, SizePx{64, 48}, SizePx{37, 130}, SizePx{3, 3}}) {
    const HeadOutputs outputs = run(*detector, imagesOf(2, size));
    const std::int64_t count = detector->anchors(size).count();
    EXPECT_EQ(outputs.logits.sizes(), (std::vector<std::int64_t>{2, count, 4}));
    EXPECT_EQ(outputs.boxes.sizes(), (std::vector<std::int64_t>{2, count, 4}));
    EXPECT_TRUE(outputs.logits.isfinite().all().item<bool>());
  }
}

TEST(Ssd, EachPixelOfTheFinestMapHasTheLearntLength) {
  const at::NoGradGuard noGrad;
  const auto detector = detectorOf("ssd-small");
  const auto maps = dynamic_cast<Ssd&>(*detector).features(imagesOf(1, {96, 64}));
  const at::Tensor lengths = maps[0].norm(2, {1});
  const at::Tensor there = lengths > 0;  // a pixel of zeros stays one
  EXPECT_GT(there.sum().item<std::int64_t>(), 50);
  EXPECT_TRUE(at::allclose(lengths.masked_select(there), at::full({1}, 20.0F), 1e-4));
}

TEST(Ssd, EveryClassStartsWithThePrior) {
  const at::NoGradGuard noGrad;
  for (const auto& [prior, classes, wanted] :
       {std::tuple{0.02, 5, 0.02}, {0.3, 2, 0.25}, {0.01, 200, 0.0025}}) {
    const auto detector = detectorOf("ssd-small", {}, classes);
    for (const NamedTensor& named : detector->parameters())
      if (named.name.find("head.classification") == 0 && named.name.find(".weight") != std::string::npos)
        named.tensor.zero_();
    detector->setPrior(prior);
    const at::Tensor scores = scoresOf(run(*detector, imagesOf(1, {64, 64})));
    EXPECT_TRUE(at::allclose(scores, at::full_like(scores, wanted), 1e-4)) << classes << " classes";
  }
}

TEST(Ssd, BothLayoutsGiveTheSame) {
  const at::NoGradGuard noGrad;
  const auto detector = detectorOf("ssd-small");
  const at::Tensor images = imagesOf(1, {80, 96});
  const HeadOutputs contiguous = run(*detector, images);
  detector->moveTo(at::kCPU, /*channelsLast=*/true);
  const HeadOutputs last = run(*detector, images);
  EXPECT_TRUE(at::allclose(contiguous.logits, last.logits, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(contiguous.boxes, last.boxes, 1e-3, 1e-2));
}

TEST(Ssd, FrozenStagesAreTheFirstOfVgg) {
  const auto frozenOf = [](const char* trainable) {
    std::vector<std::string> names;
    for (const NamedTensor& named :
         detectorOf("ssd300-vgg16", {{"trainable_layers", trainable}})->parameters())
      if (!named.tensor.requires_grad()) names.push_back(named.name);
    return names;
  };
  EXPECT_TRUE(frozenOf("5").empty());
  EXPECT_EQ(frozenOf("4"),
            (std::vector<std::string>{"backbone.features.0.weight", "backbone.features.0.bias",
                                      "backbone.features.2.weight", "backbone.features.2.bias"}));
  const std::vector<std::string> all = frozenOf("0");
  EXPECT_EQ(all.size(), 26U) << "thirteen convolutions";
  EXPECT_EQ(all.back(), "backbone.extra.0.5.bias");
}

TEST(Ssd, ABoxMovesWhereItsOffsetsSay) {
  const at::NoGradGuard noGrad;
  const auto detector = detectorOf("ssd-small");
  for (const NamedTensor& named : detector->parameters()) {
    if (named.name.find("head.regression") != 0) continue;
    named.tensor.zero_();
    if (named.tensor.dim() == 1) named.tensor.view({-1, 4}).select(1, 0).fill_(1);  // dx
  }
  const HeadOutputs outputs = run(*detector, imagesOf(1, {64, 64}));
  const at::Tensor anchors = detector->anchors({64, 64}).boxes;
  const at::Tensor width = anchors.select(1, 2) - anchors.select(1, 0);
  EXPECT_TRUE(at::allclose(outputs.boxes[0].select(1, 0), anchors.select(1, 0) + width / 10, 1e-4, 1e-3));
  EXPECT_TRUE(at::allclose(outputs.boxes[0].select(1, 1), anchors.select(1, 1), 1e-4, 1e-3));
}

TEST(Ssd, TakesTheWeightsOfVggAlone) {
  const auto detector = detectorOf("ssd300-vgg16");
  std::vector<NamedTensor> vgg = {{"classifier.0.weight", at::ones({4, 4})}};
  for (const auto& [name, in] : {std::pair{"features.0", 3}, {"features.24", 512}, {"features.28", 512}}) {
    const std::int64_t out = in == 3 ? 64 : 512;
    vgg.push_back({std::string(name) + ".weight", at::full({out, in, 3, 3}, in)});
    vgg.push_back({std::string(name) + ".bias", at::full({out}, in)});
  }
  const Result<WeightsReport> report = loadWeights(*detector, vgg, "vgg16");
  ASSERT_TRUE(report.ok()) << report.error().text();
  EXPECT_EQ(report->loaded,
            (std::vector<std::string>{"backbone.features.0.weight", "backbone.features.0.bias",
                                      "backbone.extra.0.1.weight", "backbone.extra.0.1.bias",
                                      "backbone.extra.0.5.weight", "backbone.extra.0.5.bias"}));
  EXPECT_EQ(report->unexpected, (std::vector<std::string>{"classifier.0.weight"}));
}

TEST(Ssd, ScalesAreSevenNumbers) {
  auto params = *modelParams("ssd-small");
  for (const char* text : {"", "0.1,0.2", "0.1,0.2,0.3,0.4,0.5,0.6,much", "0,0.2,0.3,0.4,0.5,0.6,0.7"}) {
    ASSERT_TRUE(params.set("scales", text).ok());
    const auto detector = makeDetector("ssd-small", params, 2, 1);
    ASSERT_FALSE(detector.ok()) << text;
    EXPECT_EQ(detector.error().code, ErrorCode::kUsage);
    EXPECT_FALSE(modelTraits("ssd-small", params).ok());
  }
}

}  // namespace
}  // namespace anchorscope
