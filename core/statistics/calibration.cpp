// Whether a detection's score says how well its box fits.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/check.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

constexpr std::size_t kBins = 10;

/// Largest IoU with an object of its class; ignored objects count, they are there.
double bestIou(const ProbeImage& image, const PredictionRecord& detection) {
  float best = 0;
  for (const ObjectRecord& object : image.objects)
    if (object.classIndex == detection.classIndex)
      best = std::max(best, iou(detection.boxInImage, object.boxInImage));
  return static_cast<double>(best);
}

class Calibration : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    for (const PredictionRecord& detection : stage.predictions) {
      const auto score = static_cast<double>(detection.score);
      if (!std::isfinite(score)) continue;
      Bin& bin = bins_[std::min(kBins - 1, static_cast<std::size_t>(std::max(0.0, score) * kBins))];
      bin.score += score;
      bin.iou += bestIou(*stage.image, detection);
      bin.count += 1;
    }
  }
  std::vector<StatisticValue> finishStep() override {
    double all = 0, error = 0;
    std::vector<StatisticValue> out;
    for (std::size_t i = 0; i < kBins; ++i) {
      const Bin& bin = bins_[i];
      if (bin.count == 0) continue;
      all += bin.count;
      error += std::abs(bin.score - bin.iou);
      out.push_back({concat("iou.0.", i),
                     concat("Mean IoU of scores 0.", i, " to ", i + 1 == kBins ? "1.0" : concat("0.", i + 1)),
                     bin.iou / bin.count, ColorScale::kRegression});
    }
    if (all > 0) out.insert(out.begin(), {"error", "Calibration error", error / all});
    bins_ = {};
    return out;
  }

 private:
  struct Bin {
    double score = 0, iou = 0, count = 0;
  };
  std::array<Bin, kBins> bins_{};
};

}  // namespace

Statistic calibrationStatistic() {
  return {"calibration",
          "Calibration",
          "1",
          "Detections in ten bins by their score: the mean IoU of each bin with objects of the detection's "
          "class, which is the score itself where scores tell how well boxes fit; and the error, the mean "
          "distance of the bins' mean score and mean IoU, weighted by their detections.",
          "Guo et al. 2017, with IoU for accuracy",
          "detections",
          [] { return std::make_unique<Calibration>(); }};
}

}  // namespace anchorscope
