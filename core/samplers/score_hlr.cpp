// ISR-N of Prime SampledCandidates Attention: background whose boxes lead a group of overlapping ones is kept
// first, and counts by that rank. As mmdet 3.3.0 ScoreHLRSampler.

#include <cmath>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/pisa.h"
#include "core/ops/ranks.h"
#include "core/parts/random_numbers.h"
#include "core/samplers/rounds.h"
#include "core/samplers/sample_size.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "PISA (Cao et al., CVPR 2020); mmdet 3.3.0 ScoreHLRSampler";
constexpr const char* kOrder =
    "sure background by its place among overlapping boxes, others by a random number";

const ChannelSpec& groupRankSpec() {
  static const ChannelSpec spec =
      channelOf("score_hlr.rank", "Place among overlapping boxes", "",
                "Background that some class finds likely: how many boxes of its group score higher.", kSource,
                ColorScale::kSequential, 0.f);
  return spec;
}
const ChannelSpec& weightSpec() {
  static const ChannelSpec spec = channelOf(
      "score_hlr.weight", "Weight by rank", "1",
      "Factor on the classification loss of background that was kept, scaled so that the sum over it stays.",
      kSource, ColorScale::kClassification, 0.f);
  return spec;
}

struct Options {
  SampleSize size;
  double scoreThreshold = 0.05, iouThreshold = 0.5, k = 0.5, bias = 0;
};

class ScoreHlr final : public Sampler {
 public:
  explicit ScoreHlr(const Options& options) : options_(options) {}

  bool needsLoss() const override { return true; }
  bool needsScores() const override { return true; }
  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all = Rounds::declaration(kOrder);
    all.channels.push_back(groupRankSpec());
    all.channels.push_back(weightSpec());
    return all;
  }

  SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) override {
    ANCHORSCOPE_CHECK(inputs.loss.defined() && inputs.score.defined() && inputs.boxes.defined(),
                      "score HLR without losses, scores or boxes");
    const at::Tensor& object = inputs.object;
    Rounds rounds(inputs);
    const auto draw = [&](RandomChoice choice) {
      return randomNumbers(step, choice, object.sizes(), object.device());
    };
    rounds.keepFirst(rounds.positive, draw(RandomChoice::kPositives),
                     at::full({object.size(0)}, options_.size.mostPositives(), object.options()), 0);
    const at::Tensor& negative = rounds.negative;
    const at::Tensor wanted = at::minimum(
        options_.size.negatives(Rounds::counted(rounds.kept())).clamp_min(0), Rounds::counted(negative));
    const at::Tensor sure = negative.logical_and(inputs.score > options_.scoreThreshold);
    const at::Tensor sureCount = Rounds::counted(sure);

    const at::Tensor rank = ranksInGroups(inputs, sure);
    const at::Tensor importance = (sureCount.unsqueeze(1) - rank).to(at::kDouble) + inputs.score;
    const at::Tensor place = rankAmong(importance, sure);
    rounds.keepFirst(sure, importance, wanted, 1);
    rounds.keepFirst(negative.logical_and(sure.logical_not()), draw(RandomChoice::kNegatives),
                     (wanted - sureCount).clamp_min(0), 2);

    const at::Tensor weight = weights(rounds, inputs.loss, sure, place, wanted);
    if (step.sink) {
      rounds.show(kOrder, *step.sink);
      step.sink->channel(groupRankSpec(), rank.to(at::kFloat).masked_fill(sure.logical_not(), NAN));
      step.sink->channel(
          weightSpec(),
          weight.to(at::kFloat).masked_fill(negative.logical_and(rounds.kept()).logical_not(), NAN));
    }
    return {rounds.kept(), weight};
  }

 private:
  /// [B,N]: how many boxes of the candidate's group score higher. A group is a box and all that overlap it,
  /// of those that no box of a higher score took.
  at::Tensor ranksInGroups(const SamplerInputs& inputs, const at::Tensor& sure) const {
    at::Tensor ranks = at::zeros(sure.sizes(), inputs.object.options());
    for (std::int64_t image = 0; image < sure.size(0); ++image) {
      const at::Tensor own = sure[image].nonzero().squeeze(1);
      const at::Tensor order =
          own.index_select(0, inputs.score[image].index_select(0, own).argsort(/*stable=*/true, 0, true));
      const at::Tensor boxes = inputs.boxes[image].index_select(0, order).to(at::kDouble).cpu().contiguous();
      ranks[image].index_put_({order}, groupRanks(boxes).to(ranks.device()));
    }
    return ranks;
  }

  /// boxes [n,4] by falling score.
  at::Tensor groupRanks(const at::Tensor& boxes) const {
    const std::int64_t count = boxes.size(0);
    at::Tensor ranks = at::zeros({count}, at::kLong);
    auto* rank = ranks.data_ptr<std::int64_t>();
    std::vector<bool> taken(static_cast<std::size_t>(count));
    for (std::int64_t leader = 0; leader < count; ++leader) {
      if (taken[static_cast<std::size_t>(leader)]) continue;
      const at::Tensor overlaps =
          pairwiseIou(boxes.narrow(0, leader, 1), boxes.narrow(0, leader, count - leader))
              .squeeze(0)
              .contiguous();
      const auto* overlap = overlaps.const_data_ptr<double>();
      std::int64_t next = 1;
      for (std::int64_t other = leader + 1; other < count; ++other) {
        if (taken[static_cast<std::size_t>(other)] || overlap[other - leader] < options_.iouThreshold)
          continue;
        taken[static_cast<std::size_t>(other)] = true;
        rank[other] = next++;
      }
    }
    return ranks;
  }

  /// [B,N] 1 but for background that is kept.
  at::Tensor weights(const Rounds& rounds, const at::Tensor& loss, const at::Tensor& sure,
                     const at::Tensor& place, const at::Tensor& wanted) const {
    const at::Tensor kept = rounds.kept().logical_and(rounds.negative), none = kept.logical_not();
    const at::Tensor most = at::maximum(wanted, Rounds::counted(sure)).clamp_min(1).unsqueeze(1);
    const at::Tensor share = (most - place).to(at::kDouble) / most;
    const at::Tensor ofSure = kept.logical_and(sure);
    const at::Tensor least = loss.size(1) > 0 ? share.masked_fill(ofSure.logical_not(), 1).amin(1, true)
                                              : at::ones_like(most, at::kDouble);
    const at::Tensor raw =
        biasedPower(at::where(ofSure, share, least), options_.bias, options_.k).masked_fill(none, 0);
    const at::Tensor had = loss.to(at::kDouble).masked_fill(none, 0);
    const at::Tensor before = had.sum(1, true), after = (had * raw).sum(1, true);
    // Without anything sure nothing is ranked, and without a loss nothing is to be kept.
    const at::Tensor scaled = ofSure.any(1, true).logical_and(after > 0);
    const at::Tensor ratio = at::where(scaled, before / after.masked_fill(after <= 0, 1), 1);
    const at::Tensor weight = at::where(ofSure.any(1, true), raw * ratio, 1);
    return weight.masked_fill(none, 1).to(loss.scalar_type());
  }

  Options options_;
};

}  // namespace

SamplerEntry scoreHlrSampler() {
  SamplerEntry entry;
  entry.name = "score_hlr";
  entry.title = "Score HLR (ISR-N)";
  entry.description =
      "Background that some class finds likely is kept first, the best of every group of overlapping boxes "
      "before "
      "the second ones, each by score, and its classification loss counts by that rank; what is left is "
      "drawn at "
      "random, as are positives.";
  entry.source = concat(kSource, "; published for regions. Each image is ranked on the host.");
  entry.params = sampleSizeParams();
  const std::vector<ParamSpec> own = {
      floatParam("hlr_score_thr", 0.05, 0, 1, "1", "Largest score above which background is ranked.",
                 kSource),
      floatParam("hlr_iou_thr", 0.5, 0, 1, "1",
                 "IoU with a box of a higher score from which on it is of its group.", kSource),
      floatParam("hlr_k", 0.5, 0, 10, "1", "Exponent of the weight; 0: all count alike.", kSource),
      floatParam("hlr_bias", 0, 0, 1, "1", "Weight of the last rank; 1: all count alike.", kSource)};
  entry.params.insert(entry.params.end(), own.begin(), own.end());
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Sampler>> {
    Options options;
    options.size = sampleSizeOf(params);
    options.scoreThreshold = params.getFloat("hlr_score_thr");
    options.iouThreshold = params.getFloat("hlr_iou_thr");
    options.k = params.getFloat("hlr_k");
    options.bias = params.getFloat("hlr_bias");
    return std::unique_ptr<Sampler>(std::make_unique<ScoreHlr>(options));
  };
  return entry;
}

}  // namespace anchorscope
