// One object labelled twice.
#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr float kSameIou = 0.9f;

class DuplicateLabels : public Observer {
 public:
  std::vector<Finding> tell(const Facts& facts) const override {
    std::vector<ObjectRef> who;
    std::int64_t pairs = 0, ofTwoClasses = 0;
    for (const PlacedImage& image : facts.data->images) {
      std::vector<std::size_t>
          order;  // by left edge, so that a box meets only those that begin before it ends
      for (std::size_t i = 0; i < image.objects.size(); ++i)
        if (!image.objects[i].ignored && !image.objects[i].boxInImage.degenerate()) order.push_back(i);
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return image.objects[a].boxInImage.x1 < image.objects[b].boxInImage.x1;
      });
      for (std::size_t a = 0; a < order.size(); ++a)
        for (std::size_t b = a + 1; b < order.size(); ++b) {
          const PlacedObject &first = image.objects[order[a]], &second = image.objects[order[b]];
          if (second.boxInImage.x1 >= first.boxInImage.x2) break;
          if (iou(first.boxInImage, second.boxInImage) < kSameIou) continue;
          ++pairs;
          ofTwoClasses += first.classIndex != second.classIndex ? 1 : 0;
          who.push_back({image.name, static_cast<std::int32_t>(std::max(order[a], order[b]))});
        }
    }
    if (who.empty()) return {};
    Finding finding;
    finding.title = concat(counted(pairs, "pair"), " of labels overlap with IoU 0.9 or more");
    finding.numbers = {{"of one class", static_cast<double>(pairs - ofTwoClasses), "pairs"},
                       {"of two classes", static_cast<double>(ofTwoClasses), "pairs"}};
    finding.advice =
        "Look at them: one object labelled twice competes with itself for anchors, and counts as missed when "
        "it is found "
        "once. Delete the second label where it is one";
    setWho(finding, std::move(who));
    return {finding};
  }
};

}  // namespace

Rule duplicateLabelsRule() {
  return {"duplicate_labels",
          "Duplicates among the labels",
          "Speaks of every two trained objects of an image whose boxes overlap with IoU 0.9 or more; it "
          "costs the second.",
          {{NeedKind::kData, {}}},
          [] { return std::make_unique<DuplicateLabels>(); }};
}

}  // namespace anchorscope
