// Scores that begin far from how often a class is learnt.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr const char *kScore = "cls_score", *kPositives = "positives.cls", *kBackground = "background";
constexpr std::size_t kFirstSteps = 50, kFewestSteps = 5;
constexpr double kFar = 10;

class FarPrior : public Observer {
 public:
  void see(const StageEvidence& stage) override {
    if (stage.step != 0) return;
    std::vector<float> scores;
    for (const float score : stage.channel(kScore)->values)
      if (std::isfinite(score)) scores.push_back(score);
    if (scores.empty()) return;
    std::sort(scores.begin(), scores.end());
    medians_.push_back(scores[scores.size() / 2]);
  }

  std::vector<Finding> tell(const Facts& facts) const override {
    if (medians_.empty() || facts.classNames.empty()) return {};
    const ScalarSeries &fg = facts.scalars.at(kPositives), &bg = facts.scalars.at(kBackground);
    const std::size_t steps = std::min({fg.values.size(), bg.values.size(), kFirstSteps});
    double positives = 0, background = 0;
    for (std::size_t i = 0; i < steps; ++i)
      positives += fg.values[i], background += bg.values[i];
    if (steps < kFewestSteps || !(positives > 0) || !(background > 0) ||
        !std::isfinite(positives + background))
      return {};
    const double counted =
        positives / (positives + background) / static_cast<double>(facts.classNames.size());
    std::vector<double> medians = medians_;
    std::sort(medians.begin(), medians.end());
    const double start = medians[medians.size() / 2];
    if (!(start >= kFar * counted || start * kFar <= counted)) return {};
    Finding finding;
    finding.title = concat("Scores begin at ", start, ", and a class is learnt at a share of ", counted,
                           " of the candidates");
    finding.numbers = {{"median score before training", start},
                       {"counted prior of the first steps", counted}};
    finding.advice = concat(
        "With a cross entropy, the first steps go into closing that gap: set model.prior=", counted,
        " or, where boxes alone decide, method.bias_init=counted. A focal loss is made for a larger one");
    return {finding};
  }

 private:
  std::vector<double> medians_;  ///< Of each frame before training.
};

}  // namespace

Rule farPriorRule() {
  return {"far_prior",
          "A prior far from the counted one",
          "Speaks when the median score before training (step 0) is 10 times or a tenth of positives / "
          "(positives + "
          "background) / classes over the first 50 steps, at least 5. It costs no object in particular.",
          {{NeedKind::kChannel, kScore}, {NeedKind::kScalar, kPositives}, {NeedKind::kScalar, kBackground}},
          [] { return std::make_unique<FarPrior>(); },
          Severity::kHint};
}

}  // namespace anchorscope
