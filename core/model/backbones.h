#pragma once
// Internal header (ATen). The residual backbones that detectors on a pyramid choose from, and the options of
// theirs that all of these detectors have.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/geometry.h"
#include "core/base/param.h"
#include "core/base/result.h"
#include "core/model/resnet.h"

namespace anchorscope {

/// A residual backbone. Small: defaults for little images, few cores and random weights.
struct BackboneRow {
  const char* name;
  const char* title;
  const char* description;
  ResNetShape shape;
  bool small = false;

  /// The options of its shape: the width of small ones, and how maps are halved.
  std::vector<ParamSpec> shapeParams(const std::string& source) const;
  /// The shape with these options.
  ResNetShape shapeOf(const ParamSet& params) const;
};

const std::vector<BackboneRow>& backbones();

/// "norm", "trainable_layers" and "ratios".
ParamSpec backboneNormParam(const BackboneRow& backbone, const std::string& source);
ParamSpec trainableLayersParam();
ParamSpec ratiosParam(const std::string& defaults, const std::string& source);
/// Height / width; kUsage where the text of "ratios" is no list of them.
Result<std::vector<double>> ratiosOf(const ParamSet& params);

/// Values of all feature-map channels that a backbone publishes of an image: see ModelEvidence::cells.
std::int64_t backboneCells(const ResNetShape& shape, SizePx input);

}  // namespace anchorscope
