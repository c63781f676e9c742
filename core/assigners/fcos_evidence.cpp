// What FCOS shows: its declaration and the filling of it.

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/fcos.h"
#include "core/assigners/pair_rows.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope::fcos {
namespace {

constexpr const char* kPairs = "fcos.pairs";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

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
      memberColumn("location"),
  };
  if (options.ignores()) {
    spec.columns.push_back(ignoredShareColumn());
    spec.columns.push_back(outsideIgnoredColumn());
  }
  showMembersFirst(spec, "centerness", Order::kDescending);
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "outside: the location does not lie inside the object";
  const char* above = options.inclusive ? ">=" : ">";
  const char* below = options.inclusive ? "<=" : "<";
  spec.tests = {testOfBound("in the box", "Does the location lie inside the object?", "smallest_side", ">", 0,
                            "in_box")};
  if (options.ignores()) spec.tests.push_back(ignoredRegionTest(options.ignoreIof));
  if (options.centerSampling)
    spec.tests.push_back(testOfBound("centre window", "Does it lie near the object's centre?",
                                     "center_offset", "<", options.radius, "in_window"));
  spec.tests.push_back(testOfColumn("level, from", "Is the object large enough for the location's level?",
                                    "largest_side", above, "range_low", "above_low"));
  spec.tests.push_back(testOfColumn("level, to", "Is the object small enough for the location's level?",
                                    "largest_side", below, "range_high", "below_high"));
  spec.tests.push_back(
      conflict(testOfColumn("smallest area", "Is it the smallest of the objects that want the location?",
                            "area", "<=", "smallest_area", "is_smallest")));
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

}  // namespace

EvidenceDeclaration declaration(const Options& options) {
  const Channels channels;
  const ObjectColumns columns;
  EvidenceDeclaration all;
  all.channels = {channels.contesting, channels.largestSide};
  all.pairTables = {pairSpec(options)};
  all.decisions = {decisionSpec(options)};
  all.objectColumns = {columns.inBox, columns.candidates, columns.lost, columns.area, columns.starved};
  all.scalars = {scalarOf("fcos.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no location trains.", kOurs),
                 scalarOf("fcos.contested", "Contested locations", "locations",
                          "Locations of the batch that several objects want.", kOurs)};
  return all;
}

void publish(const Matching& m, const Options& options, const Locations& all, const at::Tensor& strides,
             const at::Tensor& boxes, const at::Tensor& valid, EvidenceSink& sink) {
  const Channels channels;
  sink.channel(channels.contesting, m.contesting);
  sink.channel(channels.largestSide, m.sides.largest().masked_fill(m.found.logical_not(), kNan));

  std::vector<at::Tensor> inside = {at::zeros({boxes.size(0), boxes.size(1), 0}, valid.options())};
  forTiles(all, boxes.size(0) * boxes.size(1), [&](const Locations& slice) {
    inside.push_back((sideDistances(slice.x, slice.y, boxes.unsqueeze(2)).smallest() > 0) &
                     valid.unsqueeze(2));
  });
  const PairIndex rows = pairIndex(at::cat(inside, 2));
  const PairTests t =
      testPairs(options, all.map([&](const at::Tensor& values) { return values.index({rows.anchor}); }),
                boxes.index({rows.image, rows.object}));
  const at::Tensor area = areasOf(boxes), owner = rows.pickAnchor(m.object);
  const at::Tensor member = owner == rows.object, own = rows.pickObject(area);
  const at::Tensor undefined = at::full_like(own, kNan);
  const at::Tensor smallest = at::where(owner >= 0, area.index({rows.image, owner.clamp_min(0)}), undefined);
  const auto flag = [&](const at::Tensor& values) { return values.to(own.scalar_type()); };
  const at::Tensor outsideIgnored =
      options.ignores() ? rows.pickAnchor(m.ignored.inside).logical_not() : at::Tensor();
  const at::Tensor candidate = options.ignores() ? t.candidate & outsideIgnored : t.candidate;
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
                                     options.centerSampling ? flag(t.inWindow) : undefined,
                                     t.aboveLow,
                                     t.belowHigh,
                                     at::where(candidate, flag(member), undefined),
                                     member};
  if (options.ignores()) {
    columns.push_back(rows.pickAnchor(m.ignored.share));
    columns.push_back(outsideIgnored);
  }
  sink.pairs(pairSpec(options), rows.withColumns(std::move(columns)));

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

}  // namespace anchorscope::fcos
