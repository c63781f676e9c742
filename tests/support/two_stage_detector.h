#pragma once
// A made-up two-stage detector: a small dense detector whose best boxes are the candidates of a second stage.

#include <ATen/core/grad_mode.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/model/detector.h"
#include "core/ops/box_coder.h"
#include "core/ops/scores.h"

namespace anchorscope::testing {

/// How the second stage's heads differ from one box per candidate and sigmoids.
struct RegionHeads {
  bool boxPerClass = false, background = false;
};

/// "rpn": the dense detector's anchors and heads, of one class. "roi": of each image the kProposals best of
/// its boxes, and behind them the objects' own where something is to be learnt; the heads know nothing but
/// where a box lies.
class TwoStageDetector final : public Detector {
 public:
  static constexpr std::int64_t kProposals = 12;

  TwoStageDetector(std::unique_ptr<Detector> dense, int classCount, RegionHeads heads = {})
      : dense_(std::move(dense)), classCount_(classCount), regionHeads_(heads) {
    const int logits = classCount + (heads.background ? 1 : 0);
    classWeights_ = (at::arange(4 * logits, at::kFloat).view({4, logits}) * 0.1).sin();
    shift_ = heads.boxPerClass
                 ? (at::arange(4 * classCount, at::kFloat).view({classCount, 4}) * 0.7).sin() * 0.2
                 : at::full({4}, 0.01);
    for (at::Tensor* tensor : {&classWeights_, &shift_})
      tensor->set_requires_grad(true);
  }

  const ModelInfo& info() const override { return dense_->info(); }
  std::vector<StageInfo> stages() const override {
    HeadTraits first = dense_->stages().front().heads, second;
    first.stage = "rpn";
    first.classAgnostic = true;
    second.stage = "roi";
    second.ownCandidates = true;
    second.boxPerClass = regionHeads_.boxPerClass;
    second.background = regionHeads_.background;
    return {{{"rpn", "Region proposals", "anchor", ""}, first},
            {{"roi", "Regions", "proposal", "anchor"}, second}};
  }
  int classCount() const override { return classCount_; }
  std::array<float, 3> pixelMean() const override { return dense_->pixelMean(); }
  std::array<float, 3> pixelStd() const override { return dense_->pixelStd(); }

  std::vector<StageOutputs> forward(const at::Tensor& images, const DenseTargets* targets,
                                    const StageSinks& sinks) override {
    std::vector<StageOutputs> out = dense_->forward(images, targets, {sinkOf(sinks, 0)});
    const HeadOutputs& rpn = out.front().heads;
    StageOutputs roi;
    {
      const at::NoGradGuard noGrad;
      const auto [scores, best] = scoresOf(rpn).amax(2).topk(kProposals, 1);
      roi.candidates.boxes = rpn.boxes.gather(1, best.unsqueeze(2).expand({-1, -1, 4}));
      roi.candidates.origins = best;
      if (targets != nullptr) {
        roi.candidates.boxes = at::cat({roi.candidates.boxes, targets->boxes}, 1);
        roi.candidates.origins = at::cat({best, at::full_like(targets->labels, -1)}, 1);
      }
    }
    const at::Tensor place = roi.candidates.boxes / static_cast<double>(images.size(3));
    roi.heads.logits = place.matmul(classWeights_);
    if (regionHeads_.background) roi.heads.activation = ScoreActivation::kSoftmaxWithBackground;
    const std::int64_t batch = images.size(0), count = roi.candidates.count();
    roi.heads.offsets = regionHeads_.boxPerClass ? shift_.expand({batch, count, classCount_, 4})
                                                 : shift_.expand_as(roi.candidates.boxes);
    std::vector<at::Tensor> boxes;
    for (std::int64_t b = 0; b < batch; ++b)
      boxes.push_back(decoded(roi.candidates.boxes[b], roi.heads.offsets[b]));
    roi.heads.boxes = at::stack(boxes);
    out.push_back(std::move(roi));
    return out;
  }
  AnchorSet anchors(SizePx inputSize) override { return dense_->anchors(inputSize); }
  void setPrior(double prior) override { dense_->setPrior(prior); }

  std::vector<NamedTensor> parameters() const override {
    std::vector<NamedTensor> all = dense_->parameters();
    all.push_back({"roi.class_weights", classWeights_});
    all.push_back({"roi.shift", shift_});
    return all;
  }
  std::vector<NamedTensor> buffers() const override { return dense_->buffers(); }
  std::vector<ParameterRole> parameterRoles() const override {
    std::vector<ParameterRole> all = dense_->parameterRoles();
    all.resize(all.size() + 2);
    return all;
  }
  std::vector<NamedTensor> stateDict() const override { return parameters(); }
  void setTraining(bool training) override { dense_->setTraining(training); }
  bool training() const override { return dense_->training(); }
  void moveTo(at::Device device, bool channelsLast) override { dense_->moveTo(device, channelsLast); }
  void toDtype(at::ScalarType dtype) override { dense_->toDtype(dtype); }

  at::Tensor classWeights() const { return classWeights_; }
  at::Tensor shift() const { return shift_; }

 private:
  /// Of one image: proposals [N,4], offsets [N,4] or [N,C,4].
  static at::Tensor decoded(const at::Tensor& proposals, const at::Tensor& offsets) {
    const BoxCoder coder = BoxCoder::torchvision();
    if (offsets.dim() == 2) return coder.decode(proposals, offsets);
    std::vector<at::Tensor> classes;
    for (std::int64_t c = 0; c < offsets.size(1); ++c)
      classes.push_back(coder.decode(proposals, offsets.select(1, c)));
    return at::stack(classes, 1);
  }

  std::unique_ptr<Detector> dense_;
  int classCount_;
  RegionHeads regionHeads_;
  at::Tensor classWeights_, shift_;  ///< [4,C] or [4,C+1], [4] or [C,4]
};

}  // namespace anchorscope::testing
