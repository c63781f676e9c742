// How much of an object's positives changes from one recorded step to the next.
#include <map>
#include <set>
#include <utility>

#include "core/evidence/winners.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

using Learning = std::vector<std::set<std::int64_t>>;  // per object

class FlipRate : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    const auto& objects = stage.image->objects;
    const std::vector<std::int32_t>& origins = stage.candidates->origins;
    for (const Winners& head : winnersOf(stage)) {
      Learning now(objects.size());
      for (std::size_t i = 0; i < stage.candidates->count(); ++i)
        if (const std::int32_t object = head.at(i, objects.size()); object >= 0)
          now[static_cast<std::size_t>(object)].insert(i < origins.size() ? origins[i]
                                                                          : static_cast<std::int64_t>(i));
      Learning& before = before_[{stage.image->name, head.head}];
      if (before.size() == now.size())
        for (std::size_t object = 0; object < objects.size(); ++object)
          if (!objects[object].ignored)
            means_.add(head.head, titled("Flip rate", head.head), changeBetween(before[object], now[object]),
                       1, head.channel->spec.scale);
      before = std::move(now);
    }
  }
  std::vector<StatisticValue> finishStep() override { return means_.take(); }

 private:
  std::map<std::pair<std::string, std::string>, Learning> before_;  // by image and head
  NamedMeans means_;
};

}  // namespace

Statistic flipRateStatistic() {
  return {"flip_rate",
          "Flip rate",
          "1",
          "Of the candidates at which a head learns an object now or did at the recorded step before, the "
          "share that is not in both; mean over the trained objects. Depends on how far apart steps were "
          "recorded.",
          "ours",
          "which object each candidate learns, at two steps",
          [] { return std::make_unique<FlipRate>(); }};
}

}  // namespace anchorscope
