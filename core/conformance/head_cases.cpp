#include "core/conformance/head_cases.h"

#include <array>

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/methods/method.h"

namespace anchorscope::conformance {

AnchorSet anchorBoxes(const ReferenceCase& reference, at::Device device) {
  AnchorSet set;
  set.boxes = reference.input("anchors").to(device, at::kDouble);
  if (set.boxes.dim() != 2 || set.boxes.size(1) != 4) throw MalformedCase("anchors are not [N,4]");
  set.levels = levelsOf(reference, set.count());
  set.strides = stridesOf(set.levels, set.boxes.options());
  return set;
}

at::Tensor pointsOfFeatures(const ReferenceCase& reference, const at::TensorOptions& options, double offset) {
  const std::vector<double> strides = reference.numbers("strides");
  const auto& sizes = reference.params.at("feature_sizes");
  if (!sizes.is_array() || sizes.size() != strides.size())
    throw MalformedCase("feature_sizes is no list of levels");
  std::vector<at::Tensor> points;
  for (std::size_t level = 0; level < strides.size(); ++level) {
    const auto size = sizes[level].get<std::array<std::int64_t, 2>>();
    const auto along = [&](std::int64_t cells) {
      return (at::arange(cells, options) + offset) * strides[level];
    };
    const std::vector<at::Tensor> grid = at::meshgrid({along(size[0]), along(size[1])}, "ij");
    points.push_back(at::stack({grid[1].reshape({-1}), grid[0].reshape({-1})}, 1));
  }
  return at::cat(points);
}

ParamSet assignerParams(const std::string& name) {
  for (const AssignerEntry& entry : assignerEntries())
    if (entry.name == name) return ParamSet(entry.params);
  throw UnsupportedCase(concat("there is no assigner '", name, "'"));
}

HeadRun runHead(const ReferenceCase& reference, const std::string& method, const ParamSet& params,
                const AnchorSet& anchors, const HeadOutputs& heads) {
  const auto made = unwrapped(makeMethod(method, params));
  made->moveTo(heads.logits.device());
  return runHead(reference, *made, anchors, heads);
}

HeadRun runHead(const ReferenceCase& reference, Method& method, const AnchorSet& anchors,
                const HeadOutputs& heads) {
  HeadRun run;
  run.objects = padObjects(reference, 1, heads.logits.size(2), heads.logits.device());
  for (at::Tensor* boxes : {&run.objects.targets.boxes, &run.objects.targets.ignoreBoxes})
    *boxes = boxes->to(heads.logits.scalar_type());
  const LossTerms terms = method.loss({anchors, heads, run.objects.targets}, &run.sink);
  terms.total.backward();
  const auto winners = [&](const char* channel) {
    return globalWinners(run.sink.channels.at(channel), run.objects).squeeze(0);
  };
  run.outputs["assigned_gt"] = winners(kClsObjectChannel);
  run.outputs["labels"] = labelsOf(reference, run.outputs.at("assigned_gt"));
  for (const NamedScalar& scalar : terms.scalars)
    run.scalars[scalar.name] = scalar.value;
  if (run.scalars.count("loss.cls"))
    run.outputs["loss_cls"] = run.scalars.at("loss.cls") * method.params().getFloat("lambda_cls");
  if (run.scalars.count("loss.loc"))
    run.outputs["loss_bbox"] = run.scalars.at("loss.loc") * method.params().getFloat("lambda_reg");
  if (run.scalars.count("loss.quality")) run.outputs["loss_centerness"] = run.scalars.at("loss.quality");
  return run;
}

at::Tensor pairMatrix(const CaptureSink::PairColumns& rows, const std::string& column, std::int64_t anchors,
                      std::int64_t objects) {
  const at::Tensor& values = rows.columns.at(column);
  const at::Tensor matrix = at::zeros({anchors, objects}, at::kDouble);
  if (objects > 0)
    matrix.index_put_({rows.anchor.cpu(), rows.object.cpu()}, values.to(at::kCPU, at::kDouble).nan_to_num(0));
  return matrix;
}

}  // namespace anchorscope::conformance
