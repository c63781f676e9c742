#pragma once
// Internal header (ATen). From the outputs of a region proposal network (Ren et al., NeurIPS 2015) to the
// regions that a second stage looks at, as torchvision 0.26's filter_proposals does it.

#include <ATen/ATen.h>

#include <vector>

#include "core/ops/dense_types.h"

namespace anchorscope {

struct ProposalOptions {
  std::int64_t mostPerLevel = 2000;  ///< By objectness, before suppression.
  std::int64_t most = 2000;          ///< Of all levels of an image, after it.
  double nmsIou = 0.7;               ///< A box that overlaps a better one of its level by more is dropped.
  double smallestSide = 1e-3;        ///< px, of what lies in the image; smaller ones are dropped.
  double scoreThreshold = 0;         ///< A score must not be smaller.
};

/// Of each image the proposals by descending score, and behind them places without one. Sizes depend on no
/// number, so that nothing is read back from a device.
struct Proposals {
  at::Tensor boxes;    ///< [B,M,4] in the image; zeros where there is none.
  at::Tensor scores;   ///< [B,M] sigmoids; 0 where there is none.
  at::Tensor origins;  ///< [B,M] int64, the candidate that each was made from; -1 where there is none.
};

/// boxes [B,N,4] decoded, objectness [B,N] logits, float32 or float64; levels: of the N candidates; sizes: of
/// the B images in their inputs, px. M is the smaller of `most` and what the levels can give. Of equal logits
/// the smaller candidate comes first, of those at the cut of a level any; NaN comes last and gives none. No
/// gradient.
Proposals filterProposals(const at::Tensor& boxes, const at::Tensor& objectness,
                          const std::vector<LevelLayout>& levels, const std::vector<SizePx>& sizes,
                          const ProposalOptions& options);

}  // namespace anchorscope
