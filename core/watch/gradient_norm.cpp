// A gradient above a bound.
#include <algorithm>

#include "core/base/check.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {
namespace {

constexpr const char* kScalar = "train.grad_norm";

class GradientNorm final : public Watchpoint {
 public:
  explicit GradientNorm(double bound) : bound_(bound) {}

  std::optional<WatchHit> seeStep(const std::vector<ScalarValue>& scalars) override {
    const auto found = std::find_if(scalars.begin(), scalars.end(),
                                    [](const ScalarValue& scalar) { return scalar.name == kScalar; });
    if (found == scalars.end() || !edge_.rises(found->value > bound_)) return {};
    return WatchHit{concat("the gradient's norm is ", found->value, ", above ", bound_), {}};
  }

 private:
  double bound_;
  Edge edge_;
};

}  // namespace

WatchKind gradientNormKind() {
  return {"gradient_norm",
          "Large gradient",
          "Speaks when the L2 norm of the whole gradient, before clipping, rises above `above`.",
          {floatParam("above", 100, 0, 1e30, "1", "The bound.", "ours")},
          "",
          [](const ParamSet& params) -> std::unique_ptr<Watchpoint> {
            return std::make_unique<GradientNorm>(params.getFloat("above"));
          }};
}

}  // namespace anchorscope
