#pragma once
// Internal header (ATen). ATSS: what the rule (atss.cpp) decides, and what is shown of it
// (atss_evidence.cpp).

#include <ATen/ATen.h>

#include "core/evidence/specs.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope::atss {

inline constexpr const char* kRule = "ATSS (CVPR 2020); mmdet 3.3.0 ATSSAssigner";
inline constexpr double kCenterMarginPx = 0.01;  // mmdet

struct Options {
  std::int64_t perLevel = 9;
  double pointScale = 8;  ///< strides, the side of a point's square anchor.
  double ignoreIof = -1;
};

/// An object's candidates, in K places: per level the nearest ones, nearest first.
struct Candidates {
  at::Tensor anchor;    ///< [B,G,K] int64
  at::Tensor distance;  ///< [B,G,K] px, of the centres.
  at::Tensor rank;      ///< [B,G,K] int64, on its level.
  at::Tensor present;   ///< [B,G,K] bool: of an object, and not in an ignored region.
};

/// Everything the rule computes.
struct Matching {
  Candidates candidates;
  at::Tensor iou, centerMargin;        ///< [B,G,K]; the margin: px from the centre to the nearest side.
  at::Tensor count;                    ///< [B,G] int64 candidates.
  at::Tensor mean, deviation, needed;  ///< [B,G]; needed: their sum. NaN for fewer than two candidates.
  at::Tensor reaches, inside;          ///< [B,G,K] bool
  at::Tensor wanted;                   ///< [B,G,K] bool: candidates that pass both.
  at::Tensor bestIou;                  ///< [B,N]: of the anchor with an object that wants it; -1: none.
  at::Tensor object;                   ///< [B,N] int64: -1 background, -2 ignored.
};

/// Everything that is published with these options.
EvidenceDeclaration declaration(const Options& options);

/// Channels, pair rows and object columns of a batch. valid: [B,G] bool, the objects with padding.
void publish(const Matching& matching, const at::Tensor& valid, EvidenceSink& sink);

}  // namespace anchorscope::atss
