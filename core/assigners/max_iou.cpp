// Maximum-IoU assignment: an anchor learns the object it overlaps most, if it overlaps it enough.
// RetinaNet's rule (Lin et al., ICCV 2017) in the conventions of mmdet 3.3.0 (MaxIoUAssigner) and torchvision
// 0.26.0 (Matcher), which differ in what the low-quality rescue gives an anchor to.

#include <c10/core/GradMode.h>

#include "core/assigners/assigner.h"
#include "core/assigners/max_iou.h"
#include "core/base/check.h"
#include "core/ops/box_similarity.h"

namespace anchorscope {
namespace max_iou {
namespace {

class MaxIouAssigner final : public Assigner {
 public:
  explicit MaxIouAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override { return max_iou::declaration(options_); }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  Matching match(const AnchorSet& anchors, const DenseTargets& targets, bool shown) const;

  Options options_;
};

Matching MaxIouAssigner::match(const AnchorSet& anchors, const DenseTargets& given, bool shown) const {
  const DenseTargets targets = withPadding(given);
  const std::int64_t objects = targets.maxObjects();
  Matching m;
  m.valid = targets.valid;
  m.overlaps = pairwiseIou(targets.boxes.to(anchors.boxes.scalar_type()), anchors.boxes)
                   .masked_fill_(targets.valid.logical_not().unsqueeze(2), -1);
  const at::Tensor anyObject = targets.valid.any(1, true);  // [B,1]

  m.ignored = ignoredRegions(anchors, targets, options_.ignoreIof, options_.ignoreWrtCandidates, shown);
  const at::Tensor& inIgnored = m.ignored.inside;
  if (inIgnored.defined()) m.overlaps.masked_fill_(inIgnored.unsqueeze(1), -1);

  const auto [best, bestObject] = m.overlaps.max(1);  // the first of equals
  m.bestObject = bestObject;
  m.maxIou = at::where(anyObject, best, at::zeros_like(best));
  if (inIgnored.defined()) m.maxIou.masked_fill_(inIgnored, -1);

  const at::Tensor background = at::full({}, -1, targets.labels.options());
  const at::Tensor ignored = at::full({}, -2, targets.labels.options());
  // Without objects all of an image is background, whatever the threshold.
  const at::Tensor isBackground =
      (m.maxIou >= 0) & ((m.maxIou < options_.negative) | anyObject.logical_not());
  const at::Tensor isPositive = (m.maxIou >= options_.positive) & anyObject;
  m.beforeRescue = at::where(isPositive, m.bestObject, at::where(isBackground, background, ignored));
  m.objectBest = anchors.count() > 0 ? m.overlaps.amax(2) : at::full_like(m.valid, -1, m.overlaps.options());
  m.object = m.beforeRescue;
  if (!options_.lowQuality) return m;

  // Every anchor tied at an object's best IoU is claimed, also at IoU 0: both references do so.
  constexpr double kUnreachable = 2;  // no IoU equals it
  const double least = options_.mmdet ? options_.minPositive : 0;
  m.claims = m.overlaps == m.objectBest.masked_fill(m.objectBest < least, kUnreachable).unsqueeze(2);
  if (options_.mmdet) {
    const auto [claimed, fromLast] = m.claims.flip(1).max(1);  // the later object wins
    m.object = at::where(claimed, objects - 1 - fromLast, m.beforeRescue);
  } else {
    m.object = at::where(m.claims.any(1), m.bestObject, m.beforeRescue);
  }
  return m;
}

Assignment MaxIouAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const AnchorSet& anchors = inputs.anchors;
  const DenseTargets& targets = inputs.targets;
  const c10::NoGradGuard noGrad;
  const Matching matching = match(anchors, targets, step.sink != nullptr);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = matching.object;
  assignment.regWeight = matching.object.ge(0).to(anchors.boxes.scalar_type());
  assignment.scalars.push_back({"max_iou.starved_objects", starvedCount(matching.object, matching.valid)});
  if (step.sink) publish(matching, options_, anchors, withPadding(targets), *step.sink);
  return assignment;
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.mmdet = params.getText("convention") == "mmdet";
  options.lowQuality = params.getBool("low_quality");
  options.positive = params.getFloat("pos_iou_thr");
  options.negative = params.getFloat("neg_iou_thr");
  options.minPositive = params.getFloat("min_pos_iou");
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  options.ignoreWrtCandidates = params.getBool("ignore_wrt_candidates");
  if (options.negative > options.positive)
    return makeError(ErrorCode::kUsage,
                     concat("neg_iou_thr ", options.negative, " is above pos_iou_thr ", options.positive),
                     "Give a negative threshold that is not above the positive one");
  return std::unique_ptr<Assigner>(std::make_unique<MaxIouAssigner>(options));
}

}  // namespace
}  // namespace max_iou

AssignerEntry maxIouAssigner() {
  AssignerEntry entry;
  entry.name = "max_iou";
  entry.title = "Maximum IoU";
  entry.description =
      "An anchor trains on the object it overlaps most: positive from pos_iou_thr on, background below "
      "neg_iou_thr, "
      "ignored in between. An object that no anchor reaches may still take its best anchors (low_quality).";
  entry.source = max_iou::kRule;
  entry.params = {
      choiceParam("convention", "torchvision", {"torchvision", "mmdet"},
                  "Whose low-quality rule: mmdet gives an anchor that ties an object's best IoU to that "
                  "object (the later "
                  "object wins), torchvision makes it positive for the object it overlaps most.",
                  "torchvision 0.26.0 Matcher; mmdet 3.3.0 MaxIoUAssigner"),
      floatParam("pos_iou_thr", 0.5, 0, 1, "1", "An anchor is positive when its best IoU is at least this.",
                 "RetinaNet (ICCV 2017)"),
      floatParam("neg_iou_thr", 0.4, 0, 1, "1", "An anchor is background when its best IoU is below this.",
                 "RetinaNet (ICCV 2017)"),
      boolParam("low_quality", true,
                "Also make each object's best anchors positive, however small their IoU.",
                "torchvision and mmdet RetinaNet configurations"),
      floatParam("min_pos_iou", 0, 0, 1, "1",
                 "The rescue needs at least this IoU (convention mmdet only; at 0 an object that overlaps "
                 "nothing claims "
                 "every anchor that does not touch it).",
                 "mmdet 3.3.0 RetinaNet configuration"),
      ignoreIofParam(),
      boolParam("ignore_wrt_candidates", true,
                "Measure that share by the anchor's area; off: by the region's.",
                "mmdet 3.3.0 MaxIoUAssigner"),
  };
  entry.ownCandidates = true;
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (!heads.points) return {};
    return {{"assigner", "Maximum IoU measures anchor boxes, and the model has points without boxes",
             "Choose one for points (assigner or method fcos, method musu), or a model with anchor boxes"}};
  };
  entry.make = max_iou::make;
  return entry;
}

}  // namespace anchorscope
