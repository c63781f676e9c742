// Balanced L1 on offsets: smooth L1 with larger gradients for small differences.

#include "core/losses/matched_rows.h"
#include "core/ops/box_losses.h"

namespace anchorscope {
namespace {

class BalancedL1Loss final : public BoxLoss {
 public:
  BalancedL1Loss(double alpha, double gamma, double beta) : alpha_(alpha), gamma_(gamma), beta_(beta) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    const at::Tensor loss = balancedL1(offsetErrors(anchors, outputs, targets), alpha_, gamma_, beta_).sum(2);
    return (loss * targets.weights).masked_fill(learning(targets).logical_not(), 0);
  }

 private:
  double alpha_, gamma_, beta_;
};

}  // namespace

BoxLossEntry balancedL1Loss() {
  BoxLossEntry entry;
  entry.name = "balanced_l1";
  entry.title = "Balanced L1 loss";
  entry.description =
      "Summed over the 4 offsets with d = |delta - encoded object|: alpha/b (b d + 1) ln(b d / beta + 1) - "
      "alpha d "
      "below beta, gamma d + gamma/b - alpha beta above, b = e^(gamma/alpha) - 1.";
  entry.source = "Libra R-CNN (Pang et al., CVPR 2019); mmdet 3.3.0 BalancedL1Loss";
  entry.params = {
      floatParam("balanced_alpha", 0.5, 0.1, 100, "1", "The smaller, the more small differences count.",
                 entry.source),
      floatParam("balanced_gamma", 1.5, 0.01, 5, "1", "Largest gradient of an offset.", entry.source),
      floatParam("balanced_beta", 1, 1e-3, 1e4, "1", "Difference from which on the loss is linear.",
                 entry.source)};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<BalancedL1Loss>(params.getFloat("balanced_alpha"),
                                                                     params.getFloat("balanced_gamma"),
                                                                     params.getFloat("balanced_beta")));
  };
  return entry;
}

}  // namespace anchorscope
