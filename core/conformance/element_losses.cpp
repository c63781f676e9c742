#include "core/conformance/element_losses.h"

#include "core/base/check.h"
#include "core/conformance/reference_case.h"
#include "core/ops/box_losses.h"
#include "core/ops/box_similarity.h"
#include "core/ops/cls_losses.h"

namespace anchorscope::conformance {

at::Tensor clsElements(const at::Tensor& logits, const at::Tensor& targets, const ClsLossOptions& options) {
  return clsLossRows(logits.unsqueeze(-1), targets.unsqueeze(-1), options);
}

at::Tensor similarityElements(const at::Tensor& pred, const at::Tensor& target,
                              const SimilarityOptions& options) {
  const at::Tensor similarity = elementwiseSimilarity(pred, target, options);
  return 1 - (options.kind == BoxSimilarity::kCiou && options.rule == EpsilonRule::kMmdet
                  ? similarity.clamp(-1, 1)
                  : similarity);
}

at::Tensor iouElements(const at::Tensor& pred, const at::Tensor& target, const std::string& mode,
                       double epsilon) {
  if (mode == "log") return logIouLoss(pred, target, epsilon);
  const at::Tensor iou =
      elementwiseSimilarity(pred, target, {BoxSimilarity::kIou, EpsilonRule::kMmdet, epsilon})
          .clamp_min(epsilon);
  if (mode == "linear") return 1 - iou;
  if (mode == "square") return 1 - iou.square();
  throw UnsupportedCase(concat("there is no IoU loss mode '", mode, "'"));
}

at::Tensor smoothL1Elements(const at::Tensor& pred, const at::Tensor& target, double beta) {
  return beta == 0 ? at::l1_loss(pred, target, at::Reduction::None)
                   : at::smooth_l1_loss(pred, target, at::Reduction::None, beta);
}

}  // namespace anchorscope::conformance
