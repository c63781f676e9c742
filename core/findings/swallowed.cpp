// Ignored regions that swallow what should learn.
#include <algorithm>
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr double kMostIgnored = 0.25;

struct Swallowed {
  double share = 0;  ///< Of the image's candidates: ignored, with their centre in an ignored region.
  std::vector<std::int32_t>
      objects;  ///< Trained ones without positives, half of which lies in ignored regions.
};

/// Share of the object's box that lies in the region.
double shareInside(const Box& object, const Box& region) {
  const Box both{std::max(object.x1, region.x1), std::max(object.y1, region.y1),
                 std::min(object.x2, region.x2), std::min(object.y2, region.y2)};
  return both.degenerate() || object.degenerate() ? 0 : double{both.area()} / object.area();
}

class SwallowedRule : public Observer {
 public:
  void see(const StageEvidence& stage) override {
    Swallowed& swallowed = latest_.renew(stage);
    const auto& objects = stage.image->objects;
    std::vector<Box> regions;
    for (const ObjectRecord& object : objects)
      if (object.ignored) regions.push_back(stage.image->inputFromImage.map(object.boxInImage));
    if (regions.empty() || stage.candidates->count() == 0) return;
    const Winners head = winnersOf(stage).front();
    std::int64_t ignored = 0;
    for (std::size_t i = 0; i < stage.candidates->count(); ++i) {
      const Box& box = stage.candidates->boxesInInput[i];
      ignored += head.at(i, objects.size()) == -2 &&
                         std::any_of(
                             regions.begin(), regions.end(),
                             [&](const Box& region) { return region.contains(box.centerX(), box.centerY()); })
                     ? 1
                     : 0;
    }
    swallowed.share = static_cast<double>(ignored) / static_cast<double>(stage.candidates->count());
    const std::vector<std::int64_t> positives = positivesOf(stage);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const Box box = stage.image->inputFromImage.map(objects[i].boxInImage);
      if (!objects[i].ignored && positives[i] == 0 &&
          std::any_of(regions.begin(), regions.end(),
                      [&](const Box& region) { return shareInside(box, region) >= 0.5; }))
        swallowed.objects.push_back(static_cast<std::int32_t>(i));
    }
  }

  std::vector<Finding> tell(const Facts&) const override {
    std::vector<Finding> findings;
    latest_.byStage([&](const StageSpec& stage, const std::map<std::string, const Swallowed*>& images) {
      std::vector<ObjectRef> who;
      double most = 0;
      std::int64_t objects = 0;
      for (const auto& [image, swallowed] : images) {
        if (swallowed->share < kMostIgnored && swallowed->objects.empty()) continue;
        most = std::max(most, swallowed->share);
        objects += static_cast<std::int64_t>(swallowed->objects.size());
        if (swallowed->objects.empty()) who.push_back({image, -1});
        for (const std::int32_t object : swallowed->objects)
          who.push_back({image, object});
      }
      if (who.empty()) return;
      Finding finding;
      setWho(finding, std::move(who));
      finding.title = concat("Ignored regions swallow ", counted(objects, "object"), " and up to ",
                             percentText(most), " of an image's ", stage.candidate, "s in ",
                             counted(finding.images, "image"), stageSuffix(stage));
      finding.numbers = {{"largest share of an image's candidates in ignored regions", most}};
      finding.advice =
          "Look at the crowd and difficult labels of these images: a region that holds single objects keeps "
          "them from being "
          "learnt. Raise the share that a candidate must have inside to be ignored, or label the objects";
      findings.push_back(std::move(finding));
    });
    return findings;
  }

 private:
  LatestOfImages<Swallowed> latest_;
};

}  // namespace

Rule swallowedRule() {
  return {"swallowed",
          "Ignored regions that swallow anchors",
          "Speaks, at the image's last recorded step, of trained objects without positives of which half or "
          "more lies in "
          "an ignored region, and of images of whose candidates a quarter or more is ignored there.",
          {{NeedKind::kWinners, {}}},
          [] { return std::make_unique<SwallowedRule>(); }};
}

}  // namespace anchorscope
