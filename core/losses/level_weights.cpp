// DDOD's supervision of the pyramid: the losses of a level count the more the fewer positives it has had.

#include <c10/core/GradMode.h>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/losses/transform.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "DDOD (ACM MM 2021); mmdet 3.3.0 DDODHead";
constexpr const char* kShared = "shared";
constexpr const char* kSeparate = "separate";
constexpr std::int64_t kMostLevels = 32;

ChannelSpec channel(bool cls) {
  return channelOf(
      cls ? "level_weights.cls" : "level_weights.reg",
      cls ? "Weight of the level, classification head" : "Weight of the level, box head", "1",
      cls ? "Factor on the anchor's classification loss: 2 on the level with the fewest "
            "positives, 1 on the one with the most."
          : "Factor on the box loss and on the losses of further outputs, from the counts of the "
            "box head.",
      kSource, cls ? ColorScale::kClassification : ColorScale::kRegression, 1.f, 2.f);
}

class LevelWeights final : public LossTransform {
 public:
  explicit LevelWeights(bool shared)
      : shared_(shared), positives_(at::zeros({2, kMostLevels}, at::TensorOptions().dtype(at::kLong))) {}

  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all;
    all.channels = {channel(true), channel(false)};
    return all;
  }
  std::vector<NamedTensor> buffers() override { return {{"level_weights.positives", positives_}}; }

  std::vector<NamedScalar> apply(LossTable& losses, const StageInputs& inputs,
                                 const StepContext& step) override {
    const std::vector<LevelLayout>& levels = inputs.anchors.levels;
    ANCHORSCOPE_CHECK(static_cast<std::int64_t>(levels.size()) <= kMostLevels, "weights of levels for ",
                      levels.size(), " levels");
    at::Tensor cls, reg;  // [N]
    {
      const c10::NoGradGuard noGrad;
      const auto count = static_cast<std::int64_t>(levels.size());
      const at::Tensor ofCls = counted(losses.clsObject, levels), ofReg = counted(losses.regObject, levels);
      at::Tensor clsSum = positives_.select(0, 0).slice(0, 0, count) + ofCls,
                 regSum = positives_.select(0, 1).slice(0, 0, count) + ofReg;
      if (step.training) {
        positives_.select(0, 0).slice(0, 0, count).copy_(clsSum);
        positives_.select(0, 1).slice(0, 0, count).copy_(regSum);
      }
      if (shared_) {  // the class branch counts first: its weights know nothing of this batch's boxes
        const at::Tensor both = clsSum + regSum;
        clsSum = both - ofReg;
        regSum = both;
      }
      cls = spread(factors(clsSum), levels);
      reg = spread(factors(regSum), levels);
      if (step.sink) {
        step.sink->channel(channel(true), cls.expand_as(losses.clsObject).to(at::kFloat));
        step.sink->channel(channel(false), reg.expand_as(losses.regObject).to(at::kFloat));
      }
    }
    for (LossRows& rows : losses.rows)
      if (rows.domain == LossDomain::kCandidate)
        rows.values = rows.values * (rows.head == kClsHead ? cls : reg).to(rows.values.scalar_type());
    return {};
  }

 private:
  /// [L] int64: anchors of each level that have an object. object [B,N].
  static at::Tensor counted(const at::Tensor& object, const std::vector<LevelLayout>& levels) {
    const at::Tensor positive = object.ge(0);
    if (levels.empty()) return at::zeros({0}, object.options());
    std::vector<at::Tensor> counts;
    for (const LevelLayout& level : levels)
      counts.push_back(positive.slice(1, level.firstAnchor, level.firstAnchor + level.anchorCount()).sum());
    return at::stack(counts);
  }

  /// [L] float64 in [1,2]; 2 where all are equal.
  static at::Tensor factors(const at::Tensor& positives) {
    const at::Tensor counts = positives.to(at::kDouble);
    if (counts.numel() == 0) return counts;
    const at::Tensor least = counts.min();
    return 2 - (counts - least) / (counts.max() - least + 1e-10);
  }

  /// [N]: of each anchor what its level has.
  static at::Tensor spread(const at::Tensor& ofLevels, const std::vector<LevelLayout>& levels) {
    std::vector<at::Tensor> parts = {ofLevels.slice(0, 0, 0)};
    for (std::size_t i = 0; i < levels.size(); ++i)
      parts.push_back(ofLevels[static_cast<std::int64_t>(i)].expand({levels[i].anchorCount()}));
    return at::cat(parts);
  }

  bool shared_;
  at::Tensor positives_;  ///< [2,kMostLevels] int64: of all training steps, by class head and box head.
};

}  // namespace

LossTransformEntry levelWeights() {
  LossTransformEntry entry;
  entry.name = "level_weights";
  entry.title = "Weights of levels";
  entry.description =
      "The losses of level l times 2 - (n_l - min n) / (max n - min n + 1e-10), n_l the positives that the "
      "level "
      "has had since the run began, this batch's included.";
  entry.source = kSource;
  entry.params = {choiceParam(
      "level_counts", kShared, {kShared, kSeparate},
      "Whose positives are counted. shared: both heads' in one count, the classification head's of a batch "
      "first; separate: each head's in its own, as in the authors' code.",
      "mmdet 3.3.0 DDODHead: shared")};
  entry.weighsBackground = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossTransform>> {
    return std::unique_ptr<LossTransform>(
        std::make_unique<LevelWeights>(params.getText("level_counts") == kShared));
  };
  return entry;
}

}  // namespace anchorscope
