#pragma once
// Internal header (ATen). The rounds in which a sampler picks candidates, and what they tell of each: by
// which rank it was kept, or missed being kept.

#include <ATen/ATen.h>

#include <string>

#include "core/samplers/sampler.h"

namespace anchorscope {

/// One sampler's choice for a batch. In each round some candidates are ranked, in groups, and the first of
/// every group are picked.
class Rounds {
 public:
  explicit Rounds(const SamplerInputs& inputs);

  at::Tensor positive, negative;  ///< [B,N] bool.

  /// [B] int64: candidates of the mask, per image.
  static at::Tensor counted(const at::Tensor& mask) { return mask.sum(1); }
  /// Ranks those of mask [B,N] that are not kept yet, by keys [B,N] (largest first) within groups [B,N]
  /// int64, and returns which are among the first `quota` [B] of their group. Nothing is kept by that.
  at::Tensor first(const at::Tensor& mask, const at::Tensor& groups, const at::Tensor& keys,
                   const at::Tensor& quota, int round);
  /// The same with one group, whose first are kept.
  void keepFirst(const at::Tensor& mask, const at::Tensor& keys, const at::Tensor& quota, int round) {
    keep(first(mask, at::zeros_like(rank_), keys, quota, round));
  }
  /// Keeps all of the mask that are not kept yet.
  void keepAll(const at::Tensor& mask, int round);
  void keep(const at::Tensor& picked) { kept_ = kept_.logical_or(picked); }

  const at::Tensor& kept() const { return kept_; }
  /// [B,N] int64: the round that decided about the candidate; -1 where it takes no part.
  const at::Tensor& round() const { return round_; }

  /// Publishes what declaration() declares.
  void show(const std::string& order, EvidenceSink& sink) const;
  /// Of every sampler that works by rounds. order: by what candidates are ranked, "by a random number".
  static EvidenceDeclaration declaration(const std::string& order);

 private:
  at::Tensor kept_, rank_, quota_, round_;
};

}  // namespace anchorscope
