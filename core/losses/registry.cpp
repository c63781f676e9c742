#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/joint_loss.h"
#include "core/losses/quality_loss.h"
#include "core/losses/transform.h"

namespace anchorscope {
namespace {

template <typename Loss, typename Entry>
Result<std::unique_ptr<Loss>> make(const std::vector<Entry>& entries, const std::string& name,
                                   const char* kind, const ParamSet& params) {
  auto entry = findNamed(entries, name, kind);
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

}  // namespace

Result<std::unique_ptr<ClsLoss>> makeClsLoss(const std::string& name, const ParamSet& params) {
  return make<ClsLoss>(clsLossEntries(), name, "classification loss", params);
}

Result<std::unique_ptr<BoxLoss>> makeBoxLoss(const std::string& name, const ParamSet& params) {
  return make<BoxLoss>(boxLossEntries(), name, "box loss", params);
}

Result<std::unique_ptr<QualityLoss>> makeQualityLoss(const std::string& name, const ParamSet& params) {
  return make<QualityLoss>(qualityLossEntries(), name, "quality loss", params);
}

Result<std::unique_ptr<JointLoss>> makeJointLoss(const std::string& name, const ParamSet& params) {
  return make<JointLoss>(jointLossEntries(), name, "joint loss", params);
}

Result<std::unique_ptr<LossTransform>> makeLossTransform(const std::string& name, const ParamSet& params) {
  return make<LossTransform>(lossTransformEntries(), name, "transform of losses", params);
}

Result<std::unique_ptr<LossCombiner>> makeLossCombiner(const std::string& name, const ParamSet& params) {
  return make<LossCombiner>(lossCombinerEntries(), name, "rule that combines losses", params);
}

}  // namespace anchorscope
