#pragma once
// Internal header (ATen). FCOS: what the rule (fcos.cpp) decides, and what is shown of it
// (fcos_evidence.cpp).

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/evidence/specs.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope::fcos {

inline constexpr const char* kRule = "FCOS (ICCV 2019); mmdet 3.3.0 FCOSHead, torchvision 0.26.0 FCOS";

struct Options {
  bool inclusive = false;  ///< A distance at an end of the range is inside (mmdet).
  bool centerSampling = true;
  double radius = 1.5;              ///< strides
  std::vector<double> upperBounds;  ///< px, of all levels but the last; empty: 8 strides.
  bool weightByCenterness = false;
  double ignoreIof = -1;

  bool ignores() const { return ignoreIof > 0; }
};

/// Locations, one per anchor. Members broadcast against those of Objects.
struct Locations {
  at::Tensor x, y, reach;  ///< px; reach: half the side of the centre window.
  at::Tensor low, high;    ///< px, the level's range.

  Locations map(const std::function<at::Tensor(const at::Tensor&)>& change) const {
    return {change(x), change(y), change(reach), change(low), change(high)};
  }
};

/// What the rule asks of pairs.
struct PairTests {
  SideDistances sides;
  at::Tensor largestSide;   ///< px
  at::Tensor centerOffset;  ///< px, the larger of the horizontal and the vertical one.
  at::Tensor inBox, inWindow, aboveLow, belowHigh;
  at::Tensor candidate;  ///< All of them.
};

/// What the rule decides.
struct Matching {
  at::Tensor object;      ///< [B,N] int64: -1 background, -2 ignored.
  at::Tensor contesting;  ///< [B,N] int64: objects whose candidate the location is.
  at::Tensor found;       ///< [B,N] bool
  SideDistances sides;    ///< [B,N], of the location's object.
  at::Tensor centerness;  ///< [B,N], 0 for background.
  IgnoredRegions ignored;
};

/// The rule's questions. Locations and boxes [..,4] broadcast against each other.
PairTests testPairs(const Options& options, const Locations& at, const at::Tensor& boxes);

/// Areas of boxes [..,4], px^2.
at::Tensor areasOf(const at::Tensor& boxes);

/// Calls body(slice of all locations, [1,1,n]) for slices that bound the pairs held at once.
void forTiles(const Locations& all, std::int64_t pairsPerLocation,
              const std::function<void(const Locations&)>& body);

/// Everything that is published with these options.
EvidenceDeclaration declaration(const Options& options);

/// Channels, pair rows and object columns of a batch. strides: [N] px; boxes [B,G,4] and valid [B,G], with
/// padding.
void publish(const Matching& matching, const Options& options, const Locations& all,
             const at::Tensor& strides, const at::Tensor& boxes, const at::Tensor& valid, EvidenceSink& sink);

}  // namespace anchorscope::fcos
