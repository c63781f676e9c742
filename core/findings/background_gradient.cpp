// Gradients of the background that drown those of objects.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr const char *kForeground = "grad.cls_fg", *kBackground = "grad.cls_bg";
constexpr std::size_t kFewestSteps = 20;
constexpr double kMost = 10;

class BackgroundGradient : public Observer {
 public:
  std::vector<Finding> tell(const Facts& facts) const override {
    const ScalarSeries &fg = facts.scalars.at(kForeground), &bg = facts.scalars.at(kBackground);
    std::map<std::int64_t, double> background;
    for (std::size_t i = 0; i < std::min(bg.steps.size(), bg.values.size()); ++i)
      background[bg.steps[i]] = bg.values[i];
    std::vector<double> ratios;  // 0 for a gradient means that no backward pass was made
    for (std::size_t i = 0; i < std::min(fg.steps.size(), fg.values.size()); ++i)
      if (const auto found = background.find(fg.steps[i]); found != background.end() && fg.values[i] > 0 &&
                                                           std::isfinite(fg.values[i]) &&
                                                           std::isfinite(found->second))
        ratios.push_back(found->second / fg.values[i]);
    if (ratios.size() < kFewestSteps) return {};
    std::vector<double> late(ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2), ratios.end());
    std::sort(late.begin(), late.end());
    const double median = late[late.size() / 2];
    if (!(median >= kMost)) return {};
    Finding finding;
    finding.title =
        concat("The background's gradient to the class scores is ", median, " times that of objects");
    finding.numbers = {{"median ratio in the second half of the run", median},
                       {"at the first step", ratios.front()}};
    finding.advice =
        "Scores are pushed down more than they are pulled up: start from the counted prior "
        "(method.bias_init=counted), take "
        "a loss that spares what is easy (method.cls_loss), or raise what the positives weigh";
    finding.objects = facts.objects;
    finding.images = facts.images;
    return {finding};
  }
};

}  // namespace

Rule backgroundGradientRule() {
  return {"background_gradient",
          "Gradients of background against foreground",
          "Speaks when, of at least 20 steps, the median ratio of the two gradients in the second half is 10 "
          "or more. It "
          "costs every trained object of the frames looked at.",
          {{NeedKind::kScalar, kForeground}, {NeedKind::kScalar, kBackground}},
          [] { return std::make_unique<BackgroundGradient>(); }};
}

}  // namespace anchorscope
