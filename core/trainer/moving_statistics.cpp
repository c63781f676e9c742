#include "core/trainer/moving_statistics.h"

#include <ATen/core/grad_mode.h>

#include <map>
#include <set>
#include <string>

namespace anchorscope {
namespace {

/// "layer.running_mean" -> "layer"
std::string layerOf(const std::string& name) {
  return name.substr(0, name.rfind('.'));
}

}  // namespace

std::vector<at::Tensor> movingBuffers(const Detector& detector) {
  const std::vector<NamedTensor> buffers = detector.buffers();
  std::set<std::string> moving;  // frozen batch norms count no batches
  for (const NamedTensor& buffer : buffers)
    if (buffer.name.ends_with(".num_batches_tracked")) moving.insert(layerOf(buffer.name));
  std::vector<at::Tensor> out;
  for (const NamedTensor& buffer : buffers)
    if (moving.count(layerOf(buffer.name)) > 0) out.push_back(buffer.tensor);
  return out;
}

MovingStatistics::MovingStatistics(const std::vector<at::Tensor>& buffers) {
  std::map<at::ScalarType, Group> byDtype;
  for (const at::Tensor& buffer : buffers)
    byDtype[buffer.scalar_type()].buffers.push_back(buffer);
  for (auto& [dtype, group] : byDtype)
    groups_.push_back(std::move(group));
}

at::Tensor MovingStatistics::Group::flat() const {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& buffer : buffers)
    parts.push_back(buffer.reshape({-1}));
  return at::cat(parts);
}

void MovingStatistics::remember() {
  const at::NoGradGuard noGrad;
  for (Group& group : groups_)
    group.before = group.flat();
}

void MovingStatistics::Group::fill(const at::Tensor& flatValues) {
  std::vector<at::Tensor> parts;
  std::int64_t begin = 0;
  for (const at::Tensor& buffer : buffers) {
    parts.push_back(flatValues.narrow(0, begin, buffer.numel()).view(buffer.sizes()));
    begin += buffer.numel();
  }
  at::_foreach_copy_(buffers, parts);
}

void MovingStatistics::restore() {
  const at::NoGradGuard noGrad;
  for (Group& group : groups_)
    group.fill(group.before);
}

void MovingStatistics::restoreIf(const at::Tensor& skip) {
  const at::NoGradGuard noGrad;
  for (Group& group : groups_)
    group.fill(at::where(skip > 0, group.before, group.flat()));
}

}  // namespace anchorscope
