#include "core/trainer/frame_variants.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/evidence/difference.h"
#include "core/methods/method_set.h"
#include "core/model/model_info.h"
#include "core/trainer/frame_packer.h"
#include "core/trainer/probes.h"
#include "core/trainer/variants.h"

namespace anchorscope {
namespace {

/// What a frame holds of the outputs, whatever was assigned.
constexpr std::array kOfOutputs = {"cls_score", "logit", "cls_index", "iou"};

at::Tensor boxTensor(const std::vector<Box>& boxes) {
  static_assert(sizeof(Box) == 4 * sizeof(float));
  const auto count = static_cast<std::int64_t>(boxes.size());
  at::Tensor out = at::empty({count, 4}, at::kFloat);
  if (count > 0) std::copy_n(&boxes.front().x1, boxes.size() * 4, out.mutable_data_ptr<float>());
  return out;
}

AnchorSet anchorsOf(const std::shared_ptr<const CandidateSet>& candidates, bool points) {
  AnchorSet out;
  if (points) out.offsets = BoxOffsets::kSideDistances;
  out.boxes = boxTensor(candidates->boxesInInput);
  if (!candidates->onGrid()) {
    out.boxes = out.boxes.unsqueeze(0);
    return out;
  }
  out.levels = candidates->levels;
  out.geometry = candidates;
  out.strides = at::empty({out.boxes.size(0)}, at::kFloat);
  for (const LevelLayout& level : candidates->levels)
    out.strides.narrow(0, level.firstAnchor, level.anchorCount()).fill_(level.stride);
  return out;
}

}  // namespace

struct FrameVariants::Asked {
  std::shared_ptr<const Variant> variant;
  std::unique_ptr<MethodSet> methods;
  std::vector<HeadTraits> heads;  ///< Per stage.
};

FrameVariants::FrameVariants() = default;
FrameVariants::~FrameVariants() = default;

Result<std::unique_ptr<FrameVariants>> FrameVariants::make(RunConfig config, const std::string& text) {
  ANCHORSCOPE_TRY(config.train.set("variants", text));
  ANCHORSCOPE_TRY(checkCombination(config));
  auto variants = askedVariants(config);
  if (!variants) return std::move(variants).error();
  const auto heads = modelTraits(config.model, config.modelParams);
  if (!heads) return heads.error();
  std::unique_ptr<FrameVariants> out(new FrameVariants);
  for (const AskedVariant& asked : *variants) {
    auto methods = MethodSet::make(asked.method, asked.params, *heads);
    if (!methods) return std::move(methods).error();
    bool follows = false;
    for (std::size_t stage = 0; stage < (*methods)->count(); ++stage)
      follows = follows || (*methods)->stage(stage).followsOutputs();
    if (!follows) {
      out->asked_.push_back({asked.variant, *std::move(methods), *heads});
      continue;
    }
    out->refused_.push_back(
        {*asked.variant,
         makeError(ErrorCode::kUsage,
                   concat("'", asked.variant->name,
                          "' looks at what the detector's heads say, which no recorded frame holds"),
                   "Ask it of a step that has a checkpoint, or of a run that trains or pauses")});
  }
  out->config_ = std::move(config);
  return out;
}

std::vector<Variant> FrameVariants::variants() const {
  std::vector<Variant> out;
  for (const Asked& asked : asked_)
    out.push_back(*asked.variant);
  return out;
}

Result<std::shared_ptr<const ProbeFrame>> FrameVariants::ask(
    const std::shared_ptr<const ProbeFrame>& recorded, const std::string& name) {
  const at::NoGradGuard noGrad;
  const auto asked = std::find_if(asked_.begin(), asked_.end(),
                                  [&](const Asked& other) { return other.variant->name == name; });
  if (asked == asked_.end())
    return makeError(ErrorCode::kNotFound, concat("'", name, "' is not asked of recorded frames"));
  if (asked->methods->count() != recorded->stages.size())
    return makeError(ErrorCode::kUsage,
                     concat("'", name, "' has rules for ", asked->methods->count(),
                            " stages, and the frame has ", recorded->stages.size()),
                     "Ask it of a frame of the run's own detector");
  const DenseTargets targets = probeTargets({recorded->image}, at::kCPU);
  auto frame = std::make_shared<ProbeFrame>();
  static_cast<ProbeMoment&>(*frame) = *recorded;
  frame->variant = asked->variant;
  for (std::size_t stage = 0; stage < recorded->stages.size(); ++stage)
    frame->stages.push_back(stageOf(*asked, stage, *recorded->stages[stage], targets));
  return withDifferences({recorded, std::move(frame)}).back();
}

std::shared_ptr<const StageEvidence> FrameVariants::stageOf(const Asked& asked, std::size_t stage,
                                                            const StageEvidence& own,
                                                            const DenseTargets& targets) const {
  FramePacker packer;
  asked.methods->stage(stage).showAssignment(anchorsOf(own.candidates, asked.heads.at(stage).points), targets,
                                             packer);
  StageFacts facts;
  facts.stage = own.stage;
  facts.candidates = own.candidates;
  facts.predictedBoxes = boxTensor(own.predictedBoxesInInput).unsqueeze(0);
  facts.decisions = asked.methods->declaration(stage).decisions;
  facts.predictions = {own.predictions};
  const std::int64_t misses = config_.train.getInt("evidence_pairs");
  PendingFrames pending = packer.pack({own.step, {own.image}, own.classNames, asked.variant},
                                      std::move(facts), misses > 0 ? static_cast<std::int32_t>(misses) : -1);
  auto evidence = std::make_shared<StageEvidence>(*pending.take().front()->stages.front());
  std::vector<Channel> channels;
  for (const char* name : kOfOutputs)
    if (const Channel* channel = own.channel(name)) channels.push_back(*channel);
  evidence->channels.insert(evidence->channels.begin(), std::make_move_iterator(channels.begin()),
                            std::make_move_iterator(channels.end()));
  return evidence;
}

}  // namespace anchorscope
