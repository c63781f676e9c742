#pragma once
// The made-up two-stage detector with rules for both stages, a batch and probes of it.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/methods/method_set.h"
#include "core/methods/recipe.h"
#include "core/model/model_info.h"
#include "core/trainer/capture.h"
#include "tests/support/two_stage_detector.h"

namespace anchorscope::testing {

inline constexpr int kSide = 64, kClasses = 3;

inline Recipe twoStages() {
  Recipe recipe;
  recipe.info.name = "two_stages";
  StageRules rules;
  rules.assigners = {"max_iou"};
  rules.clsLosses = {"bce", "focal"};
  rules.boxLosses = {"smooth_l1", "giou"};
  rules.clsNormalizer = rules.locNormalizer = "positives";
  rules.lossSource = "a test";
  rules.stage = "rpn";
  recipe.stages = {rules, rules};
  recipe.stages[1].stage = "roi";
  recipe.overrides = {{"roi.lambda_reg", 2.0, "a test"}, {"rpn.neg_iou_thr", 0.3, "a test"}};
  return recipe;
}

struct TwoStages : ::testing::Test {
  explicit TwoStages(RegionHeads regionHeads = {}) {
    ParamSet params = *modelParams("retina-small");
    detector = std::make_unique<TwoStageDetector>(*makeDetector("retina-small", params, 1, 3), kClasses,
                                                  regionHeads);
    images = at::sin(at::arange(2 * 3 * kSide * kSide, at::kFloat)).view({2, 3, kSide, kSide});
    targets.boxes =
        at::tensor({4.F, 4.F, 30.F, 28.F, 20.F, 20.F, 60.F, 60.F, 8.F, 8.F, 40.F, 40.F, 0.F, 0.F, 0.F, 0.F})
            .view({2, 2, 4});
    targets.labels = at::tensor({2, 0, 1, -1}, at::kLong).view({2, 2});
    targets.valid = targets.labels >= 0;
    targets.ignoreBoxes = at::zeros({2, 0, 4});
    for (const StageInfo& stage : detector->stages())
      heads.push_back(stage.heads);
  }
  std::unique_ptr<MethodSet> method(const std::vector<std::pair<std::string, std::string>>& options = {}) {
    ParamSet params(recipeParams(twoStages()));
    for (const auto& [name, value] : options)
      EXPECT_TRUE(params.set(name, value).ok());
    auto stages = makeStages(twoStages(), params);
    EXPECT_TRUE(stages.ok()) << stages.error().text();
    return std::make_unique<MethodSet>(*std::move(stages), heads);
  }
  ProbeBatch probes() {
    ProbeBatch out;
    out.pixels = images;
    out.targets = targets;
    for (const auto& [name, objects] : {std::pair{"a", 2}, {"b", 1}}) {
      auto image = std::make_shared<ProbeImage>();
      image->name = name;
      image->inputSize = {kSide, kSide};
      auto pixels = std::make_shared<ImagePixels>();
      pixels->size = {kSide, kSide};
      pixels->rgb.assign(std::size_t{3} * kSide * kSide, 128);
      image->pixels = pixels;
      const auto row = static_cast<std::int64_t>(out.images.size());
      for (int g = 0; g < objects; ++g) {
        const float* box = targets.boxes[row][g].const_data_ptr<float>();
        image->objects.push_back(
            {{box[0], box[1], box[2], box[3]}, targets.labels[row][g].item<int>(), false});
      }
      out.images.push_back(std::move(image));
    }
    return out;
  }

  std::unique_ptr<TwoStageDetector> detector;
  at::Tensor images;
  DenseTargets targets;
  std::vector<HeadTraits> heads;
};

inline double valueOf(const LossTerms& terms, const std::string& name) {
  for (const NamedScalar& scalar : terms.scalars)
    if (scalar.name == name) return scalar.value.item<double>();
  ADD_FAILURE() << "no scalar " << name;
  return 0;
}

}  // namespace anchorscope::testing
