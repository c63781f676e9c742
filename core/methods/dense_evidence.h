#pragma once
// Internal header (ATen). What every dense method shows, whatever assigns and whatever is lost.

#include <vector>

#include "core/assigners/assigner.h"
#include "core/evidence/specs.h"
#include "core/losses/combiner.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// The generic channels, object columns and scalars; withQuality: also those of a centerness head.
EvidenceDeclaration denseDeclaration(bool withQuality);

/// The generic scalars of a step, detached, on the device; withQuality as in the declaration.
std::vector<NamedScalar> denseScalars(const LossContext& context, const HeadLosses& losses,
                                      const CombinedLoss& combined, bool withQuality);

/// Publishes the generic channels and object columns, the losses as they are before a coupling.
void publishDense(const LossContext& context, const HeadLosses& losses, const Assignment& assignment,
                  EvidenceSink& sink);

}  // namespace anchorscope
