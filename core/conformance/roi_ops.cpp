// roi.*, rpn.*: what lies in regions, which regions are proposed, and what is detected in them.

#include "core/conformance/op_table.h"
#include "core/ops/roi_align.h"

namespace anchorscope::conformance {
namespace {

Outputs runAlign(const ReferenceCase& reference, at::Device device) {
  const std::vector<double> size = reference.numbers("output_size", 2);
  const RoiCells cells{static_cast<std::int64_t>(size[0]), static_cast<std::int64_t>(size[1]),
                       reference.integer("sampling_ratio"), reference.flag("aligned", false)};
  const at::Tensor rois = reference.input("rois").to(device);
  const at::Tensor map = reference.input("input").to(device).detach().requires_grad_();
  const at::Tensor output = roiAlign(map, reference.number("spatial_scale"), rois.slice(1, 1),
                                     rois.select(1, 0).to(at::kLong), cells);
  (output * reference.input("upstream").to(device)).sum().backward();
  return {{"output", output}, {"grad_input", map.grad()}};
}

}  // namespace

std::vector<OpEntry> roiOps() {
  return {{"roi.align", runAlign}};
}

}  // namespace anchorscope::conformance
