#include "core/ops/gaussian_mixture.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

namespace anchorscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTiny = 10 * std::numeric_limits<double>::epsilon();  // scikit-learn adds it to the counts
constexpr double kLogTwoPi = 1.8378770664093453;

struct Parameters {
  at::Tensor means, variances, weights;  ///< [R,2]

  void takeOver(const Parameters& from, const at::Tensor& where) {
    means = at::where(where, from.means, means);
    variances = at::where(where, from.variances, variances);
    weights = at::where(where, from.weights, weights);
  }
};

/// Of a bool tensor on the CPU: read where it lies, as nothing has to be waited for.
bool anyOf(const at::Tensor& onCpu) {
  const at::Tensor dense = onCpu.contiguous();
  const bool* const first = dense.const_data_ptr<bool>();
  return std::any_of(first, first + dense.numel(), [](bool each) { return each; });
}

/// [R,K,2]: log of weight times density.
at::Tensor weightedLogDensity(const at::Tensor& x, const Parameters& p) {
  const at::Tensor difference = x.unsqueeze(2) - p.means.unsqueeze(1);
  const at::Tensor variances = p.variances.unsqueeze(1);
  return (difference.square() / variances + variances.log() + kLogTwoPi) * -0.5 +
         p.weights.log().unsqueeze(1);
}

/// From responsibilities [R,K,2], 0 where nothing is present.
Parameters maximized(const at::Tensor& x, const at::Tensor& responsibilities, double regularization) {
  const at::Tensor count = responsibilities.sum(1) + kTiny;
  Parameters p;
  p.means = (responsibilities * x.unsqueeze(2)).sum(1) / count;
  p.variances =
      (responsibilities * x.square().unsqueeze(2)).sum(1) / count - p.means.square() + regularization;
  p.weights = count / count.sum(1, true);
  return p;
}

}  // namespace

GaussianMixtures fitTwoGaussians(const at::Tensor& values, const at::Tensor& present,
                                 const GaussianMixtureOptions& options) {
  const c10::NoGradGuard noGrad;
  const at::Tensor x = values.to(at::kDouble).masked_fill(present.logical_not(), 0);
  const at::Tensor count = present.sum(1);
  const at::Tensor enough = count >= 2;
  Parameters p;
  if (x.size(1) == 0) {
    const at::Tensor none = at::full({x.size(0), 2}, kNan, x.options());
    return {none, none, none, present, x, x};
  }
  p.means = at::stack({x.masked_fill(present.logical_not(), kInfinity).amin(1),
                       x.masked_fill(present.logical_not(), -kInfinity).amax(1)},
                      1)
                .masked_fill(enough.logical_not().unsqueeze(1), 0);
  p.variances = at::ones_like(p.means);
  p.weights = at::full_like(p.means, 0.5);

  const at::Tensor mask = present.unsqueeze(2), size = count.clamp_min(1).to(at::kDouble);
  at::Tensor active = enough, last = at::full_like(size, -kInfinity);
  for (std::int64_t round = 0; round < options.iterations; ++round) {
    const at::Tensor density = weightedLogDensity(x, p);
    const at::Tensor total = density.logsumexp(2);
    const at::Tensor responsibilities =
        (density - total.unsqueeze(2)).exp().masked_fill(mask.logical_not(), 0);
    p.takeOver(maximized(x, responsibilities, options.regularization), active.unsqueeze(1));
    const at::Tensor likelihood = total.masked_fill(present.logical_not(), 0).sum(1) / size;
    active = active & ((likelihood - last).abs() >= options.tolerance);
    last = likelihood;
    if (x.is_cpu() && !anyOf(active)) break;
  }

  GaussianMixtures out;
  const at::Tensor density = weightedLogDensity(x, p);
  const at::Tensor known = present & enough.unsqueeze(1);
  const at::Tensor unknown = known.logical_not();
  out.logLikelihood = density.logsumexp(2).masked_fill(unknown, kNan);
  out.share = (density.select(2, 0) - out.logLikelihood).exp().masked_fill(unknown, kNan);
  out.firstComponent = (density.select(2, 0) >= density.select(2, 1)) & known;
  const at::Tensor lacking = enough.logical_not().unsqueeze(1);
  out.means = p.means.masked_fill(lacking, kNan);
  out.variances = p.variances.masked_fill(lacking, kNan);
  out.weights = p.weights.masked_fill(lacking, kNan);
  return out;
}

}  // namespace anchorscope
