#pragma once
// Internal header (ATen). Mask R-CNN's head (He et al., ICCV 2017): convolutions of what lies in a region, a
// transposed one that doubles it, and a map of logits for every class; under torchvision's names.

#include <string>
#include <vector>

#include "core/model/layers.h"

namespace anchorscope {

class MaskHead {
 public:
  /// Registers prefix + "mask_head.0.0.weight" ... and prefix + "mask_predictor.mask_fcn_logits.weight".
  MaskHead(StateList& state, const std::string& prefix, std::int64_t in, std::int64_t channels, int depth,
           int classCount);

  /// Pooled regions [K,in,rows,columns] -> logits [K,C,2 rows,2 columns] of the foreground classes; the
  /// background's map, which torchvision has and nothing learns, is left out.
  at::Tensor operator()(const at::Tensor& pooled) const;

 private:
  std::vector<Conv> convs_;
  at::Tensor upWeight_, upBias_;
  Conv logits_;
};

}  // namespace anchorscope
