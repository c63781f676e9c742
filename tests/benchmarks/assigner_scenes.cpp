#include "tests/benchmarks/assigner_scenes.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/ops/anchors.h"
#include "core/ops/box_coder.h"

namespace anchorscope::testing {
namespace {

constexpr std::int64_t kClasses = 80;

at::Tensor uniform(at::IntArrayRef shape, double low, double high) {
  return at::rand(shape) * (high - low) + low;
}

SizePx imageOf(SceneKind kind, bool large) {
  if (kind == SceneKind::kAnchors) return large ? SizePx{1344, 800} : SizePx{368, 288};
  return large ? SizePx{4032, 2400} : SizePx{1200, 800};
}

AnchorSet candidatesOf(SceneKind kind, SizePx image) {
  if (kind == SceneKind::kPoints)
    return makePoints({AnchorConvention::kMmdet, {8, 16, 32, 64, 128}, 0.5}, image, at::kCPU);
  RetinaAnchorOptions options;
  options.convention = AnchorConvention::kMmdet;
  if (kind == SceneKind::kOneAnchor) {
    options.octaveBaseScale = 8;
    options.scalesPerOctave = 1;
    options.ratios = {1};
  }
  return makeRetinaAnchors(options, image, at::kCPU);
}

at::Tensor centres(const at::Tensor& boxes) {
  return (boxes.slice(-1, 0, 2) + boxes.slice(-1, 2, 4)) / 2;
}

/// Losses on their own, as methods give them to assigners.
class FocalAndGiou final : public LossCosts {
 public:
  FocalAndGiou()
      : cls_(*(*findNamed(clsLossEntries(), "focal", "loss"))->make(paramsOf(clsLossEntries(), "focal"))),
        box_(*(*findNamed(boxLossEntries(), "giou", "loss"))->make(paramsOf(boxLossEntries(), "giou"))) {}
  at::Tensor cls(const StageInputs& inputs, const at::Tensor& labels) const override {
    return cls_->rows(inputs.outputs.logits, {labels, {}, {}}, {});
  }
  at::Tensor loc(const StageInputs& inputs, const at::Tensor& matched) const override {
    return box_->rows(inputs.anchors, inputs.outputs,
                      {inputs.targets.boxes, matched, matched.ge(0).to(at::kFloat)}, {});
  }

 private:
  template <typename Entry>
  static ParamSet paramsOf(const std::vector<Entry>& entries, const char* name) {
    return ParamSet((*findNamed(entries, name, "loss"))->params);
  }
  std::unique_ptr<ClsLoss> cls_;
  std::unique_ptr<BoxLoss> box_;
};

}  // namespace

AssignerScene makeAssignerScene(SceneKind kind, bool large, std::int64_t images, std::int64_t objects) {
  at::manual_seed(7);
  const SizePx image = imageOf(kind, large);
  AssignerScene scene;
  scene.heads.points = kind == SceneKind::kPoints;
  scene.heads.anchorsPerCell = kind == SceneKind::kAnchors ? 9 : 1;
  scene.anchors = candidatesOf(kind, image);
  const std::int64_t count = scene.anchors.count();
  const double shortSide = std::min(image.width, image.height);
  const at::Tensor half =
      at::exp(uniform({images, objects, 2}, std::log(shortSide / 60), std::log(shortSide / 5)));
  const at::Tensor centre =
      at::stack({uniform({images, objects}, 0, image.width), uniform({images, objects}, 0, image.height)}, 2);
  scene.targets.boxes = at::cat({centre - half, centre + half}, 2);
  scene.targets.labels = at::randint(kClasses, {images, objects}, at::kLong);
  scene.targets.valid = at::ones({images, objects}, at::kBool);
  scene.targets.ignoreBoxes = at::zeros({images, 0, 4});

  // The object nearest to each candidate, whose box every fourth one roughly says.
  const at::Tensor own = centres(scene.anchors.boxes);
  const at::Tensor nearest = at::cdist(own.unsqueeze(0).expand({images, count, 2}), centre).argmin(2);
  const at::Tensor box = gatherObjects(scene.targets.boxes, nearest);
  const at::Tensor holds = ((own > box.slice(2, 0, 2)) & (own < box.slice(2, 2, 4))).all(2);
  const at::Tensor says = (holds & (at::rand({images, count}) < 0.25)).unsqueeze(2);
  const at::Tensor size = (box.slice(2, 2, 4) - box.slice(2, 0, 2)).repeat({1, 1, 2});
  const at::Tensor boxes = at::where(
      says, box + at::randn({images, count, 4}) * 0.1 * size,
      scene.anchors.boxes + at::randn({images, count, 4}) * 0.1 * scene.anchors.strides.unsqueeze(1));
  // In order, and around the point where offsets are distances.
  const at::Tensor middle = scene.heads.points ? own.expand({images, count, 2}) : centres(boxes);
  const at::Tensor low = at::minimum(boxes.slice(2, 0, 2), middle - 0.5),
                   high = at::maximum(boxes.slice(2, 2, 4), middle + 0.5);
  scene.outputs.offsets =
      BoxCoder::of(scene.anchors.offsets).encode(scene.anchors.boxes, at::cat({low, high}, 2));
  scene.outputs.boxes = decoded(scene, scene.outputs.offsets);
  scene.outputs.logits = at::randn({images, count, kClasses}) * 1.5 - 3;
  return scene;
}

at::Tensor decoded(const AssignerScene& scene, const at::Tensor& offsets) {
  return BoxCoder::of(scene.anchors.offsets).decode(scene.anchors.boxes, offsets);
}

SceneKind kindFor(const AssignerEntry& entry) {
  if (!entry.conflicts) return SceneKind::kOneAnchor;
  const auto takes = [&](bool points, int anchorsPerCell) {
    return entry.conflicts(ParamSet(entry.params), {points, anchorsPerCell}).empty();
  };
  return takes(false, 1) ? SceneKind::kOneAnchor : takes(true, 1) ? SceneKind::kPoints : SceneKind::kAnchors;
}

std::function<Assignment()> assignmentOf(const AssignerEntry& entry, const ParamSet& params,
                                         const AssignerScene& scene) {
  const std::shared_ptr<Assigner> assigner = *entry.make(params);
  return [assigner, &scene, costs = std::make_shared<FocalAndGiou>()] {
    return assigner->assign(scene.inputs(), {}, costs.get());
  };
}

}  // namespace anchorscope::testing
