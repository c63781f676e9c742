// MuSu's assignment: bags from both heads' scores, and in each bag one ranking per head, mostly by the other
// head's score. Mutual Supervision for Dense Object Detection (Gao, Wang, Wu; ICCV 2021, arXiv 2109.05986).
// The paper states the ideas (three steps, joint score for membership only, two rankings, ranks as weights);
// the formulas and constants are this project's reconstruction, in core/ops/musu.h.

#include <c10/core/GradMode.h>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/musu_evidence.h"
#include "core/ops/musu.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPaper = "Paper: the idea and the name; default value ours";
constexpr const char* kOurs = "Ours (reconstruction)";

class MusuAssigner final : public Assigner {
 public:
  MusuAssigner(const MusuOptions& options, double ignoreIof) : options_(options), ignoreIof_(ignoreIof) {}

  EvidenceDeclaration declaration() const override { return musuDeclaration(options_, ignoreIof_); }

  Assignment assign(const StageInputs& stage, const StepContext& step, const LossCosts*) override {
    const c10::NoGradGuard noGrad;
    const auto& [anchors, outputs, targets] = stage;
    MusuInputs inputs;
    inputs.anchors = anchors.boxes;
    inputs.strides = anchors.strides;
    inputs.logits = logOdds(outputs).detach().contiguous();
    inputs.boxes = outputs.boxes.detach();
    inputs.gtBoxes = targets.boxes;
    inputs.gtLabels = targets.labels;
    inputs.gtValid = targets.valid;
    MusuResult result = assignMusu(inputs, options_,
                                   step.sink         ? MusuDetail::kPairs
                                   : step.statistics ? MusuDetail::kStatistics
                                                     : MusuDetail::kWeights);

    Assignment assignment;
    const IgnoredRegions ignored =
        ignoredRegions(anchors, targets, ignoreIof_, /*wrtCandidates=*/true, /*shown=*/false);
    if (ignored.inside.defined()) {
      // What a bag has chosen is evidence of an object; what it has not says nothing where objects are
      // unlabelled.
      const auto leaveOut = [&](const at::Tensor& winner) {
        return at::where(ignored.inside & (winner < 0), -2, winner);
      };
      result.winnerCls = leaveOut(result.winnerCls);
      result.winnerReg = leaveOut(result.winnerReg);
      assignment.clsWeight = result.winnerCls.ne(-2).to(result.weightCls.scalar_type());
    }
    assignment.clsObject = result.winnerCls;
    assignment.regObject = result.winnerReg;
    assignment.clsTarget = result.weightCls;
    assignment.regWeight = result.weightReg;
    assignment.scalars = musuScalars(result);
    if (step.sink) publishMusu(inputs, options_, result, ignored, ignoreIof_, *step.sink);
    return assignment;
  }

 private:
  MusuOptions options_;
  double ignoreIof_;
};

MusuOptions::Eligibility eligibilityOf(const std::string& name) {
  if (name == "center_in_gt") return MusuOptions::Eligibility::kCenterInGt;
  if (name == "center_radius") return MusuOptions::Eligibility::kCenterRadius;
  return MusuOptions::Eligibility::kOverlap;
}

MusuOptions::Threshold thresholdOf(const std::string& name) {
  if (name == "max_ratio") return MusuOptions::Threshold::kMaxRatio;
  if (name == "top_k") return MusuOptions::Threshold::kTopK;
  if (name == "absolute") return MusuOptions::Threshold::kAbsolute;
  return MusuOptions::Threshold::kMeanStd;
}

MusuOptions::Weighting weightingOf(const std::string& name) {
  if (name == "linear") return MusuOptions::Weighting::kLinear;
  if (name == "hard_top_k") return MusuOptions::Weighting::kHardTopK;
  return MusuOptions::Weighting::kExponential;
}

Result<std::unique_ptr<Assigner>> makeMusu(const ParamSet& params) {
  MusuOptions options;
  options.eligibility = eligibilityOf(params.getText("eligibility"));
  options.centerMarginPx = params.getFloat("center_margin");
  options.radius = params.getFloat("radius");
  options.joint =
      params.getText("joint") == "product" ? MusuOptions::Joint::kProduct : MusuOptions::Joint::kGeometric;
  options.beta = params.getFloat("beta");
  options.threshold = thresholdOf(params.getText("threshold"));
  options.gamma = params.getFloat("gamma");
  options.k = params.getInt("k");
  options.t = params.getFloat("t");
  options.maxBag = params.getInt("max_bag");
  options.alpha = params.getFloat("alpha");
  options.weighting = weightingOf(params.getText("weighting"));
  options.tauCls = params.getFloat("tau_cls");
  options.tauReg = params.getFloat("tau_reg");
  options.kWeight = params.getInt("k_weight");
  ANCHORSCOPE_TRY(options.validate());
  return std::unique_ptr<Assigner>(
      std::make_unique<MusuAssigner>(options, params.getFloat("ignore_iof_thr")));
}

}  // namespace

AssignerEntry musuAssigner() {
  AssignerEntry entry;
  entry.name = "musu";
  entry.title = "MuSu";
  entry.description =
      "Each object gathers a bag of anchors by the joint score of class score p and predicted IoU q. In the "
      "bag the anchors "
      "are ranked twice: for the regression head mainly by p, for the classification head mainly by q. Ranks "
      "become weights.";
  entry.source =
      "Paper (Gao, Wang, Wu; ICCV 2021): the two heads need not share samples; a bag per object from both "
      "scores with a "
      "threshold t and a hyper-parameter beta; one ranking per head with a hyper-parameter alpha; ranks "
      "turned into weights. "
      "Ours: every formula and constant, reconstructed because the paper's equations could not be obtained.";
  entry.usesPredictions = true;
  entry.params = {
      choiceParam("eligibility", "overlap", {"overlap", "center_in_gt", "center_radius"},
                  "Which anchors may enter an object's bag: any whose predicted box overlaps it, only those "
                  "centred in it, or "
                  "only those centred near its centre.",
                  "Paper: no hand-made geometric prior, hence overlap; the other two are ours"),
      onlyWhen(floatParam("center_margin", 0.01, 0, 1e4, "px",
                          "How far inside the object's box an anchor's centre must lie.", kOurs),
               "eligibility", {"center_in_gt", "center_radius"}),
      onlyWhen(
          floatParam("radius", 1.5, 1e-6, 1e4, "strides",
                     "Largest distance of the anchor's centre from the object's on each axis, inclusive.",
                     kOurs),
          "eligibility", {"center_radius"}),
      choiceParam("joint", "geometric", {"geometric", "product"},
                  "Joint score of membership: p^(1-beta) q^beta, or p q^beta.",
                  "Paper: a joint score of both heads with beta; the formula is ours"),
      floatParam("beta", 0.75, 0, 1, "1", "How much the predicted IoU counts in the joint score.", kPaper),
      choiceParam("threshold", "mean_std", {"mean_std", "max_ratio", "top_k", "absolute"},
                  "How an object's bag is cut from its eligible anchors: joint score at least mean + "
                  "standard deviation, at least "
                  "gamma times the best, the k best, or at least t.",
                  "Paper: an adaptive bag with a threshold t; the rules are ours"),
      onlyWhen(
          floatParam("gamma", 0.5, 0, 1, "1", "Share of the best joint score that a member needs.", kOurs),
          "threshold", {"max_ratio"}),
      onlyWhen(intParam("k", 20, 1, 1e6, "anchors", "Size of the bag.", kOurs), "threshold", {"top_k"}),
      onlyWhen(floatParam("t", 0.3, 0, 1, "1", "Joint score that a member needs.", kPaper), "threshold",
               {"absolute"}),
      intParam("max_bag", 0, 0, 1e6, "anchors",
               "Keep only so many members, best joint score first; 0: no limit.", kOurs),
      floatParam("alpha", 0.25, 0, 1, "1",
                 "How much a head's own score counts in its ranking: 0 ranks by the other head's alone, 0.5 "
                 "makes both rankings "
                 "equal.",
                 "Paper: a regularised, symmetric criterion with alpha works better than the direct one; "
                 "formula and value ours"),
      choiceParam("weighting", "exponential", {"exponential", "linear", "hard_top_k"},
                  "Weight of a rank: exp(-rank / tau), 1 - rank / bag size, or 1 for the first k_weight.",
                  "Paper: ranks become weights; the formulas are ours"),
      onlyWhen(floatParam("tau_cls", 3, 1e-6, 1e6, "ranks", "Decay of the classification weights.", kOurs),
               "weighting", {"exponential"}),
      onlyWhen(floatParam("tau_reg", 3, 1e-6, 1e6, "ranks", "Decay of the regression weights.", kOurs),
               "weighting", {"exponential"}),
      onlyWhen(intParam("k_weight", 9, 1, 1e6, "ranks", "Ranks that get weight 1.", kOurs), "weighting",
               {"hard_top_k"}),
      ignoreIofParam(),
  };
  entry.make = makeMusu;
  return entry;
}

}  // namespace anchorscope
