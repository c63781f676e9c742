// The heads' losses as they are.

#include "core/losses/coupling.h"

namespace anchorscope {
namespace {

class NoCoupling final : public LossCoupling {
 public:
  std::vector<NamedScalar> couple(HeadLosses&, const LossContext&, EvidenceSink*) override { return {}; }
};

}  // namespace

LossCouplingEntry noCoupling();
LossCouplingEntry noCoupling() {
  LossCouplingEntry entry;
  entry.name = "none";
  entry.title = "No coupling";
  entry.description = "Each head's loss stands by itself.";
  entry.source = "Common practice";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<LossCoupling>> {
    return std::unique_ptr<LossCoupling>(std::make_unique<NoCoupling>());
  };
  return entry;
}

}  // namespace anchorscope
