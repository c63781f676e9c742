#include "core/trainer/optimizer.h"

#include <algorithm>
#include <unordered_map>

#include "core/base/check.h"
#include "core/base/counted.h"

namespace anchorscope {

Optimizer::Optimizer(const ParamSet& train, std::vector<NamedTensor> parameters,
                     const std::vector<ParameterRole>& roles)
    : adamw_(train.getText("optimizer") == "adamw"), parameters_(std::move(parameters)) {
  ANCHORSCOPE_CHECK(roles.size() <= parameters_.size(), roles.size(), " roles");
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& tensor = parameters_[i].tensor;
    const ParameterRole role = i < roles.size() ? roles[i] : ParameterRole();
    Group own;
    own.decayed = tensor.dim() > 1;
    own.backbone = role.backbone;
    own.bias = role.kind == ParameterRole::Kind::kBias;
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& other) {
      return other.decayed == own.decayed && other.backbone == own.backbone && other.bias == own.bias;
    });
    if (group == groups_.end()) {
      if (!tensor.is_cpu()) own.rateOnDevice = at::empty({}, tensor.options().dtype(at::kFloat));
      group = groups_.insert(groups_.end(), own);
    }
    group->members.push_back(i);
    first_.push_back(at::zeros_like(tensor));
    if (adamw_) {
      second_.push_back(at::zeros_like(tensor));
      counts_.push_back(at::zeros({}, tensor.options().dtype(at::kFloat)));
    }
  }
}

double Optimizer::Group::rate(const ParamSet& train, double learningRate) const {
  return learningRate * (backbone ? train.getFloat("backbone_lr") : 1.0) *
         (bias ? train.getFloat("bias_lr") : 1.0);
}

double Optimizer::Group::decay(const ParamSet& train) const {
  if (!decayed && !train.getBool("decay_norms")) return 0;
  return train.getFloat("weight_decay") * (bias ? train.getFloat("bias_decay") : 1.0);
}

std::string Optimizer::summary(const ParamSet& train) const {
  std::vector<std::string> parts;
  const auto add = [&](const char* title, bool Group::*member, const char* option, const char* what) {
    const double factor = train.getFloat(option);
    std::int64_t tensors = 0;
    for (const Group& group : groups_)
      if (group.*member) tensors += static_cast<std::int64_t>(group.members.size());
    if (factor != 1 && tensors > 0)
      parts.push_back(concat(title, " (", counted(tensors, "tensor"), ") at ", factor, " × the ", what));
  };
  add("backbone", &Group::backbone, "backbone_lr", "learning rate");
  add("biases", &Group::bias, "bias_lr", "learning rate");
  if (train.getBool("decay_norms")) add("biases", &Group::bias, "bias_decay", "weight decay");
  return join(parts, ", ");
}

void Optimizer::clearGradients() {
  for (NamedTensor& parameter : parameters_)
    parameter.tensor.mutable_grad() = at::Tensor();
}

std::vector<at::Tensor> Optimizer::gradients() const {
  std::vector<at::Tensor> out;
  for (const NamedTensor& parameter : parameters_)
    if (parameter.tensor.grad().defined()) out.push_back(parameter.tensor.grad());
  return out;
}

void Optimizer::scaleGradients(double factor) {
  const at::NoGradGuard noGrad;
  if (const std::vector<at::Tensor> all = gradients(); !all.empty()) at::_foreach_mul_(all, factor);
}

at::Tensor Optimizer::clipGradients(double largest) {
  const std::vector<at::Tensor> gradients = this->gradients();
  if (gradients.empty()) return at::zeros({}, at::kFloat);
  at::Tensor norm = at::stack(at::_foreach_norm(gradients, 2)).norm();
  if (largest > 0) at::_foreach_mul_(gradients, (largest / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

namespace {

/// The tensor's memory in its own order, as one row. The fused kernels walk memory, not indices, and copy
/// what is not contiguous although they do not use the copy.
at::Tensor memoryOf(const at::Tensor& tensor) {
  return tensor.detach().as_strided({tensor.numel()}, {1});
}

/// Whether the elements of both lie in the same order; the stride of a dimension of one element means
/// nothing.
bool liesLike(const at::Tensor& a, const at::Tensor& b) {
  for (std::int64_t axis = 0; axis < a.dim(); ++axis)
    if (a.size(axis) != 1 && a.stride(axis) != b.stride(axis)) return false;
  return true;
}

/// The gradient's memory in the order of the parameter's.
at::Tensor alignedGradient(const at::Tensor& parameter) {
  const at::Tensor& gradient = parameter.grad();
  if (liesLike(gradient, parameter)) return memoryOf(gradient);
  at::Tensor aligned = at::empty_like(parameter);
  aligned.copy_(gradient);
  return memoryOf(aligned);
}

}  // namespace

template <typename Rate>
void Optimizer::stepSgd(const Group& group, const ParamSet& train, const Rate& rate, const at::Tensor& skip) {
  std::vector<at::Tensor> parameters, gradients, momenta;
  for (const std::size_t i : group.members) {
    if (!parameters_[i].tensor.grad().defined()) continue;
    parameters.push_back(memoryOf(parameters_[i].tensor));
    gradients.push_back(alignedGradient(parameters_[i].tensor));
    momenta.push_back(memoryOf(first_[i]));
  }
  if (parameters.empty()) return;
  if (train.getFloat("momentum") == 0) momenta.clear();  // as the kernel wants it
  // A buffer of zeros gives momentum * 0 + gradient, the same as PyTorch's first step.
  at::_fused_sgd_(parameters, gradients, momenta, group.decay(train), train.getFloat("momentum"), rate,
                  /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false, {}, skip);
}

template <typename Rate>
void Optimizer::stepAdamw(const Group& group, const ParamSet& train, const Rate& rate,
                          const at::Tensor& skip) {
  constexpr double kEpsilon = 1e-8;
  std::vector<at::Tensor> parameters, gradients, first, second, counts;
  for (const std::size_t i : group.members) {
    if (!parameters_[i].tensor.grad().defined()) continue;
    parameters.push_back(memoryOf(parameters_[i].tensor));
    gradients.push_back(alignedGradient(parameters_[i].tensor));
    first.push_back(memoryOf(first_[i]));
    second.push_back(memoryOf(second_[i]));
    counts.push_back(counts_[i]);
  }
  if (parameters.empty()) return;
  // The kernel needs the count of this update; a skipped one does not count.
  at::_foreach_add_(counts, 1 - skip);
  at::_fused_adamw_(parameters, gradients, first, second, {}, counts, rate, train.getFloat("momentum"),
                    train.getFloat("beta2"), group.decay(train), kEpsilon,
                    /*amsgrad=*/false, /*maximize=*/false, {}, skip);
}

void Optimizer::step(const ParamSet& train, double learningRate, const at::Tensor& skip) {
  const at::NoGradGuard noGrad;
  for (const Group& group : groups_) {
    if (group.members.empty()) continue;
    const auto update = [&](const auto& rate) {
      if (adamw_)
        stepAdamw(group, train, rate, skip);
      else
        stepSgd(group, train, rate, skip);
    };
    const double rate = group.rate(train, learningRate);
    if (group.rateOnDevice.defined())
      update(group.rateOnDevice.fill_(rate));
    else
      update(rate);
  }
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> out;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    if (!adamw_) {
      out.push_back({"optimizer.momentum." + name, first_[i]});
      continue;
    }
    out.push_back({"optimizer.first." + name, first_[i]});
    out.push_back({"optimizer.second." + name, second_[i]});
    out.push_back({"optimizer.count." + name, counts_[i]});
  }
  return out;
}

Status Optimizer::loadState(const std::vector<NamedTensor>& saved) {
  std::unordered_map<std::string, at::Tensor> byName;
  for (const NamedTensor& entry : saved)
    byName.emplace(entry.name, entry.tensor);
  for (NamedTensor& own : state()) {
    const auto found = byName.find(own.name);
    if (found == byName.end())
      return makeError(ErrorCode::kBadData, concat("The checkpoint has no '", own.name, "'"),
                       "Continue with the optimizer the run was started with");
    if (found->second.sizes() != own.tensor.sizes())
      return makeError(ErrorCode::kBadData,
                       concat("'", own.name, "' in the checkpoint has shape ", found->second.sizes(),
                              ", this run needs ", own.tensor.sizes()));
    own.tensor.copy_(found->second);
  }
  return {};
}

}  // namespace anchorscope
