// loss.*: classification losses on logits, box losses on boxes and on offsets.

#include "core/base/check.h"
#include "core/conformance/element_losses.h"
#include "core/conformance/leaves.h"
#include "core/conformance/op_table.h"

namespace anchorscope::conformance {
namespace {

/// mmdet adds float32's epsilon to avg_factor; the losses referred to torch and torchvision do not.
constexpr double kMmdetFactorEpsilon = 1.1920929e-07;

/// elements, their sum / divisor, and its gradient by `leaf`.
Outputs finish(const at::Tensor& elements, double divisor, const at::Tensor& leaf,
               const std::string& gradientKey) {
  const at::Tensor loss = elements.sum() / divisor;
  loss.backward();
  return {{"elements", elements}, {"loss", loss}, {gradientKey, leaf.grad()}};
}

at::Tensor weighted(const ReferenceCase& reference, const at::Tensor& elements, double factor = 1) {
  const at::Tensor scaled = factor == 1 ? elements : elements * factor;
  return reference.hasInput("weights") ? scaled * reference.input("weights").to(elements.device()) : scaled;
}

Outputs runCls(const ReferenceCase& reference, at::Device device, const ClsLossOptions& options) {
  const at::Tensor logits = leafAsGiven(reference, "logits", device);
  const at::Tensor elements = clsElements(logits, reference.input("targets").to(device), options);
  return finish(weighted(reference, elements), reference.number("avg_factor"), logits, "grad_logits");
}

Outputs runFocal(const ReferenceCase& reference, at::Device device) {
  return runCls(reference, device,
                {ClsElementLoss::kFocal, reference.number("gamma"), reference.number("alpha")});
}

Outputs runBce(const ReferenceCase& reference, at::Device device) {
  return runCls(reference, device, {ClsElementLoss::kBce});
}

/// mmdet's form: loss_weight * weight * element, summed / (avg_factor + epsilon).
template <typename Loss>
Outputs runBox(const ReferenceCase& reference, at::Device device, const Loss& loss) {
  const at::Tensor pred = leafAsGiven(reference, "pred", device);
  const at::Tensor elements = loss(pred, reference.input("target").to(device));
  return finish(weighted(reference, elements, reference.number("loss_weight")),
                reference.number("avg_factor") + kMmdetFactorEpsilon, pred, "grad_pred");
}

Outputs runL1(const ReferenceCase& reference, at::Device device) {
  return runBox(reference, device, [](const at::Tensor& pred, const at::Tensor& target) {
    return smoothL1Elements(pred, target, 0);
  });
}

Outputs runSmoothL1(const ReferenceCase& reference, at::Device device) {
  const double beta = reference.number("beta");
  return runBox(reference, device, [&](const at::Tensor& pred, const at::Tensor& target) {
    return smoothL1Elements(pred, target, beta);
  });
}

Outputs runIou(const ReferenceCase& reference, at::Device device) {
  const std::string mode = reference.text("mode");
  const double epsilon = reference.number("eps");
  return runBox(reference, device, [&](const at::Tensor& pred, const at::Tensor& target) {
    return iouElements(pred, target, mode, epsilon);
  });
}

std::function<Outputs(const ReferenceCase&, at::Device)> similarity(BoxSimilarity kind) {
  return [kind](const ReferenceCase& reference, at::Device device) {
    const SimilarityOptions options{kind, EpsilonRule::kMmdet, reference.number("eps")};
    return runBox(reference, device, [&](const at::Tensor& pred, const at::Tensor& target) {
      return similarityElements(pred, target, options);
    });
  };
}

}  // namespace

std::vector<OpEntry> lossOps() {
  return {{"loss.focal", runFocal},
          {"loss.bce", runBce},
          {"loss.l1", runL1},
          {"loss.smooth_l1", runSmoothL1},
          {"loss.iou", runIou},
          {"loss.giou", similarity(BoxSimilarity::kGiou)},
          {"loss.diou", similarity(BoxSimilarity::kDiou)},
          {"loss.ciou", similarity(BoxSimilarity::kCiou)}};
}

}  // namespace anchorscope::conformance
