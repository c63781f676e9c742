// A loss far above what it was.
#include <algorithm>
#include <cmath>
#include <deque>

#include "core/base/check.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {
namespace {

/// Of fewer steps a median says little.
constexpr std::size_t kFewest = 5;

class LossSpike final : public Watchpoint {
 public:
  explicit LossSpike(const ParamSet& params)
      : scalar_(params.getText("scalar")),
        factor_(params.getFloat("factor")),
        window_(static_cast<std::size_t>(params.getInt("window"))) {}

  Status check(const std::vector<std::string>& declared) const override {
    if (std::find(declared.begin(), declared.end(), scalar_) != declared.end()) return {};
    return makeError(ErrorCode::kUsage, concat("There is no scalar '", scalar_, "'"),
                     concat("Did you mean ", join(nearestNames(scalar_, declared), " or "), "?"));
  }

  std::optional<WatchHit> seeStep(const std::vector<ScalarValue>& scalars) override {
    const auto found = std::find_if(scalars.begin(), scalars.end(),
                                    [&](const ScalarValue& scalar) { return scalar.name == scalar_; });
    if (found == scalars.end() || !std::isfinite(found->value)) return {};
    std::optional<WatchHit> hit;
    if (before_.size() >= std::min(kFewest, window_)) {
      const double median = medianBefore();
      if (edge_.rises(median > 0 && found->value > factor_ * median))
        hit = WatchHit{concat(scalar_, " is ", found->value, ", ", found->value / median,
                              " times its median over ", before_.size(), " steps, ", median),
                       {}};
    }
    before_.push_back(found->value);
    if (before_.size() > window_) before_.pop_front();
    return hit;
  }

 private:
  double medianBefore() const {
    std::vector<double> values(before_.begin(), before_.end());
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }

  std::string scalar_;
  double factor_;
  std::size_t window_;
  std::deque<double> before_;
  Edge edge_;
};

}  // namespace

WatchKind lossSpikeKind() {
  return {
      "loss_spike",
      "Loss spike",
      "Speaks when a loss is more than `factor` times its median over the `window` steps before, once there "
      "are five of them.",
      {floatParam("factor", 4, 1, 1e9, "1", "How many times the median.", "ours"),
       intParam("window", 50, 1, 100'000, "steps", "Steps whose median is taken.", "ours"),
       textParam("scalar", "loss.total", "Which scalar.", "ours")},
      "",
      [](const ParamSet& params) -> std::unique_ptr<Watchpoint> {
        return std::make_unique<LossSpike>(params);
      }};
}

}  // namespace anchorscope
