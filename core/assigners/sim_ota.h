#pragma once
// Internal header (ATen). SimOTA: what the rule (sim_ota.cpp) decides, and what is shown of it
// (sim_ota_evidence.cpp).

#include <ATen/ATen.h>

#include "core/assigners/dynamic_k.h"
#include "core/assigners/ignored_regions.h"
#include "core/evidence/specs.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope::sim_ota {

inline constexpr const char* kPrefix = "simota";
inline constexpr const char* kRule = "YOLOX (Ge et al., 2021); mmdet 3.3.0 SimOTAAssigner";

struct Options {
  double radius = 2.5;
  std::int64_t topK = 10;
  double iouWeight = 3, clsWeight = 1;
  bool softTargets = true;
  double ignoreIof = 0;
};

/// Everything that is decided about the pairs of a batch; [B,G,N] unless said otherwise.
struct Matching {
  at::Tensor side;       ///< Distance of the anchor's centre to the nearest side of the box, px.
  at::Tensor offCentre;  ///< Larger of the distances to the object's centre by axis, strides.
  at::Tensor iou;        ///< Of the predicted box.
  at::Tensor clsCost, cost;
  at::Tensor candidate;  ///< [B,N] in a box or a window of any object.
  DynamicK choice;
  at::Tensor object;  ///< [B,N] the choice, and -2 for what is ignored.
  IgnoredRegions ignored;

  at::Tensor inBox() const { return side > 0; }
};

/// Everything that is published with these options.
EvidenceDeclaration declaration(const Options& options);

/// Channels, pair rows and object columns of a batch. valid: [B,G] bool, the objects with padding.
void publish(const Matching& matching, const Options& options, const at::Tensor& valid, EvidenceSink& sink);

}  // namespace anchorscope::sim_ota
