// A loss that grows again, or is no number.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr const char *kLoss = "loss.total", *kRate = "train.lr";
constexpr std::size_t kBlocks = 10, kFewestValues = 50;
constexpr double kGrowth = 2;

double medianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class DivergingLoss : public Observer {
 public:
  std::vector<Finding> tell(const Facts& facts) const override {
    const ScalarSeries& loss = facts.scalars.at(kLoss);
    const auto broken = std::find_if(loss.values.begin(), loss.values.end(),
                                     [](double value) { return !std::isfinite(value); });
    Finding finding;
    if (broken != loss.values.end()) {
      const auto at = static_cast<std::size_t>(broken - loss.values.begin());
      finding.title = at < loss.steps.size() ? concat("The total loss is no number at step ", loss.steps[at])
                                             : std::string("The total loss is no number");
    } else {
      if (loss.values.size() < kFewestValues) return {};
      double least = INFINITY, last = 0;
      for (std::size_t block = 0; block < kBlocks; ++block) {
        const auto at = [&](std::size_t i) {
          return loss.values.begin() + static_cast<std::ptrdiff_t>(i * loss.values.size() / kBlocks);
        };
        last = medianOf({at(block), at(block + 1)});
        least = std::min(least, last);
      }
      if (!(last > kGrowth * least)) return {};
      finding.title = concat("The total loss grows: its median is ", last,
                             " in the last tenth of the run, after ", least);
      finding.numbers = {{"median of the last tenth", last}, {"least median of a tenth", least}};
    }
    const double rate = facts.scalars.at(kRate).values.back();
    finding.numbers.push_back({"learning rate at the end", rate});
    finding.advice = concat("Go on from a checkpoint before it with a lower train.lr, such as ", rate / 3,
                            ", a longer train.warmup_steps, or a bound on the gradient (train.clip_grad)");
    finding.objects = facts.objects;
    finding.images = facts.images;
    return {finding};
  }
};

}  // namespace

Rule divergingLossRule() {
  return {"diverging_loss",
          "A loss that diverges",
          "Speaks when the total loss is not finite at a step, or when, of at least 50, the median of the "
          "run's last tenth "
          "is more than twice the least of any tenth. It costs every trained object of the frames looked at.",
          {{NeedKind::kScalar, kLoss}, {NeedKind::kScalar, kRate}},
          [] { return std::make_unique<DivergingLoss>(); },
          Severity::kProblem};
}

}  // namespace anchorscope
