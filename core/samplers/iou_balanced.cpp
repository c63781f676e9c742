// Libra R-CNN's sampler: background candidates in equal numbers from bins of their overlap with objects,
// positives in equal numbers per object. The rounds are mmdet 3.3.0's.

#include <algorithm>
#include <cmath>

#include "core/evidence/spec_forms.h"
#include "core/ops/ranks.h"
#include "core/parts/random_numbers.h"
#include "core/samplers/rounds.h"
#include "core/samplers/sample_size.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "Libra R-CNN (Pang et al., CVPR 2019); mmdet 3.3.0 IoUBalancedNegSampler";
constexpr const char* kOrder = "by a random number";
enum Round { kPositives, kPositivesLeft, kAll, kBins, kBinsLeft, kFloor, kLeft };

const ChannelSpec& binSpec() {
  static const ChannelSpec spec =
      channelOf("iou_balanced.bin", "Bin of the overlap", "",
                "Background: which bin of overlaps the candidate is in, from 0 on; -1: in none.", kSource,
                ColorScale::kSequential, -1.f);
  return spec;
}
const ChannelSpec& roundSpec() {
  static const ChannelSpec spec = channelOf(
      "iou_balanced.round", "Round that decided", "",
      "0 positives per object, 1 positives that were left; 2 all background, where there is not more than "
      "is wanted; else 3 its bin's share, 4 what bins lacked, 5 overlaps below the floor, 6 what was left.",
      kSource, ColorScale::kSequential, 0.f, 6.f);
  return spec;
}

struct Options {
  SampleSize size;
  double floorThreshold = -1, floorFraction = 0;
  std::int64_t bins = 3;
  bool perObject = true;
  bool forgetsFloor = false;  ///< mmdet's: a threshold below 0 is 0 once there was something to choose.
};

class IouBalanced final : public Sampler {
 public:
  explicit IouBalanced(const Options& options) : options_(options) {}

  bool needsIou() const override { return true; }
  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all = Rounds::declaration(kOrder);
    all.channels.push_back(binSpec());
    all.channels.push_back(roundSpec());
    return all;
  }
  std::vector<NamedTensor> buffers() override {
    return movesFloor() ? std::vector<NamedTensor>{{"iou_balanced.floor_moved", moved_}}
                        : std::vector<NamedTensor>();
  }

  SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) override {
    Rounds rounds(inputs);
    const Keys keys{
        randomNumbers(step, RandomChoice::kPositives, inputs.object.sizes(), inputs.object.device()),
        randomNumbers(step, RandomChoice::kNegatives, inputs.object.sizes(), inputs.object.device()),
        randomNumbers(step, RandomChoice::kFill, inputs.object.sizes(), inputs.object.device())};
    pickPositives(rounds, inputs.object, keys);
    const at::Tensor bin = pickNegatives(rounds, inputs, keys, step.training);
    if (step.sink) {
      rounds.show(kOrder, *step.sink);
      step.sink->channel(binSpec(), bin);
      step.sink->channel(roundSpec(), rounds.round().to(at::kFloat).masked_fill(rounds.round() < 0, NAN));
    }
    return {rounds.kept(), {}};
  }

 private:
  struct Keys {
    at::Tensor positives, negatives, fill;
  };
  bool movesFloor() const { return options_.forgetsFloor && options_.floorThreshold < 0; }

  void pickPositives(Rounds& rounds, const at::Tensor& object, const Keys& keys) const {
    const at::Tensor most = at::full({object.size(0)}, options_.size.mostPositives(), object.options());
    if (!options_.perObject) return rounds.keepFirst(rounds.positive, keys.positives, most, kPositives);
    const at::Tensor& positive = rounds.positive;
    const at::Tensor few = (Rounds::counted(positive) <= most).unsqueeze(1);
    rounds.keepAll(positive.logical_and(few), kPositives);
    const at::Tensor rest = positive.logical_and(few.logical_not());
    // Of every object so many, at random as many of those as are wanted, then of the others.
    const at::Tensor own = object.masked_fill(positive.logical_not(), -1);
    const at::Tensor objects =
        Rounds::counted(positive.logical_and(rankWithin(keys.positives, own) == 0)).clamp_min(1);
    const at::Tensor each = (most.to(at::kDouble) / objects).round().to(at::kLong) + 1;
    rounds.keepFirst(rounds.first(rest, own, keys.positives, each, kPositives), keys.fill, most, kPositives);
    rounds.keepFirst(rest, keys.fill, most - Rounds::counted(rounds.kept()), kPositivesLeft);
  }

  /// [B,N]: the bin of each, -1 none.
  at::Tensor pickNegatives(Rounds& rounds, const SamplerInputs& inputs, const Keys& keys, bool training) {
    const at::Tensor& negative = rounds.negative;
    const at::Tensor wanted = options_.size.negatives(Rounds::counted(rounds.kept()));
    const at::Tensor few = (Rounds::counted(negative) <= wanted).unsqueeze(1);
    const at::Tensor iou = inputs.iou.to(at::kDouble);
    const auto [floor, above] = bySides(iou, negative);
    const at::Tensor bin = binsOf(iou, above);
    moveFloor(few, training);

    rounds.keepAll(negative.logical_and(few), kAll);
    const at::Tensor rest = few.logical_not();
    const at::Tensor ofBins = (wanted.to(at::kDouble) * (1 - options_.floorFraction))
                                  .to(at::kLong);  // of candidates above the floor
    const at::Tensor many = (Rounds::counted(above) > ofBins).unsqueeze(1);
    rounds.keepAll(above.logical_and(rest).logical_and(many.logical_not()), kBins);
    const at::Tensor contested = above.logical_and(rest).logical_and(many);
    if (options_.bins > 1)
      rounds.keep(rounds.first(contested.logical_and(bin >= 0), bin, keys.negatives,
                               at::floor_divide(ofBins, options_.bins), kBins));
    const auto missing = [&](const at::Tensor& of) {
      return of - Rounds::counted(rounds.kept().logical_and(negative));
    };
    rounds.keepFirst(contested, keys.fill, missing(ofBins), kBinsLeft);
    rounds.keepFirst(floor.logical_and(rest), keys.negatives, missing(wanted), kFloor);
    rounds.keepFirst(negative.logical_and(rest), keys.fill, missing(wanted), kLeft);
    return bin;
  }

  /// Those below the floor and those above it; of a threshold of 0 the former overlap nothing.
  std::pair<at::Tensor, at::Tensor> bySides(const at::Tensor& iou, const at::Tensor& negative) const {
    const double threshold = options_.floorThreshold;
    at::Tensor low = threshold > 0 ? iou < threshold : iou <= 0;
    if (threshold < 0) low = low.logical_and(movesFloor() ? moved_.to(low.device()) : at::zeros_like(low));
    return {negative.logical_and(low), negative.logical_and(low.logical_not())};
  }

  /// Bins of equal width from the floor to the largest overlap of the image, which itself is in none.
  at::Tensor binsOf(const at::Tensor& iou, const at::Tensor& above) const {
    at::Tensor bin = at::full(iou.sizes(), -1, iou.options().dtype(at::kLong));
    if (iou.numel() == 0) return bin;
    const double floor = std::max(0.0, options_.floorThreshold);
    const at::Tensor width = (iou.amax(1, true) - floor) / static_cast<double>(options_.bins);
    for (std::int64_t i = 0; i < options_.bins; ++i) {
      const at::Tensor inside = (iou >= floor + width * i).logical_and(iou < floor + width * (i + 1));
      bin = bin.masked_fill(inside.logical_and(above), i);
    }
    return bin;
  }

  void moveFloor(const at::Tensor& few, bool training) {
    if (!training || !movesFloor()) return;
    moved_.copy_(moved_.logical_or(few.logical_not().any().to(moved_.device())));
  }

  Options options_;
  at::Tensor moved_ = at::zeros({}, at::kBool);
};

}  // namespace

SamplerEntry iouBalancedSampler() {
  SamplerEntry entry;
  entry.name = "iou_balanced";
  entry.title = "IoU-balanced";
  entry.description =
      "Background candidates in equal numbers from bins of their largest overlap, so that those near objects "
      "are not "
      "drowned by those far from any; positives in equal numbers per object, at random within both.";
  entry.source = kSource;
  entry.params = sampleSizeParams();
  const std::vector<ParamSpec> own = {
      choiceParam("balanced_positives", "per_object", {"per_object", "random"},
                  "How positives are drawn: in equal numbers per object, or whatever their object.",
                  "mmdet 3.3.0 InstanceBalancedPosSampler"),
      intParam("iou_bins", 3, 1, 100, "bins", "Bins of overlap that background is drawn from; 1: no bins.",
               kSource),
      floatParam("floor_thr", -1, -1, 1, "1",
                 "Overlaps below it are drawn apart from the bins, by floor_fraction; 0: those without "
                 "overlap; below "
                 "0: none.",
                 kSource),
      floatParam("floor_fraction", 0, 0, 1, "1", "Share of the background that is drawn below floor_thr.",
                 kSource),
      choiceParam("floor_state", "kept", {"kept", "mmdet"},
                  "mmdet: once a step had more background than is wanted, a floor_thr below 0 is 0 for the "
                  "rest of the "
                  "run, as its code does by oversight (there after the first image). kept: it stays.",
                  "Ours")};
  entry.params.insert(entry.params.end(), own.begin(), own.end());
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Sampler>> {
    Options options;
    options.size = sampleSizeOf(params);
    options.floorThreshold = params.getFloat("floor_thr");
    options.floorFraction = params.getFloat("floor_fraction");
    options.bins = params.getInt("iou_bins");
    options.perObject = params.getText("balanced_positives") == "per_object";
    options.forgetsFloor = params.getText("floor_state") == "mmdet";
    return std::unique_ptr<Sampler>(std::make_unique<IouBalanced>(options));
  };
  return entry;
}

}  // namespace anchorscope
