// FCOS (Tian et al., ICCV 2019): a location learns the smallest object that holds it, if its distances to the
// object's sides suit its level and, with centre sampling, if it lies near the object's centre. In the
// conventions of mmdet 3.3.0 (FCOSHead) and torchvision 0.26.0 (FCOS), which differ in the ends of the level
// ranges.

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/fcos.h"
#include "core/base/check.h"
#include "core/base/numbers.h"

namespace anchorscope {
namespace fcos {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Pairs of location and object that are looked at together: bounds the memory, not the result. A CPU's
/// caches are small, and each launch on a GPU costs as much as many pairs.
std::int64_t tilePairs(const at::Device& device) {
  return std::int64_t{1} << (device.is_cpu() ? 18 : 24);
}

}  // namespace

PairTests testPairs(const Options& options, const Locations& at, const at::Tensor& boxes) {
  PairTests t;
  t.sides = sideDistances(at.x, at.y, boxes);
  t.inBox = t.sides.smallest() > 0;
  t.largestSide = t.sides.largest();
  t.centerOffset = at::maximum((at.x - middle(boxes, 0)).abs(), (at.y - middle(boxes, 1)).abs());
  t.inWindow = t.centerOffset < at.reach;
  t.aboveLow = options.inclusive ? t.largestSide >= at.low : t.largestSide > at.low;
  t.belowHigh = options.inclusive ? t.largestSide <= at.high : t.largestSide < at.high;
  t.candidate = t.inBox & t.aboveLow & t.belowHigh;
  if (options.centerSampling) t.candidate = t.candidate & t.inWindow;
  return t;
}

at::Tensor areasOf(const at::Tensor& boxes) {
  return (boxes.select(-1, 2) - boxes.select(-1, 0)) * (boxes.select(-1, 3) - boxes.select(-1, 1));
}

void forTiles(const Locations& all, std::int64_t pairsPerLocation,
              const std::function<void(const Locations&)>& body) {
  const std::int64_t count = all.x.size(0),
                     step = std::max<std::int64_t>(1, tilePairs(all.x.device()) / pairsPerLocation);
  for (std::int64_t begin = 0; begin < count; begin += step)
    body(all.map([&](const at::Tensor& values) {
      return values.slice(0, begin, std::min(begin + step, count)).view({1, 1, -1});
    }));
}

namespace {

class FcosAssigner final : public Assigner {
 public:
  explicit FcosAssigner(Options options) : options_(std::move(options)) {}

  EvidenceDeclaration declaration() const override { return fcos::declaration(options_); }
  std::vector<std::string> qualityOutputs() const override { return {kCenternessOutput}; }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  std::pair<double, double> rangeOf(const std::vector<LevelLayout>& levels, std::size_t level) const;
  Locations locationsOf(const AnchorSet& anchors) const;
  Matching match(const Locations& all, const at::Tensor& boxes, const at::Tensor& valid,
                 IgnoredRegions ignored) const;

  Options options_;
};

/// Ends of a level's range, px. The last level's is open; bounds beyond the given ones double.
std::pair<double, double> FcosAssigner::rangeOf(const std::vector<LevelLayout>& levels,
                                                std::size_t level) const {
  const auto upper = [&](std::size_t i) {
    const auto& given = options_.upperBounds;
    if (given.empty()) return 8.0 * levels[i].stride;
    return i < given.size() ? given[i] : std::ldexp(given.back(), static_cast<int>(i + 1 - given.size()));
  };
  const auto lower = [&] {
    return options_.upperBounds.empty() ? 4.0 * levels[level].stride : upper(level - 1);
  };
  return {level == 0 ? 0 : lower(), level + 1 == levels.size() ? kInfinity : upper(level)};
}

Locations FcosAssigner::locationsOf(const AnchorSet& anchors) const {
  std::vector<at::Tensor> low, high;
  std::int64_t count = 0;
  for (std::size_t level = 0; level < anchors.levels.size(); ++level) {
    const std::int64_t size = anchors.levels[level].anchorCount();
    const auto [from, to] = rangeOf(anchors.levels, level);
    low.push_back(at::full({size}, from, anchors.boxes.options()));
    high.push_back(at::full({size}, to, anchors.boxes.options()));
    count += size;
  }
  ANCHORSCOPE_CHECK(count == anchors.count(), "levels of ", count, " anchors, but ", anchors.count());
  const at::Tensor none = at::zeros({0}, anchors.boxes.options());
  return {middle(anchors.boxes, 0), middle(anchors.boxes, 1),
          anchors.strides.to(anchors.boxes.scalar_type()) * options_.radius,
          low.empty() ? none : at::cat(low), high.empty() ? none : at::cat(high)};
}

Matching FcosAssigner::match(const Locations& all, const at::Tensor& boxes, const at::Tensor& valid,
                             IgnoredRegions ignored) const {
  const std::int64_t batch = boxes.size(0), objects = boxes.size(1);
  const at::Tensor perPair = boxes.unsqueeze(2), present = valid.unsqueeze(2), area = areasOf(perPair);
  const at::Tensor none = at::full({}, kInfinity, boxes.options());
  std::vector<at::Tensor> object = {at::zeros({batch, 0}, valid.options().dtype(at::kLong))},
                          contesting = object;
  forTiles(all, batch * objects, [&](const Locations& slice) {
    const at::Tensor candidate = testPairs(options_, slice, perPair).candidate & present;
    const auto [smallest, first] = at::where(candidate, area, none).min(1);  // the first of equals
    object.push_back(first);
    contesting.push_back(candidate.sum(1));
  });
  Matching m;
  m.contesting = at::cat(contesting, 1);
  m.ignored = std::move(ignored);
  if (m.ignored.inside.defined()) m.contesting.masked_fill_(m.ignored.inside, 0);
  m.found = m.contesting > 0;
  m.object = at::cat(object, 1).masked_fill_(m.found.logical_not(), -1);
  if (m.ignored.inside.defined()) m.object.masked_fill_(m.ignored.inside, -2);
  m.sides = sideDistances(all.x, all.y, gatherObjects(boxes, m.object));
  m.centerness = centerness(m.sides, m.found);
  return m;
}

Assignment FcosAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const AnchorSet& anchors = inputs.anchors;
  const DenseTargets& given = inputs.targets;
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(given);
  const at::Tensor boxes = targets.boxes.to(anchors.boxes.scalar_type());
  const Locations all = locationsOf(anchors);
  const Matching m =
      match(all, boxes, targets.valid,
            ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false));
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  assignment.regWeight = options_.weightByCenterness ? m.centerness : m.found.to(m.centerness.scalar_type());
  assignment.quality.push_back({kCenternessOutput, m.centerness, {}});
  assignment.scalars = {{"fcos.starved_objects", starvedCount(m.object, targets.valid)},
                        {"fcos.contested", (m.contesting > 1).sum()}};
  if (step.sink)
    publish(m, options_, all, anchors.strides.to(boxes.scalar_type()), boxes, targets.valid, *step.sink);
  return assignment;
}

/// "64,128,256": rising bounds above 0; empty text: none.
Result<std::vector<double>> parseBounds(const std::string& text) {
  auto bounds = parseNumbers(text);
  double last = 0;
  const auto rises = [&](double bound) { return bound > std::exchange(last, bound) && bound < 1e9; };
  if (!bounds || !std::all_of(bounds->begin(), bounds->end(), rises))
    return makeError(ErrorCode::kUsage, concat("The option regress_ranges is '", text, "'"),
                     "Give the rising upper ends of the levels' ranges in px, separated by commas, such as "
                     "64,128,256,512, or nothing");
  return *std::move(bounds);
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.inclusive = params.getText("fcos_convention") == "mmdet";
  options.centerSampling = !options.inclusive || params.getBool("center_sampling");
  options.radius = params.getFloat("center_radius");
  auto bounds = parseBounds(params.getText("regress_ranges"));
  if (!bounds) return std::move(bounds).error();
  options.upperBounds = *std::move(bounds);
  options.weightByCenterness = params.getText("box_weight") == "centerness";
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  return std::unique_ptr<Assigner>(std::make_unique<FcosAssigner>(std::move(options)));
}

}  // namespace
}  // namespace fcos

AssignerEntry fcosAssigner() {
  AssignerEntry entry;
  entry.name = "fcos";
  entry.title = "FCOS: locations inside objects";
  entry.description =
      "A location learns the smallest object that holds it, if its largest distance to the object's sides "
      "lies in its level's range and, with centre sampling, if it lies near the object's centre. Locations "
      "whose "
      "cells lie in ignored regions learn nothing, where ignore_iof_thr asks for it.";
  entry.source = fcos::kRule;
  entry.params = {
      choiceParam("fcos_convention", "torchvision", {"torchvision", "mmdet"},
                  "Whose level ranges: torchvision excludes both ends and always samples centres, mmdet "
                  "includes both ends. Of objects of one area the first gets the location (torchvision "
                  "also ties areas that are one number as 1e8 - area in float32, which this does not).",
                  "torchvision 0.26.0 FCOS; mmdet 3.3.0 FCOSHead"),
      onlyWhen(boolParam("center_sampling", true,
                         "Only locations near an object's centre learn it (mmdet only; torchvision always "
                         "does so).",
                         "FCOS's later code (center_sampling); off in mmdet 3.3.0's default"),
               "fcos_convention", {"mmdet"}),
      floatParam("center_radius", 1.5, 1e-3, 100, "strides",
                 "Half the side of the window around an object's centre in which its locations lie.",
                 "torchvision 0.26.0, mmdet 3.3.0"),
      textParam("regress_ranges", "",
                "Upper ends of the levels' ranges of the largest distance to a side, px, separated by commas "
                "(64,128,256,512 in the paper); a level's range starts where the one before ends, the last "
                "is open, and further levels double. Empty: from 4 to 8 strides, the first from 0.",
                "torchvision 0.26.0: from the strides; the paper's numbers are these for strides 8 to 128"),
      choiceParam("box_weight", "one", {"one", "centerness"}, "What a positive's box loss is weighted by.",
                  "one: torchvision 0.26.0; centerness: the authors' code, mmdet 3.3.0"),
      ignoreIofParam(),
  };
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (heads.anchorsPerCell == 1) return {};
    return {{"assigner",
             concat("FCOS gives a location one object, and the model has ", heads.anchorsPerCell,
                    " anchors per location"),
             "Choose a model with points or with one anchor per location (one scale, one ratio), or another "
             "assigner"}};
  };
  entry.make = fcos::make;
  return entry;
}

}  // namespace anchorscope
