// assigner.yolov5_ratio, assigner.yolov7: the registered assigners on the files' base anchors. The files
// count anchors level by level, base anchor, row, column; the program level by level, row, column, base
// anchor.

#include <array>

#include "core/assigners/assigner.h"
#include "core/conformance/head_cases.h"
#include "core/conformance/op_table.h"

namespace anchorscope::conformance {
namespace {

struct YoloGrid {
  AnchorSet anchors;
  at::Tensor theirs;                ///< [N] int64: the file's index of each of our anchors.
  at::Tensor corner, base, stride;  ///< [N,2] px: the cell's corner and the base anchor's sides; [N,1].
};

YoloGrid gridOf(const ReferenceCase& reference) {
  const std::vector<double> strides = reference.numbers("strides");
  const auto& sizes = reference.params.at("feature_sizes");
  const auto& bases = reference.params.at("base_sizes");
  YoloGrid grid;
  std::vector<double> corner, base, stride;
  std::vector<std::int64_t> theirs;
  for (std::size_t level = 0; level < strides.size(); ++level) {
    const auto size = sizes.at(level).get<std::array<std::int64_t, 2>>();
    const auto own = bases.at(level).get<std::vector<std::array<double, 2>>>();
    const auto first = static_cast<std::int64_t>(theirs.size()),
               perCell = static_cast<std::int64_t>(own.size());
    grid.anchors.levels.push_back({static_cast<int>(strides[level]), static_cast<int>(size[0]),
                                   static_cast<int>(size[1]), static_cast<int>(perCell), first});
    for (std::int64_t row = 0; row < size[0]; ++row)
      for (std::int64_t column = 0; column < size[1]; ++column)
        for (std::int64_t a = 0; a < perCell; ++a) {
          theirs.push_back(first + (a * size[0] + row) * size[1] + column);
          corner.insert(corner.end(), {static_cast<double>(column) * strides[level],
                                       static_cast<double>(row) * strides[level]});
          base.insert(base.end(), own[static_cast<std::size_t>(a)].begin(),
                      own[static_cast<std::size_t>(a)].end());
          stride.push_back(strides[level]);
        }
  }
  const auto count = static_cast<std::int64_t>(theirs.size());
  grid.theirs = at::tensor(theirs, at::kLong);
  grid.corner = at::tensor(corner, at::kDouble).view({count, 2});
  grid.base = at::tensor(base, at::kDouble).view({count, 2});
  grid.stride = at::tensor(stride, at::kDouble).view({count, 1});
  const at::Tensor centre = grid.corner + grid.stride / 2;
  grid.anchors.boxes = at::cat({centre - grid.base / 2, centre + grid.base / 2}, 1);
  grid.anchors.strides = grid.stride.squeeze(1);
  return grid;
}

/// [N] in the file's order.
at::Tensor inTheirOrder(const YoloGrid& grid, const at::Tensor& ours) {
  return at::zeros_like(ours).index_copy(0, grid.theirs, ours);
}

/// The learnt pairs as [M,2] of the file's anchors and objects, sorted.
at::Tensor sortedPairs(const YoloGrid& grid, const LearntPairs& learnt) {
  const at::Tensor kept = learnt.regWeight.gt(0).nonzero().squeeze(1);
  const at::Tensor anchor = grid.theirs.index_select(0, learnt.pairs.candidate.index_select(0, kept)),
                   object = learnt.pairs.object.index_select(0, kept);
  const at::Tensor order = (anchor * 1000 + object).argsort();
  return at::stack({anchor, object}, 1).index_select(0, order);
}

Outputs common(const ReferenceCase& reference, const YoloGrid& grid, const Assignment& assignment) {
  const at::Tensor assigned = inTheirOrder(grid, assignment.clsObject.squeeze(0)),
                   pairs = sortedPairs(grid, *assignment.pairs);
  Outputs outputs{{"assigned_gt", assigned}, {"labels", labelsOf(reference, assigned)}, {"pairs", pairs}};
  outputs["num_objects"] = at::zeros({grid.anchors.count()}, at::kLong)
                               .index_add(0, pairs.select(1, 0), at::ones({pairs.size(0)}, at::kLong));
  return outputs;
}

ParamSet yoloParams(const ReferenceCase& reference, const std::string& name) {
  ParamSet params = assignerParams(name);
  setOption(params, "ratio_thr", toText(ParamValue(reference.number("prior_match_thr"))));
  setOption(params, "neighbour_thr", toText(ParamValue(reference.number("near_neighbor_thr"))));
  return params;
}

Outputs runYolov5(const ReferenceCase& reference, at::Device) {
  constexpr std::int64_t kAnyClass = std::int64_t{1} << 31;
  const YoloGrid grid = gridOf(reference);
  const PaddedObjects objects = padObjects(reference, 1, kAnyClass, at::kCPU);
  return common(reference, grid,
                unwrapped(makeAssigner("yolov5_ratio", yoloParams(reference, "yolov5_ratio")))
                    ->assign({grid.anchors, HeadOutputs{}, objects.targets}, nullptr));
}

Outputs runYolov7(const ReferenceCase& reference, at::Device) {
  const YoloGrid grid = gridOf(reference);
  const auto ours = [&](const std::string& name) {
    return reference.input(name).to(at::kDouble).index_select(0, grid.theirs);
  };
  const at::Tensor raw = ours("box_logits").sigmoid();
  const at::Tensor centre = grid.corner + (raw.slice(1, 0, 2) * 2 - 0.5) * grid.stride,
                   half = (raw.slice(1, 2, 4) * 2).square() * grid.base / 2;
  HeadOutputs heads;
  heads.logits = ours("cls_logits").unsqueeze(0);
  heads.boxes = at::cat({centre - half, centre + half}, 1).unsqueeze(0);
  heads.further[kObjectnessOutput] = ours("obj_logits").unsqueeze(0);
  const PaddedObjects objects = padObjects(reference, 1, heads.logits.size(2), at::kCPU);
  ParamSet params = yoloParams(reference, "yolov7");
  setOption(params, "yolov7_topk", toText(ParamValue(reference.integer("candidate_topk"))));
  setOption(params, "yolov7_iou_weight", toText(ParamValue(reference.number("iou_weight"))));
  setOption(params, "yolov7_cls_weight", toText(ParamValue(reference.number("cls_weight"))));
  CaptureSink sink;
  Outputs outputs = common(
      reference, grid,
      unwrapped(makeAssigner("yolov7", params))->assign({grid.anchors, heads, objects.targets}, &sink));
  outputs["dynamic_k"] = sink.objectColumns.at("yolov7.needed").squeeze(0).slice(0, 0, objects.image.numel());
  return outputs;
}

}  // namespace

std::vector<OpEntry> yoloOps() {
  return {{"assigner.yolov5_ratio", runYolov5}, {"assigner.yolov7", runYolov7}};
}

}  // namespace anchorscope::conformance
