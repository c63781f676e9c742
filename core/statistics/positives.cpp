// Positives per object, and how many objects have none.
#include "core/evidence/winners.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

class Positives : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    const auto& objects = stage.image->objects;
    const std::vector<Winners> heads = winnersOf(stage);
    if (heads.empty()) return;
    std::vector<bool> served(objects.size(), false);
    for (const Winners& head : heads) {
      std::vector<std::int64_t> counts(objects.size(), 0);
      for (std::size_t i = 0; i < stage.candidates->count(); ++i)
        if (const std::int32_t object = head.at(i, objects.size()); object >= 0)
          ++counts[static_cast<std::size_t>(object)];
      for (std::size_t object = 0; object < objects.size(); ++object) {
        if (objects[object].ignored) continue;
        means_.add(head.head, titled("Positives per object", head.head), static_cast<double>(counts[object]),
                   1, head.channel->spec.scale);
        served[object] = served[object] || counts[object] > 0;
      }
    }
    for (std::size_t object = 0; object < objects.size(); ++object)
      if (!objects[object].ignored)
        starved_.add("starved", "Objects without a positive", served[object] ? 0 : 1);
  }
  std::vector<StatisticValue> finishStep() override {
    std::vector<StatisticValue> out = means_.take(), starved = starved_.take();
    out.insert(out.end(), starved.begin(), starved.end());
    return out;
  }

 private:
  NamedMeans means_, starved_;
};

}  // namespace

Statistic positivesStatistic() {
  return {"positives",
          "Positives per object",
          "1",
          "Candidates at which each head learns an object, mean over the trained objects; and the share of "
          "objects that no head learns anywhere.",
          "ours",
          "which object each candidate learns",
          [] { return std::make_unique<Positives>(); }};
}

}  // namespace anchorscope
