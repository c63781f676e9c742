#pragma once
// Internal header (ATen). Gradient harmonising (Li et al., AAAI 2019), for classes (GHM-C) and boxes (GHM-R):
// elements whose gradients are as long as many others' count less.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/parts/part.h"

namespace anchorscope {

/// How many elements have which gradient norm, as a moving average.
class GradientBins {
 public:
  /// name: of the state. momentum: 0 counts each step by itself.
  GradientBins(std::string name, std::int64_t bins, double momentum);

  struct Shares {
    at::Tensor bin;     ///< int64 of the norms' shape.
    at::Tensor weight;  ///< 1 / (elements of the bin * bins that are hit), 0 where `valid` is false; the
                        ///< elements' losses times it sum to the loss.
  };
  /// norms in [0,1] and valid (bool), of one shape. No gradient. State moves with `moves`.
  Shares of(const at::Tensor& norms, const at::Tensor& valid, bool moves);
  /// The moving average as a checkpoint holds it.
  std::vector<NamedTensor> buffers();

 private:
  std::string name_;
  std::int64_t bins_;
  double momentum_;
  at::Tensor average_;  ///< [bins] float32
};

/// Their options, beginning with `prefix`: prefix_bins, prefix_momentum.
std::vector<ParamSpec> binParams(const std::string& prefix, std::int64_t bins, double momentum,
                                 const std::string& source);
GradientBins binsOf(const std::string& prefix, const ParamSet& params);

}  // namespace anchorscope
