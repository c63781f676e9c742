// Any condition over scalars.
#include <utility>

#include "core/watch/scalar_condition.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {
namespace {

class Expression final : public Watchpoint {
 public:
  explicit Expression(ScalarCondition condition) : condition_(std::move(condition)) {}

  Status check(const std::vector<std::string>& declared) const override { return condition_.check(declared); }

  std::optional<WatchHit> seeStep(const std::vector<ScalarValue>& scalars) override {
    if (!condition_.see(scalars) || !edge_.rises(condition_.holds())) return {};
    return WatchHit{condition_.values(), {}};
  }

 private:
  ScalarCondition condition_;
  Edge edge_;
};

}  // namespace

WatchKind expressionKind() {
  return {"expression",
          "Condition",
          "Speaks when a condition over the run's scalars becomes true, such as loss.cls > 2 || "
          "train.grad_norm > 5 * loss.total.",
          {textParam("condition", "", "The condition: all that stands behind the word.", "ours")},
          "condition",
          [](const ParamSet& params) -> Result<std::unique_ptr<Watchpoint>> {
            auto condition = ScalarCondition::parse(params.getText("condition"));
            if (!condition) return std::move(condition).error();
            return std::unique_ptr<Watchpoint>(std::make_unique<Expression>(*std::move(condition)));
          }};
}

}  // namespace anchorscope
