#include "core/assigners/ignored_regions.h"

#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"

namespace anchorscope {

namespace {

at::Tensor shareInIgnored(const AnchorSet& anchors, const DenseTargets& targets, bool wrtCandidates) {
  const std::int64_t batch = targets.batchSize();
  if (!targets.ignoreBoxes.defined() || targets.ignoreBoxes.size(1) == 0)
    return at::zeros({batch, anchors.count()}, anchors.boxes.options());
  const at::Tensor regions = targets.ignoreBoxes.to(anchors.boxes.scalar_type());
  return wrtCandidates ? pairwiseIof(anchors.boxes, regions).amax(2)
                       : pairwiseIof(regions, anchors.boxes).amax(1);
}

}  // namespace

IgnoredRegions ignoredRegions(const AnchorSet& anchors, const DenseTargets& targets, double bound,
                              bool wrtCandidates, bool shown) {
  IgnoredRegions regions;
  const bool on = bound > 0;
  if (on || shown) regions.share = shareInIgnored(anchors, targets, wrtCandidates);
  if (on) regions.inside = regions.share > bound;
  if (!anchors.shared()) {
    const at::Tensor absent = (anchors.boxes.select(2, 2) <= anchors.boxes.select(2, 0))
                                  .logical_or(anchors.boxes.select(2, 3) <= anchors.boxes.select(2, 1));
    regions.inside = on ? regions.inside.logical_or(absent) : absent;
  }
  return regions;
}

ParamSpec ignoreIofParam() {
  return floatParam(
      "ignore_iof_thr", -1, -1, 1, "1",
      "Ignore anchors (of points: their cells) of which more than this share lies in a crowd or "
      "difficult region; 0 and below: off. They learn nothing; with MuSu those that an object's bag "
      "chooses keep what they learn of it. Images without objects are treated alike (mmdet trains "
      "them as background there).",
      "mmdet 3.3.0 MaxIoUAssigner, ATSSAssigner; for FCOS and MuSu ours");
}

ColumnSpec ignoredShareColumn() {
  return realColumn("ignored_share", "Share in an ignored region", "1",
                    "Intersection with a crowd region over the anchor's (or region's) area.");
}

ColumnSpec outsideIgnoredColumn() {
  return wholeColumn("outside_ignored", "Outside ignored regions",
                     "1 when no crowd region takes the anchor out.");
}

TestSpec ignoredRegionTest(double bound) {
  TestSpec test = testOfBound("ignored region", "Is the anchor outside crowd and difficult regions?",
                              "ignored_share", "<=", bound, "outside_ignored");
  test.gate = true;
  return test;
}

}  // namespace anchorscope
