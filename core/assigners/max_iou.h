#pragma once
// Internal header (ATen). Maximum-IoU assignment: what the rule (max_iou.cpp) decides, and what is shown of
// it (max_iou_evidence.cpp).

#include <ATen/ATen.h>

#include "core/assigners/ignored_regions.h"
#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope::max_iou {

inline constexpr const char* kRule =
    "RetinaNet (ICCV 2017); mmdet 3.3.0 MaxIoUAssigner, torchvision 0.26.0 Matcher";

struct Options {
  bool mmdet = false;
  bool lowQuality = true;
  double positive = 0.5, negative = 0.4, minPositive = 0;
  double ignoreIof = -1;
  bool ignoreWrtCandidates = true;
};

/// Everything the rule computes, dense over objects; the evidence reads it, training only the last three.
struct Matching {
  at::Tensor
      overlaps;      ///< [B,G,N] IoU of object and anchor; -1 for padding and for anchors in ignored regions.
  at::Tensor valid;  ///< [B,G] bool
  IgnoredRegions ignored;
  at::Tensor maxIou;        ///< [B,N]; 0 without objects, -1 in an ignored region.
  at::Tensor bestObject;    ///< [B,N] smallest index among the objects that reach maxIou.
  at::Tensor objectBest;    ///< [B,G] best IoU of the object over anchors.
  at::Tensor claims;        ///< [B,G,N] bool: low-quality claims.
  at::Tensor beforeRescue;  ///< [B,N] int64
  at::Tensor object;        ///< [B,N] int64: -1 background, -2 ignored.
};

/// Everything that is published with these options.
EvidenceDeclaration declaration(const Options& options);

/// Channels, pair rows and object columns of a batch. `targets` as they were matched, with padding.
void publish(const Matching& matching, const Options& options, const AnchorSet& anchors,
             const DenseTargets& targets, EvidenceSink& sink);

}  // namespace anchorscope::max_iou
