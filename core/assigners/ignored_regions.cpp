#include "core/assigners/ignored_regions.h"

#include "core/ops/box_similarity.h"

namespace anchorscope {

at::Tensor shareInIgnored(const AnchorSet& anchors, const DenseTargets& targets, bool wrtCandidates) {
  const std::int64_t batch = targets.batchSize();
  if (!targets.ignoreBoxes.defined() || targets.ignoreBoxes.size(1) == 0)
    return at::zeros({batch, anchors.count()}, anchors.boxes.options());
  const at::Tensor regions = targets.ignoreBoxes.to(anchors.boxes.scalar_type());
  return wrtCandidates ? pairwiseIof(anchors.boxes, regions).amax(2)
                       : pairwiseIof(regions, anchors.boxes).amax(1);
}

ParamSpec ignoreIofParam() {
  return floatParam("ignore_iof_thr", -1, -1, 1, "1",
                    "Ignore anchors of which more than this share lies in a crowd or difficult region; 0 and "
                    "below: off. Images "
                    "without objects are treated alike (mmdet trains them as background there).",
                    "mmdet 3.3.0 MaxIoUAssigner, ATSSAssigner");
}

}  // namespace anchorscope
