#pragma once
// Internal header (ATen). What MuSu shows: its declaration, its scalars, and the filling of both.

#include <vector>

#include "core/assigners/ignored_regions.h"
#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"
#include "core/ops/musu.h"

namespace anchorscope {

/// Everything MuSu publishes with these options; `ignoreIof`: see ignoreIofParam().
EvidenceDeclaration musuDeclaration(const MusuOptions& options, double ignoreIof);

/// Scalars of a step: all where `result` has statistics, else the starved objects alone. Means over objects
/// are NaN where no object has a value.
std::vector<NamedScalar> musuScalars(const MusuResult& result);

/// Channels, pair rows and object columns of a batch. `result` must hold pairs.
void publishMusu(const MusuInputs& inputs, const MusuOptions& options, const MusuResult& result,
                 const IgnoredRegions& ignored, double ignoreIof, EvidenceSink& sink);

}  // namespace anchorscope
