#include "core/ops/harmonic.h"

#include <c10/core/GradMode.h>

namespace anchorscope {

HarmonicTerms harmonicTerms(const at::Tensor& c, const at::Tensor& l, bool detach) {
  HarmonicTerms terms;
  terms.betaReg = (detach ? l.detach() : l).neg().exp();
  terms.betaCls = (detach ? c.detach() : c).neg().exp();
  terms.cls = (1 + terms.betaReg) * c;
  terms.loc = (1 + terms.betaCls) * l;
  return terms;
}

HarmonicSlopes harmonicSlopes(const at::Tensor& c, const at::Tensor& l, bool detach,
                              const at::Tensor& weight) {
  const c10::NoGradGuard noGrad;
  const at::Tensor betaReg = l.neg().exp(), betaCls = c.neg().exp();
  const auto weighted = [&](const at::Tensor& values) { return weight.defined() ? values * weight : values; };
  HarmonicSlopes slopes{1 + betaReg, weighted(1 + betaCls)};
  if (!detach) {
    slopes.byCls -= weighted(l * betaCls);
    slopes.byLoc -= c * betaReg;
  }
  return slopes;
}

at::Tensor harmonicIouLoss(const at::Tensor& iouLoss, double gamma, bool detachFactor) {
  if (gamma == 0) return iouLoss;
  const at::Tensor factor = (2 - (detachFactor ? iouLoss.detach() : iouLoss)).pow(gamma);
  return factor * iouLoss;
}

at::Tensor scoreEntropy(const at::Tensor& logits, ScoreKind kind) {
  const at::Tensor logScores =
      kind == ScoreKind::kSoftmax ? at::log_softmax(logits, -1) : at::log_sigmoid(logits);
  return (logScores.exp() * logScores).sum(-1).neg();
}

at::Tensor taskContrast(const at::Tensor& p, const at::Tensor& iou, const at::Tensor& entropy, double margin,
                        bool detachWeight) {
  // 1 / (1 + e^H) without overflow.
  const at::Tensor weight = (detachWeight ? entropy.detach() : entropy).neg().sigmoid();
  return weight * ((p - iou).abs() - margin).clamp_min(0);
}

}  // namespace anchorscope
