#pragma once
// Internal header (ATen). RetinaNet anchors (Lin et al., ICCV 2017) in two conventions, and FCOS points (Tian
// et al., ICCV 2019), which are placed the same way.

#include <array>
#include <memory>
#include <vector>

#include "core/base/geometry.h"
#include "core/base/result.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

enum class AnchorConvention {
  kTorchvision,  ///< Sizes truncated and base anchors rounded to whole px; steps of floor(image / feature)
                 ///< px.
  kMmdet         ///< Neither.
};

struct RetinaAnchorOptions {
  AnchorConvention convention = AnchorConvention::kTorchvision;
  std::vector<int> strides{8, 16, 32, 64, 128};  ///< px; a level has ceil(image / stride) rows and columns.
  double octaveBaseScale = 4;                    ///< Smallest anchor side at ratio 1, in strides.
  int scalesPerOctave = 3;
  std::vector<double> ratios{0.5, 1, 2};  ///< height / width
  double centerOffset = 0;                ///< Of the first location of a row or column, in steps.

  int anchorsPerCell() const { return scalesPerOctave * static_cast<int>(ratios.size()); }
  /// Everything positive, kUsage otherwise.
  Status validate() const;
};

/// Anchors in order level, row, column, ratio, scale; centres at (k + centerOffset) steps. The set's
/// `strides` and `levels` hold the nominal strides. inputSize must be positive; options must be valid.
AnchorSet makeRetinaAnchors(const RetinaAnchorOptions& options, SizePx inputSize, at::Device device);

/// Where the points of a detector without anchors lie.
struct PointOptions {
  AnchorConvention convention = AnchorConvention::kTorchvision;  ///< Of the steps.
  std::vector<int> strides{8, 16, 32, 64, 128};                  ///< As for anchors.
  double offset = 0;  ///< Of the first point, in steps: torchvision's FCOS 0, mmdet's 0.5.
};

/// One point per cell in order level, row, column, as the stride-sized box around it, and offsets as side
/// distances.
AnchorSet makePoints(const PointOptions& options, SizePx inputSize, at::Device device);

/// The set of anchors that lie on a grid, with their strides [N].
AnchorSet anchorSetOf(std::shared_ptr<CandidateSet> geometry, std::vector<float> strides, at::Device device);

/// Vertical and horizontal step of each level in px.
std::vector<std::array<int, 2>> retinaAnchorSteps(const RetinaAnchorOptions& options, SizePx inputSize);

}  // namespace anchorscope
