#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/coupling.h"

// One line per loss: the function that its file defines.
#define ANCHORSCOPE_CLS_LOSSES(entry) \
  entry(focalLoss) entry(bceLoss) entry(softFocalLoss) entry(weightedFocalLoss) entry(weightedBceLoss)
#define ANCHORSCOPE_BOX_LOSSES(entry)                                                          \
  entry(l1Loss) entry(smoothL1Loss) entry(giouLoss) entry(iouLoss) entry(harmonicIouLossEntry) \
      entry(smoothL1HarmonicIouLoss) entry(logIouLoss) entry(logIouPlusOneLoss) entry(giouPlusOneLoss)
#define ANCHORSCOPE_COUPLINGS(entry) entry(noCoupling) entry(harmonicCoupling)
#define ANCHORSCOPE_COMBINERS(entry) entry(weightedSum) entry(samplingFree)

namespace anchorscope {

#define ANCHORSCOPE_DECLARE(function) ClsLossEntry function();
ANCHORSCOPE_CLS_LOSSES(ANCHORSCOPE_DECLARE)
#undef ANCHORSCOPE_DECLARE
#define ANCHORSCOPE_DECLARE(function) BoxLossEntry function();
ANCHORSCOPE_BOX_LOSSES(ANCHORSCOPE_DECLARE)
#undef ANCHORSCOPE_DECLARE
#define ANCHORSCOPE_DECLARE(function) LossCouplingEntry function();
ANCHORSCOPE_COUPLINGS(ANCHORSCOPE_DECLARE)
#undef ANCHORSCOPE_DECLARE
#define ANCHORSCOPE_DECLARE(function) LossCombinerEntry function();
ANCHORSCOPE_COMBINERS(ANCHORSCOPE_DECLARE)
#undef ANCHORSCOPE_DECLARE
#define ANCHORSCOPE_CALL(function) function(),

const std::vector<ClsLossEntry>& clsLossEntries() {
  static const std::vector<ClsLossEntry> entries = {ANCHORSCOPE_CLS_LOSSES(ANCHORSCOPE_CALL)};
  return entries;
}

const std::vector<BoxLossEntry>& boxLossEntries() {
  static const std::vector<BoxLossEntry> entries = {ANCHORSCOPE_BOX_LOSSES(ANCHORSCOPE_CALL)};
  return entries;
}

const std::vector<LossCouplingEntry>& lossCouplingEntries() {
  static const std::vector<LossCouplingEntry> entries = {ANCHORSCOPE_COUPLINGS(ANCHORSCOPE_CALL)};
  return entries;
}

const std::vector<LossCombinerEntry>& lossCombinerEntries() {
  static const std::vector<LossCombinerEntry> entries = {ANCHORSCOPE_COMBINERS(ANCHORSCOPE_CALL)};
  return entries;
}

Result<std::unique_ptr<ClsLoss>> makeClsLoss(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(clsLossEntries(), name, "classification loss");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

Result<std::unique_ptr<BoxLoss>> makeBoxLoss(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(boxLossEntries(), name, "box loss");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

Result<std::unique_ptr<LossCoupling>> makeLossCoupling(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(lossCouplingEntries(), name, "coupling of losses");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

Result<std::unique_ptr<LossCombiner>> makeLossCombiner(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(lossCombinerEntries(), name, "rule that combines losses");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

}  // namespace anchorscope
