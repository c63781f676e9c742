// Whether scores and boxes agree.
#include "core/evidence/score_iou_correlation.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

class ScoreIou : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    if (const auto correlation = scoreIouCorrelationOf(stage))
      means_.add("", "Score and IoU, rank correlation", correlation->mean,
                 static_cast<double>(correlation->objects));
  }
  std::vector<StatisticValue> finishStep() override { return means_.take(); }

 private:
  NamedMeans means_;
};

}  // namespace

Statistic scoreIouStatistic() {
  return {"score_iou",
          "Score and IoU, rank correlation",
          "1",
          "Spearman's rank correlation of the score of the object's class and the IoU of the predicted box "
          "over an object's positives, mean over objects with three or more.",
          "ours",
          "scores of the objects' classes, which object each candidate learns, predicted boxes",
          [] { return std::make_unique<ScoreIou>(); }};
}

}  // namespace anchorscope
