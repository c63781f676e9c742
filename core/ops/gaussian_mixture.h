#pragma once
// Internal header (ATen). Mixtures of two one-dimensional Gaussians, fitted to many small samples at once by
// expectation maximisation, step for step as scikit-learn's GaussianMixture(2, covariance_type="diag") does
// it.

#include <ATen/ATen.h>

#include <cstdint>

namespace anchorscope {

struct GaussianMixtureOptions {
  std::int64_t iterations = 100;  ///< At most.
  double tolerance = 1e-3;        ///< Of the mean log-likelihood, between two rounds.
  double regularization = 1e-6;   ///< Added to variances.
};

/// Of R samples of at most K values. No gradient.
struct GaussianMixtures {
  at::Tensor means, variances, weights;  ///< [R,2] float64; component 0 started at the smallest value.
  at::Tensor firstComponent;             ///< [R,K] bool: component 0 is at least as likely as 1.
  at::Tensor share;                      ///< [R,K] float64 how likely it is of component 0.
  at::Tensor logLikelihood;              ///< [R,K] float64
};

/// values [R,K] and present [R,K] bool, on any device; values that are not present may be anything. Starts
/// from the smallest and the largest value as means, weights 1/2 and variances 1. Samples that have converged
/// stay as they are; the device is waited for only on the CPU, where the rounds end with the last of them.
/// What is not present, and samples of fewer than two values, hold NaN (false).
GaussianMixtures fitTwoGaussians(const at::Tensor& values, const at::Tensor& present,
                                 const GaussianMixtureOptions& options = {});

}  // namespace anchorscope
