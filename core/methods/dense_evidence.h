#pragma once
// Internal header (ATen). What every dense method shows, whatever assigns and whatever is lost.

#include <vector>

#include "core/evidence/specs.h"
#include "core/losses/combiner.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// The generic channels, object columns and scalars.
EvidenceDeclaration denseDeclaration();

/// The generic scalars of a step, detached, on the device.
std::vector<NamedScalar> denseScalars(const HeadLosses& losses, const CombinedLoss& combined);

/// Publishes the generic channels and object columns. targets.maxObjects() >= 1.
void publishDense(const AnchorSet& anchors, const DenseOutputs& outputs, const DenseTargets& targets,
                  const HeadLosses& losses, EvidenceSink& sink);

}  // namespace anchorscope
