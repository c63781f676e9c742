#include "core/trainer/batch_evidence.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/evidence/batch_name.h"
#include "core/ops/class_boxes.h"

namespace anchorscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The same values without the graph that made them.
StageOutputs detached(StageOutputs outputs) {
  HeadOutputs& heads = outputs.heads;
  for (at::Tensor* tensor : {&heads.logits, &heads.offsets, &heads.boxes, &outputs.candidates.boxes})
    if (tensor->defined()) *tensor = tensor->detach();
  for (auto& [name, tensor] : heads.further)
    tensor = tensor.detach();
  return outputs;
}

std::shared_ptr<const ProbeImage> imageOf(const Batch& batch, std::size_t index, std::size_t place,
                                          const Dataset& dataset) {
  const BatchSample& sample = batch.samples[index];
  auto image = std::make_shared<ProbeImage>();
  image->name = batchName(place, dataset.images()[sample.imageIndex].name);
  image->inputSize = batch.inputSize;
  auto pixels = std::make_shared<ImagePixels>();
  pixels->size = batch.inputSize;
  const std::size_t bytes = std::size_t{3} * static_cast<std::size_t>(batch.inputSize.width) *
                            static_cast<std::size_t>(batch.inputSize.height);
  const auto first = batch.pixels.begin() + static_cast<std::ptrdiff_t>(index * bytes);
  pixels->rgb.assign(first, first + static_cast<std::ptrdiff_t>(bytes));
  image->pixels = std::move(pixels);
  for (const bool ignored : {false, true})
    for (const Annotation& annotation : sample.objectsInInput)
      if (isIgnored(annotation) == ignored)
        image->objects.push_back({annotation.boxInImage, annotation.classIndex, ignored});
  return image;
}

}  // namespace

/// A stage's packer, whose later values of a channel replace the earlier ones.
class BatchEvidence::Packer final : public FramePacker {
 public:
  Packer(BatchEvidence& owner, std::size_t stage) : owner_(owner), stage_(stage) {}

  void channel(const ChannelSpec& spec, const at::Tensor& values, int stride) override {
    std::erase_if(channels_, [&](const ChannelItem& item) { return item.spec.name == spec.name; });
    FramePacker::channel(spec, values, stride);
  }
  void objects(const ObjectColumnSpec& spec, const at::Tensor& values) override {
    std::erase_if(objects_, [&](const ObjectItem& item) { return item.spec.name == spec.name; });
    FramePacker::objects(spec, values);
  }
  bool byPhases() const override { return owner_.hook_ != nullptr; }
  void reached(StepPhase phase) override {
    // The detector's outputs are there for all stages at once.
    if (phase == StepPhase::kForward && stage_ > 0) return;
    const bool ofStage = phase == StepPhase::kAssign && owner_.stages_.size() > 1;
    owner_.reached(phase, ofStage ? owner_.stages_[stage_].spec.name : std::string());
  }

  /// A copy with every declared channel, table and column: what has not been published has no values.
  FramePacker completed(const EvidenceDeclaration& declared, std::int64_t images, std::int64_t candidates,
                        std::int64_t objects, at::Device device) const {
    Packer whole = *this;
    const at::TensorOptions numbers = at::TensorOptions(device).dtype(at::kFloat);
    for (const ChannelSpec& spec : declared.channels)
      if (spec.domain == ChannelDomain::kCandidate &&
          std::none_of(channels_.begin(), channels_.end(),
                       [&](const ChannelItem& item) { return item.spec.name == spec.name; }))
        whole.channel(spec, at::full({images, candidates}, kNan, numbers), 0);
    for (const ObjectColumnSpec& spec : declared.objectColumns)
      if (std::none_of(objects_.begin(), objects_.end(),
                       [&](const ObjectItem& item) { return item.spec.name == spec.name; }))
        whole.objects(spec, at::full({images, objects}, kNan, numbers));
    for (const PairTableSpec& spec : declared.pairTables)
      if (std::none_of(pairs_.begin(), pairs_.end(),
                       [&](const PairItem& item) { return item.spec.name == spec.name; })) {
        const at::Tensor none = at::empty({0}, numbers.dtype(at::kLong));
        whole.pairs(
            spec, {none, none, none, std::vector<at::Tensor>(spec.columns.size(), at::empty({0}, numbers))});
      }
    return whole;
  }

 private:
  BatchEvidence& owner_;
  std::size_t stage_;
};

/// One batch of the step.
struct BatchEvidence::One {
  std::vector<std::shared_ptr<const ProbeImage>> images;
  std::vector<Packer> packers;  ///< Of each stage.
  std::vector<StageOutputs> outputs;
  std::vector<NamedTensor> losses;
};

BatchEvidence::BatchEvidence(Facts facts, Hook hook)
    : facts_(std::move(facts)), hook_(std::move(hook)), stages_(facts_.setup.detector.stages()) {
  if (hook_) norms_ = std::make_unique<PartNorms>(facts_.parameters);
}

BatchEvidence::~BatchEvidence() = default;

StageSinks BatchEvidence::begin(const Batch& batch, std::int64_t /*index*/, std::int64_t count) {
  count_ = count;
  std::size_t place = 1;
  for (const auto& before : batches_)
    place += before->images.size();
  auto one = std::make_unique<One>();
  for (std::size_t i = 0; i < batch.samples.size(); ++i)
    one->images.push_back(imageOf(batch, i, place + i, *facts_.dataset));
  one->packers.reserve(stages_.size());
  StageSinks sinks;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage)
    sinks.push_back(&one->packers.emplace_back(*this, stage));
  batches_.push_back(std::move(one));
  return sinks;
}

void BatchEvidence::forwarded(const std::vector<StageOutputs>& stages) {
  for (const StageOutputs& stage : stages)
    batches_.back()->outputs.push_back(detached(stage));
}

void BatchEvidence::lost(const LossTerms& terms) {
  batches_.back()->losses = terms.ofImages;
  reached(StepPhase::kLoss);
}

void BatchEvidence::differentiated() {
  if (norms_) norms_->differentiated(static_cast<std::int64_t>(batches_.size()));
  reached(StepPhase::kBackward);
}

void BatchEvidence::updated() {
  if (norms_) norms_->updated();
  reached(StepPhase::kUpdate);
}

void BatchEvidence::reached(StepPhase phase, const std::string& stage) {
  if (!hook_) return;
  // What the hook does is not part of what is differentiated.
  const at::NoGradGuard noGrad;
  hook_(*this, {phase, static_cast<std::int64_t>(batches_.size()) - 1, count_, stage});
}

std::vector<BatchImage> BatchEvidence::take() const {
  const at::NoGradGuard noGrad;
  std::vector<BatchImage> all;
  for (const auto& one : batches_) {
    if (one->outputs.empty()) continue;
    std::vector<PostprocessImage> places;
    for (const auto& image : one->images)
      places.push_back({image->inputFromImage, image->inputSize});
    std::vector<std::size_t> order;
    std::size_t objects = 0;
    for (std::size_t i = 0; i < one->images.size(); ++i) {
      order.push_back(i);
      objects = std::max(objects, one->images[i]->objects.size());
    }
    PendingFrames whole;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      const StageOutputs& outputs = one->outputs[stage];
      const bool last = stage + 1 == stages_.size();
      StageFacts facts = stageFacts(stages_[stage], outputs);
      const EvidenceDeclaration declared = facts_.setup.methods.declaration(stage);
      facts.decisions = declared.decisions;
      facts.predictions =
          last ? postprocess(outputs.heads, outputs.candidates.levels, places, facts_.setup.postprocess)
               : std::vector<std::vector<PredictionRecord>>(one->images.size());
      FramePacker packer = one->packers[stage].completed(
          declared, static_cast<std::int64_t>(one->images.size()), outputs.candidates.count(),
          std::max<std::int64_t>(1, static_cast<std::int64_t>(objects)), outputs.heads.logits.device());
      PendingFrames its = packer.pack({facts_.step, one->images, facts_.setup.classNames, nullptr},
                                      std::move(facts), facts_.setup.missesPerObject);
      if (stage == 0)
        whole.add(std::move(its), order);
      else
        whole.addStage(std::move(its));
    }
    std::vector<at::Tensor> losses;
    for (const NamedTensor& loss : one->losses)
      losses.push_back(loss.tensor.to(at::kCPU).contiguous());
    const auto frames = whole.take();
    for (std::size_t i = 0; i < frames.size(); ++i) {
      BatchImage image;
      image.frame = frames[i];
      double sum = 0;
      for (std::size_t head = 0; head < losses.size(); ++head) {
        image.losses.push_back({one->losses[head].name, losses[head].const_data_ptr<double>()[i]});
        sum += image.losses.back().value;
      }
      if (!losses.empty()) image.loss = sum;
      all.push_back(std::move(image));
    }
  }
  return all;
}

std::vector<PartNorm> BatchEvidence::norms() const {
  return norms_ ? norms_->norms() : std::vector<PartNorm>();
}

}  // namespace anchorscope
