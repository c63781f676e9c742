// Objects that no anchor reaches: the best that could ever be learnt, by class and size.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

/// Why anchors miss an object.
enum class Cause { kSmall, kLarge, kNarrow, kPlace };

/// Sizes and shapes that a reach's anchors have.
struct Extent {
  float leastArea = std::numeric_limits<float>::infinity(), mostArea = 0;

  explicit Extent(const AnchorReach& reach) {
    for (const LevelShapes& level : reach.levels())
      for (const AnchorShape& shape : level.shapes) {
        leastArea = std::min(leastArea, shape.width * shape.height);
        mostArea = std::max(mostArea, shape.width * shape.height);
      }
  }
};

/// The largest IoU of any anchor if it lay on the object's centre.
float centredIou(const AnchorReach& reach, const Box& box) {
  float best = 0;
  for (const LevelShapes& level : reach.levels())
    for (const AnchorShape& shape : level.shapes)
      best = std::max(best, iou(Box{0, 0, box.width(), box.height()},
                                Box{(box.width() - shape.width) / 2, (box.height() - shape.height) / 2,
                                    (box.width() + shape.width) / 2, (box.height() + shape.height) / 2}));
  return best;
}

Cause causeOf(const AnchorReach& reach, const Extent& extent, const Box& box) {
  if (centredIou(reach, box) >= kReachIou) return Cause::kPlace;
  if (box.area() < kReachIou * extent.leastArea) return Cause::kSmall;
  if (box.area() * kReachIou > extent.mostArea) return Cause::kLarge;
  return Cause::kNarrow;
}

struct Count {
  std::int64_t objects = 0, reached = 0;
};

class Unreachable : public Observer {
 public:
  std::vector<Finding> tell(const Facts& facts) const override {
    const PlacedData& data = *facts.data;
    Count all;
    std::map<int, Count> classes;
    std::array<Count, kCocoSizes.size()> sizes;
    std::array<std::int64_t, 4> causes{};
    std::vector<ObjectRef> who;
    for (const PlacedImage& image : data.images)
      for (std::size_t i = 0; i < image.objects.size(); ++i) {
        const PlacedObject& object = image.objects[i];
        if (object.ignored) continue;
        const bool reached = data.reached(image, object);
        for (Count* count : {&all, &classes[object.classIndex], &sizes[cocoSizeOf(object.areaPx)]}) {
          ++count->objects;
          count->reached += reached ? 1 : 0;
        }
        if (reached) continue;
        who.push_back({image.name, static_cast<std::int32_t>(i)});
        if (!data.points)
          ++causes[static_cast<std::size_t>(causeOf(*image.reach, Extent(*image.reach), object.boxInInput))];
      }
    if (who.empty()) return {};
    Finding finding;
    finding.title = concat(who.size(), " of ", counted(all.objects, "object"),
                           data.points ? " hold no location" : " overlap no anchor with IoU 0.5 or more");
    const auto add = [&](const std::string& name, const Count& count) {
      if (count.objects > 0)
        finding.numbers.push_back({"best possible recall, " + name,
                                   static_cast<double>(count.reached) / static_cast<double>(count.objects)});
    };
    add("all", all);
    for (std::size_t i = 0; i < sizes.size(); ++i)
      add(kCocoSizes[i], sizes[i]);
    finding.advice = advice(data.points, causes);
    if (!data.points) {
      constexpr std::array<const char*, 4> kNames{"smaller than any anchor", "larger than any anchor",
                                                  "of a shape that no anchor has",
                                                  "between the anchors' places"};
      for (std::size_t i = 0; i < causes.size(); ++i)
        if (causes[i] > 0) finding.numbers.push_back({kNames[i], static_cast<double>(causes[i]), "objects"});
    }
    std::vector<std::pair<int, Count>> worst(classes.begin(), classes.end());  // most objects lost first
    std::stable_sort(worst.begin(), worst.end(), [](const auto& a, const auto& b) {
      return a.second.objects - a.second.reached > b.second.objects - b.second.reached;
    });
    for (const auto& [index, count] : worst)
      if (count.reached < count.objects) add(className(data.classNames, index), count);
    setWho(finding, std::move(who));
    return {finding};
  }

 private:
  static std::string advice(bool points, const std::array<std::int64_t, 4>& causes) {
    if (points)
      return "Train at a larger input size: these objects are smaller than the distance of two locations";
    switch (static_cast<Cause>(std::max_element(causes.begin(), causes.end()) - causes.begin())) {
      case Cause::kSmall:
        return "Most are smaller than any anchor: lower model.anchor_scale or train at a larger input size";
      case Cause::kLarge:
        return "Most are larger than any anchor: raise model.anchor_scale or train at a smaller input size";
      case Cause::kNarrow:
        return "Most have a shape that no anchor has: add sizes (model.scales_per_octave) or model.ratios";
      case Cause::kPlace:
        break;
    }
    return "Most would fit an anchor that lay on them, but lie between two: train at a larger input size, or "
           "lower "
           "model.anchor_scale, so that finer levels have anchors of their size";
  }
};

}  // namespace

Rule unreachableRule() {
  return {"unreachable",
          "Objects that no anchor reaches",
          "Speaks of every trained object that, in the input without augmentation, no anchor overlaps with "
          "IoU 0.5 or "
          "more (of a detector of points: that holds no location).",
          {{NeedKind::kData, {}}},
          [] { return std::make_unique<Unreachable>(); },
          Severity::kProblem};
}

}  // namespace anchorscope
