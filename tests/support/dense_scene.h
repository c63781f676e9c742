#pragma once
// A small made-up batch for tests of assigners, losses and methods: anchors of two levels, head outputs,
// objects. And a sink that keeps what is published and turns an image of it into a frame.

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/evidence/frame.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope::testing {

struct DenseSceneOptions {
  std::int64_t batch = 2;
  std::vector<std::int64_t> objects{4, 3};  ///< Per image; padded to the largest (or to `padTo`).
  std::int64_t padTo = 0;
  std::int64_t ignoreRegions = 0;  ///< Per image.
  std::int64_t classes = 3;
  std::uint64_t seed = 1;
  bool noAnchors = false;
  double logitScale = 2;
  at::ScalarType dtype = at::kFloat;
  int anchorsPerCell = 2;   ///< 1 or 2; points have 1.
  bool points = false;      ///< Locations (one per cell, at (k + 0.5) strides) with distances to the sides.
  bool centerness = false;  ///< Outputs have centerness logits.
  std::vector<std::string> further = {};  ///< Other outputs beside classes and boxes, by name.
  bool softmax = false;                   ///< Scores are a softmax, with the background's logit last.
  bool masks = false;    ///< Heads give masks of 6 x 6 px, and objects are the ellipses in their boxes.
  int distanceBins = 0;  ///< Of points: distances are means of distributions over so many.
};

struct DenseScene {
  AnchorSet anchors;  ///< 64 x 64 px input, strides 8 and 16, 160 anchors, with one per cell 80.
  HeadOutputs outputs;
  DenseTargets targets;
};

/// Same options, same scene.
DenseScene makeDenseScene(const DenseSceneOptions& options = {});

/// A scene of one image with given boxes (xyxy), for worked examples. Logits and deltas are 0.
DenseScene makeWorkedScene(const std::vector<Box>& anchors, const std::vector<Box>& objects,
                           const std::vector<std::int64_t>& labels, std::int64_t classes);

/// For every anchor the largest share of its area inside one of an image's ignored regions, box by box.
std::vector<double> sharesInIgnored(const DenseScene& scene, std::int64_t image);

/// Keeps everything that is published.
class RecordingSink final : public EvidenceSink {
 public:
  void channel(const ChannelSpec& spec, const at::Tensor& values, int level) override;
  void pairs(const PairTableSpec& spec, const PairRows& rows) override;
  void objects(const ObjectColumnSpec& spec, const at::Tensor& values) override;

  std::vector<ChannelSpec> channelSpecs;
  std::vector<PairTableSpec> pairSpecs;
  std::vector<ObjectColumnSpec> objectSpecs;
  std::map<std::string, at::Tensor> channelValues, objectValues;
  std::map<std::string, PairRows> pairRows;

  /// Image `image` of the batch as views would see it; `decisions` from the method's declaration.
  StageEvidence frame(const DenseScene& scene, std::int64_t image,
                      const std::vector<DecisionSpec>& decisions) const;
};

}  // namespace anchorscope::testing
