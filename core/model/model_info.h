#pragma once
// View header. The detectors that can be chosen, with their options; no tensors.

#include <string>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

struct ModelInfo {
  std::string name;  ///< "retina-small", "retinanet-r50"
  std::string title;
  std::string description;
  std::string source;
};

/// Every registered detector, in registry order.
const std::vector<ModelInfo>& modelInfos();

/// A detector's options with defaults (anchors per location, norm, prior, width ...), or kUsage with the
/// nearest names.
Result<ParamSet> modelParams(const std::string& name);

/// What the heads of each of a detector's stages are like with these options (of modelParams(name)).
Result<std::vector<HeadTraits>> modelTraits(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
