#pragma once
// Internal header (ATen). What AutoAssign's and DW's losses share: bags of all points inside an object, a
// prior on the distance from its centre, and what takes candidates with good boxes out of the background.

#include <ATen/ATen.h>

#include "core/evidence/specs.h"
#include "core/ops/evidence_sink.h"
#include "core/parts/loss_costs.h"
#include "core/parts/pairs.h"
#include "core/parts/stage.h"

namespace anchorscope::inside_bags {

inline constexpr double kTiny = 1e-12;  // mmdet

/// -ln p; of values below the smallest normal number that number's, with gradient 0. NaN stays NaN.
inline at::Tensor minusLog(const at::Tensor& p) {
  return p.clamp_min(p.scalar_type() == at::kDouble ? 0x1p-1022 : 0x1p-126).log().neg();
}

/// Of listed pairs; [R], with gradient.
struct Likelihoods {
  at::Tensor label;  ///< int64
  at::Tensor cls, loc, both;
};
/// loc = exp(-boxWeight * box loss).
Likelihoods likelihoodsOf(const StageInputs& inputs, const CandidatePairs& bags, const LossCosts& own,
                          double boxWeight);

/// [R]: product over both axes of exp(-(d - mean)^2 / (2 sigma^2)), d the offset of the candidate's centre
/// from the object's in strides. mean, sigma: [R,2] or broadcasting; with gradient to them.
at::Tensor centerPrior(const StageInputs& inputs, const CandidatePairs& bags, const at::Tensor& mean,
                       const at::Tensor& sigma);

/// values [R] -> [R]: the smallest and the largest of each object's bag. No gradient.
struct Extremes {
  at::Tensor smallest, largest;
};
Extremes extremesOf(const CandidatePairs& bags, const at::Tensor& values, std::int64_t batch,
                    std::int64_t objects);

/// [B,N,C]: 1, and at the pairs' classes their values [R]; where several objects of a class share a candidate
/// the smallest.
at::Tensor classWeights(const StageInputs& inputs, const CandidatePairs& bags, const at::Tensor& label,
                        const at::Tensor& values);

/// The evidence of pairs: likelihoods, prior, positive and negative weight. prefix: of names.
PairTableSpec pairSpec(const char* prefix, const char* source);
void publishPairs(const char* prefix, const char* source, const CandidatePairs& bags, const Likelihoods& p,
                  const at::Tensor& prior, const at::Tensor& positive, const at::Tensor& negative,
                  EvidenceSink& sink);

}  // namespace anchorscope::inside_bags
