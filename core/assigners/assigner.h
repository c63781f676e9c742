#pragma once
// Internal header (ATen). Label assignment: which anchor learns what, and with which weight.
// Shapes: B images, N anchors, C classes, G padded objects (see core/ops/dense_types.h).

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/loss_costs.h"
#include "core/parts/pairs.h"
#include "core/parts/part.h"
#include "core/parts/stage.h"

namespace anchorscope {

/// What an output that says how good a box is has to learn.
struct QualityTarget {
  std::string output;  ///< Of HeadOutputs::further: "centerness".
  at::Tensor target;   ///< [B,N] float in [0,1].
  at::Tensor mask;     ///< [B,N] bool: where it is learned; undefined: where regObject >= 0.
};

/// What learns where a candidate may learn several objects at once.
struct LearntPairs {
  CandidatePairs pairs;
  /// [R] float >= 0: factors on the pair's class and box loss; undefined: 1. A pair of weight 0 is none:
  /// lists of a fixed length need not wait for the device.
  at::Tensor clsWeight, regWeight;
};

/// What an assigner decides for a batch. All are on the device of the anchors. No tensor carries a gradient,
/// but the weights of an assigner that learns (Part::parameters).
struct Assignment {
  /// [B,N] int64: object each head's anchor belongs to (index into the image's padded objects), -1
  /// background, -2 ignored. The two heads may have different winners.
  at::Tensor clsObject, regObject;
  /// [B,N,C] float: class targets in [0,1]. Undefined: one-hot of clsObject's class (see denseClassTarget).
  at::Tensor clsTarget;
  /// [B,N] float: factor on all class elements of the anchor, 0 for ignored ones. Undefined: 1 everywhere.
  at::Tensor clsWeight;
  /// [B,N,C] float >= 0, both or none: each class element's loss is positive * loss(1) + negative * loss(0),
  /// in place of clsTarget.
  at::Tensor positiveWeight, negativeWeight;
  /// [B,N] float >= 0: factor on the anchor's box loss (0, 1, a rank weight, a centerness); 0 where regObject
  /// < 0.
  at::Tensor regWeight;
  std::vector<QualityTarget> quality;  ///< One per output; empty for assigners that give none.
  /// In place of the class and box targets above, which then show one object of each candidate and say what
  /// is background: the class and the box loss are of these pairs, and of no candidate without one.
  std::optional<LearntPairs> pairs;
  /// The assigner's own scalars of this step, each declared.
  std::vector<NamedScalar> scalars;
};

/// The class targets as a dense tensor: the assignment's own, or the one-hot form of its classification
/// winners. labels: [B,G] int64. Result [B,N,C] of the logits' dtype.
at::Tensor denseClassTarget(const Assignment& assignment, const at::Tensor& labels, std::int64_t classCount,
                            at::ScalarType dtype);

/// values[b, index[b,n]]: per-anchor values of the object an anchor belongs to. values [B,G] or [B,G,K],
/// index [B,N] int64; entries below 0 read object 0 (mask them). Result [B,N] or [B,N,K]. G >= 1.
at::Tensor gatherObjects(const at::Tensor& values, const at::Tensor& index);

/// Sum over an object's anchors: index [B,N] int64 (negative: no object), values [B,N] -> [B,objects].
at::Tensor sumPerObject(const at::Tensor& index, const at::Tensor& values, std::int64_t objects);

/// 0-dim int64: objects of the batch (valid [B,G]) to which no anchor of index [B,N] belongs.
at::Tensor starvedCount(const at::Tensor& index, const at::Tensor& valid);

/// The targets with at least one (padding) object, so that reductions over objects are defined.
DenseTargets withPadding(const DenseTargets& targets);

/// The channels in which every method shows the winners; decisions of assigners name them as winner channels.
inline constexpr const char* kClsObjectChannel = "assigned_cls";
inline constexpr const char* kRegObjectChannel = "assigned_reg";

/// An assignment rule with its options fixed. It declares what it publishes, the winner channels excepted:
/// every method publishes those. May follow a schedule (StepContext::step) and learn (Part::parameters).
class Assigner : public Part {
 public:
  /// The outputs for which assignments hold a target.
  virtual std::vector<std::string> qualityOutputs() const { return {}; }
  /// Assigns a batch. `inputs.outputs` may carry gradients; none flows into the result of an assigner without
  /// parameters. Inputs are not modified, shapes depend on the inputs' shapes only, and the device is not
  /// waited for unless the step has a sink (pair rows are sparse). An image without objects is all
  /// background. costs: the method's losses, null where a caller has none.
  virtual Assignment assign(const StageInputs& inputs, const StepContext& step,
                            const LossCosts* costs = nullptr) = 0;
};

/// A registered assigner.
struct AssignerEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  bool usesPredictions = false;  ///< The assignment depends on the heads' outputs.
  /// Lists how many pairs there are, for which the device is waited for once.
  bool listsPairs = false;
  bool ownCandidates = false;  ///< Takes boxes that each image has of its own, too: AnchorSet::boxes [B,N,4].
  /// Where it uses predicted boxes: takes heads with a box per class, too (predictedIou).
  bool boxPerClass = false;
  /// Why another order of an image's objects gives another assignment; empty: it does not.
  std::string orderOfObjects;
  /// Options (name, value) with which the targets do not follow the outputs continuously, so that differences
  /// of the loss give its gradient; empty where the defaults are such options.
  std::vector<std::pair<std::string, std::string>> differentiableWith;
  /// Why heads like these cannot be assigned with these options; option names without prefix. Empty function:
  /// any head will do.
  std::function<std::vector<OptionConflict>(const ParamSet&, const HeadTraits&)> conflicts;
  /// kUsage when options contradict each other. The set must hold every option in `params` (more is fine).
  std::function<Result<std::unique_ptr<Assigner>>(const ParamSet&)> make;
};

/// Every assigner, in registry order. A new one is a file and a line in CMakeLists.txt.
const std::vector<AssignerEntry>& assignerEntries();

/// Builds by name; unknown: kUsage with the nearest names.
Result<std::unique_ptr<Assigner>> makeAssigner(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
