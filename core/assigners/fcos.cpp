// FCOS (Tian et al., ICCV 2019): a location learns the smallest object that holds it, if its distances to the
// object's sides suit its level and, with centre sampling, if it lies near the object's centre. In the
// conventions of mmdet 3.3.0 (FCOSHead) and torchvision 0.26.0 (FCOS), which differ in the ends of the level
// ranges.

#include <c10/core/GradMode.h>

#include <charconv>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/base/check.h"
#include "core/parts/evidence_specs.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "fcos.pairs";
constexpr const char* kOurs = "Ours";
constexpr const char* kRule = "FCOS (ICCV 2019); mmdet 3.3.0 FCOSHead, torchvision 0.26.0 FCOS";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Pairs of location and object that are looked at together: bounds the memory, not the result. A CPU's
/// caches are small, and each launch on a GPU costs as much as many pairs.
std::int64_t tilePairs(const at::Device& device) {
  return std::int64_t{1} << (device.is_cpu() ? 18 : 24);
}

struct Options {
  bool inclusive = false;  ///< A distance at an end of the range is inside (mmdet).
  bool centerSampling = true;
  double radius = 1.5;              ///< strides
  std::vector<double> upperBounds;  ///< px, of all levels but the last; empty: 8 strides.
  bool weightByCenterness = false;
  double ignoreIof = -1;

  bool ignores() const { return ignoreIof > 0; }
};

/// Locations, one per anchor. Members broadcast against those of Objects.
struct Locations {
  at::Tensor x, y, reach;  ///< px; reach: half the side of the centre window.
  at::Tensor low, high;    ///< px, the level's range.

  Locations map(const std::function<at::Tensor(const at::Tensor&)>& change) const {
    return {change(x), change(y), change(reach), change(low), change(high)};
  }
};

/// What the rule asks of pairs.
struct PairTests {
  SideDistances sides;
  at::Tensor largestSide;   ///< px
  at::Tensor centerOffset;  ///< px, the larger of the horizontal and the vertical one.
  at::Tensor inBox, inWindow, aboveLow, belowHigh;
  at::Tensor candidate;  ///< All of them.
};

/// What the rule decides.
struct Matching {
  at::Tensor object;      ///< [B,N] int64: -1 background, -2 ignored.
  at::Tensor contesting;  ///< [B,N] int64: objects whose candidate the location is.
  at::Tensor found;       ///< [B,N] bool
  SideDistances sides;    ///< [B,N], of the location's object.
  at::Tensor centerness;  ///< [B,N], 0 for background.
  IgnoredRegions ignored;
};

class FcosAssigner final : public Assigner {
 public:
  explicit FcosAssigner(Options options) : options_(std::move(options)) {}

  EvidenceDeclaration declaration() const override;
  std::vector<std::string> qualityOutputs() const override { return {kCenternessOutput}; }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  std::pair<double, double> rangeOf(const std::vector<LevelLayout>& levels, std::size_t level) const;
  Locations locationsOf(const AnchorSet& anchors) const;
  PairTests test(const Locations& at, const at::Tensor& boxes) const;
  Matching match(const Locations& all, const at::Tensor& boxes, const at::Tensor& valid,
                 IgnoredRegions ignored) const;
  void publish(const Matching& m, const Locations& all, const at::Tensor& strides, const at::Tensor& boxes,
               const at::Tensor& valid, EvidenceSink& sink) const;
  DecisionSpec decision() const;

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

PairTests FcosAssigner::test(const Locations& at, const at::Tensor& boxes) const {
  PairTests t;
  t.sides = sideDistances(at.x, at.y, boxes);
  t.inBox = t.sides.smallest() > 0;
  t.largestSide = t.sides.largest();
  t.centerOffset = at::maximum((at.x - middle(boxes, 0)).abs(), (at.y - middle(boxes, 1)).abs());
  t.inWindow = t.centerOffset < at.reach;
  t.aboveLow = options_.inclusive ? t.largestSide >= at.low : t.largestSide > at.low;
  t.belowHigh = options_.inclusive ? t.largestSide <= at.high : t.largestSide < at.high;
  t.candidate = t.inBox & t.aboveLow & t.belowHigh;
  if (options_.centerSampling) t.candidate = t.candidate & t.inWindow;
  return t;
}

/// [B,G], px^2
at::Tensor areasOf(const at::Tensor& boxes) {
  return (boxes.select(-1, 2) - boxes.select(-1, 0)) * (boxes.select(-1, 3) - boxes.select(-1, 1));
}

/// Calls body(locations of a slice) for slices of all locations that bound the pairs held at once.
void forTiles(const Locations& all, std::int64_t pairsPerLocation,
              const std::function<void(const Locations&)>& body) {
  const std::int64_t count = all.x.size(0),
                     step = std::max<std::int64_t>(1, tilePairs(all.x.device()) / pairsPerLocation);
  for (std::int64_t begin = 0; begin < count; begin += step)
    body(all.map([&](const at::Tensor& values) {
      return values.slice(0, begin, std::min(begin + step, count)).view({1, 1, -1});
    }));
}

Matching FcosAssigner::match(const Locations& all, const at::Tensor& boxes, const at::Tensor& valid,
                             IgnoredRegions ignored) const {
  const std::int64_t batch = boxes.size(0), objects = boxes.size(1);
  const at::Tensor perPair = boxes.unsqueeze(2), present = valid.unsqueeze(2), area = areasOf(perPair);
  const at::Tensor none = at::full({}, kInfinity, boxes.options());
  std::vector<at::Tensor> object = {at::zeros({batch, 0}, valid.options().dtype(at::kLong))},
                          contesting = object;
  forTiles(all, batch * objects, [&](const Locations& slice) {
    const at::Tensor candidate = test(slice, perPair).candidate & present;
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
  if (step.sink) publish(m, all, anchors.strides.to(boxes.scalar_type()), boxes, targets.valid, *step.sink);
  return assignment;
}

// ---- evidence --------------------------------------------------------------------------------------------

struct Channels {
  ChannelSpec contesting =
      channelOf("fcos.contesting", "Objects that want the location", "objects",
                "Objects that pass every test but the area's; above 1 the smallest one gets the location.",
                kOurs, ColorScale::kSequential, 0.f);
  ChannelSpec largestSide =
      channelOf("fcos.largest_side", "Largest distance to a side", "px",
                "Largest distance from the location to a side of its object, by which objects are given to "
                "levels; undefined for background.",
                kRule, ColorScale::kSequential, 0.f);
};

PairTableSpec pairSpec(const Options& options) {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Locations inside an object";
  spec.description = "Every pair of a location and an object that holds it.";
  spec.source = kRule;
  spec.columns = {
      realColumn("left", "Left", "px", "Distance to the object's left side."),
      realColumn("top", "Top", "px", "Distance to the object's upper side."),
      realColumn("right", "Right", "px", "Distance to the object's right side."),
      realColumn("bottom", "Bottom", "px", "Distance to the object's lower side."),
      realColumn("smallest_side", "Nearest side", "px", "Smallest of the four distances."),
      realColumn("largest_side", "Farthest side", "px", "Largest of the four distances."),
      realColumn("range_low", "Range from", "px", "Lower end of the level's range."),
      realColumn("range_high", "Range to", "px", "Upper end of the level's range."),
      realColumn("center_offset", "Off centre", "strides",
                 "The larger of the horizontal and the vertical distance to the object's centre."),
      realColumn("centerness", "Centerness", "1", "1 in the middle of the object, 0 at a side."),
      realColumn("area", "Area", "px^2", "The object's area: the smallest one gets the location."),
      realColumn("smallest_area", "Smallest area", "px^2",
                 "Smallest area among the objects that want the location; undefined (-1) without any."),
      wholeColumn("contesting", "Objects that want it", "Objects that want the location."),
      wholeColumn("in_box", "In the box", "1 when the location lies inside the object."),
      wholeColumn("in_window", "Near the centre",
                  "1 when the location lies in the object's centre window; -1: not asked."),
      wholeColumn("above_low", "Large enough", "1 when the farthest side is beyond the range's lower end."),
      wholeColumn("below_high", "Small enough", "1 when the farthest side is within the range's upper end."),
      wholeColumn("is_smallest", "Is the smallest",
                  "1 when no smaller object wants the location; -1: the object does not want it."),
      wholeColumn("member", "Positive", "1 when the location trains on this object."),
  };
  if (options.ignores()) {
    spec.columns.push_back(ignoredShareColumn());
    spec.columns.push_back(outsideIgnoredColumn());
  }
  spec.memberColumn = "member";
  spec.sortColumn = "centerness";
  spec.sortDescending = true;
  return spec;
}

DecisionSpec FcosAssigner::decision() const {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "outside: the location does not lie inside the object";
  const char* above = options_.inclusive ? ">=" : ">";
  const char* below = options_.inclusive ? "<=" : "<";
  spec.tests = {testOfBound("in the box", "Does the location lie inside the object?", "smallest_side", ">", 0,
                            "in_box")};
  if (options_.ignores()) spec.tests.push_back(ignoredRegionTest(options_.ignoreIof));
  if (options_.centerSampling)
    spec.tests.push_back(testOfBound("centre window", "Does it lie near the object's centre?",
                                     "center_offset", "<", options_.radius, "in_window"));
  spec.tests.push_back(testOfColumn("level, from", "Is the object large enough for the location's level?",
                                    "largest_side", above, "range_low", "above_low"));
  spec.tests.push_back(testOfColumn("level, to", "Is the object small enough for the location's level?",
                                    "largest_side", below, "range_high", "below_high"));
  spec.tests.push_back(testOfColumn("smallest area",
                                    "Is it the smallest of the objects that want the location?", "area",
                                    "<=", "smallest_area", "is_smallest"));
  spec.outcomes = {{"classification", kClsObjectChannel, "area", ""},
                   {"regression", kRegObjectChannel, "area", ""}};
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec inBox{"fcos.in_box", "Locations inside", "locations", "Locations that the object holds.",
                         kRule};
  ObjectColumnSpec candidates{"fcos.candidates", "Candidates", "locations",
                              "Locations inside the object that suit its size and its centre.", kRule};
  ObjectColumnSpec lost{"fcos.lost", "Lost to smaller objects", "locations",
                        "Candidates that a smaller object took.", kOurs};
  ObjectColumnSpec area{"fcos.area", "Area", "px^2", "Area of the object's box in the input frame.", kRule};
  ObjectColumnSpec starved{kStarvedColumn, "Starved", "", "1 when no location trains on the object.", kOurs};
};

EvidenceDeclaration FcosAssigner::declaration() const {
  const Channels channels;
  const ObjectColumns columns;
  EvidenceDeclaration declaration;
  declaration.channels = {channels.contesting, channels.largestSide};
  declaration.pairTables = {pairSpec(options_)};
  declaration.decisions = {decision()};
  declaration.objectColumns = {columns.inBox, columns.candidates, columns.lost, columns.area,
                               columns.starved};
  declaration.scalars = {
      {"fcos.starved_objects", "Starved objects", "objects",
       "Objects of the batch on which no location trains.", kOurs, ColorScale::kSequential},
      {"fcos.contested", "Contested locations", "locations",
       "Locations of the batch that several objects want.", kOurs, ColorScale::kSequential}};
  return declaration;
}

void FcosAssigner::publish(const Matching& m, const Locations& all, const at::Tensor& strides,
                           const at::Tensor& boxes, const at::Tensor& valid, EvidenceSink& sink) const {
  const Channels channels;
  sink.channel(channels.contesting, m.contesting);
  sink.channel(channels.largestSide, m.sides.largest().masked_fill(m.found.logical_not(), kNan));

  std::vector<at::Tensor> inside = {at::zeros({boxes.size(0), boxes.size(1), 0}, valid.options())};
  forTiles(all, boxes.size(0) * boxes.size(1), [&](const Locations& slice) {
    inside.push_back((sideDistances(slice.x, slice.y, boxes.unsqueeze(2)).smallest() > 0) &
                     valid.unsqueeze(2));
  });
  const PairIndex rows = pairIndex(at::cat(inside, 2));
  const PairTests t = test(all.map([&](const at::Tensor& values) { return values.index({rows.anchor}); }),
                           boxes.index({rows.image, rows.object}));
  const at::Tensor area = areasOf(boxes), owner = rows.pickAnchor(m.object);
  const at::Tensor member = owner == rows.object, own = rows.pickObject(area);
  const at::Tensor undefined = at::full_like(own, kNan);
  const at::Tensor smallest = at::where(owner >= 0, area.index({rows.image, owner.clamp_min(0)}), undefined);
  const auto flag = [&](const at::Tensor& values) { return values.to(own.scalar_type()); };
  const at::Tensor outsideIgnored =
      options_.ignores() ? rows.pickAnchor(m.ignored.inside).logical_not() : at::Tensor();
  const at::Tensor candidate = options_.ignores() ? t.candidate & outsideIgnored : t.candidate;
  std::vector<at::Tensor> columns = {t.sides.left,
                                     t.sides.top,
                                     t.sides.right,
                                     t.sides.bottom,
                                     t.sides.smallest(),
                                     t.largestSide,
                                     all.low.index({rows.anchor}),
                                     all.high.index({rows.anchor}),
                                     t.centerOffset / strides.index({rows.anchor}),
                                     centerness(t.sides, t.inBox),
                                     own,
                                     smallest,
                                     rows.pickAnchor(m.contesting),
                                     t.inBox,
                                     options_.centerSampling ? flag(t.inWindow) : undefined,
                                     t.aboveLow,
                                     t.belowHigh,
                                     at::where(candidate, flag(member), undefined),
                                     member};
  if (options_.ignores()) {
    columns.push_back(rows.pickAnchor(m.ignored.share));
    columns.push_back(outsideIgnored);
  }
  sink.pairs(pairSpec(options_), rows.withColumns(std::move(columns)));

  const auto count = [&](const at::Tensor& which) {
    return at::zeros(valid.sizes(), valid.options().dtype(at::kLong))
        .index_put_({rows.image, rows.object}, which.to(at::kLong), /*accumulate=*/true);
  };
  const ObjectColumns perObject;
  sink.objects(perObject.inBox, count(t.inBox));
  sink.objects(perObject.candidates, count(candidate));
  sink.objects(perObject.lost, count(candidate & member.logical_not()));
  sink.objects(perObject.area, area);
  sink.objects(perObject.starved, count(member) == 0);
}

// ---- registration ----------------------------------------------------------------------------------------

/// "64,128,256": rising bounds above 0; empty text: none.
Result<std::vector<double>> parseBounds(const std::string& text) {
  std::vector<double> bounds;
  const char* position = text.data();
  const char* const end = position + text.size();
  const auto skipSpaces = [&] {
    while (position != end && *position == ' ')
      ++position;
  };
  skipSpaces();
  if (position == end) return bounds;
  while (true) {
    double value = 0;
    const auto [next, code] = std::from_chars(position, end, value);
    position = next;
    skipSpaces();
    const bool rising = value > (bounds.empty() ? 0 : bounds.back()) && value < 1e9;
    const bool last = position == end;
    if (code != std::errc{} || !rising || (!last && *position != ','))
      return makeError(ErrorCode::kUsage, concat("The option regress_ranges is '", text, "'"),
                       "Give the rising upper ends of the levels' ranges in px, separated by commas, such as "
                       "64,128,256,512, or nothing");
    bounds.push_back(value);
    if (last) return bounds;
    ++position;
    skipSpaces();
  }
}

Result<std::unique_ptr<Assigner>> makeFcos(const ParamSet& params) {
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

AssignerEntry fcosAssigner() {
  AssignerEntry entry;
  entry.name = "fcos";
  entry.title = "FCOS: locations inside objects";
  entry.description =
      "A location learns the smallest object that holds it, if its largest distance to the object's sides "
      "lies in its level's range and, with centre sampling, if it lies near the object's centre. Locations "
      "whose "
      "cells lie in ignored regions learn nothing, where ignore_iof_thr asks for it.";
  entry.source = kRule;
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
  entry.make = makeFcos;
  return entry;
}

}  // namespace anchorscope
