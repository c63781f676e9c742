// Binary cross entropy of the logit with the target, as FCOS trains its centerness.

#include "core/losses/quality_loss.h"

namespace anchorscope {
namespace {

class BceQuality final : public QualityLoss {
 public:
  at::Tensor rows(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& mask,
                  const StepContext&) override {
    const at::Tensor rows = at::binary_cross_entropy_with_logits(logits, target.to(logits.scalar_type()), {},
                                                                 {}, at::Reduction::None);
    return rows * mask.to(rows.scalar_type());
  }
};

}  // namespace

QualityLossEntry bceQuality() {
  QualityLossEntry entry;
  entry.name = "bce";
  entry.title = "Binary cross entropy";
  entry.description = "-y ln p - (1 - y) ln(1 - p) of the output's score p and its target y, at positives";
  entry.source = "FCOS (Tian et al., ICCV 2019)";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<QualityLoss>> {
    return std::unique_ptr<QualityLoss>(std::make_unique<BceQuality>());
  };
  return entry;
}

}  // namespace anchorscope
