// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor. The formulas are those of cls_loss_math.h, with the exp and log1p of vector_math.h.
#include "core/ops/cls_rows.h"

#include <algorithm>

#include "core/ops/vector_math.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kBlock = 64;

/// Element losses of up to kBlock classes from `first` on.
template <ClsElementLoss kElement, bool kSlopes>
inline __attribute__((always_inline)) void block(const float* logits, const ClsRowTargets& targets,
                                                 std::int64_t first, std::int64_t count, float alpha,
                                                 float* out) {
  const ClsLossOptions options{kElement, 2, alpha};
  if (targets.soft != nullptr) {
    for (std::int64_t c = 0; c < count; ++c) {
      const auto loss = clsmath::elementLoss<float, VectorMath>(logits[c], targets.soft[first + c], options);
      out[c] = kSlopes ? loss.slope : loss.value;
    }
    return;
  }
  for (std::int64_t c = 0; c < count; ++c) {
    const auto loss = clsmath::elementLoss<float, VectorMath>(logits[c], 0.0F, options);
    out[c] = kSlopes ? loss.slope : loss.value;
  }
  const std::int64_t own = targets.label - first;
  if (own >= 0 && own < count) {
    const auto loss = clsmath::elementLoss<float, VectorMath>(logits[own], 1.0F, options);
    out[own] = kSlopes ? loss.slope : loss.value;
  }
}

template <bool kSlopes>
inline __attribute__((always_inline)) void anyBlock(const float* logits, const ClsRowTargets& targets,
                                                    std::int64_t first, std::int64_t count,
                                                    const ClsLossOptions& options, float* out) {
  const auto alpha = static_cast<float>(options.alpha);
  switch (options.element) {
    case ClsElementLoss::kBce:
      return block<ClsElementLoss::kBce, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kFocal:
      return block<ClsElementLoss::kFocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kSoftFocal:
      return block<ClsElementLoss::kSoftFocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kWeightedFocal:
      return block<ClsElementLoss::kWeightedFocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kWeightedBce:
      return block<ClsElementLoss::kWeightedBce, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kVarifocal:
      return block<ClsElementLoss::kVarifocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kVarifocalPlain:
      return block<ClsElementLoss::kVarifocalPlain, kSlopes>(logits, targets, first, count, alpha, out);
  }
}

}  // namespace

bool hasVectorForm(const ClsLossOptions& options) {
  const bool modulated =
      options.element != ClsElementLoss::kBce && options.element != ClsElementLoss::kWeightedBce;
  return !modulated || options.gamma == 2;
}

ANCHORSCOPE_CLONES double clsRowSum(const float* logits, const ClsRowTargets& targets, std::int64_t classes,
                                    const ClsLossOptions& options) {
  float losses[kBlock];
  double sum = 0;
  for (std::int64_t first = 0; first < classes; first += kBlock) {
    const std::int64_t count = std::min(kBlock, classes - first);
    anyBlock<false>(logits + first, targets, first, count, options, losses);
    for (std::int64_t c = 0; c < count; ++c)
      sum += static_cast<double>(losses[c]);
  }
  return sum;
}

ANCHORSCOPE_CLONES void clsRowSlopes(const float* logits, const ClsRowTargets& targets, float upstream,
                                     std::int64_t classes, const ClsLossOptions& options, float* gradient) {
  for (std::int64_t first = 0; first < classes; first += kBlock) {
    const std::int64_t count = std::min(kBlock, classes - first);
    anyBlock<true>(logits + first, targets, first, count, options, gradient + first);
    for (std::int64_t c = first; c < first + count; ++c)
      gradient[c] *= upstream;
  }
}

}  // namespace anchorscope
