// The Harmonic IoU loss on decoded boxes, alone and added to smooth L1 as the paper's localisation loss.

#include "core/evidence/spec_forms.h"
#include "core/losses/box_loss.h"
#include "core/ops/box_losses.h"
#include "core/ops/harmonic.h"

namespace anchorscope {

BoxLossEntry smoothL1Loss();

namespace {

constexpr const char* kSource =
    "Wang and Zhang, ICCV 2021 (Harmonic IoU loss), from an independent note on the paper";

ChannelSpec channelSpec(std::string name, std::string title, std::string description) {
  return channelOf(std::move(name), std::move(title), "1", std::move(description), kSource,
                   ColorScale::kRegression, 0.f);
}

ChannelSpec factorSpec() {
  return channelSpec("harmonic_iou.factor", "Harmonic IoU factor",
                     "(1 + IoU)^gamma, by which the IoU loss of the positive is multiplied.");
}

ChannelSpec lossSpec() {
  return channelSpec("harmonic_iou.loss", "Harmonic IoU loss",
                     "(1 + IoU)^gamma (1 - IoU) of the positive, before weights.");
}

class HarmonicIou final : public BoxLoss {
 public:
  HarmonicIou(double gamma, bool detach, double alpha, std::unique_ptr<BoxLoss> base)
      : gamma_(gamma), detach_(detach), alpha_(alpha), base_(std::move(base)) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext& step) override {
    const at::Tensor loss =
        harmonicIouLoss(iouLossRows(outputs, targets), gamma_, detach_) * (targets.weights * alpha_);
    if (step.sink) publish(outputs, targets, *step.sink);
    return base_ ? base_->rows(anchors, outputs, targets, step) + loss : loss;
  }

  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration declaration;
    declaration.channels = {factorSpec(), lossSpec()};
    return declaration;
  }

 private:
  void publish(const HeadOutputs& outputs, const BoxTargets& targets, EvidenceSink& sink) const {
    const at::Tensor loss = iouLossRows(outputs, targets).detach();
    const at::Tensor none = targets.matched < 0;
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    sink.channel(factorSpec(), (2 - loss).pow(gamma_).masked_fill_(none, kNan));
    sink.channel(lossSpec(), harmonicIouLoss(loss, gamma_, true).masked_fill(none, kNan));
  }
  /// 1 - IoU, 0 for anchors without an object.
  static at::Tensor iouLossRows(const HeadOutputs& outputs, const BoxTargets& targets) {
    return matchedSimilarityLoss(outputs.boxes, targets.boxes, targets.matched, {}, {BoxSimilarity::kIou});
  }

  double gamma_;
  bool detach_;
  double alpha_;
  std::unique_ptr<BoxLoss> base_;
};

std::vector<ParamSpec> iouParams() {
  return {
      floatParam(
          "harmonic_gamma", 0.8, 0, 5, "1",
          "Exponent of the factor (1 + IoU) in the Harmonic IoU loss; 0 is the plain IoU loss, above 1 "
          "the loss no longer falls with IoU everywhere.",
          "Wang and Zhang, ICCV 2021: 0.8"),
      boolParam(
          "harmonic_iou_detach", false,
          "The factor (1 + IoU)^gamma passes no gradient: then the slope grows from 1 at IoU 0 to 2^gamma "
          "at IoU 1.",
          "Ours (a variant to compare with)")};
}

}  // namespace

BoxLossEntry harmonicIouLossEntry() {
  BoxLossEntry entry;
  entry.name = "harmonic_iou";
  entry.title = "Harmonic IoU loss";
  entry.description = "(1 + IoU)^gamma (1 - IoU) of the decoded box and the object, without an epsilon.";
  entry.source = kSource;
  entry.params = iouParams();
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<HarmonicIou>(
        params.getFloat("harmonic_gamma"), params.getBool("harmonic_iou_detach"), 1, nullptr));
  };
  return entry;
}

BoxLossEntry smoothL1HarmonicIouLoss() {
  BoxLossEntry entry;
  entry.name = "smooth_l1_harmonic_iou";
  entry.title = "Smooth L1 and Harmonic IoU loss";
  entry.description = "Smooth L1 on offsets plus harmonic_alpha times the Harmonic IoU loss on boxes.";
  entry.source = kSource;
  entry.params = smoothL1Loss().params;
  for (ParamSpec& spec : iouParams())
    entry.params.push_back(std::move(spec));
  entry.params.push_back(floatParam("harmonic_alpha", 1.5, 0, 1e4, "1",
                                    "Weight of the Harmonic IoU loss beside smooth L1.",
                                    "Wang and Zhang, ICCV 2021: 1.5"));
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    auto base = smoothL1Loss().make(params);
    if (!base) return std::move(base).error();
    return std::unique_ptr<BoxLoss>(std::make_unique<HarmonicIou>(
        params.getFloat("harmonic_gamma"), params.getBool("harmonic_iou_detach"),
        params.getFloat("harmonic_alpha"), *std::move(base)));
  };
  return entry;
}

}  // namespace anchorscope
