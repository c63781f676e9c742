#pragma once
// LIP as the official code writes it, averagePool(x e^g) / averagePool(e^g), to compare with.

#include <ATen/ATen.h>

#include "core/ops/lip.h"

namespace anchorscope::testing {

/// Overflows where e^g does. padding <= kernel / 2.
inline at::Tensor lipPoolTwoAverages(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window) {
  const at::Tensor weight = logit.exp();
  const auto average = [&](const at::Tensor& map) {
    return at::avg_pool2d(map, window.kernel, window.stride, window.padding);
  };
  return average(x * weight) / average(weight);
}

}  // namespace anchorscope::testing
