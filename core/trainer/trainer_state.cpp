// The trainer's options while it runs, and its whole state in and out of checkpoints.

#include <algorithm>
#include <cctype>
#include <mutex>
#include <unordered_map>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/trainer/schedule.h"
#include "core/trainer/trainer.h"

namespace anchorscope {
namespace {

/// Under this name checkpoints keep what the prior was counted from: positives, background, ignored.
constexpr const char* kPriorCounts = "train.prior_counts";

std::int64_t objectCountOf(const Dataset& dataset) {
  std::int64_t count = 0;
  for (const ImageRecord& image : dataset.images())
    count += static_cast<std::int64_t>(image.annotations.size());
  return count;
}

}  // namespace

std::vector<NamedTensor> Trainer::methodState(const MethodSet& method) {
  std::vector<NamedTensor> out;
  for (const auto& tensors : {method.parameters(), method.buffers()})
    for (const NamedTensor& own : tensors)
      out.push_back({concat("method.", own.name), own.tensor});
  return out;
}

std::string Trainer::trainingReport() const {
  const ParamSet& train = config_.train;
  std::vector<std::string> parts;
  if (const std::int64_t batches = train.getInt("accumulate"); batches > 1)
    parts.push_back(concat("a step is ", batches, " batches of ", counted(train.getInt("batch"), "image")));
  std::vector<std::string> inEpochs;
  for (const ParamSpec& spec : train.specs())
    if (spec.type == ParamType::kSteps && parseEpochs(toText(train.get(spec.name))))
      inEpochs.push_back(
          concat(spec.name, " ", toText(train.get(spec.name)), " is ", train.getInt(spec.name)));
  if (!inEpochs.empty() ||
      (train.applies("lr_steps") && train.getText("lr_steps").find('e') != std::string::npos))
    parts.push_back(concat("an epoch is ", counted(static_cast<std::int64_t>(imagesPerEpoch_), "image"), ", ",
                           train.stepsPerEpoch(), " steps", inEpochs.empty() ? "" : ": ",
                           join(inEpochs, ", ")));
  if (!leftOutImages_.empty()) parts.push_back(leftOutImages_);
  if (const std::string rates = optimizer_->summary(train); !rates.empty()) parts.push_back(rates);
  if (average_)
    parts.push_back(concat("an average of the weights is kept (EMA, decay ", train.getFloat("ema_decay"),
                           "): evaluations use ", train.getBool("eval_ema") ? "it" : "the trained weights",
                           ", the probes' evidence shows the trained ones"));
  std::string text = join(parts, "; ");
  if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

Status Trainer::buildVariants() {
  auto made = methodsOf(config_.train.getText("variants"), /*ofRun=*/true);
  if (!made) return std::move(made).error();
  variants_ = *std::move(made);
  // A question does not stand in the way of the run.
  if (Status status = ask(asked_); !status) asked_.clear();
  return {};
}

Status Trainer::ask(const std::string& variants) {
  RunConfig config = config_;
  ANCHORSCOPE_TRY(config.train.set("variants", variants));
  ANCHORSCOPE_TRY(checkCombination(config));
  auto made = methodsOf(variants, /*ofRun=*/false);
  if (!made) return std::move(made).error();
  std::erase_if(variants_, [](const AskedMethods& asked) { return !asked.ofRun; });
  for (AskedMethods& asked : *made)
    if (!isOfRun(*asked.variant)) variants_.push_back(std::move(asked));
  asked_ = variants;
  return {};
}

bool Trainer::isOfRun(const Variant& variant) const {
  return std::any_of(variants_.begin(), variants_.end(), [&](const AskedMethods& asked) {
    return asked.ofRun && asked.variant->name == variant.name;
  });
}

Status Trainer::setParam(const std::string& key, const std::string& value) {
  RunConfig changed = config_;
  auto full = fullKey(changed, key);
  if (!full) return std::move(full).error();
  ANCHORSCOPE_TRY(applySetting(changed, *full, value));
  const std::size_t dot = full->find('.');
  const std::string prefix = full->substr(0, dot);
  const bool live = (prefix == "train" || prefix == "method") &&
                    paramsOf(changed, prefix).find(full->substr(dot + 1))->effect == ParamEffect::kNextStep;
  if (!live)
    return makeError(ErrorCode::kUsage, concat("'", *full, "' cannot change while training"),
                     "Start a new run with it");
  ANCHORSCOPE_TRY(checkSchedule(changed.train));
  ANCHORSCOPE_TRY(checkCombination(changed));
  std::swap(config_, changed);
  if (prefix == "method") {
    if (Status status = buildMethod(); !status) {
      std::swap(config_, changed);
      return std::move(status).error();
    }
  }
  if (prefix == "method" || *full == "train.variants") {
    if (Status status = buildVariants(); !status) {
      std::swap(config_, changed);
      if (prefix == "method") ANCHORSCOPE_TRY(buildMethod());
      return std::move(status).error();
    }
  }
  if (prefix == "method" && !method_->parameters().empty()) {
    const std::vector<NamedTensor> state = optimizer_->state();
    buildOptimizer();
    ANCHORSCOPE_TRY(optimizer_->loadState(state));
  }
  describe();
  return {};
}

std::vector<NamedTensor> Trainer::randomStates() const {
  std::vector<NamedTensor> out;
  const auto add = [&](const std::string& name, at::Device device) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    const std::lock_guard lock(generator.mutex());
    out.push_back({name, generator.get_state()});
  };
  add("random.cpu", at::kCPU);
  if (device_.is_cuda()) add("random.cuda", device_);
  return out;
}

CheckpointFacts Trainer::checkpointFacts() const {
  CheckpointFacts facts;
  facts.step = stepsDone_;
  facts.loaderPosition = loaderPosition_;
  facts.configToml = toToml(config_);
  facts.classNames = *classNames_;
  facts.device = device_.str();
  facts.threads = threads_;
  facts.skippedSteps = skippedSteps_;
  facts.imageCount = static_cast<std::int64_t>(dataset_->images().size());
  facts.objectCount = objectCountOf(*dataset_);
  facts.stepsPerEpoch = config_.train.stepsPerEpoch();
  return facts;
}

std::vector<NamedTensor> Trainer::wholeState() const {
  std::vector<NamedTensor> tensors = detector_->stateDict();
  const auto append = [&](std::vector<NamedTensor> more) {
    tensors.insert(tensors.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  append(methodState(*method_));
  if (priorCounts_.defined()) append(std::vector<NamedTensor>{{kPriorCounts, priorCounts_}});
  append(optimizer_->state());
  if (average_) append(average_->state());
  append(randomStates());
  return tensors;
}

Status Trainer::saveCheckpoint(const std::string& path, Overwrite overwrite) const {
  return writeCheckpoint(path, checkpointFacts(), wholeState(), overwrite);
}

Checkpoint Trainer::copyState() const {
  const at::NoGradGuard noGrad;
  Checkpoint out{checkpointFacts(), wholeState()};
  for (NamedTensor& entry : out.tensors)
    entry.tensor =
        entry.tensor.detach().to(at::kCPU, entry.tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  return out;
}

Status Trainer::restore(const PrepareOptions& options) {
  const std::string& checkpointPath = options.checkpoint;
  auto checkpoint = readCheckpoint(checkpointPath);
  if (!checkpoint) return std::move(checkpoint).error();
  if (checkpoint->facts.classNames != *classNames_)
    return makeError(
        ErrorCode::kBadData,
        concat("'", checkpointPath, "' was trained on the classes ", listed(checkpoint->facts.classNames),
               ", the data set has ", listed(*classNames_)),
        "Continue with the data set the run was started with");
  std::unordered_map<std::string, at::Tensor> byName;
  for (const NamedTensor& entry : checkpoint->tensors)
    byName.emplace(entry.name, entry.tensor);
  std::vector<NamedTensor> targets = detector_->stateDict();
  for (NamedTensor& own : methodState(*method_))
    targets.push_back(std::move(own));
  {
    const at::NoGradGuard noGrad;
    for (NamedTensor& target : targets) {
      const auto found = byName.find(target.name);
      if (found == byName.end() || found->second.sizes() != target.tensor.sizes())
        return makeError(
            ErrorCode::kBadData,
            concat("'", checkpointPath, "' has no '", target.name, "' of shape ", target.tensor.sizes()),
            "Continue with the model the run was started with");
      target.tensor.copy_(found->second);
    }
    ANCHORSCOPE_TRY(optimizer_->loadState(checkpoint->tensors));
    if (average_) ANCHORSCOPE_TRY(average_->loadState(checkpoint->tensors));
  }
  for (const NamedTensor& state : randomStates()) {
    const auto found = byName.find(state.name);
    // Written on another kind of device: its generator starts anew.
    if (options.besideOthers || found == byName.end()) continue;
    at::Generator generator =
        at::globalContext().defaultGenerator(state.name == "random.cuda" ? device_ : at::Device(at::kCPU));
    const std::lock_guard lock(generator.mutex());
    try {
      generator.set_state(found->second);
    } catch (const c10::Error&) {
      return makeError(
          ErrorCode::kBadData,
          concat("'", checkpointPath, "' is damaged: '", state.name, "' is no state of a generator"),
          "Remove or rename it to go on from the one before it");
    }
  }
  if (const auto found = byName.find(kPriorCounts);
      found != byName.end() && found->second.scalar_type() == at::kLong && found->second.numel() == 3)
    priorCounts_ = found->second.contiguous();
  stepsDone_ = checkpoint->facts.step;
  skippedSteps_ = checkpoint->facts.skippedSteps;
  const auto images = static_cast<std::int64_t>(dataset_->images().size());
  const std::int64_t objects = objectCountOf(*dataset_);
  if (checkpoint->facts.imageCount > 0 &&
      (checkpoint->facts.imageCount != images || checkpoint->facts.objectCount != objects))
    dataChange_ = concat(
        "The training set has ", images, " images with ", objects, " objects now, ",
        checkpoint->facts.imageCount, " with ", checkpoint->facts.objectCount,
        " when the checkpoint was written: this run goes on with other batches than it would have had");
  loader_ = makeLoader(dataset_, loaderOptions(true), checkpoint->facts.loaderPosition);
  return {};
}

}  // namespace anchorscope
