#include "core/trainer/data_options.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/losses/box_loss.h"
#include "core/methods/recipe.h"
#include "core/model/model_info.h"

namespace anchorscope {
namespace {

bool learnsMasks(const std::string& method) {
  for (const Recipe& recipe : recipes()) {
    if (recipe.info.name != method) continue;
    for (const StageRules& rules : recipe.stages)
      for (const BoxLossEntry& entry : boxLossEntries())
        if (entry.masks && std::ranges::count(rules.furtherBoxLosses, entry.name) > 0) return true;
  }
  return false;
}

}  // namespace

DatasetOptions datasetOptionsOf(const RunConfig& config) {
  DatasetOptions options =
      DatasetOptions::from(config.dataParams, static_cast<std::uint64_t>(config.train.getInt("seed")));
  const Result<std::vector<HeadTraits>> heads = modelTraits(config.model, config.modelParams);
  options.shapes =
      heads.ok() && std::ranges::any_of(*heads, [](const HeadTraits& stage) { return stage.masks; });
  return options;
}

Status checkShapes(const RunConfig& config, const Dataset& training) {
  if (!learnsMasks(config.method)) return {};
  for (const ImageRecord& image : training.images())
    for (const Annotation& annotation : image.annotations)
      if (annotation.shape && !isIgnored(annotation)) return {};
  return makeError(ErrorCode::kUsage,
                   concat("'", config.data, "' does not say what shape its objects have, and method '",
                          config.method, "' learns masks from that"),
                   "Name a COCO set with segmentations, or the demo; or choose method faster_rcnn");
}

}  // namespace anchorscope
