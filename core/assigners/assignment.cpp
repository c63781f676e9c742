#include "core/assigners/assigner.h"

namespace anchorscope {

at::Tensor gatherObjects(const at::Tensor& values, const at::Tensor& index) {
  const at::Tensor safe = index.clamp_min(0);
  if (values.dim() == 2) return values.gather(1, safe);
  return values.gather(1, safe.unsqueeze(2).expand({-1, -1, values.size(2)}));
}

at::Tensor denseClassTarget(const Assignment& assignment, const at::Tensor& labels, std::int64_t classCount,
                            at::ScalarType dtype) {
  if (assignment.clsTarget.defined()) return assignment.clsTarget.to(dtype);
  const at::Tensor& object = assignment.clsObject;
  at::Tensor target = at::zeros({object.size(0), object.size(1), classCount}, labels.options().dtype(dtype));
  if (labels.size(1) == 0) return target;
  const at::Tensor label = gatherObjects(labels, object).clamp_min(0);
  return target.scatter_(2, label.unsqueeze(2), object.ge(0).to(dtype).unsqueeze(2));
}

at::Tensor sumPerObject(const at::Tensor& index, const at::Tensor& values, std::int64_t objects) {
  at::Tensor sums = at::zeros({index.size(0), objects}, values.options());
  return sums.scatter_add_(1, index.clamp_min(0), values * index.ge(0).to(values.scalar_type()));
}

at::Tensor starvedCount(const at::Tensor& index, const at::Tensor& valid) {
  return (valid & (sumPerObject(index, at::ones_like(index), valid.size(1)) == 0)).sum();
}

DenseTargets withPadding(const DenseTargets& targets) {
  if (targets.maxObjects() > 0) return targets;
  const std::int64_t batch = targets.batchSize();
  DenseTargets padded = targets;
  padded.boxes = at::zeros({batch, 1, 4}, targets.boxes.options());
  padded.labels = at::full({batch, 1}, -1, targets.labels.options());
  padded.valid = at::zeros({batch, 1}, targets.valid.options());
  if (targets.masks.defined())
    padded.masks =
        at::zeros({batch, 1, targets.masks.size(2), targets.masks.size(3)}, targets.masks.options());
  return padded;
}

}  // namespace anchorscope
