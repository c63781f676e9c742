#pragma once
// Internal header (ATen). Class scores of a stage's outputs, the same for evidence, assigners and detections.

#include <ATen/ATen.h>

#include "core/ops/dense_types.h"

namespace anchorscope {

/// Whether a score is the sigmoid of one logit and nothing else.
bool scoresAreSigmoids(const HeadOutputs& outputs);

/// [B,N,C] scores in [0,1] of the foreground classes, in the logits' dtype, with their gradient. Of heads
/// with kObjectnessOutput the product with its sigmoid (Redmon et al., CVPR 2016).
at::Tensor scoresOf(const HeadOutputs& outputs);

/// [B,N,C] the number whose sigmoid is the score: the logits themselves, or of a softmax
/// z_c - ln(sum of e^z of all other outputs), with an objectness o -ln(e^-z + e^-o + e^-(z+o)). A view where
/// it can be.
at::Tensor logOdds(const HeadOutputs& outputs);

/// The logits of the foreground classes: [B,N,C], a view.
at::Tensor foregroundLogits(const HeadOutputs& outputs);

/// [B,N]: the score of one class of each candidate, classes [B,N] int64 in 0..C-1.
at::Tensor scoresAt(const HeadOutputs& outputs, const at::Tensor& classes);

/// [B,G,N]: of each candidate the values of these classes. values [B,N,C] float32 or float64, classes [B,G]
/// int64 in 0..C-1. No gradient.
at::Tensor ofClasses(const at::Tensor& values, const at::Tensor& classes);

/// The same of the scores.
at::Tensor scoresOfClasses(const HeadOutputs& outputs, const at::Tensor& classes);

/// [R]: the score of one class each, of single candidates: image, candidate, classes [R] int64.
at::Tensor scoresAt(const HeadOutputs& outputs, const at::Tensor& image, const at::Tensor& candidate,
                    const at::Tensor& classes);

}  // namespace anchorscope
