// Guided loss scaling of Sampling-Free (Chen et al., TIP 2021): the classification loss is brought to the
// size of the box loss, r = constant(L_loc / L_cls), and learnt factors weigh what results. The authors
// published four versions, which differ; each is an option. Theirs: the formulas, the warm-up, factors that
// start at 1, centerness added as it is in 2021a. Ours: the guard, and centerness in 2020 (added likewise).

#include <c10/core/GradMode.h>

#include "core/evidence/spec_forms.h"
#include "core/losses/combiner.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPaper = "Chen et al., TIP 2021; the authors' code";
constexpr const char* kOurs = "Ours";
constexpr std::int64_t kMostLosses = 3;  // classes, boxes, centerness
constexpr double kLeastFactor = 1e-3;    // the guard's smallest |sigma| and |delta| (ours)

enum class Generation { k2020, k2021a, k2021b, k2021c };
const std::vector<std::string> kGenerations = {"2020", "2021a", "2021b", "2021c"};

struct Options {
  Generation generation = Generation::k2021a;
  std::int64_t warmupIters = 100;
  double clsFactor = 1, locFactor = 1;
  bool guard = true;
  bool learnsDelta() const { return generation == Generation::k2021a; }
  /// A factor for every loss, and a ratio that is measured during the warm-up only.
  bool learnsSigmas() const { return generation == Generation::k2021b || generation == Generation::k2021c; }
};

ChannelSpec channelSpec(const char* name, const char* title, const char* description, ColorScale scale,
                        Sense sense) {
  return channelOf(name, title, "1", description, kOurs, scale, {}, {}, sense);
}

const ChannelSpec& weightSpec() {
  static const ChannelSpec spec =
      channelSpec("sampling_free.weight", "Effective weight",
                  "What the anchor's classification loss is multiplied by in the total: ratio and learnt "
                  "factor over the divisor; 0 for ignored anchors.",
                  ColorScale::kSequential, Sense::kNeutral);
  return spec;
}

const ChannelSpec& gradientSpec() {
  static const ChannelSpec spec =
      channelSpec("sampling_free.gradient", "Signed gradient of the cross entropy",
                  "Effective weight times the sum over classes of score minus target: what cross entropy "
                  "asks of the anchor's logits. Negative: they are to rise.",
                  ColorScale::kDiverging, Sense::kNeutral);
  return spec;
}

/// The magnitude of learnt factors, at least kLeastFactor; a negative one counts as its mirror image. The
/// gradient is that of the magnitude also below the bound, so that a factor finds its way back.
at::Tensor guardedFactor(const at::Tensor& factor) {
  const at::Tensor magnitude = factor * at::where(factor.detach() < 0, -1.0, 1.0).to(factor.scalar_type());
  const at::Tensor fixed = magnitude.detach();
  return magnitude + (fixed.clamp_min(kLeastFactor) - fixed);
}

/// The heads' losses of a batch, normalised: 0-dim, with gradient.
struct Sums {
  at::Tensor cls, loc;
  at::Tensor quality;  ///< Of further outputs (centerness, IoU); undefined without.
  at::Tensor others;   ///< What transforms added, together; undefined without.
};

Sums sumsOf(const LossTable& losses, double locFactor, std::vector<at::Tensor>& heads) {
  Sums sums;
  for (const LossRows& rows : losses.rows) {
    const at::Tensor sum = rows.sum();
    heads.push_back(sum);
    if (rows.head == kClsHead)
      sums.cls = sum;
    else if (rows.head == kLocHead)
      sums.loc = locFactor == 1 ? sum : sum * locFactor;
    else if (rows.ofOutput)
      sums.quality = sums.quality.defined() ? sums.quality + sum : sum;
    else
      sums.others = sums.others.defined() ? sums.others + sum : sum;
  }
  return sums;
}

/// ln of the product of sigmas [K], without those whose loss is 0, as the box loss is without a positive:
/// such a loss does not hold its sigma up, and a few steps of SGD would take it through 0 and far away, where
/// its loss no longer counts.
at::Tensor guardedLogTerm(const at::Tensor& sigmas, const Sums& sums, at::Tensor& guarded) {
  std::vector<at::Tensor> losses = {sums.cls.detach(), sums.loc.detach()};
  if (sums.quality.defined()) losses.push_back(sums.quality.detach());
  const at::Tensor absent = at::stack(losses) == 0;
  guarded = guarded + absent.any().to(at::kLong);
  return sigmas.log().masked_fill(absent, 0).sum();
}

class SamplingFree final : public LossCombiner {
 public:
  explicit SamplingFree(const Options& options) : options_(options) {
    if (options_.learnsDelta()) factors_ = at::ones({1}, at::kFloat).requires_grad_();
    // Always three: whether there is centerness shows with the first batch. Without it the third stays at 1.
    if (options_.learnsSigmas()) factors_ = at::ones({kMostLosses}, at::kFloat).requires_grad_();
  }

  EvidenceDeclaration declaration() const override;
  CombinedLoss combine(const LossTable& losses, const StageInputs& inputs, const StepContext& step) override;

  std::vector<NamedTensor> parameters() override {
    if (options_.learnsDelta()) return {{"sampling_free.delta", factors_}};
    if (options_.learnsSigmas()) return {{"sampling_free.sigmas", factors_}};
    return {};
  }
  std::vector<NamedTensor> buffers() override {
    return {{"sampling_free.iters", iters_},
            {"sampling_free.ratio", ratio_},
            {"sampling_free.guarded_steps", guardedSteps_}};
  }

 private:
  /// What a step's losses are multiplied by.
  struct Weights {
    at::Tensor ratio;     ///< 0-dim, constant.
    at::Tensor cls, loc;  ///< 0-dim, of the scaled classification loss and of the box loss.
    at::Tensor quality;   ///< 0-dim
    at::Tensor logTerm;   ///< 0-dim
    at::Tensor squares;   ///< delta^2 [1] or sigma^2 [3]; undefined without.
    at::Tensor guarded;   ///< 0-dim int64: how often the guard stepped in.
  };
  static LossTable withDivisors(const LossTable& losses, at::Tensor& guarded);
  at::Tensor measureRatio(const Sums& sums, bool moves, at::Tensor& guarded);
  Weights weigh(const Sums& sums, bool moves, at::Tensor guarded);
  std::vector<NamedScalar> scalars(const Sums& sums, const Weights& weights) const;

  Options options_;
  at::Tensor factors_;  ///< delta [1] or sigmas [3]
  at::Tensor iters_ = at::zeros({}, at::kLong);
  at::Tensor ratio_ = at::ones({}, at::kFloat);  ///< The last one measured that is fit for use.
  at::Tensor guardedSteps_ = at::zeros({}, at::kLong);
};

/// Without a positive a divisor may be 0 (normaliser positives_unguarded, the published one of 2021a).
LossTable SamplingFree::withDivisors(const LossTable& losses, at::Tensor& guarded) {
  const c10::NoGradGuard noGrad;
  LossTable safe = losses;
  at::Tensor replaced;
  for (LossRows& rows : safe.rows) {
    const at::Tensor bad = rows.divisors <= 0;
    rows.divisors = rows.divisors.masked_fill(bad, 1);
    replaced = replaced.defined() ? replaced | bad.any() : bad.any();
  }
  guarded = guarded + replaced.to(at::kLong);
  return safe;
}

at::Tensor SamplingFree::measureRatio(const Sums& sums, bool moves, at::Tensor& guarded) {
  const c10::NoGradGuard noGrad;
  at::Tensor aim = sums.loc.detach();
  if (options_.learnsSigmas() && sums.quality.defined()) aim = (aim + sums.quality.detach()) / 2;
  at::Tensor measured = aim / sums.cls.detach();
  const at::Tensor last = ratio_.to(measured.scalar_type());
  const at::Tensor measuring =
      options_.learnsSigmas() ? iters_ < options_.warmupIters : at::ones_like(iters_, at::kBool);
  if (options_.guard) {
    const at::Tensor fit = at::isfinite(measured) & (measured > 0);
    measured = at::where(fit, measured, last);
    guarded = guarded + (measuring & fit.logical_not()).to(at::kLong);
  }
  const at::Tensor later = options_.generation == Generation::k2021b ? at::ones_like(measured) : last;
  if (moves) {
    ratio_.copy_(at::where(measuring, measured, last));
    iters_.add_(1);
  }
  return at::where(measuring, measured, later);
}

SamplingFree::Weights SamplingFree::weigh(const Sums& sums, bool moves, at::Tensor guarded) {
  Weights w;
  w.ratio = measureRatio(sums, moves, guarded);
  w.cls = w.loc = w.quality = at::ones_like(w.ratio);
  w.logTerm = at::zeros_like(w.ratio);
  if (factors_.defined()) {
    // Sigmas without a loss would only add a constant.
    const std::int64_t used =
        options_.learnsSigmas() && !sums.quality.defined() ? kMostLosses - 1 : factors_.size(0);
    const at::Tensor raw = factors_.narrow(0, 0, used);
    const at::Tensor factors = options_.guard ? guardedFactor(raw) : raw;
    if (options_.guard) {
      const c10::NoGradGuard noGrad;
      guarded = guarded + (raw < kLeastFactor).any().to(at::kLong);
    }
    if (options_.learnsDelta()) {
      w.cls = factors.select(0, 0).square();
      w.logTerm = w.cls.log().neg();
    } else {
      const at::Tensor weights = 0.5 / factors.square();
      w.cls = weights.select(0, 0);
      w.loc = weights.select(0, 1);
      if (sums.quality.defined()) w.quality = weights.select(0, 2);
      w.logTerm = options_.guard ? guardedLogTerm(factors, sums, guarded) : factors.prod().log();
    }
    w.squares = factors_.detach().square();
  }
  w.cls = w.cls * options_.clsFactor;
  w.guarded = guarded;
  if (moves) {
    const c10::NoGradGuard noGrad;
    guardedSteps_.add_((guarded > 0).to(at::kLong));
  }
  return w;
}

CombinedLoss SamplingFree::combine(const LossTable& given, const StageInputs& inputs,
                                   const StepContext& step) {
  at::Tensor guarded = at::zeros({}, given.clsObject.options().dtype(at::kLong));
  const LossTable losses = options_.guard ? withDivisors(given, guarded) : given;
  CombinedLoss combined;
  const Sums sums = sumsOf(losses, options_.locFactor, combined.heads);
  const Weights w = weigh(sums, step.training, guarded);

  combined.total = w.cls * (w.ratio * sums.cls) + w.loc * sums.loc + w.logTerm;
  if (sums.quality.defined()) combined.total = combined.total + w.quality * sums.quality;
  if (sums.others.defined()) combined.total = combined.total + sums.others;
  combined.scalars = scalars(sums, w);

  if (step.sink) {
    const c10::NoGradGuard noGrad;
    const at::Tensor& divisors = losses.at(kClsHead).divisors;
    const at::Tensor learns = losses.clsObject.ne(-2).to(divisors.scalar_type());
    const at::Tensor weight = w.cls.detach() * w.ratio / divisors.unsqueeze(1) * learns;
    const at::Tensor scores = inputs.outputs.activation == ScoreActivation::kSigmoid
                                  ? inputs.outputs.logits.detach().sigmoid()
                                  : scoresOf(inputs.outputs).detach();
    const at::Tensor error = scores.sum(2) - losses.clsObject.ge(0).to(at::kFloat);
    step.sink->channel(weightSpec(), weight);
    step.sink->channel(gradientSpec(), weight * error);
  }
  return combined;
}

// ---- what it tells ---------------------------------------------------------------------------------------

EvidenceDeclaration SamplingFree::declaration() const {
  EvidenceDeclaration declaration;
  declaration.channels = {weightSpec(), gradientSpec()};
  declaration.scalars = {
      scalarOf("sampling_free.ratio", "Ratio r", "1",
               "What the classification loss was multiplied by: box loss over classification loss, held "
               "constant.",
               kPaper),
      scalarOf("sampling_free.scaled_cls", "Scaled classification loss", "1",
               "Ratio times classification loss.", kPaper),
      scalarOf("sampling_free.weighted_cls", "Weighted classification loss", "1",
               "The classification loss as it stands in the total, learnt factor included.", kPaper),
      scalarOf("sampling_free.weighted_loc", "Weighted box loss", "1",
               "The box loss as it stands in the total, learnt factor included.", kPaper),
      scalarOf("sampling_free.guarded", "Guards of the step", "1",
               "How many values of the step the guard replaced: a divisor of 0, a ratio of 0 or that is not "
               "finite, a learnt factor near or below 0, the logarithm of a sigma without a loss.",
               kOurs),
      scalarOf("sampling_free.guarded_steps", "Guarded steps", "steps",
               "Training steps so far in which the guard stepped in.", kOurs)};
  if (options_.learnsDelta() || options_.learnsSigmas())
    declaration.scalars.push_back(scalarOf(
        "sampling_free.log_term", "Logarithmic term", "1",
        "What keeps learnt factors from vanishing: -ln delta^2, or ln of the product of sigmas.", kPaper));
  if (options_.learnsDelta())
    declaration.scalars.push_back(scalarOf("sampling_free.delta2", "delta^2", "1",
                                           "Learnt factor of the scaled classification loss; in balance it "
                                           "makes the weighted classification loss 1.",
                                           kPaper));
  if (options_.learnsSigmas()) {
    const std::vector<ScalarSpec> own = {
        scalarOf("sampling_free.sigma2_cls", "sigma^2, classification", "1",
                 "Learnt variance of the scaled classification loss; in balance equal to it.", kPaper),
        scalarOf("sampling_free.sigma2_loc", "sigma^2, box", "1",
                 "Learnt variance of the box loss; in balance equal to it.", kPaper),
        scalarOf("sampling_free.sigma2_quality", "sigma^2, centerness", "1",
                 "Learnt variance of the centerness loss; 1 for heads without one.", kPaper),
        scalarOf("sampling_free.frozen_ratio", "Ratio in memory", "1",
                 "The last ratio measured during the warm-up; generation 2021c keeps using it.", kPaper),
        scalarOf("sampling_free.warmup_left", "Warm-up left", "steps",
                 "Training steps during which the ratio is still measured.", kPaper)};
    declaration.scalars.insert(declaration.scalars.end(), own.begin(), own.end());
  }
  return declaration;
}

std::vector<NamedScalar> SamplingFree::scalars(const Sums& sums, const Weights& weights) const {
  const c10::NoGradGuard noGrad;
  const at::Tensor scaled = weights.ratio * sums.cls.detach();
  std::vector<NamedScalar> out = {{"sampling_free.ratio", weights.ratio},
                                  {"sampling_free.scaled_cls", scaled},
                                  {"sampling_free.weighted_cls", weights.cls.detach() * scaled},
                                  {"sampling_free.weighted_loc", weights.loc.detach() * sums.loc.detach()},
                                  {"sampling_free.guarded", weights.guarded},
                                  {"sampling_free.guarded_steps", guardedSteps_.clone()}};
  if (factors_.defined()) out.push_back({"sampling_free.log_term", weights.logTerm.detach()});
  if (options_.learnsDelta()) out.push_back({"sampling_free.delta2", weights.squares.select(0, 0)});
  if (options_.learnsSigmas()) {
    out.push_back({"sampling_free.sigma2_cls", weights.squares.select(0, 0)});
    out.push_back({"sampling_free.sigma2_loc", weights.squares.select(0, 1)});
    out.push_back({"sampling_free.sigma2_quality", weights.squares.select(0, 2)});
    out.push_back({"sampling_free.frozen_ratio", ratio_.clone()});
    out.push_back({"sampling_free.warmup_left", (options_.warmupIters - iters_).clamp_min(0)});
  }
  return out;
}

}  // namespace

LossCombinerEntry samplingFree() {
  LossCombinerEntry entry;
  entry.name = "sampling_free";
  entry.title = "Sampling-Free: guided loss scaling";
  entry.description =
      "The classification loss is scaled to the size of the box loss: r = constant(loc / cls). 2020: loc + r "
      "cls. 2021a: "
      "loc + delta^2 r cls - ln delta^2, delta learnt. 2021b, 2021c: the sum of each loss / (2 sigma^2) + ln "
      "of the "
      "sigmas' product, r cls as the first; r is the mean of the others over cls and measured for "
      "warmup_iters steps, then "
      "1 (2021b) or the last one measured (2021c).";
  entry.source = kPaper;
  entry.holdsConstants = true;
  ParamSpec generation = choiceParam(
      "generation", "2021a", kGenerations,
      "Which published version. 2021a is the paper's equation 24; 2020 learns no factor; 2021b and 2021c "
      "(the repository's last) weigh every loss. As published on RetinaNet: 2020 with cls_normalizer "
      "positives_plus_images and ignored_anchors background, 2021a with cls_normalizer positives_unguarded, "
      "2021b and 2021c with positives; all with loc_normalizer four_positives.",
      "Sampling-Free repository: 5f133dc (2020), 1e93d9a (2021a), 02a3846 (2021b), 01dfd40 (2021c); the "
      "default is the version that has the paper's form");
  generation.effect = ParamEffect::kNextRun;  // each learns other factors
  entry.params = {
      std::move(generation),
      onlyWhen(intParam("warmup_iters", 100, 0, 1e12, "steps",
                        "Steps during which the ratio is measured anew each time.",
                        "Sampling-Free repository, 02a3846 and 01dfd40"),
               "generation", {"2021b", "2021c"}),
      floatParam("cls_factor", 1, 1e-3, 1e3, "1",
                 "What the scaled classification loss is multiplied by; the authors have 2 for regions.",
                 "Sampling-Free repository, RoI box head"),
      floatParam("loc_factor", 1, 1e-3, 1e3, "1",
                 "What the box loss is multiplied by before anything is measured; the authors have 0.5 for "
                 "region proposals.",
                 "Sampling-Free repository, RPN"),
      boolParam(
          "guard", true,
          "Keep the published formulas from failing: a divisor of 0 counts as 1; a ratio that is 0 (no "
          "positive) or not finite (no classification loss) is replaced by the last good one, also when "
          "2021c freezes it; a sigma or delta counts by magnitude, at least 0.001; a sigma whose loss is 0 "
          "is "
          "left alone. Off: as published, NaN included. Weight decay: the authors decay sigmas, here vectors "
          "are not decayed unless "
          "train.decay_norms is set.",
          "Ours")};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossCombiner>> {
    Options options;
    const std::string& name = params.getText("generation");
    for (std::size_t i = 0; i < kGenerations.size(); ++i)
      if (kGenerations[i] == name) options.generation = static_cast<Generation>(i);
    options.warmupIters = params.getInt("warmup_iters");
    options.clsFactor = params.getFloat("cls_factor");
    options.locFactor = params.getFloat("loc_factor");
    options.guard = params.getBool("guard");
    return std::unique_ptr<LossCombiner>(std::make_unique<SamplingFree>(options));
  };
  return entry;
}

}  // namespace anchorscope
