// Positives per object of small, medium and large objects.
#include <algorithm>

#include "core/evidence/winners.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

class SizePositives : public Meter {
 public:
  SizePositives() {
    for (const char* name : {"small", "medium", "large"})
      means_.add(name, titled("Positives per object", name), 0, 0);  // in this order
  }
  void see(const StageEvidence& stage) override {
    const auto& objects = stage.image->objects;
    const std::vector<Winners> heads = winnersOf(stage);
    if (heads.empty()) return;
    std::vector<std::int64_t> counts(objects.size(), 0);
    for (std::size_t i = 0; i < stage.candidates->count(); ++i) {
      std::vector<std::int32_t> counted;  // each object once, whatever the number of heads
      for (const Winners& head : heads) {
        const std::int32_t object = head.at(i, objects.size());
        if (object < 0 || std::find(counted.begin(), counted.end(), object) != counted.end()) continue;
        ++counts[static_cast<std::size_t>(object)];
        counted.push_back(object);
      }
    }
    for (std::size_t object = 0; object < objects.size(); ++object)
      if (!objects[object].ignored)
        means_.add(sizeName(objects[object]), {}, static_cast<double>(counts[object]));
  }
  std::vector<StatisticValue> finishStep() override { return means_.take(); }

 private:
  NamedMeans means_;
};

}  // namespace

Statistic sizePositivesStatistic() {
  return {"size_positives",
          "Positives by size",
          "1",
          "Candidates at which some head learns an object, mean over the trained objects below 32 x 32 px of "
          "the image (small), below 96 x 96 px (medium) and above (large).",
          "ours; sizes: Lin et al. 2014",
          "which object each candidate learns",
          [] { return std::make_unique<SizePositives>(); }};
}

}  // namespace anchorscope
