#include "tests/support/two_stage_frame.h"

#include <algorithm>
#include <numeric>

#include "tests/support/synthetic_frame.h"

namespace anchorscope::testing {

std::shared_ptr<const ProbeFrame> makeSyntheticTwoStageFrame(std::int64_t step) {
  SyntheticFrameOptions options;
  options.step = step;
  StageEvidence rpn = *makeSyntheticEvidence(options);
  rpn.stage = {"rpn", "Region proposals", "anchor", ""};
  StageEvidence roi;
  static_cast<ProbeMoment&>(roi) = rpn;
  roi.stage = {"roi", "Regions", "proposal", "anchor"};

  constexpr std::size_t kProposals = 40;
  const std::vector<float>& score = rpn.channel("cls_score")->values;
  std::vector<std::int32_t> best(score.size());
  std::iota(best.begin(), best.end(), 0);
  std::partial_sort(best.begin(), best.begin() + kProposals, best.end(), [&](std::int32_t a, std::int32_t b) {
    return score[static_cast<std::size_t>(a)] > score[static_cast<std::size_t>(b)];
  });
  auto proposals = std::make_shared<CandidateSet>();
  Channel objectness, overlap;
  objectness.spec.name = "roi.score";
  objectness.spec.title = "Score";
  overlap.spec.name = "roi.iou";
  overlap.spec.title = "IoU";
  for (Channel* channel : {&objectness, &overlap}) {
    channel->spec.unit = "1";
    channel->spec.description = "Of a made-up training.";
    channel->spec.source = "synthetic";
    channel->spec.min = 0.f;
    channel->spec.max = 1.f;
    channel->spec.sense = Sense::kHigherIsBetter;
  }
  for (std::size_t i = 0; i < kProposals; ++i) {
    const auto anchor = static_cast<std::size_t>(best[i]);
    const bool own = i + 1 == kProposals;
    const Box box = own ? rpn.image->inputFromImage.map(rpn.image->objects.front().boxInImage)
                        : rpn.predictedBoxesInInput[anchor];
    proposals->boxesInInput.push_back(box);
    proposals->origins.push_back(own ? -1 : best[i]);
    objectness.values.push_back(score[anchor]);
    overlap.values.push_back(rpn.channel("iou")->values[anchor]);
  }
  roi.predictedBoxesInInput = proposals->boxesInInput;
  roi.candidates = std::move(proposals);
  roi.channels = {std::move(objectness), std::move(overlap)};
  roi.predictions = rpn.predictions;
  for (PredictionRecord& prediction : roi.predictions)
    prediction.candidate = 0;
  rpn.predictions.clear();
  auto frame = std::make_shared<ProbeFrame>();
  static_cast<ProbeMoment&>(*frame) = rpn;
  frame->stages = {std::make_shared<const StageEvidence>(std::move(rpn)),
                   std::make_shared<const StageEvidence>(std::move(roi))};
  return frame;
}

}  // namespace anchorscope::testing
