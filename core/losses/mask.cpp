// Mask R-CNN's loss of masks (He et al., ICCV 2017): of each region that learns an object, binary cross
// entropy of the mask of the object's class.

#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/losses/box_loss.h"
#include "core/losses/matched_rows.h"
#include "core/ops/masks.h"
#include "core/parts/random_numbers.h"

namespace anchorscope {
namespace {

constexpr const char* kTorchvision = "torchvision 0.26.0 Mask R-CNN";

class MaskLoss final : public BoxLoss {
 public:
  MaskLoss(std::int64_t regions, double weight) : regions_(regions), weight_(weight) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext& step) override {
    ANCHORSCOPE_CHECK(outputs.masksOf, "a loss of masks, and the heads give none");
    const at::Tensor none = at::zeros_like(targets.weights);
    const std::int64_t batch = none.size(0), most = std::min(regions_, none.size(1));
    if (!targets.masks.defined() || most == 0) return none;
    const Chosen chosen = choose(anchors, targets, step, most);
    const at::Tensor logits = outputs.masksOf(chosen.boxes, chosen.image);
    const at::Tensor pixels = projectMasks(targets.masks.flatten(0, 1), chosen.boxes.to(logits.scalar_type()),
                                           chosen.object, logits.size(3));
    const at::Tensor label = targets.labels.flatten().index_select(0, chosen.object).clamp_min(0);
    const at::Tensor values = maskLossRows(logits, pixels, label).masked_fill(chosen.learns.logical_not(), 0);
    return none.to(values.scalar_type()).scatter(1, chosen.candidate, values.view({batch, most})) *
           targets.weights * weight_;
  }

 private:
  /// The regions whose masks are looked at: [B,most] of the candidates, and of each [B * most].
  struct Chosen {
    at::Tensor candidate, boxes, image, object;
    at::Tensor learns;  ///< bool; the others stand where an image has too few.
  };

  /// The first positives in the order in which the sampler "random" draws them, so that none that it keeps is
  /// left out where there are as many.
  static Chosen choose(const AnchorSet& anchors, const BoxTargets& targets, const StepContext& step,
                       std::int64_t most) {
    const c10::NoGradGuard noGrad;
    const at::Tensor object = targets.matched.clamp_min(0);
    const at::Tensor known = targets.masks.flatten(2).any(2).gather(1, object);
    const at::Tensor learns = learning(targets).logical_and(known);
    const at::Tensor order = randomNumbers(step, RandomChoice::kPositives, learns.sizes(), learns.device())
                                 .masked_fill(learns.logical_not(), -1);
    Chosen chosen;
    chosen.candidate = std::get<1>(order.topk(most, 1));
    const auto flat = [&](const at::Tensor& values) { return values.gather(1, chosen.candidate).flatten(); };
    const at::Tensor all =
        anchors.shared() ? anchors.boxes.unsqueeze(0).expand({learns.size(0), -1, -1}) : anchors.boxes;
    chosen.boxes = all.gather(1, chosen.candidate.unsqueeze(2).expand({-1, -1, 4})).view({-1, 4});
    const at::Tensor images = at::arange(learns.size(0), object.options()).unsqueeze(1);
    chosen.image = images.expand_as(chosen.candidate).flatten();
    chosen.object = flat(object + images * targets.boxes.size(1));
    chosen.learns = flat(learns);
    return chosen;
  }

  std::int64_t regions_;
  double weight_;
};

}  // namespace

BoxLossEntry maskLossEntry() {
  BoxLossEntry entry;
  entry.name = "mask";
  entry.title = "Mask loss";
  entry.description =
      "Of a region that learns an object, the mean over the pixels of its mask of the binary cross entropy "
      "of "
      "the object's class; what of the object's own mask lies in the region is its target. Objects without a "
      "known shape learn none.";
  entry.source = "Mask R-CNN (He et al., ICCV 2017); torchvision 0.26.0 maskrcnn_loss";
  entry.params = {
      intParam(
          "mask_regions", 128, 1, 1e5, "regions",
          "Of how many positive regions of an image masks are learnt, at most: those that a random sample "
          "draws first.",
          kTorchvision),
      floatParam("mask_weight", 1, 0, 1e4, "1", "Weight of the loss in the total.", kTorchvision)};
  entry.masks = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(
        std::make_unique<MaskLoss>(params.getInt("mask_regions"), params.getFloat("mask_weight")));
  };
  return entry;
}

}  // namespace anchorscope
