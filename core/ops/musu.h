#pragma once
// Internal header (ATen). MuSu's assignment of a whole batch: candidate bags, two rankings, weights, winners.
// Mutual Supervision for Dense Object Detection (Gao, Wang, Wu; ICCV 2021). The three steps are the paper's
// idea; every formula, option and default here is this project's reconstruction of them.
//
// Notation: p = sigmoid(logit of the object's class), q = IoU(predicted box, object), both detached; joint
// score P. NaN in a prediction makes the pair ineligible.

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

#include "core/ops/musu_math.h"

namespace anchorscope {

/// One batch. Floats share a dtype (float32; on the CPU also float64) and all share a device.
struct MusuInputs {
  at::Tensor anchors;   ///< [N,4] px, input frame; for centres only.
  at::Tensor strides;   ///< [N] px; used by kCenterRadius only.
  at::Tensor logits;    ///< [B,N,C]
  at::Tensor boxes;     ///< [B,N,4] decoded predictions, px, input frame.
  at::Tensor gtBoxes;   ///< [B,G,4]; G may be 0.
  at::Tensor gtLabels;  ///< [B,G] int64, 0..C-1 where valid.
  at::Tensor gtValid;   ///< [B,G] bool; false = padding, which takes part in nothing.
};

/// Every eligible pair, sorted by (image, object, anchor). Float columns have the inputs' dtype.
struct MusuPairs {
  at::Tensor image, anchor, object;  ///< [R] int64; object indexes the padded objects of the image.
  at::Tensor p, q, joint;            ///< [R]
  at::Tensor threshold;              ///< [R] t_g of the object.
  at::Tensor inBag;                  ///< [R] bool
  at::Tensor belowThreshold;         ///< [R] bool: not kept by the threshold, and not the fallback.
  at::Tensor fallback;               ///< [R] bool: "best of an empty bag".
  at::Tensor cutByMaxBag;            ///< [R] bool: kept by the threshold, cut by maxBag.
  at::Tensor sReg, sCls;             ///< [R] 0 outside the bag.
  at::Tensor rankReg,
      rankCls;            ///< [R] int64, 0 = best, -1 outside the bag. Ties: larger P, then smaller anchor.
  at::Tensor wReg, wCls;  ///< [R] 0 outside the bag.
};

struct MusuResult {
  at::Tensor weightCls;  ///< [B,N,C] W_cls: largest w_cls of the anchor over the objects of class c; the soft
                         ///< target.
  at::Tensor weightReg;  ///< [B,N] w_reg of the regression winner, 0 without one.
  at::Tensor winnerReg;  ///< [B,N] int64 padded object index: largest w_reg; ties: larger P, then smaller
                         ///< index. -1: none gives the anchor a weight above 0.
  at::Tensor winnerCls;  ///< [B,N] int64: the same by w_cls, over all classes.
  at::Tensor threshold;  ///< [B,G] t_g; NaN for starved and padded objects (kAbsolute too).
  at::Tensor bagSize;    ///< [B,G] int64 (0 for padded objects)
  at::Tensor eligible;   ///< [B,G] int64: number of eligible anchors.
  at::Tensor starved;    ///< [B,G] bool: valid, but no eligible anchor.
  at::Tensor bestJoint, bestP, bestQ;  ///< [B,G] int64 anchor of largest P, p, q among the eligible (ties:
                                       ///< smaller anchor); -1 when starved.
  at::Tensor statistics;               ///< [kMusuStatistics,B,G] float64, see MusuStatistic.
  std::optional<MusuPairs> pairs;      ///< Only when asked for.

  /// One of `statistics`, [B,G].
  at::Tensor statistic(MusuStatistic which) const { return statistics.select(0, static_cast<int>(which)); }
};

/// How much assignMusu says beside the assignment itself, which is always the same.
enum class MusuDetail {
  kWeights,     ///< Nothing: bestJoint, bestP, bestQ and statistics stay undefined.
  kStatistics,  ///< The best anchors and the statistics of every object: what training shows in its curves.
  kPairs        ///< And every eligible pair, for evidence.
};

/// Assigns a batch. Options must be valid. Outputs carry no gradient, are on the inputs' device and
/// deterministic (the same on every run; sums in double in fixed order). CPU: parallel over objects; extra
/// memory O(N) per image and thread plus 16 bytes per bag member of positive weight. CUDA: no loop over
/// objects on the host; the total bag size is read back once (and the number of eligible pairs with kPairs).
MusuResult assignMusu(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail);

}  // namespace anchorscope
