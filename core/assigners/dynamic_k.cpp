#include "core/assigners/dynamic_k.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/assigners/assigner.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// [B,G,N] bool: the object has the candidate.
at::Tensor membersOf(const at::Tensor& object, std::int64_t objects) {
  return object.unsqueeze(1) == at::arange(objects, object.options()).view({1, objects, 1});
}

}  // namespace

at::Tensor DynamicK::rank() const {
  return at::full({lowest.size(0), lowest.size(1), wishes.size(1)}, -1, ranks.options())
      .scatter_(2, lowest, ranks);
}

at::Tensor DynamicK::wanted() const {
  return at::zeros({lowest.size(0), lowest.size(1), wishes.size(1)}, chosen.options())
      .scatter_(2, lowest, chosen);
}

DynamicK dynamicK(const at::Tensor& cost, const at::Tensor& overlaps, std::int64_t topK) {
  const std::int64_t batch = cost.size(0), objects = cost.size(1), count = cost.size(2),
                     most = std::min(topK, count);
  DynamicK k;
  k.needed = std::get<0>(overlaps.topk(most, 2)).sum(2).to(at::kLong).clamp_min(1);
  const auto [least, lowest] = cost.topk(most, 2, /*largest=*/false);
  k.lowest = lowest;
  k.ranks = at::arange(most, k.needed.options()).expand_as(lowest).masked_fill(least.isinf(), -1);
  k.chosen = (k.ranks >= 0) & (k.ranks < k.needed.unsqueeze(2));

  const auto flat = [&](const at::Tensor& of) { return of.reshape({batch, -1}); };
  const at::Tensor indices = at::arange(objects, k.needed.options()).view({1, objects, 1}).expand_as(lowest);
  // Added up over the objects that want the candidate.
  const auto summed = [&](const at::Tensor& of) {
    return at::zeros({batch, count}, k.needed.options())
        .scatter_add_(1, flat(lowest), flat(of.masked_fill(k.chosen.logical_not(), 0)));
  };
  k.wishes = summed(at::ones_like(lowest));
  at::Tensor cheapest;
  std::tie(k.cheapest, cheapest) = cost.min(1);  // the first of equals
  k.object = at::where(k.wishes > 1, cheapest, at::where(k.wishes == 1, summed(indices), -1));
  return k;
}

std::vector<ChannelSpec> dynamicKChannels(const std::string& prefix, const std::string& rule) {
  return {channelOf(
              prefix + ".cost", "Lowest cost", "nat",
              "Lowest cost of the anchor over all objects, all its parts together; undefined where it is no "
              "candidate.",
              rule, ColorScale::kSequential, {}, {}, Sense::kLowerIsBetter),
          channelOf(prefix + ".wishes", "Objects that want it", "objects",
                    "How many objects have the anchor among those that cost them least.", kOurs,
                    ColorScale::kSequential, 0.f)};
}

std::vector<ColumnSpec> dynamicKColumns() {
  return {
      realColumn("cost", "Cost", "nat", "What the anchor costs the object, all parts together."),
      wholeColumn("rank", "Rank by cost",
                  "Rank among the object's candidates, 0 the cheapest; -1: further back."),
      wholeColumn("needed", "Takes", "How many anchors the object takes."),
      realColumn("cheapest", "Anchor's lowest cost", "nat", "Lowest cost of the anchor over all objects."),
      wholeColumn("wanted", "Wanted", "1 when the rank is among those that the object takes."),
      wholeColumn("given", "Given",
                  "1 when several other objects want the anchor and it costs this one least."),
      wholeColumn("takes", "Takes it", "1 when it is wanted or given."),
      wholeColumn("is_cheapest", "Cheapest here",
                  "1 when the anchor costs no other object less; -1: no other wants it."),
      memberColumn("anchor")};
}

std::vector<TestSpec> dynamicKTests() {
  TestSpec enough = testOfColumn("cheap enough", "Is the anchor among those that cost the object least?",
                                 "rank", "<", "needed", "takes");
  enough.noteColumn = "given";
  enough.note = "several other objects want it, and it costs this one least";
  return {std::move(enough),
          conflict(testOfColumn("cheapest object", "Does the anchor cost no other object less?", "cost",
                                "<=", "cheapest", "is_cheapest"))};
}

std::vector<OutcomeSpec> dynamicKOutcomes() {
  return {{"classification", kClsObjectChannel, "", "rank"}, {"regression", kRegObjectChannel, "", "rank"}};
}

std::vector<ObjectColumnSpec> dynamicKObjectColumns(const std::string& prefix, const std::string& rule) {
  return {{prefix + ".needed", "Takes", "anchors",
           "Sum of the largest predicted IoUs of its candidates, rounded down, at least 1.", rule},
          {prefix + ".lost", "Lost to other objects", "anchors",
           "Anchors that the object wants and that cost another one less.", kOurs},
          {kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.", kOurs}};
}

std::vector<ScalarSpec> dynamicKScalars(const std::string& prefix, const std::string& rule) {
  return {scalarOf(prefix + ".starved_objects", "Starved objects", "objects",
                   "Objects of the batch on which no anchor trains.", kOurs),
          scalarOf(prefix + ".needed", "Anchors that objects take", "anchors",
                   "Sum of what the batch's objects take.", rule),
          scalarOf(prefix + ".contested", "Contested anchors", "anchors",
                   "Anchors that more than one object wants.", kOurs)};
}

PairIndex dynamicKRows(const at::Tensor& own, const DynamicK& choice, const at::Tensor& object) {
  return pairIndex(own | choice.wanted() | membersOf(object, own.size(1)));
}

std::vector<at::Tensor> dynamicKValues(const PairIndex& rows, const DynamicK& choice, const at::Tensor& cost,
                                       const at::Tensor& object) {
  const at::Tensor own = rows.pick(cost), cheapest = rows.pickAnchor(choice.cheapest);
  const at::Tensor wanted = rows.pick(choice.wanted());
  const at::Tensor othersWant = rows.pickAnchor(choice.wishes) - wanted.to(at::kLong) > 0;
  const at::Tensor isCheapest =
      (own <= cheapest).to(own.scalar_type()).masked_fill(othersWant.logical_not(), kNan);
  const at::Tensor member = rows.pickAnchor(object) == rows.object;
  return {own,
          rows.pick(choice.rank()),
          rows.pickObject(choice.needed),
          cheapest,
          wanted,
          member & wanted.logical_not(),
          member | wanted,
          isCheapest,
          member};
}

void publishDynamicK(const DynamicK& choice, const at::Tensor& candidate, const at::Tensor& object,
                     const at::Tensor& valid, const std::string& prefix, const std::string& rule,
                     EvidenceSink& sink) {
  const std::vector<ChannelSpec> channels = dynamicKChannels(prefix, rule);
  sink.channel(channels[0], choice.cheapest.masked_fill(candidate.logical_not(), kNan));
  sink.channel(channels[1], choice.wishes);
  const std::vector<ObjectColumnSpec> columns = dynamicKObjectColumns(prefix, rule);
  const at::Tensor member = membersOf(object, valid.size(1));
  sink.objects(columns[0], choice.needed);
  sink.objects(columns[1], (choice.wanted() & member.logical_not()).sum(2));
  sink.objects(columns[2], member.any(2).logical_not());
}

std::vector<NamedScalar> dynamicKScalarValues(const DynamicK& choice, const at::Tensor& object,
                                              const at::Tensor& valid, const std::string& prefix) {
  return {{prefix + ".starved_objects", starvedCount(object, valid)},
          {prefix + ".needed", choice.needed.masked_fill(valid.logical_not(), 0).sum()},
          {prefix + ".contested", (choice.wishes > 1).sum()}};
}

}  // namespace anchorscope
