// model.*: torchvision's RetinaNet, rebuilt by name, filled by formula, run in float64.

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <numbers>

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/op_table.h"
#include "core/methods/method.h"
#include "core/model/retinanet.h"

namespace anchorscope::conformance {
namespace {

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}
bool endsWith(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

/// The hash in [-1, 1) that the reference files fill element `index` of tensor `ordinal` with.
double fillValue(std::uint32_t index, std::uint32_t ordinal, std::uint32_t salt) {
  std::uint32_t hash = index * 2654435761U + ordinal * 2246822519U + salt * 3266489917U + 374761393U;
  hash ^= hash >> 15;
  hash *= 2246822519U;
  hash ^= hash >> 13;
  hash *= 3266489917U;
  hash ^= hash >> 16;
  return static_cast<double>(hash) / 2147483648.0 - 1;
}

/// A tensor's fill is offset + scale * v.
struct Fill {
  double offset = 0, scale = 1;
};

Fill retinaNetFill(const std::string& name, const at::Tensor& tensor) {
  if (tensor.dim() == 4) {
    const bool head = name.compare(0, 5, "head.") == 0;
    if (head && (contains(name, "cls_logits") || contains(name, "bbox_reg"))) {
      return {0, 0.01 * std::numbers::sqrt3};
    }
    const auto fan = static_cast<double>(tensor.size(1) * tensor.size(2) * tensor.size(3));
    return {0, std::sqrt((contains(name, ".fpn.") ? 3 : 6) / fan)};
  }
  if (endsWith(name, "running_mean")) return {0, 0.05};
  if (endsWith(name, "running_var")) return {1, 0.2};
  if (endsWith(name, ".weight")) {
    const double factor = contains(name, ".bn3.") ? 0.3 : 1;
    return {factor, 0.1 * factor};
  }
  if (name == "head.classification_head.cls_logits.bias") return {-std::log(99.0), 0.1};
  return {0, 0.05};
}

/// The state_dict without the counters, which take no ordinal.
std::vector<NamedTensor> filledTensors(const Detector& detector) {
  std::vector<NamedTensor> tensors;
  for (const NamedTensor& named : detector.stateDict()) {
    if (!endsWith(named.name, "num_batches_tracked")) tensors.push_back(named);
  }
  return tensors;
}

std::uint32_t saltOf(const ReferenceCase& reference) {
  return static_cast<std::uint32_t>(reference.integer("salt"));
}

std::unique_ptr<Detector> filledRetinaNet(const ReferenceCase& reference, at::Device device) {
  const std::int64_t classCount = reference.integer("num_classes");
  if (classCount < 1 || classCount > 10000)
    throw MalformedCase("the parameter 'num_classes' is out of range");
  Result<ParamSet> params = modelParams("retinanet-r50");
  ANCHORSCOPE_CHECK(params.ok() && params->set("norm", "bn").ok(), "the model of torchvision");
  Result<std::unique_ptr<Detector>> detector =
      makeDetector("retinanet-r50", *params, static_cast<int>(classCount), 0);
  ANCHORSCOPE_CHECK(detector.ok(), "the model of torchvision");
  (*detector)->toDtype(at::kDouble);
  const c10::NoGradGuard noGrad;
  std::uint32_t ordinal = 0;
  for (const NamedTensor& named : filledTensors(**detector)) {
    const Fill fill = retinaNetFill(named.name, named.tensor);
    at::Tensor values = at::empty({named.tensor.numel()}, at::kDouble);
    double* const data = values.mutable_data_ptr<double>();
    for (std::int64_t j = 0; j < values.numel(); ++j) {
      data[j] =
          fill.offset + fill.scale * fillValue(static_cast<std::uint32_t>(j), ordinal, saltOf(reference));
    }
    named.tensor.copy_(values.view(named.tensor.sizes()));
    ++ordinal;
  }
  (*detector)->moveTo(device, false);
  return *std::move(detector);
}

SizePx imageSizeOf(const ReferenceCase& reference) {
  const std::vector<double> image = reference.numbers("image", 2);
  for (const double side : image) {
    if (!(side >= 1 && side <= 4096)) throw MalformedCase("the parameter 'image' is out of range");
  }
  return {static_cast<int>(image[1]), static_cast<int>(image[0])};
}

at::Tensor inputOf(const ReferenceCase& reference) {
  const SizePx size = imageSizeOf(reference);
  const at::Tensor x = at::arange(size.width, at::kDouble).view({1, 1, size.width});
  const at::Tensor y = at::arange(size.height, at::kDouble).view({1, size.height, 1});
  const at::Tensor c = at::arange(3, at::kDouble).view({3, 1, 1});
  const double salt = saltOf(reference);
  return (at::sin(0.11 * x + 0.07 * y + 0.9 * c + 0.5 * salt) +
          0.5 * at::cos(0.031 * x * (c + 1) - 0.053 * y))
      .unsqueeze(0);
}

void summarize(const std::string& name, const at::Tensor& tensor, Outputs& outputs) {
  const at::Tensor values = tensor.detach().to(at::kDouble).flatten();
  outputs[name + ".shape"] = at::tensor(tensor.sizes().vec(), at::kLong);
  outputs[name + ".sum"] = values.sum();
  outputs[name + ".abs_sum"] = values.abs().sum();
  outputs[name + ".first16"] = values.slice(0, 0, 16);
}

/// The network, its input and what training on the case's objects gives.
struct RetinaNetRun {
  std::unique_ptr<Detector> detector;
  at::Tensor input;
  AnchorSet anchors;
  std::vector<at::Tensor> features;
  DenseOutputs outputs;
  DenseTargets targets;
  LossTerms loss;
};

RetinaNetRun runRetinaNet(const ReferenceCase& reference, at::Device device) {
  RetinaNetRun run;
  run.detector = filledRetinaNet(reference, device);
  const std::string statistics = reference.text("batchnorm");
  if (statistics != "eval" && statistics != "train") {
    throw UnsupportedCase(concat("there is no batch norm mode '", statistics, "'"));
  }
  run.detector->setTraining(statistics == "train");
  run.input = inputOf(reference).to(device);
  run.anchors = run.detector->anchors(imageSizeOf(reference));
  run.anchors.boxes = run.anchors.boxes.to(at::kDouble);
  const auto& network = dynamic_cast<const RetinaNet&>(*run.detector);
  run.features = network.features(run.input);
  run.outputs = network.heads(run.features, run.anchors);

  const at::Tensor boxes = reference.input("gt_boxes").to(device).to(at::kDouble);
  const at::Tensor labels = reference.input("gt_labels").to(device);
  if (boxes.dim() != 2 || boxes.size(1) != 4 || labels.sizes() != at::IntArrayRef{boxes.size(0)}) {
    throw MalformedCase("gt_boxes must be [G,4] and gt_labels [G]");
  }
  run.targets = {boxes.unsqueeze(0), labels.unsqueeze(0), at::ones_like(labels.unsqueeze(0), at::kBool),
                 at::zeros({1, 0, 4}, boxes.options())};
  Result<std::unique_ptr<Method>> method = makeMethod("max_iou", *methodParams("max_iou"));
  ANCHORSCOPE_CHECK(method.ok(), "torchvision's method");
  run.loss = (*method)->loss(run.anchors, run.outputs, run.targets, nullptr);
  return run;
}

Outputs runForward(const ReferenceCase& reference, at::Device device) {
  const RetinaNetRun run = runRetinaNet(reference, device);
  Outputs outputs;
  std::int64_t parameterCount = 0;
  for (const NamedTensor& named : run.detector->parameters())
    parameterCount += named.tensor.numel();
  outputs["num_parameters"] = at::scalar_tensor(parameterCount, at::kLong);
  outputs["num_filled_tensors"] =
      at::scalar_tensor(static_cast<std::int64_t>(filledTensors(*run.detector).size()), at::kLong);

  const std::vector<std::string> levelNames = {"0", "1", "2", "p6", "p7"};
  summarize("input", run.input, outputs);
  for (std::size_t level = 0; level < levelNames.size(); ++level) {
    const LevelLayout& layout = run.anchors.levels[level];
    const auto rowsOfLevel = [&](const at::Tensor& all) {
      return all.slice(1, layout.firstAnchor, layout.firstAnchor + layout.anchorCount());
    };
    summarize("feature." + levelNames[level], run.features[level], outputs);
    summarize("cls_logits." + levelNames[level], rowsOfLevel(run.outputs.logits), outputs);
    summarize("bbox_regression." + levelNames[level], rowsOfLevel(run.outputs.deltas), outputs);
  }
  summarize("anchors", run.anchors.boxes, outputs);

  Result<std::unique_ptr<Assigner>> assigner = makeAssigner("max_iou", *methodParams("max_iou"));
  ANCHORSCOPE_CHECK(assigner.ok(), "torchvision's matcher");
  const at::Tensor object = (*assigner)->assign(run.anchors, run.outputs, run.targets, nullptr).clsObject;
  outputs["num_foreground"] = (object >= 0).sum();
  outputs["num_background"] = (object == -1).sum();
  outputs["num_ignored"] = (object == -2).sum();
  for (const NamedScalar& scalar : run.loss.scalars) {
    if (scalar.name == "loss.cls") outputs["loss.classification"] = scalar.value;
    if (scalar.name == "loss.loc") outputs["loss.bbox_regression"] = scalar.value;
  }
  return outputs;
}

Outputs runGradient(const ReferenceCase& reference, at::Device device) {
  const RetinaNetRun run = runRetinaNet(reference, device);
  run.loss.total.backward();
  Outputs outputs;
  for (const NamedTensor& named : run.detector->parameters()) {
    const at::Tensor gradient =
        (named.tensor.grad().defined() ? named.tensor.grad() : at::zeros_like(named.tensor)).flatten();
    const at::Tensor sum = gradient.abs().sum();
    outputs[named.name + ".abs_sum"] = sum;
    outputs[named.name + ".sum_over_abs_sum"] = gradient.sum() / sum;
    outputs[named.name + ".first8_over_mean_abs"] =
        gradient.slice(0, 0, 8) / (sum / static_cast<double>(gradient.numel()));
  }
  return outputs;
}

Outputs runStateDict(const ReferenceCase& reference, at::Device device) {
  const std::vector<NamedTensor> tensors = filledTensors(*filledRetinaNet(reference, device));
  std::vector<std::string> names;
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<at::Tensor> sums, absSums, first4;
  for (const NamedTensor& named : tensors) {
    names.push_back(named.name);
    shapes.push_back(named.tensor.sizes().vec());
    const at::Tensor values = named.tensor.detach().flatten();
    sums.push_back(values.sum());
    absSums.push_back(values.abs().sum());
    first4.push_back(values.slice(0, 0, 4));
  }
  if (reference.params.value("names", nlohmann::json()) != nlohmann::json(names) ||
      reference.params.value("shapes", nlohmann::json()) != nlohmann::json(shapes)) {
    throw std::runtime_error("the detector's tensors have other names, another order or other shapes");
  }
  return {{"sums", at::stack(sums)}, {"abs_sums", at::stack(absSums)}, {"first4", at::stack(first4)}};
}

}  // namespace

std::vector<OpEntry> modelOps() {
  return {{"model.retinanet_r50_fpn", runForward},
          {"model.retinanet_r50_fpn_grad", runGradient},
          {"model.retinanet_state_dict", runStateDict}};
}

}  // namespace anchorscope::conformance
