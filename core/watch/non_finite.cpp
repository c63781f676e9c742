// A scalar that is no number any more.
#include <cmath>
#include <set>

#include "core/base/check.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {
namespace {

class NonFinite final : public Watchpoint {
 public:
  std::optional<WatchHit> seeStep(const std::vector<ScalarValue>& scalars) override {
    std::vector<std::string> names;
    for (const ScalarValue& scalar : scalars)
      if (std::isfinite(scalar.value)) {
        notFinite_.erase(scalar.name);
      } else {
        notFinite_.insert(scalar.name);
        names.push_back(concat(scalar.name, " is ", scalar.value));
      }
    // An evaluation has none of a step's scalars: what these were last still holds.
    if (!edge_.rises(!notFinite_.empty())) return {};
    return WatchHit{join(names, ", "), {}};
  }

 private:
  std::set<std::string> notFinite_;
  Edge edge_;
};

}  // namespace

WatchKind nonFiniteKind() {
  return {
      "non_finite",
      "Not finite",
      "Speaks when a scalar of a step is infinite or no number (a loss, the gradient's norm, a statistic).",
      {},
      "",
      [](const ParamSet&) -> std::unique_ptr<Watchpoint> { return std::make_unique<NonFinite>(); }};
}

}  // namespace anchorscope
