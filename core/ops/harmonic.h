#pragma once
// Internal header (ATen). Harmonic loss, task contrast and Harmonic IoU loss: Reconcile Prediction
// Consistency for Balanced Object Detection (Wang and Zhang, ICCV 2021, arXiv 2108.10809). The paper's
// equations could not be obtained; these follow an independent note on it and the independent implementation
// for 3-D boxes (github.com/XJTU-Haolin/3D_Harmonic_Loss_for_Object_Detection, 302e951a), which agree.
// Whether the paper detaches its factors is not known: both forms are here.

#include <ATen/ATen.h>

#include "core/ops/box_similarity.h"

namespace anchorscope {

/// A sample's classification loss c and localisation loss l, coupled:
/// (1 + betaReg) c + (1 + betaCls) l with betaReg = exp(-l), betaCls = exp(-c), both in (0,1].
struct HarmonicTerms {
  at::Tensor betaReg, betaCls;  ///< Constants when detached.
  at::Tensor cls, loc;          ///< The two summands.
};

/// c, l >= 0 of one shape. detach: the betas pass no gradient.
HarmonicTerms harmonicTerms(const at::Tensor& c, const at::Tensor& l, bool detach);

/// Derivatives of (1 + betaReg) c + weight (1 + betaCls) l by c and l, no gradient: 1 + exp(-l) and
/// weight (1 + exp(-c)) when detached, else less weight l exp(-c) and c exp(-l), which can be negative: then
/// the sample's own loss is pushed up. weight: of the sample's box loss, >= 0; undefined: 1.
struct HarmonicSlopes {
  at::Tensor byCls, byLoc;
};
HarmonicSlopes harmonicSlopes(const at::Tensor& c, const at::Tensor& l, bool detach,
                              const at::Tensor& weight = {});

/// (1 + IoU)^gamma (1 - IoU) from iouLoss = 1 - IoU in [0,1]. Falls with IoU for gamma <= 1. detachFactor:
/// the power passes no gradient.
at::Tensor harmonicIouLoss(const at::Tensor& iouLoss, double gamma, bool detachFactor);

/// Entropy -sum_k p_k ln p_k over the last dimension of logits [..,C] -> [..], nat. Of a softmax it lies in
/// [0, ln C]; of sigmoids (several binary scores, ours for heads without softmax) in [0, C / e].
enum class ScoreKind { kSigmoid, kSoftmax };
at::Tensor scoreEntropy(const at::Tensor& logits, ScoreKind kind);

/// 1 / (1 + exp(entropy)) * max(0, |p - iou| - margin), elementwise. detachWeight: the first factor passes no
/// gradient.
at::Tensor taskContrast(const at::Tensor& p, const at::Tensor& iou, const at::Tensor& entropy, double margin,
                        bool detachWeight);

}  // namespace anchorscope
