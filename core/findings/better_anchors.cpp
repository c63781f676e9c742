// Anchors of other sizes or ratios would reach more objects.
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/anchor_advice.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

class BetterAnchors : public Observer {
 public:
  std::vector<Finding> tell(const Facts& facts) const override {
    const auto advice = adviseAnchors(*facts.data);
    if (!advice || !(advice->withOptions.recall > advice->now.recall)) return {};
    Finding finding;
    finding.title =
        concat("Other anchors, as many as now, would reach ", percentText(advice->withOptions.recall), " of ",
               counted(advice->objects, "object"), " instead of ", percentText(advice->now.recall));
    finding.advice = concat("Set ", optionsText(advice->options));
    finding.numbers = {{"best possible recall now", advice->now.recall},
                       {"best possible recall with these options", advice->withOptions.recall},
                       {"mean best IoU now", advice->now.meanIou},
                       {"mean best IoU with these options", advice->withOptions.meanIou},
                       {"best possible recall with k-means shapes", advice->withClusters.recall}};
    setWho(finding, advice->gained);
    return {finding};
  }
};

}  // namespace

Rule betterAnchorsRule() {
  return {"better_anchors",
          "Anchors that would reach more",
          "Speaks when other values of the detector's anchor options, at the same number of anchors, raise "
          "the best "
          "possible recall at IoU 0.5 (see adviseAnchors). It costs the objects that only those would reach.",
          {{NeedKind::kData, {}}},
          [] { return std::make_unique<BetterAnchors>(); },
          Severity::kHint};
}

}  // namespace anchorscope
