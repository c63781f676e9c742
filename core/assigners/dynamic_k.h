#pragma once
// Internal header (ATen). What OTA's descendants share (SimOTA, RTMDet, YOLOv7): each object takes the
// candidates that cost it least, as many as its best overlaps add up to, and a candidate that several want
// goes where it costs least.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/assigners/pair_rows.h"
#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

struct DynamicK {
  at::Tensor needed;    ///< [B,G] int64: how many the object takes; at least 1.
  at::Tensor lowest;    ///< [B,G,K] int64 the topK candidates of lowest cost, the cheapest first.
  at::Tensor ranks;     ///< [B,G,K] int64 0, 1, ...; -1 where the cost is infinite.
  at::Tensor chosen;    ///< [B,G,K] bool: among the needed ones.
  at::Tensor wishes;    ///< [B,N] int64: how many objects need the candidate.
  at::Tensor cheapest;  ///< [B,N] lowest cost over all objects.
  at::Tensor object;    ///< [B,N] int64: -1 none.

  /// [B,G,N], for evidence: the rank, -1 elsewhere; and whether the candidate is among the needed ones.
  at::Tensor rank() const;
  at::Tensor wanted() const;
};

/// cost [B,G,N]: infinite where a candidate is none of the object. overlaps [B,G,N]: 0 where they do not
/// count; the object needs the sum of its topK largest, rounded down. Of equal costs the smaller index is
/// cheaper.
DynamicK dynamicK(const at::Tensor& cost, const at::Tensor& overlaps, std::int64_t topK);

/// What a method's table, decision and objects tell of the choice. `rule`: its source; prefix: of names
/// ("simota").
/// Channels "PREFIX.cost" and "PREFIX.wishes".
std::vector<ChannelSpec> dynamicKChannels(const std::string& prefix, const std::string& rule);
std::vector<ColumnSpec> dynamicKColumns();
std::vector<TestSpec> dynamicKTests();
std::vector<OutcomeSpec> dynamicKOutcomes();
std::vector<ObjectColumnSpec> dynamicKObjectColumns(const std::string& prefix, const std::string& rule);
std::vector<ScalarSpec> dynamicKScalars(const std::string& prefix, const std::string& rule);
/// The table's rows: the pairs of `own` [B,G,N], those that the object wants and those that it has in the
/// end. object [B,N]: the winners.
PairIndex dynamicKRows(const at::Tensor& own, const DynamicK& choice, const at::Tensor& object);
/// The values of dynamicKColumns().
std::vector<at::Tensor> dynamicKValues(const PairIndex& rows, const DynamicK& choice, const at::Tensor& cost,
                                       const at::Tensor& object);
/// Publishes dynamicKChannels() and dynamicKObjectColumns(). candidate: [B,N] bool; valid: [B,G].
void publishDynamicK(const DynamicK& choice, const at::Tensor& candidate, const at::Tensor& object,
                     const at::Tensor& valid, const std::string& prefix, const std::string& rule,
                     EvidenceSink& sink);
/// The values of dynamicKScalars().
std::vector<NamedScalar> dynamicKScalarValues(const DynamicK& choice, const at::Tensor& object,
                                              const at::Tensor& valid, const std::string& prefix);

}  // namespace anchorscope
