#include "core/trainer/part_norms.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace anchorscope {

std::string partOf(const std::string& parameter) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= parameter.size();) {
    const std::size_t end = std::min(parameter.find('.', begin), parameter.size());
    words.push_back(parameter.substr(begin, end - begin));
    begin = end + 1;
  }
  if (words.size() > 1) words.pop_back();
  const std::size_t kept = words.size() > 2 && words[1] == "body" ? 3 : 2;
  if (words.size() > kept) words.resize(kept);
  std::string part = words.front();
  for (std::size_t i = 1; i < words.size(); ++i)
    part += '.' + words[i];
  return part;
}

PartNorms::PartNorms(std::vector<NamedTensor> parameters) : parameters_(std::move(parameters)) {
  const at::NoGradGuard noGrad;
  for (const NamedTensor& parameter : parameters_) {
    const std::string part = partOf(parameter.name);
    auto own =
        std::find_if(norms_.begin(), norms_.end(), [&](const PartNorm& norm) { return norm.part == part; });
    if (own == norms_.end()) {
      norms_.emplace_back();
      norms_.back().part = part;
      own = norms_.end() - 1;
    }
    parts_.push_back(static_cast<std::size_t>(own - norms_.begin()));
    before_.push_back(parameter.tensor.detach().clone());
  }
  measure(&PartNorm::weights, [this](std::size_t i) { return before_[i]; });
}

template <typename Of>
void PartNorms::measure(double PartNorm::*into, const Of& of) {
  const at::NoGradGuard noGrad;
  std::vector<double> squares(norms_.size(), 0);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor values = of(i);
    if (values.defined()) squares[parts_[i]] += values.to(at::kDouble).square().sum().template item<double>();
  }
  for (std::size_t part = 0; part < norms_.size(); ++part)
    norms_[part].*into = std::sqrt(squares[part]);
}

void PartNorms::differentiated(std::int64_t batches) {
  measure(&PartNorm::gradient, [&](std::size_t i) {
    const at::Tensor gradient = parameters_[i].tensor.grad();
    return gradient.defined() ? gradient / static_cast<double>(batches) : gradient;
  });
}

void PartNorms::updated() {
  measure(&PartNorm::change, [this](std::size_t i) { return parameters_[i].tensor.detach() - before_[i]; });
}

}  // namespace anchorscope
