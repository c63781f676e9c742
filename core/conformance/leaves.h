#pragma once
// Internal header (ATen). Inputs whose gradients a case asks for.

#include <string>

#include "core/conformance/reference_case.h"

namespace anchorscope::conformance {

/// A copy in float64 that takes a gradient.
inline at::Tensor leafOf(const at::Tensor& values, at::Device device) {
  return values.to(device, at::kDouble).detach().clone().requires_grad_();
}
inline at::Tensor leafOf(const at::Tensor& values) {
  return leafOf(values, values.device());
}
inline at::Tensor leafInput(const ReferenceCase& reference, const std::string& name, at::Device device) {
  return leafOf(reference.input(name), device);
}

/// The same in the file's own type.
inline at::Tensor leafAsGiven(const ReferenceCase& reference, const std::string& name, at::Device device) {
  return reference.input(name).to(device).detach().clone().requires_grad_();
}

/// Zeros where nothing came.
inline at::Tensor gradientOf(const at::Tensor& leaf) {
  return leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf);
}

}  // namespace anchorscope::conformance
