#pragma once
// Internal header (ATen). Prime Sample Attention (Cao et al., CVPR 2020), as mmdet 3.3.0: positives count by
// how they compare with others of their object and class. Formulas alone; nothing waits for the device.

#include <ATen/ATen.h>

namespace anchorscope {

struct PrimeRanks {
  at::Tensor inObject;  ///< [R] int64: 0 is the best box of the object's.
  at::Tensor inClass;   ///< [R] int64, the hierarchical local rank: first by rank in the object, then by IoU.
  at::Tensor weight;    ///< [R] in (0,1]: (n - inClass) / n, n positives of the most frequent class.
};

/// iou [R] of each candidate's box with its object, object [R] int64 unique over images, label [R] int64 in
/// 0..classes-1, positive [R] bool; of others the ranks are -1 and the weight 1.
PrimeRanks primeRanks(const at::Tensor& iou, const at::Tensor& object, const at::Tensor& label,
                      const at::Tensor& positive, std::int64_t classes);

struct PrimeWeights {
  at::Tensor
      factor;  ///< [R] on the classification loss: biasedPower of the ranks' weight times ratio; 1 of others.
  at::Tensor ratio;  ///< 0-dim: keeps the sum of the positives' losses.
};
/// losses [R]: each candidate's classification loss.
PrimeWeights primeWeights(const PrimeRanks& ranks, const at::Tensor& losses, const at::Tensor& positive,
                          double bias, double k);

/// (bias + (1 - bias) values)^k, of values in [0,1]; with gradient, none where the base is next to 0.
at::Tensor biasedPower(const at::Tensor& values, double bias, double k);

}  // namespace anchorscope
