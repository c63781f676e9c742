// How far apart the best-scored and the best-placed candidate of an object are.
#include <cmath>

#include "core/evidence/bag.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

class MutualDistance : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    const PairTable* table = mainPairTable(stage);
    if (!table) return;
    const int score = qualityColumn(stage, *table, ColorScale::kClassification),
              overlap = qualityColumn(stage, *table, ColorScale::kRegression),
              member = table->columnIndex(table->spec.memberColumn);
    if (score < 0 || overlap < 0) return;
    const auto& scores = table->columns[static_cast<std::size_t>(score)];
    const auto& overlaps = table->columns[static_cast<std::size_t>(overlap)];
    for (std::size_t object = 0; object < stage.image->objects.size(); ++object) {
      const ObjectRecord& record = stage.image->objects[object];
      const double size = std::sqrt(static_cast<double>(record.boxInImage.area()));
      if (record.ignored || !(size > 0)) continue;
      const auto [first, last] = table->rowsOfObject(static_cast<std::int32_t>(object));
      std::size_t bestScored = last, bestPlaced = last;
      for (std::size_t row = first; row < last; ++row) {
        if (member >= 0 && !(table->columns[static_cast<std::size_t>(member)][row] > 0)) continue;
        if (std::isnan(scores[row]) || std::isnan(overlaps[row])) continue;
        if (bestScored == last || scores[row] > scores[bestScored]) bestScored = row;
        if (bestPlaced == last || overlaps[row] > overlaps[bestPlaced]) bestPlaced = row;
      }
      if (bestScored == last) continue;
      means_.add("distance", "Best score to best box, distance",
                 distance(stage, *table, bestScored, bestPlaced) / size);
      means_.add("iou_lost", "Best score to best box, IoU lost",
                 static_cast<double>(overlaps[bestPlaced] - overlaps[bestScored]), 1,
                 ColorScale::kRegression);
      means_.add("same", "Best score to best box, the same", bestScored == bestPlaced ? 1 : 0);
    }
  }
  std::vector<StatisticValue> finishStep() override { return means_.take(); }

 private:
  /// Of the candidates' middles, in px of the image.
  static double distance(const StageEvidence& stage, const PairTable& table, std::size_t a, std::size_t b) {
    const auto boxOf = [&](std::size_t row) {
      return stage.image->inputFromImage.inverse().map(
          stage.candidates->boxesInInput[static_cast<std::size_t>(table.candidate[row])]);
    };
    const Box from = boxOf(a), to = boxOf(b);
    return std::hypot(static_cast<double>(to.centerX() - from.centerX()),
                      static_cast<double>(to.centerY() - from.centerY()));
  }
  NamedMeans means_;
};

}  // namespace

Statistic mutualDistanceStatistic() {
  return {
      "mutual_distance",
      "Best score to best box",
      "1",
      "Of an object's bag the member with the best score of its class and the member whose box overlaps it "
      "most: the distance of their middles as a share of the object's size (the root of its area), the "
      "overlap that is lost where the score decides, and the share of objects where they are one; means "
      "over the trained objects with a bag. Equal ones: the first.",
      "ours; what MuSu claims to bring together",
      "score and IoU of the pairs",
      [] { return std::make_unique<MutualDistance>(); }};
}

}  // namespace anchorscope
