#pragma once
// Internal header (ATen). The norms of a detector's parts while a step is done.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/ops/dense_types.h"
#include "core/trainer/part_norm.h"

namespace anchorscope {

/// The part that a parameter belongs to: its name without the last word, at most two words of it, three of
/// what stands in a backbone's body.
std::string partOf(const std::string& parameter);

/// Of one step; copies the parameters.
class PartNorms {
 public:
  /// parameters: those that are trained, aliasing the detector's.
  explicit PartNorms(std::vector<NamedTensor> parameters);
  /// The gradients that lie in the parameters are the sum of so many batches'.
  void differentiated(std::int64_t batches);
  void updated();
  const std::vector<PartNorm>& norms() const { return norms_; }

 private:
  template <typename Of>
  void measure(double PartNorm::*into, const Of& of);

  std::vector<NamedTensor> parameters_;
  std::vector<at::Tensor> before_;
  std::vector<std::size_t> parts_;  ///< Of each parameter.
  std::vector<PartNorm> norms_;
};

}  // namespace anchorscope
