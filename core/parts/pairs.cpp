#include "core/parts/pairs.h"

#include "core/ops/class_boxes.h"

namespace anchorscope {
namespace {

/// [R] sums into [rows * columns], as [rows, columns].
at::Tensor summed(const at::Tensor& values, const at::Tensor& row, const at::Tensor& column,
                  std::int64_t rows, std::int64_t columns) {
  return at::zeros({rows * columns}, values.options().requires_grad(false))
      .index_add(0, row * columns + column, values)
      .view({rows, columns});
}

}  // namespace

at::Tensor CandidatePairs::perCandidate(const at::Tensor& values, std::int64_t batch,
                                        std::int64_t candidates) const {
  return summed(values, image, candidate, batch, candidates);
}

at::Tensor CandidatePairs::perObject(const at::Tensor& values, std::int64_t batch,
                                     std::int64_t objects) const {
  return summed(values, image, object, batch, objects);
}

CandidatePairs pairsWhere(const at::Tensor& mask) {
  const at::Tensor where = mask.nonzero();  // [R,3], in row-major order
  return {where.select(1, 0), where.select(1, 2), where.select(1, 1)};
}

PairStage stageOf(const CandidatePairs& pairs, const StageInputs& inputs) {
  const auto& [anchors, outputs, targets] = inputs;
  const auto own = [&](const at::Tensor& values) {
    return values.defined() ? pairs.ofCandidates(values).unsqueeze(0) : values;
  };
  PairStage stage;
  stage.anchors.boxes =
      anchors.shared() ? anchors.boxes.index_select(0, pairs.candidate).unsqueeze(0) : own(anchors.boxes);
  stage.anchors.offsets = anchors.offsets;
  stage.anchors.deltaWeights = anchors.deltaWeights;
  stage.outputs.logits = own(outputs.logits);
  stage.outputs.distribution = own(outputs.distribution);
  stage.outputs.activation = outputs.activation;
  for (const auto& [name, values] : outputs.further)
    stage.outputs.further[name] = own(values);
  stage.outputs.rankedBy = outputs.rankedBy;
  stage.labels = pairs.ofObjects(targets.labels).unsqueeze(0);
  const bool perClass = boxPerClass(outputs);
  const auto ofClass = [&](const at::Tensor& values) {
    if (!values.defined()) return values;
    return perClass ? values.index({pairs.image, pairs.candidate, stage.labels[0].clamp_min(0)}).unsqueeze(0)
                    : own(values);
  };
  stage.outputs.offsets = ofClass(outputs.offsets);
  stage.outputs.boxes = ofClass(outputs.boxes);
  stage.targets.boxes = pairs.ofObjects(targets.boxes).unsqueeze(0);
  stage.targets.labels = stage.labels;
  stage.targets.valid = at::ones_like(stage.labels, at::kBool);
  stage.targets.ignoreBoxes = at::zeros({1, 0, 4}, targets.boxes.options());
  stage.matched = at::arange(pairs.count(), stage.labels.options()).unsqueeze(0);
  return stage;
}

}  // namespace anchorscope
