#pragma once
// Internal header (ATen). The tensors a dense detector, its assigners and its losses exchange.
// B images of one input size, N anchors over all levels in anchor order (level, row, column, anchor-in-cell),
// C foreground classes, G objects padded per batch. Boxes are xyxy px in the input frame.

#include <ATen/ATen.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/combination.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// What a detector's box offsets are.
enum class BoxOffsets {
  kAnchorDeltas,  ///< From the anchor's box, as BoxCoder::torchvision() encodes them.
  kSideDistances  ///< From the location (the anchor's centre) to left, top, right, bottom, in strides.
};

/// A stage's candidates: anchors of one input size, shared by the images of a batch (a point detector's
/// locations are the centres of stride-sized boxes, one per cell), or boxes that each image has of its own at
/// this step, made from an earlier stage's candidates.
struct AnchorSet {
  at::Tensor boxes;    ///< [N,4] shared, or [B,N,4] each image's own; float32, input frame, on the device.
  at::Tensor strides;  ///< [N] float32, px; undefined where images have their own.
  BoxOffsets offsets = BoxOffsets::kAnchorDeltas;
  /// The box head's deltas are a box's times these (torchvision's weights of a BoxCoder): (10,10,5,5) for
  /// regions. Not used with kSideDistances.
  std::array<double, 4> deltaWeights{1, 1, 1, 1};
  std::vector<LevelLayout> levels;               ///< Of a grid; else empty.
  std::shared_ptr<const CandidateSet> geometry;  ///< Those that are shared for views, on the host; else null.
  at::Tensor origins;  ///< [B,N] int64, only of each image's own: see CandidateSet::origins.
  std::int64_t count() const { return boxes.defined() ? boxes.size(-2) : 0; }
  bool shared() const { return !boxes.defined() || boxes.dim() == 2; }
};

/// What turns class logits into scores.
enum class ScoreActivation {
  kSigmoid,               ///< C logits, one binary problem each.
  kSoftmaxWithBackground  ///< C + 1 logits, the background's last.
};

/// What the heads of a detector's stage give for a batch; all with gradient while training.
struct HeadOutputs {
  at::Tensor logits;  ///< [B,N,C] float32 classification logits; [B,N,C+1] with a background.
  /// [B,N,K] float32 what the box head says; K = 4: see AnchorSet::offsets. [B,N,C,K] with a box per class.
  at::Tensor offsets;
  /// [B,N,4] float32 decoded boxes, input frame, not clipped; [B,N,C,4] of heads with a box for each
  /// foreground class (HeadTraits::boxPerClass): core/ops/class_boxes.h says which is meant where.
  at::Tensor boxes;
  ScoreActivation activation = ScoreActivation::kSigmoid;
  /// [B,N,4,M] float32 logits of heads that learn each distance to a side as a distribution over 0 to M - 1
  /// strides, whose mean is in `offsets`; undefined of others.
  at::Tensor distribution;
  std::map<std::string, at::Tensor> further;  ///< By name: "centerness" [B,N] float32 logits ...
  /// Of `further`: the output that says how good a box is, by which detections are ranked, too. Empty: none.
  std::string rankedBy;

  /// Of heads that give masks, else empty: what they say of boxes [K,4] px of the input, of images [K] int64:
  /// logits [K,C,rows,columns] of every foreground class, with gradient to the pass that these outputs are
  /// of. Only while the detector lives.
  std::function<at::Tensor(const at::Tensor& boxes, const at::Tensor& image)> masksOf;

  /// Undefined where the heads have no such output.
  at::Tensor output(const std::string& name) const {
    const auto found = further.find(name);
    return found == further.end() ? at::Tensor() : found->second;
  }
};

/// What a detector's stage gives for a batch.
struct StageOutputs {
  AnchorSet candidates;
  HeadOutputs heads;
};

/// The objects of a batch, padded so that shapes are static within a bucket. Rows beyond an image's count
/// hold zero boxes, label -1 and valid = false.
struct DenseTargets {
  at::Tensor boxes;        ///< [B,G,4] float32, input frame.
  at::Tensor labels;       ///< [B,G] int64, 0-based class, -1 padding.
  at::Tensor valid;        ///< [B,G] bool.
  at::Tensor ignoreBoxes;  ///< [B,I,4] float32 crowd / difficult regions, zero boxes as padding; I may be 0.
  /// [B,G,height,width] bool, input frame: the objects' pixels; none of an object whose shape is not known.
  /// Undefined where no shapes are asked for.
  at::Tensor masks;
  std::int64_t batchSize() const { return boxes.size(0); }
  std::int64_t maxObjects() const { return boxes.size(1); }
};

/// A tensor of a detector's or a method's state.
struct NamedTensor {
  std::string name;  ///< torchvision's state_dict name where the architecture is torchvision's.
  at::Tensor tensor;
};

/// A named 0-dim tensor, detached, still on the device: read back later, in one copy, after the backward pass
/// (so a gradient hook may still fill it).
struct NamedScalar {
  std::string name;  ///< A declared ScalarSpec's name.
  at::Tensor value;  ///< 0-dim, float32 or float64 or int64.
};

}  // namespace anchorscope
