#include "core/evidence/score_iou_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/check.h"
#include "core/evidence/winners.h"

namespace anchorscope {
namespace {

/// 1-based; equal values share the mean of their ranks.
std::vector<double> ranksOf(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last < order.size() && values[order[last]] == values[order[first]])
      ++last;
    for (std::size_t i = first; i < last; ++i)
      ranks[order[i]] = 0.5 * static_cast<double>(first + 1 + last);
    first = last;
  }
  return ranks;
}

/// Score and IoU of each object's positives.
struct Positives {
  std::vector<double> score, iou;
};

std::optional<std::vector<Positives>> positivesOf(const StageEvidence& evidence) {
  const Channel* score = evidence.channel("cls_score_object");
  const Channel* cls = evidence.channel("assigned_cls");
  const Channel* reg = evidence.channel("assigned_reg");
  const std::vector<Box>& boxes = evidence.predictedBoxesInInput;
  if (!score || !cls || !reg || boxes.size() != cls->values.size()) return std::nullopt;
  std::vector<Box> objectsInInput;
  for (const ObjectRecord& object : evidence.image->objects)
    objectsInInput.push_back(evidence.image->inputFromImage.map(object.boxInImage));
  std::vector<Positives> out(objectsInInput.size());
  const Winners ofCls{"classification", cls}, ofReg{"regression", reg};
  for (std::size_t anchor = 0; anchor < boxes.size(); ++anchor) {
    std::int32_t owner = ofCls.at(anchor, out.size());
    if (owner < 0) owner = ofReg.at(anchor, out.size());
    if (owner < 0) continue;
    const auto object = static_cast<std::size_t>(owner);
    out[object].score.push_back(score->values[anchor]);
    out[object].iou.push_back(iou(boxes[anchor], objectsInInput[object]));
  }
  return out;
}

}  // namespace

std::optional<double> spearman(std::span<const double> a, std::span<const double> b) {
  ANCHORSCOPE_CHECK(a.size() == b.size(), a.size(), " and ", b.size(), " values");
  if (a.size() < 2) return std::nullopt;
  const auto hasNoRank = [](double value) { return std::isnan(value); };
  if (std::any_of(a.begin(), a.end(), hasNoRank) || std::any_of(b.begin(), b.end(), hasNoRank))
    return std::nullopt;
  const std::vector<double> ra = ranksOf(a), rb = ranksOf(b);
  const double mean = 0.5 * static_cast<double>(a.size() + 1);
  double covariance = 0, varianceA = 0, varianceB = 0;
  for (std::size_t i = 0; i < ra.size(); ++i) {
    covariance += (ra[i] - mean) * (rb[i] - mean);
    varianceA += (ra[i] - mean) * (ra[i] - mean);
    varianceB += (rb[i] - mean) * (rb[i] - mean);
  }
  if (varianceA == 0 || varianceB == 0) return std::nullopt;
  return covariance / std::sqrt(varianceA * varianceB);
}

namespace {

/// Adds a stage's objects to the sum of correlations; false where it lacks what that needs.
bool addCorrelations(const StageEvidence& stage, std::size_t minPositives, ScoreIouCorrelation& sum) {
  const auto positives = positivesOf(stage);
  if (!positives) return false;
  for (const Positives& object : *positives) {
    if (object.score.size() < minPositives) continue;
    const auto correlation = spearman(object.score, object.iou);
    if (!correlation) continue;
    sum.mean += *correlation;
    ++sum.objects;
  }
  return true;
}

std::optional<ScoreIouCorrelation> meanOf(ScoreIouCorrelation sum) {
  if (sum.objects == 0) return std::nullopt;
  sum.mean /= static_cast<double>(sum.objects);
  return sum;
}

}  // namespace

std::optional<ScoreIouCorrelation> scoreIouCorrelationOf(const StageEvidence& stage,
                                                         std::size_t minPositives) {
  ScoreIouCorrelation sum;
  return addCorrelations(stage, minPositives, sum) ? meanOf(sum) : std::nullopt;
}

std::optional<ScoreIouCorrelation> scoreIouCorrelation(
    const std::vector<std::shared_ptr<const ProbeFrame>>& frames, std::size_t minPositives) {
  ScoreIouCorrelation sum;
  for (const auto& frame : frames)
    if (!addCorrelations(*frame->stages.back(), minPositives, sum)) return std::nullopt;
  return meanOf(sum);
}

}  // namespace anchorscope
