#include "widgets/overlays/predictions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anchorscope {

namespace {

constexpr float kLowestScore = 0.1f;
constexpr std::size_t kFewest = 10;

}  // namespace

float adaptiveScore(const StageEvidence& evidence) {
  const std::vector<PredictionRecord>& predictions = evidence.predictions;
  if (predictions.empty()) return kLowestScore;
  const float score = std::max(kLowestScore, predictions.front().score / 2);
  const std::size_t most = std::max(kFewest, 2 * (evidence.image ? evidence.image->objects.size() : 0));
  if (predictions.size() <= most || predictions[most].score < score) return score;
  // The last score above that of the first that is too many.
  std::size_t last = most;
  while (last > 0 && predictions[last].score <= predictions[most].score)
    --last;
  return predictions[last].score > predictions[most].score
             ? predictions[last].score
             : std::nextafter(predictions[most].score, std::numeric_limits<float>::infinity());
}

ShownPredictions shownPredictions(const Layer& layer, const StageEvidence& evidence) {
  ShownPredictions shown;
  shown.from = layer.adaptiveFilter ? adaptiveScore(evidence) : layer.filterMin;
  const auto begin = evidence.predictions.begin(), end = evidence.predictions.end();
  const auto first = std::partition_point(
      begin, end, [&](const PredictionRecord& record) { return record.score > layer.filterMax; });
  const auto last = std::partition_point(
      first, end, [&](const PredictionRecord& record) { return record.score >= shown.from; });
  shown.first = static_cast<std::size_t>(first - begin);
  shown.last = static_cast<std::size_t>(last - begin);
  return shown;
}

}  // namespace anchorscope
