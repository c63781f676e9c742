#pragma once
// Internal header (ATen). The box that a stage's heads give a candidate for a class, whether they have one
// box per candidate or one per class: the same for losses, assigners, evidence and detections. Of heads with
// one box it is always that one, and nothing is computed.
//
// Two boxes of a candidate matter: its object's class' (what is learnt, and what a pair is judged by), and
// that of its best class, which is shown as its predicted box.

#include <ATen/ATen.h>

#include "core/ops/box_coder.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// Whether the heads have a box per class: boxes [B,N,C,4].
bool boxPerClass(const HeadOutputs& outputs);

/// The same outputs with one box and one row of offsets per candidate: those of the class of its object.
/// labels [B,G] int64, matched [B,N] int64 (negative: no object, any class). With the outputs' gradient.
HeadOutputs withBoxesOfObjects(const HeadOutputs& outputs, const at::Tensor& labels,
                               const at::Tensor& matched);

/// [B,N,4]: of each candidate the box of its best-scoring class (the first of equals). No gradient.
at::Tensor predictedBoxes(const HeadOutputs& outputs);

/// [B,G,N]: IoU of each object and each candidate's box of the object's class. objects [B,G,4] of the boxes'
/// dtype, labels [B,G] int64 (negative: padding, any class). No gradient.
at::Tensor predictedIou(const HeadOutputs& outputs, const at::Tensor& objects, const at::Tensor& labels);

/// [R,4] the box of a class of single candidates: image, candidate, classes [R] int64.
at::Tensor boxesAt(const HeadOutputs& outputs, const at::Tensor& image, const at::Tensor& candidate,
                   const at::Tensor& classes);
/// The same of one image's boxes, [N,4] or [N,C,4]; the numbers may be on the CPU.
at::Tensor boxesAt(const at::Tensor& boxes, const at::Tensor& candidate, const at::Tensor& classes);

/// [B,N,C,4]: the boxes that offsets [B,N,C,4] of each image's own candidates [B,N,4] stand for, with the
/// offsets' gradient.
at::Tensor decodedClassBoxes(const BoxCoder& coder, const at::Tensor& candidates, const at::Tensor& offsets);

}  // namespace anchorscope
