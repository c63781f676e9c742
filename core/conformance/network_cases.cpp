#include "core/conformance/network_cases.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <numbers>

#include "core/base/check.h"

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

std::uint32_t saltOf(const ReferenceCase& reference) {
  return static_cast<std::uint32_t>(reference.integer("salt"));
}

double fanOf(const at::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
}

}  // namespace

Fill commonFill(const std::string& name, const at::Tensor& tensor) {
  if (tensor.dim() >= 2) return {0, std::sqrt(6 / fanOf(tensor))};
  if (endsWith(name, "running_mean")) return {0, 0.05};
  if (endsWith(name, "running_var")) return {1, 0.2};
  if (endsWith(name, ".weight")) {
    const double factor = contains(name, ".bn3.") ? 0.3 : 1;
    return {factor, 0.1 * factor};
  }
  return {0, 0.05};
}

Fill retinaNetFill(const std::string& name, const at::Tensor& tensor) {
  if (tensor.dim() == 4) {
    const bool head = name.compare(0, 5, "head.") == 0;
    if (head && (contains(name, "cls_logits") || contains(name, "bbox_reg"))) {
      return {0, 0.01 * std::numbers::sqrt3};
    }
    if (contains(name, ".fpn.")) return {0, std::sqrt(3 / fanOf(tensor))};
  }
  if (name == "head.classification_head.cls_logits.bias") return {-std::log(99.0), 0.1};
  return commonFill(name, tensor);
}

Fill fcosFill(const std::string& name, const at::Tensor& tensor) {
  if (tensor.dim() == 4 && contains(name, ".bbox_ctrness.")) return {0, 0.01 * std::numbers::sqrt3};
  if (name == "head.regression_head.bbox_reg.bias") return {1, 0.05};
  return retinaNetFill(name, tensor);
}

Fill torchvisionFill(const std::string& name, const at::Tensor& tensor) {
  if (name == "backbone.scale_weight") return {20, 1};
  if (tensor.dim() < 2) return commonFill(name, tensor);
  for (const char* output : {".cls_logits.", ".bbox_pred.", ".cls_score."})
    if (contains(name, output)) return {0, 0.01 * std::numbers::sqrt3};
  const bool ofHead = name.starts_with("head.") && contains(name, ".module_list.");
  if (contains(name, ".fpn.") || ofHead) return {0, std::sqrt(3 / fanOf(tensor))};
  return commonFill(name, tensor);
}

std::vector<NamedTensor> withoutCounters(const std::vector<NamedTensor>& stateDict) {
  std::vector<NamedTensor> tensors;
  for (const NamedTensor& named : stateDict) {
    if (!endsWith(named.name, "num_batches_tracked")) tensors.push_back(named);
  }
  return tensors;
}

void fillNetwork(const std::vector<NamedTensor>& stateDict, const FillRule& rule,
                 const ReferenceCase& reference) {
  const c10::NoGradGuard noGrad;
  const std::uint32_t salt = saltOf(reference);
  std::uint32_t ordinal = 0;
  for (const NamedTensor& named : withoutCounters(stateDict)) {
    const Fill fill = rule(named.name, named.tensor);
    at::Tensor values = at::empty({named.tensor.numel()}, at::kDouble);
    double* const data = values.mutable_data_ptr<double>();
    for (std::int64_t j = 0; j < values.numel(); ++j)
      data[j] = fill.offset + fill.scale * fillValue(static_cast<std::uint32_t>(j), ordinal, salt);
    named.tensor.copy_(values.view(named.tensor.sizes()));
    ++ordinal;
  }
}

SizePx imageSizeOf(const ReferenceCase& reference) {
  const std::vector<double> image = reference.numbers("image", 2);
  for (const double side : image) {
    if (!(side >= 1 && side <= 4096)) throw MalformedCase("the parameter 'image' is out of range");
  }
  return {static_cast<int>(image[1]), static_cast<int>(image[0])};
}

at::Tensor networkInput(const ReferenceCase& reference) {
  const SizePx size = imageSizeOf(reference);
  const at::Tensor x = at::arange(size.width, at::kDouble).view({1, 1, size.width});
  const at::Tensor y = at::arange(size.height, at::kDouble).view({1, size.height, 1});
  const at::Tensor c = at::arange(3, at::kDouble).view({3, 1, 1});
  const double salt = saltOf(reference);
  return (at::sin(0.11 * x + 0.07 * y + 0.9 * c + 0.5 * salt) +
          0.5 * at::cos(0.031 * x * (c + 1) - 0.053 * y))
      .unsqueeze(0);
}

bool trainsBatchNorm(const ReferenceCase& reference) {
  const std::string statistics = reference.text("batchnorm");
  if (statistics != "eval" && statistics != "train") {
    throw UnsupportedCase(concat("there is no batch norm mode '", statistics, "'"));
  }
  return statistics == "train";
}

void summarize(const std::string& name, const at::Tensor& tensor, Outputs& outputs) {
  const at::Tensor values = tensor.detach().to(at::kDouble).flatten();
  outputs[name + ".shape"] = at::tensor(tensor.sizes().vec(), at::kLong);
  outputs[name + ".sum"] = values.sum();
  outputs[name + ".abs_sum"] = values.abs().sum();
  outputs[name + ".first16"] = values.slice(0, 0, 16);
}

void describeDetections(const std::vector<PredictionRecord>& detections, const std::string& prefix,
                        int firstLabel, Outputs& outputs) {
  std::vector<double> boxes, scores;
  std::vector<std::int64_t> labels;
  for (const PredictionRecord& detection : detections) {
    const Box& box = detection.boxInImage;
    boxes.insert(boxes.end(), {box.x1, box.y1, box.x2, box.y2});
    scores.push_back(detection.score);
    labels.push_back(detection.classIndex + firstLabel);
  }
  outputs[prefix + "boxes"] = at::tensor(boxes, at::kDouble).view({-1, 4});
  outputs[prefix + "scores"] = at::tensor(scores, at::kDouble);
  outputs[prefix + "labels"] = at::tensor(labels, at::kLong);
}

Outputs gradientSummary(const std::vector<NamedTensor>& parameters) {
  Outputs outputs;
  for (const NamedTensor& named : parameters) {
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

Outputs stateDictSummary(const ReferenceCase& reference, const std::vector<NamedTensor>& stateDict) {
  std::vector<std::string> names;
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<at::Tensor> sums, absSums, first4;
  for (const NamedTensor& named : withoutCounters(stateDict)) {
    names.push_back(named.name);
    shapes.push_back(named.tensor.sizes().vec());
    const at::Tensor values = named.tensor.detach().flatten();
    sums.push_back(values.sum());
    absSums.push_back(values.abs().sum());
    first4.push_back(
        at::constant_pad_nd(values.slice(0, 0, 4), {0, std::max<std::int64_t>(0, 4 - values.numel())}));
  }
  if (reference.params.value("names", nlohmann::json()) != nlohmann::json(names) ||
      reference.params.value("shapes", nlohmann::json()) != nlohmann::json(shapes)) {
    throw std::runtime_error("the detector's tensors have other names, another order or other shapes");
  }
  return {{"sums", at::stack(sums)}, {"abs_sums", at::stack(absSums)}, {"first4", at::stack(first4)}};
}

}  // namespace anchorscope::conformance
