// The heads' losses as they are.

#include "core/losses/transform.h"

namespace anchorscope {
namespace {

class NoTransform final : public LossTransform {
 public:
  std::vector<NamedScalar> apply(LossTable&, const StageInputs&, const StepContext&) override { return {}; }
};

}  // namespace

LossTransformEntry noTransform() {
  LossTransformEntry entry;
  entry.name = "none";
  entry.title = "No coupling";
  entry.description = "Each head's loss stands by itself.";
  entry.source = "Common practice";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<LossTransform>> {
    return std::unique_ptr<LossTransform>(std::make_unique<NoTransform>());
  };
  return entry;
}

}  // namespace anchorscope
