#pragma once
// Internal header (ATen). A row of the table of detectors (registry.cpp).

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/detector.h"
#include "core/model/model_evidence.h"
#include "core/model/model_info.h"

namespace anchorscope {

/// What is made of a detector's options (those that `specs` gives), each as the function of the registry says
/// that is named after it.
struct ModelRow {
  std::string name;
  ModelInfo info;
  std::function<std::vector<ParamSpec>()> specs;
  std::function<Result<std::vector<HeadTraits>>(const ParamSet&)> traits;
  std::function<Result<ModelEvidence>(const ParamSet&, SizePx)> evidence;
  std::function<Result<std::unique_ptr<Detector>>(const ParamSet&, int classCount, std::uint64_t seed)> make;
};

/// Every head of the dense detectors on every backbone.
std::vector<ModelRow> denseModels();
std::vector<ModelRow> ssdModels();
/// Region proposals and a second stage, on every backbone.
std::vector<ModelRow> twoStageModels();

}  // namespace anchorscope
