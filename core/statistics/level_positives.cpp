// Where on the pyramid the positives are.
#include "core/evidence/groups.h"
#include "core/evidence/winners.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

class LevelPositives : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    if (!stage.candidates->onGrid() || winnersOf(stage).empty()) return;
    const GroupTable levels = groupsOf(stage, GroupBy::kLevel);
    if (levels.all.positives == 0) return;
    for (const CandidateGroup& level : levels.groups)
      means_.add(level.name, titled("Share of positives", level.name),
                 static_cast<double>(level.positives) / static_cast<double>(levels.all.positives),
                 static_cast<double>(levels.all.positives));
  }
  std::vector<StatisticValue> finishStep() override { return means_.take(); }

 private:
  NamedMeans means_;
};

}  // namespace

Statistic levelPositivesStatistic() {
  return {"level_positives",
          "Positives by level",
          "1",
          "Of the candidates that some head learns an object at, the share on each pyramid level.",
          "ours",
          "which object each candidate learns, on a grid",
          [] { return std::make_unique<LevelPositives>(); }};
}

}  // namespace anchorscope
