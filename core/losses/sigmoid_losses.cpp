// Classification losses that treat every (anchor, class) element by itself: one binary problem per class.

#include "core/losses/cls_loss.h"
#include "core/ops/cls_losses.h"

namespace anchorscope {
namespace {

class ElementLoss final : public ClsLoss {
 public:
  explicit ElementLoss(const ClsLossOptions& options) : options_(options) {}

  at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext&) override {
    const at::Tensor rows = targets.labels.defined() ? clsLossRowsOfLabels(logits, targets.labels, options_)
                            : targets.positive.defined() ? ofBothAnswers(logits, targets)
                                                         : clsLossRows(logits, targets.soft, options_);
    return targets.weights.defined() ? rows * targets.weights : rows;
  }

 private:
  at::Tensor ofBothAnswers(const at::Tensor& logits, const ClsTargets& targets) const {
    // As one column each, the elements are rows.
    const at::Tensor elements = logits.unsqueeze(-1);
    const at::Tensor one = clsLossRows(elements, at::ones_like(elements), options_),
                     zero = clsLossRows(elements, at::zeros_like(elements), options_);
    return (targets.positive * one + targets.negative * zero).sum(2);
  }

  ClsLossOptions options_;
};

ClsLossEntry elementLoss(std::string name, std::string title, std::string description, std::string source,
                         std::vector<ParamSpec> params, ClsElementLoss element) {
  ClsLossEntry entry;
  entry.name = std::move(name);
  entry.title = std::move(title);
  entry.description = std::move(description);
  entry.source = std::move(source);
  entry.params = std::move(params);
  entry.make = [element](const ParamSet& set) -> Result<std::unique_ptr<ClsLoss>> {
    ClsLossOptions options;
    options.element = element;
    if (set.find("gamma_f")) options.gamma = set.getFloat("gamma_f");
    if (set.find("alpha_f")) options.alpha = set.getFloat("alpha_f");
    return std::unique_ptr<ClsLoss>(std::make_unique<ElementLoss>(options));
  };
  return entry;
}

ParamSpec gammaParam() {
  return floatParam("gamma_f", 2, 0, 10, "1", "Exponent of the modulating factor; 0 switches it off.",
                    "Focal loss (ICCV 2017)");
}

ParamSpec alphaParam() {
  return floatParam(
      "alpha_f", 0.25, -1, 1, "1",
      "Weight of positive elements, 1 - alpha_f that of negative ones; below 0: no such weights.",
      "Focal loss (ICCV 2017)");
}

}  // namespace

ClsLossEntry focalLoss() {
  return elementLoss(
      "focal", "Focal loss",
      "alpha_t (1 - p_t)^gamma BCE(z, y), p_t = p y + (1 - p)(1 - y); the factor is not detached.",
      "Lin et al., ICCV 2017; fractional targets as in torchvision 0.26.0 sigmoid_focal_loss",
      {gammaParam(), alphaParam()}, ClsElementLoss::kFocal);
}

ClsLossEntry bceLoss() {
  return elementLoss("bce", "Binary cross entropy", "-y ln p - (1 - y) ln(1 - p)", "Common practice", {},
                     ClsElementLoss::kBce);
}

ClsLossEntry softFocalLoss() {
  return elementLoss(
      "soft_focal", "Quality focal loss (soft focal)",
      "|y - p|^gamma BCE(z, y) with the soft target y; the factor is not detached. gamma_f is its beta. With "
      "class_targets iou it is the loss of GFL.",
      "Quality Focal Loss (Li et al., NeurIPS 2020), as mmdet 3.3.0; MuSu's use of it is ours",
      {gammaParam()}, ClsElementLoss::kSoftFocal);
}

ClsLossEntry varifocalLoss() {
  ClsLossEntry entry;
  entry.name = "varifocal";
  entry.title = "Varifocal loss";
  entry.description =
      "y BCE(z, y) where the soft target y is above 0, vfl_alpha p^vfl_gamma BCE(z, 0) elsewhere: only "
      "background is damped. With class_targets iou it is the loss of VarifocalNet.";
  entry.source = "Zhang et al., CVPR 2021, as mmdet 3.3.0 VarifocalLoss";
  entry.params = {floatParam("vfl_alpha", 0.75, 0, 10, "1", "Weight of elements that have nothing to learn.",
                             entry.source),
                  floatParam("vfl_gamma", 2, 0, 10, "1", "Exponent of their score; 0: they are not damped.",
                             entry.source),
                  boolParam("iou_weighted", true, "Positive elements count by their target.", entry.source)};
  entry.make = [](const ParamSet& set) -> Result<std::unique_ptr<ClsLoss>> {
    return std::unique_ptr<ClsLoss>(std::make_unique<ElementLoss>(ClsLossOptions{
        set.getBool("iou_weighted") ? ClsElementLoss::kVarifocal : ClsElementLoss::kVarifocalPlain,
        set.getFloat("vfl_gamma"), set.getFloat("vfl_alpha")}));
  };
  return entry;
}

ClsLossEntry weightedFocalLoss() {
  return elementLoss("weighted_focal", "Rank-weighted focal loss",
                     "y focal(z, 1) where the soft target y is above 0, focal(z, 0) elsewhere.",
                     "Paper (MuSu): ranks scale the base loss; this form is ours",
                     {gammaParam(), alphaParam()}, ClsElementLoss::kWeightedFocal);
}

ClsLossEntry weightedBceLoss() {
  return elementLoss("weighted_bce", "Rank-weighted binary cross entropy",
                     "y BCE(z, 1) where the soft target y is above 0, BCE(z, 0) elsewhere.",
                     "Paper (MuSu): ranks scale the base loss; this form is ours", {},
                     ClsElementLoss::kWeightedBce);
}

}  // namespace anchorscope
