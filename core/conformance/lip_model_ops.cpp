// lip.simplified, lip.bottleneck_logit, resnet.param_counts, model.lip_resnet*: LIP's logit modules and the
// classifiers of the official code, rebuilt by name, filled by formula, run in float64.

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <optional>

#include "core/base/check.h"
#include "core/conformance/leaves.h"
#include "core/conformance/network_cases.h"
#include "core/conformance/op_table.h"
#include "core/model/lip_logits.h"
#include "core/model/resnet.h"
#include "core/ops/lip.h"

namespace anchorscope::conformance {
namespace {

constexpr LipWindow kWindow{3, 2, 1};

/// A module's size; larger ones would only take long.
std::int64_t sizeParam(const ReferenceCase& reference, const char* name) {
  const std::int64_t size = reference.integer(name);
  if (size < 1 || size > 4096) throw MalformedCase(concat("the parameter '", name, "' is out of range"));
  return size;
}

/// value = 0.05 sin(0.37 j + 1.3 k) for element j of parameter k; norms' weights 1 + value.
void fillBySine(const StateList& state) {
  const at::NoGradGuard noGrad;
  double ordinal = 0;
  for (const NamedTensor& named : state.parameters()) {
    const at::Tensor& tensor = named.tensor;
    const bool normWeight = tensor.dim() == 1 && named.name.find(".weight") != std::string::npos;
    const at::Tensor value = at::sin(at::arange(tensor.numel(), at::kDouble) * 0.37 + ordinal++ * 1.3) * 0.05;
    tensor.copy_((value + (normWeight ? 1 : 0)).view(tensor.sizes()));
  }
}

/// Pools `map` by `logit`, takes gradients of sum(y * upstream), and reports those of the parameters.
Outputs poolAndGradients(const ReferenceCase& reference, const StateList& state, const at::Tensor& map,
                         const at::Tensor& logit) {
  const at::Tensor y = lipPool(map, logit, kWindow);
  (y * reference.input("upstream").to(y.device())).sum().backward();
  Outputs outputs = {{"logit", logit}, {"y", y}};
  int ordinal = 0;
  for (const NamedTensor& named : state.parameters()) {
    const at::Tensor gradient = named.tensor.grad().flatten();
    const std::string name = concat("grad_param", ordinal++);
    outputs[name] = gradient.slice(0, 0, 64);
    outputs[name + "_sum"] = gradient.sum();
  }
  return outputs;
}

void prepare(StateList& state, at::Device device) {
  state.toDtype(at::kDouble);
  fillBySine(state);
  state.moveTo(device, false);
}

Outputs runSimplified(const ReferenceCase& reference, at::Device device) {
  const std::int64_t channels = sizeParam(reference, "channels");
  StateList state(0);
  const LipLogit logit(state, "logit.", channels, channels, 3);
  prepare(state, device);
  const at::Tensor x = leafInput(reference, "x", device);
  Outputs outputs = poolAndGradients(reference, state, x, logit(x));
  outputs["grad_x"] = x.grad();
  return outputs;
}

Outputs runBottleneck(const ReferenceCase& reference, at::Device device) {
  const std::int64_t width = sizeParam(reference, "width");
  StateList state(0);
  const LipTrunk trunk(state, "trunk.", sizeParam(reference, "in_channels"), width);
  const LipLogit head(state, "head.", width, sizeParam(reference, "channels"), 1);
  prepare(state, device);
  const at::Tensor x = leafInput(reference, "x", device), z = leafAsGiven(reference, "z", device);
  Outputs outputs = poolAndGradients(reference, state, z, head(trunk(x)));
  outputs["grad_x"] = x.grad();
  outputs["grad_z"] = z.grad();
  return outputs;
}

ResNetShape baseShape(const ReferenceCase& reference) {
  const std::string base = reference.text("base");
  if (base == "resnet50") return {{3, 4, 6, 3}, true};
  if (base == "resnet101") return {{3, 4, 23, 3}, true};
  throw UnsupportedCase(concat("there is no base '", base, "'"));
}

/// A backbone with the mean over the last map and a linear layer on it.
class Classifier {
 public:
  Classifier(const ResNetShape& shape, std::int64_t classCount)
      : state_(0), body_(state_, "", shape, NormKind::kBatch, 5) {
    weight_ = state_.addParameter("fc.weight", at::zeros({classCount, body_.channels()[2]}));
    bias_ = state_.addParameter("fc.bias", at::zeros({classCount}));
  }

  at::Tensor scores(const at::Tensor& images, const BackbonePass& pass) const {
    return at::linear(body_(images, pass)[2].mean({2, 3}), weight_, bias_);
  }
  const ResNet& body() const { return body_; }
  StateList& state() { return state_; }

 private:
  StateList state_;
  ResNet body_;
  at::Tensor weight_, bias_;
};

at::Tensor countOf(std::int64_t count) {
  return at::scalar_tensor(count, at::kLong);
}

/// Elements of the parameters whose names hold one of the parts; of all, without parts.
std::int64_t parameterCount(Classifier& network, const std::vector<std::string>& parts = {}) {
  std::int64_t count = 0;
  for (const NamedTensor& named : network.state().parameters()) {
    bool counts = parts.empty();
    for (const std::string& part : parts)
      counts = counts || named.name.find(part) != std::string::npos;
    if (counts) count += named.tensor.numel();
  }
  return count;
}

Outputs runParameterCounts(const ReferenceCase& reference, at::Device) {
  ResNetShape shape = baseShape(reference);
  const std::int64_t classCount = sizeParam(reference, "num_classes");
  Classifier plain(shape, classCount);
  shape.downsampling = {DownsamplingKind::kLip, LipLogits::kBottleneck, sizeParam(reference, "width")};
  Classifier lip(shape, classCount);
  Outputs outputs;
  for (const auto& [name, network] : {std::pair("plain", &plain), std::pair("lip", &lip)}) {
    const std::int64_t total = parameterCount(*network);
    outputs[concat(name, "_total")] = countOf(total);
    outputs[concat(name, "_backbone")] = countOf(total - parameterCount(*network, {"fc."}));
  }
  outputs["logit_params_stem"] = countOf(parameterCount(lip, {"maxpool.logit."}));
  for (int stage = 2; stage <= 4; ++stage) {
    const std::string block = concat("layer", stage, ".0.");
    outputs[concat("logit_params_layer", stage)] = countOf(
        parameterCount(lip, {block + "bottleneck_shared.", block + "conv2.0.", block + "downsample.lip."}));
  }
  constexpr std::int64_t kChannelsPerPlace = 3;
  outputs["num_lip_ops"] =
      countOf(static_cast<std::int64_t>(lip.body().declaration().channels.size()) / kChannelsPerPlace);
  return outputs;
}

/// The official network with the file's weights.
std::unique_ptr<Classifier> filledClassifier(const ReferenceCase& reference, at::Device device) {
  ResNetShape shape = baseShape(reference);
  shape.downsampling.kind = DownsamplingKind::kLip;
  auto network = std::make_unique<Classifier>(shape, sizeParam(reference, "num_classes"));
  network->state().toDtype(at::kDouble);
  const auto rule = [](const std::string& name, const at::Tensor& tensor) -> Fill {
    Fill fill = commonFill(name, tensor);
    if (tensor.dim() == 2) fill.scale /= std::sqrt(2.0);  // sqrt(3 / fan)
    return fill;
  };
  fillNetwork(network->state().all(), rule, reference);
  network->state().moveTo(device, false);
  return network;
}

struct ClassifierRun {
  std::unique_ptr<Classifier> network;
  at::Tensor input, scores, loss;
  std::vector<NamedTensor> trace;
};

ClassifierRun runClassifier(const ReferenceCase& reference, at::Device device) {
  ClassifierRun run;
  run.network = filledClassifier(reference, device);
  run.input = networkInput(reference).to(device);
  run.scores = run.network->scores(run.input, {trainsBatchNorm(reference), nullptr, &run.trace});
  const std::int64_t label = reference.integer("label");
  if (label < 0 || label >= run.scores.size(1)) throw MalformedCase("the parameter 'label' is out of range");
  run.loss = -at::log_softmax(run.scores, 1)[0][label];
  return run;
}

Outputs runForward(const ReferenceCase& reference, at::Device device) {
  const ClassifierRun run = runClassifier(reference, device);
  Outputs outputs;
  outputs["num_filled_tensors"] =
      countOf(static_cast<std::int64_t>(withoutCounters(run.network->state().all()).size()));
  outputs["num_parameters"] = countOf(parameterCount(*run.network));
  summarize("input", run.input, outputs);
  for (const NamedTensor& named : run.trace) {
    const bool gate = named.name.find(".gate") != std::string::npos;
    summarize(named.name == "pool" ? "lip_pool" : concat(gate ? "logit." : "", named.name), named.tensor,
              outputs);
  }
  summarize("scores", run.scores, outputs);
  outputs["loss"] = run.loss;
  return outputs;
}

Outputs runGradient(const ReferenceCase& reference, at::Device device) {
  const ClassifierRun run = runClassifier(reference, device);
  run.loss.backward();
  return gradientSummary(run.network->state().parameters());
}

Outputs runStateDict(const ReferenceCase& reference, at::Device device) {
  const std::unique_ptr<Classifier> network = filledClassifier(reference, device);
  Outputs outputs = stateDictSummary(reference, network->state().all());
  outputs["num_parameters"] = countOf(parameterCount(*network));
  return outputs;
}

}  // namespace

std::vector<OpEntry> lipModelOps() {
  return {{"lip.simplified", runSimplified},           {"lip.bottleneck_logit", runBottleneck},
          {"resnet.param_counts", runParameterCounts}, {"model.lip_resnet", runForward},
          {"model.lip_resnet_grad", runGradient},      {"model.lip_resnet_state_dict", runStateDict}};
}

}  // namespace anchorscope::conformance
