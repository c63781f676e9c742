#pragma once
// Internal header (ATen). ATSS: what the rule (atss.cpp) decides, and what is shown of it
// (atss_evidence.cpp). The rule takes other measures than the IoU, too (ddod.cpp).

#include <ATen/ATen.h>

#include "core/base/param.h"
#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"
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
  at::Tensor anchor;        ///< [B,G,K] int64
  at::Tensor distance;      ///< [B,G,K] px, of the centres.
  at::Tensor rank;          ///< [B,G,K] int64, on its level.
  at::Tensor present;       ///< [B,G,K] bool: of an object, and not in an ignored region.
  at::Tensor centerMargin;  ///< [B,G,K] px from the anchor's centre to the object's nearest side.
  at::Tensor inside;        ///< [B,G,K] bool: by more than kCenterMarginPx.

  at::Tensor count() const { return present.sum(2); }  ///< [B,G] int64
};

/// Which of them an object takes by what is measured of them: mean plus deviation is what it asks for.
struct Selection {
  at::Tensor measure;                  ///< [B,G,K], larger is better.
  at::Tensor mean, deviation, needed;  ///< [B,G]; needed: their sum. NaN for fewer than two candidates.
  at::Tensor reaches;                  ///< [B,G,K] bool
  at::Tensor wanted;                   ///< [B,G,K] bool: candidates that reach it and lie inside.
  at::Tensor best;    ///< [B,N]: largest measure of the anchor with an object that wants it; -1: none.
  at::Tensor object;  ///< [B,N] int64: the object of that; -1 background, -2 ignored.

  /// [B,N] int64: objects that want the anchor.
  at::Tensor wishes(const Candidates& candidates) const;
  /// 0-dim: mean over the batch's objects of what they ask for; 0 without any. valid [B,G].
  at::Tensor meanNeeded(const at::Tensor& valid) const;
};

/// boxes [B,G,4], valid [B,G] bool; excluded [B,N] bool or undefined: anchors that are nobody's. Of anchors
/// at one distance the first is nearer.
Candidates candidatesOf(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor& valid,
                        const at::Tensor& excluded, std::int64_t perLevel);

/// measure [B,G,K] >= 0, of `anchors` anchors. An anchor that several objects want goes to the one of the
/// largest measure; ties: the smaller index.
Selection selectionOf(const Candidates& candidates, const at::Tensor& measure, std::int64_t anchors,
                      const at::Tensor& excluded);

/// What is told of a candidate whatever it is measured by: an empty table of candidates, columns of it, and
/// the tests and the note that read these.
struct CandidateTable {
  PairTableSpec spec;
  ColumnSpec distance, rank, centerMargin, candidate, noThreshold, inside;
  TestSpec isCandidate, isInside;

  /// name and source: of the table; perLevel: of the rule.
  CandidateTable(const char* name, const char* source, std::int64_t perLevel);
  /// Says of a test of the threshold why a single candidate has none.
  static void noteSingle(TestSpec& threshold);
};

/// The option topk.
ParamSpec perLevelParam();

/// Everything that is published with these options.
EvidenceDeclaration declaration(const Options& options);

/// Channels, pair rows and object columns of a batch. Measured is the IoU. valid: [B,G] bool, the objects
/// with padding.
void publish(const Candidates& candidates, const Selection& selection, const at::Tensor& valid,
             EvidenceSink& sink);

}  // namespace anchorscope::atss
