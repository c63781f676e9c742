#pragma once
// Internal header (ATen). What every dense method shows, whatever assigns and whatever is lost.

#include <vector>

#include "core/assigners/assigner.h"
#include "core/evidence/specs.h"
#include "core/losses/combiner.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// The losses of the class and the box head.
LossHead clsLossHead();
LossHead locLossHead();

/// The generic channels, object columns and scalars; of each loss "loss.HEAD" as a scalar, and as a channel
/// or an object column; and those of further outputs (by name) that learn: their channels are "output.NAME"
/// and "output.NAME_target" (the centerness' without "output."), "loss.NAME"; of those that a loss reads with
/// the classes' scores only the first. boxPerClass: of the heads.
EvidenceDeclaration denseDeclaration(const std::vector<LossHead>& losses,
                                     const std::vector<std::string>& learnt,
                                     const std::vector<std::string>& read, bool boxPerClass = false);

/// The head under which the loss of a further output stands in the table: kQualityHead for the centerness,
/// else the output's name.
std::string qualityHeadOf(const std::string& output);

/// The generic scalars of a step, detached, on the device, the losses of these heads and of further outputs
/// that learn. What a transform adds to the table is its own to tell.
std::vector<NamedScalar> denseScalars(const StageInputs& context, const LossTable& losses,
                                      const std::vector<LossHead>& heads, const Assignment& assignment,
                                      const CombinedLoss& combined);

/// Magnitude (sum of absolute values) of the total's gradient to the class logits, at anchors with an object
/// and without: 0-dim float32, 0 until the backward pass fills them in place.
struct LogitGradients {
  at::Tensor foreground, background;
};
/// Watches the backward pass that comes; one reading of the gradient. logits [B,N,C], clsObject [B,N].
LogitGradients watchLogitGradients(const at::Tensor& logits, const at::Tensor& clsObject);

/// Every pair of a dense detector has a score of the object's class and an IoU of its predicted box (with a
/// box per class: of the object's): puts both first in a table that has no column of scores of its own.
void addPairQuality(PairTableSpec& table, bool boxPerClass);

/// Forwards an assigner's evidence, its pairs with the columns of addPairQuality().
class PairQualitySink final : public EvidenceSink {
 public:
  /// Both must outlive it.
  PairQualitySink(const StageInputs& context, EvidenceSink& sink) : context_(context), sink_(sink) {}
  void channel(const ChannelSpec& spec, const at::Tensor& values, int stride) override {
    sink_.channel(spec, values, stride);
  }
  void pairs(const PairTableSpec& spec, const PairRows& rows) override;
  void objects(const ObjectColumnSpec& spec, const at::Tensor& values) override {
    sink_.objects(spec, values);
  }

 private:
  const StageInputs& context_;
  EvidenceSink& sink_;
};

/// What of each head's loss is each image's, as LossTerms::ofImages.
std::vector<NamedTensor> lossesOfImages(const LossTable& losses);

/// What publishDense() shows of the outputs alone, and of the assignment alone (winners [B,N] of both heads
/// as in Assignment, the candidates' state, the objects' positives).
void publishOutputs(const StageInputs& context, EvidenceSink& sink);
void publishAssignment(const DenseTargets& targets, const at::Tensor& clsObject, const at::Tensor& regObject,
                       EvidenceSink& sink);
/// Publishes each anchor's largest IoU with an object.
void publishAnchorIou(const AnchorSet& anchors, const DenseTargets& targets, EvidenceSink& sink);

/// Publishes the generic channels and object columns, the losses as the transforms leave them, so that the
/// anchors' losses add up to the scalars. With a box per class "iou" is the predicted box's, which is that of
/// the best-scoring class; an object's "iou.best" is of the boxes of its own class.
void publishDense(const StageInputs& context, const LossTable& losses, const std::vector<LossHead>& heads,
                  const Assignment& assignment, EvidenceSink& sink);

}  // namespace anchorscope
