// assigner.simota: the registered assigner on the reference files' points, boxes and scores.

#include "core/assigners/assigner.h"
#include "core/base/named_registry.h"
#include "core/conformance/capture_sink.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"

namespace anchorscope::conformance {
namespace {

Outputs runSimOta(const ReferenceCase& reference, at::Device device) {
  const at::Tensor priors = reference.input("priors").to(device);  // [N,4] x, y, horizontal, vertical stride
  if (priors.dim() != 2 || priors.size(1) != 4) throw MalformedCase("priors are not [N,4]");
  AnchorSet points;
  points.strides = priors.select(1, 2);
  const at::Tensor centre = priors.slice(1, 0, 2), half = priors.slice(1, 2, 4) / 2;
  points.boxes = at::cat({centre - half, centre + half}, 1);
  points.offsets = BoxOffsets::kSideDistances;

  HeadOutputs heads;
  heads.logits = reference.input("scores").to(device, at::kDouble).logit().unsqueeze(0);
  heads.boxes = reference.input("pred_boxes").to(device).unsqueeze(0);
  const PaddedObjects objects = padObjects(reference, 1, heads.logits.size(2), device);
  const auto entry = findNamed(assignerEntries(), "simota", "assigner");
  if (!entry) throw UnsupportedCase(entry.error().text());
  ParamSet params((*entry)->params);
  setOptions(reference, params);
  CaptureSink sink;
  const Assignment assignment =
      unwrapped(makeAssigner("simota", params))->assign({points, heads, objects.targets}, &sink);

  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const std::int64_t count = objects.image.numel();  // the objects of the only image, in order
  const CaptureSink::PairColumns& rows = sink.tables.at("simota.pairs");
  const at::Tensor both = at::zeros({points.count(), count}, assigned.options().dtype(at::kBool));
  if (count > 0) both.index_put_({rows.anchor, rows.object}, rows.columns.at("both").to(at::kBool));
  return {{"assigned_gt", assigned},
          {"labels", labelsOf(reference, assigned)},
          {"assigned_iou", assignment.clsTarget.amax(2).squeeze(0)},
          {"candidate", sink.channels.at("simota.candidate").squeeze(0)},
          {"in_box_and_center", both},
          {"dynamic_k", sink.objectColumns.at("simota.needed").squeeze(0).slice(0, 0, count)}};
}

}  // namespace

std::vector<OpEntry> simOtaOps() {
  return {{"assigner.simota", runSimOta}};
}

}  // namespace anchorscope::conformance
