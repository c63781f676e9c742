#include "core/losses/gradient_bins.h"

#include <c10/core/GradMode.h>

#include <utility>

namespace anchorscope {

GradientBins::GradientBins(std::string name, std::int64_t bins, double momentum)
    : name_(std::move(name)), bins_(bins), momentum_(momentum), average_(at::zeros({bins}, at::kFloat)) {}

GradientBins::Shares GradientBins::of(const at::Tensor& norms, const at::Tensor& valid, bool moves) {
  const c10::NoGradGuard noGrad;
  // Edges in float32, as published.
  const at::Tensor edges =
      (at::arange(1, bins_, at::TensorOptions(norms.device()).dtype(at::kFloat)) / static_cast<double>(bins_))
          .to(norms.scalar_type());
  Shares shares;
  shares.bin = at::bucketize(norms, edges, false, /*right=*/true);
  const at::Tensor counts = at::zeros({bins_}, shares.bin.options())
                                .scatter_add_(0, shares.bin.flatten(), valid.to(at::kLong).flatten());
  at::Tensor elements = counts.to(at::kFloat);
  if (momentum_ > 0) {  // only bins that are hit move
    elements = at::where(counts > 0, momentum_ * average_ + (1 - momentum_) * elements, average_);
    if (moves) average_.copy_(elements);
  }
  const at::Tensor hit = counts.gt(0).sum().clamp_min(1);
  const at::Tensor ofBins = (1 / (elements * hit)).masked_fill(counts == 0, 0).to(norms.scalar_type());
  shares.weight = ofBins.take(shares.bin).masked_fill(valid.logical_not(), 0);
  return shares;
}

std::vector<NamedTensor> GradientBins::buffers() {
  return {{name_, average_}};
}

std::vector<ParamSpec> binParams(const std::string& prefix, std::int64_t bins, double momentum,
                                 const std::string& source) {
  ParamSpec count =
      intParam(prefix + "_bins", bins, 1, 10000, "bins",
               "Into how many bins of equal width gradient norms from 0 to 1 are sorted.", source);
  count.effect = ParamEffect::kNextRun;  // so many counts are kept
  return {
      std::move(count),
      floatParam(prefix + "_momentum", momentum, 0, 0.9999, "1",
                 "Share of the bin's former count in its moving average, which starts at 0; 0: every step "
                 "counts by itself.",
                 source)};
}

GradientBins binsOf(const std::string& prefix, const ParamSet& params) {
  return {prefix + ".count", params.getInt(prefix + "_bins"), params.getFloat(prefix + "_momentum")};
}

}  // namespace anchorscope
