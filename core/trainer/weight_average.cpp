#include "core/trainer/weight_average.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/base/check.h"
#include "core/model/weights.h"
#include "core/trainer/moving_statistics.h"

namespace anchorscope {

double averageDecay(const ParamSet& train, std::int64_t step) {
  const double decay = train.getFloat("ema_decay");
  const std::string& warmup = train.getText("ema_warmup");
  const auto updates = static_cast<double>(step);
  if (warmup == "tensorflow") return std::min(decay, (1 + updates) / (10 + updates));
  if (warmup == "yolov5") return decay * (1 - std::exp(-updates / 2000));
  return decay;
}

WeightAverage::WeightAverage(const Detector& detector) {
  const auto add = [&](const NamedTensor& own) {
    names_.push_back(own.name);
    weights_.push_back(own.tensor);
    averages_.push_back(own.tensor.detach().clone());
  };
  for (const NamedTensor& parameter : detector.parameters())
    if (parameter.tensor.requires_grad()) add(parameter);
  const std::vector<at::Tensor> moving = movingBuffers(detector);
  for (const NamedTensor& buffer : detector.buffers()) {
    const bool moves = std::any_of(moving.begin(), moving.end(),
                                   [&](const at::Tensor& tensor) { return tensor.is_same(buffer.tensor); });
    if (moves && buffer.tensor.is_floating_point()) add(buffer);
  }
  if (!weights_.empty() && !weights_.front().is_cpu())
    share_ = at::empty({}, weights_.front().options().dtype(at::kFloat));
}

void WeightAverage::update(double decay, const at::Tensor& skip) {
  const at::NoGradGuard noGrad;
  if (skip.is_cpu()) {
    if (skip.item<float>() == 0) at::_foreach_lerp_(averages_, weights_, 1 - decay);
    return;
  }
  std::vector<at::Tensor> way = at::_foreach_sub(weights_, averages_);
  at::_foreach_mul_(way, (1 - skip) * share_.fill_(1 - decay));
  at::_foreach_add_(averages_, way);
}

std::vector<NamedTensor> WeightAverage::state() const {
  std::vector<NamedTensor> out;
  for (std::size_t i = 0; i < names_.size(); ++i)
    out.push_back({kAveragePrefix + names_[i], averages_[i]});
  return out;
}

Status WeightAverage::loadState(const std::vector<NamedTensor>& saved) {
  const at::NoGradGuard noGrad;
  std::unordered_map<std::string, at::Tensor> byName;
  for (const NamedTensor& entry : saved)
    byName.emplace(entry.name, entry.tensor);
  for (NamedTensor& own : state()) {
    const auto found = byName.find(own.name);
    if (found == byName.end() || found->second.sizes() != own.tensor.sizes())
      return makeError(ErrorCode::kBadData,
                       concat("The checkpoint has no '", own.name, "' of shape ", own.tensor.sizes()),
                       "Continue with the model and the ema_decay the run was started with");
    own.tensor.copy_(found->second);
  }
  return {};
}

void WeightAverage::swap() {
  const at::NoGradGuard noGrad;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor weight = weights_[i].detach();
    weights_[i].set_data(averages_[i]);
    averages_[i] = weight;
  }
}

WeightAverage::Scope::Scope(WeightAverage* average) : average_(average) {
  if (average_ != nullptr) average_->swap();
}

WeightAverage::Scope::~Scope() {
  if (average_ != nullptr) average_->swap();
}

}  // namespace anchorscope
