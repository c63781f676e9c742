#include "core/trainer/trainer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "core/base/check.h"
#include "core/data/largest_input.h"
#include "core/eval/evaluation_specs.h"
#include "core/evidence/setting.h"
#include "core/evidence/spec_forms.h"
#include "core/model/weights.h"
#include "core/trainer/batch_loss.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/capture.h"
#include "core/trainer/data_options.h"
#include "core/trainer/device.h"
#include "core/trainer/input_options.h"
#include "core/trainer/memory_estimate.h"
#include "core/trainer/precision.h"
#include "core/trainer/prior_count.h"
#include "core/trainer/schedule.h"
#include "core/trainer/variants.h"

namespace anchorscope {

// ---- preparing
// -----------------------------------------------------------------------------------------------------

namespace {

bool report(const PrepareOptions& options, const std::string& what, double fraction) {
  return !options.progress || options.progress(what, fraction);
}

Error cancelled() {
  return makeError(ErrorCode::kCancelled, "Stopped while preparing");
}

std::vector<std::string> imageNames(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const ImageRecord& image : dataset.images())
    names.push_back(image.name);
  return names;
}

std::vector<HeadTraits> headsOf(const Detector& detector) {
  std::vector<HeadTraits> heads;
  for (const StageInfo& stage : detector.stages())
    heads.push_back(stage.heads);
  return heads;
}

/// The most objects, or regions to ignore, that an image has.
std::int64_t mostPerImage(const Dataset& dataset, bool ignored) {
  std::ptrdiff_t most = 0;
  for (const ImageRecord& image : dataset.images())
    most =
        std::max(most, std::count_if(image.annotations.begin(), image.annotations.end(),
                                     [&](const Annotation& object) { return isIgnored(object) == ignored; }));
  return most;
}

}  // namespace

Result<std::unique_ptr<Trainer>> Trainer::prepare(RunConfig config, const PrepareOptions& options) {
  std::unique_ptr<Trainer> trainer(new Trainer());
  trainer->config_ = std::move(config);
  const ParamSet& train = trainer->config_.train;
  ANCHORSCOPE_TRY(checkSchedule(train));
  ANCHORSCOPE_TRY(checkCombination(trainer->config_));
  ANCHORSCOPE_TRY(checkTexts(trainer->config_));
  auto device = resolveDevice(train.getText("device"));
  if (!device) return std::move(device).error();
  trainer->device_ = *device;
  ANCHORSCOPE_TRY(trainer->choosePrecision());
  if (options.besideOthers)
    trainer->threads_ = at::get_num_threads();
  else
    trainer->setUpProgram();

  ANCHORSCOPE_TRY(trainer->openData(options));
  ANCHORSCOPE_TRY(trainer->buildDetector(options));
  ANCHORSCOPE_TRY(trainer->buildMethod());
  ANCHORSCOPE_TRY(trainer->buildVariants());
  const StepSize step{train.getInt("batch"),
                      largestBatchInput(*trainer->dataset_, trainingShapesOf(train),
                                        aspectGroups(trainer->config_.dataParams)),
                      mostPerImage(*trainer->dataset_, /*ignored=*/false),
                      mostPerImage(*trainer->dataset_, /*ignored=*/true),
                      trainer->bf16_,
                      train.getFloat("ema_decay") > 0};
  ANCHORSCOPE_TRY(checkStepMemory(
      *trainer->detector_, *trainer->method_, trainer->movingStatistics_, step,
      options.availableBytes > 0 ? options.availableBytes : availableMemoryBytes(trainer->device_)));
  ANCHORSCOPE_TRY(trainer->countBias(options));
  trainer->buildOptimizer();
  if (train.getFloat("ema_decay") > 0)
    trainer->average_ = std::make_unique<WeightAverage>(*trainer->detector_);
  if (!options.besideOthers) {
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    const std::lock_guard lock(generator.mutex());
    generator.set_current_seed(static_cast<std::uint64_t>(train.getInt("seed")));
  }
  if (!options.checkpoint.empty()) {
    if (!anchorscope::report(options, "Reading the checkpoint", 0)) return cancelled();
    ANCHORSCOPE_TRY(trainer->restore(options));
  }
  if (!trainer->loader_) trainer->loader_ = makeLoader(trainer->dataset_, trainer->loaderOptions(true));
  trainer->loaderPosition_ = trainer->loader_->position();
  if (!anchorscope::report(options, "Loading the probe images", 0)) return cancelled();
  ANCHORSCOPE_TRY(trainer->chooseProbes());
  trainer->describe();
  return trainer;
}

void Trainer::setUpProgram() {
  const ParamSet& train = config_.train;
  threads_ = resolveThreads(train.getInt("threads"));
  at::set_num_threads(threads_);
  keepFreedMemory();
  const bool deterministic = train.getBool("deterministic");
  // Some operators have no deterministic form on a GPU; bit-identity is promised on the CPU only.
  at::globalContext().setDeterministicAlgorithms(deterministic, /*warn_only=*/!device_.is_cpu());
  at::globalContext().setDeterministicCuDNN(deterministic);
  // Trying out algorithms anew for every size of the input would take longer than it gains.
  const std::vector<InputShape> shapes = trainingShapesOf(train);
  const bool oneSize = shapes.size() == 1 && !shapes.front().keepsAspect();
  at::globalContext().setBenchmarkCuDNN(!deterministic && oneSize);
}

Status Trainer::choosePrecision() {
  auto precision = resolvePrecision(config_.train.getText("precision"), device_);
  if (!precision) return std::move(precision).error();
  bf16_ = precision->bf16;
  facts_.precisionReport = precision->report;
  // What is recorded says what was computed with, on whatever machine it is read.
  return config_.train.set("precision", precision->option);
}

Status Trainer::openData(const PrepareOptions& options) {
  const auto seed = static_cast<std::uint64_t>(config_.train.getInt("seed"));
  // What is recorded must be found from any folder.
  config_.data = absoluteSpec(config_.data);
  if (!config_.validation.empty()) config_.validation = absoluteSpec(config_.validation);
  const auto open = [&](const std::string& spec, const std::string& what) {
    return openDataset(spec, datasetOptionsOf(config_),
                       [&](double fraction) { return anchorscope::report(options, what, fraction); });
  };
  auto dataset = open(config_.data, "Opening the data set");
  if (!dataset) return std::move(dataset).error();
  dataset_ = *std::move(dataset);
  diagnostics_.append(dataset_->diagnostics());
  ANCHORSCOPE_TRY(checkShapes(config_, *dataset_));
  auto epochs = EpochList::make(*dataset_, EpochOptions::from(config_.dataParams), seed);
  if (!epochs) return std::move(epochs).error();
  leftOutImages_ = epochs->leftOut();
  imagesPerEpoch_ = epochs->length();
  config_.train.setStepsPerEpoch(stepsPerEpoch(imagesPerEpoch_, config_.train));

  const std::string spec = config_.validation.empty() ? validationSpec(config_.data) : config_.validation;
  if (!spec.empty()) {
    auto validation = open(spec, "Opening the validation set");
    if (!validation) return std::move(validation).error();
    validation_ = *std::move(validation);
    diagnostics_.append(validation_->diagnostics());
  }
  return {};
}

Status Trainer::buildDetector(const PrepareOptions& options) {
  if (!anchorscope::report(options, "Building the detector", 0)) return cancelled();
  classNames_ = std::make_shared<const std::vector<std::string>>(dataset_->classNames());
  // A plain folder of images names no class; a detector needs one output all the same.
  const int classCount = std::max(1, static_cast<int>(classNames_->size()));
  auto detector = makeDetector(config_.model, config_.modelParams, classCount,
                               static_cast<std::uint64_t>(config_.train.getInt("seed")));
  if (!detector) return std::move(detector).error();
  detector_ = *std::move(detector);
  if (!config_.weights.empty() && options.checkpoint.empty()) {
    if (!anchorscope::report(options, "Loading weights", 0)) return cancelled();
    auto loaded = loadWeights(*detector_, config_.weights);
    if (!loaded) return std::move(loaded).error();
    facts_.weightsReport = loaded->summary();
    classBiasLoaded_ = std::any_of(loaded->loaded.begin(), loaded->loaded.end(),
                                   [](const std::string& name) { return name.ends_with("cls_logits.bias"); });
  }
  detector_->moveTo(device_, config_.train.getBool("channels_last"));
  detector_->setTraining(true);
  for (const NamedTensor& parameter : detector_->parameters())
    if (parameter.name.ends_with("cls_logits.bias")) classBiases_.push_back(parameter.tensor);
  normalization_.emplace(normalizationOf(*detector_, device_));
  inputs_.emplace(device_);
  return {};
}

void Trainer::takeOver(const MethodSet& from, MethodSet& to) {
  const at::NoGradGuard noGrad;
  const std::vector<NamedTensor> before = methodState(from);
  for (NamedTensor& after : methodState(to))
    for (const NamedTensor& old : before)
      if (old.name == after.name && old.tensor.sizes() == after.tensor.sizes())
        after.tensor.copy_(old.tensor);
}

Result<std::vector<Trainer::AskedMethods>> Trainer::methodsOf(const std::string& variants, bool ofRun) const {
  auto asked = askedVariants(config_, variants);
  if (!asked) return std::move(asked).error();
  std::vector<AskedMethods> made;
  for (const AskedVariant& variant : *asked) {
    auto methods = MethodSet::make(variant.method, variant.params, headsOf(*detector_));
    if (!methods) return std::move(methods).error().in(concat("the variant '", variant.variant->name, "'"));
    (*methods)->moveTo(device_);
    made.push_back({variant.variant, *std::move(methods), ofRun});
  }
  return made;
}

Status Trainer::buildMethod() {
  auto method = MethodSet::make(config_.method, config_.methodParams, headsOf(*detector_));
  if (!method) return std::move(method).error();
  // What the method itself has learnt goes on under its new options.
  if (method_) takeOver(*method_, **method);
  method_ = *std::move(method);
  method_->moveTo(device_);
  std::vector<at::Tensor> moving = movingBuffers(*detector_);
  for (const NamedTensor& buffer : method_->buffers())
    moving.push_back(buffer.tensor);
  movingStatistics_ = MovingStatistics(moving);
  return {};
}

Status Trainer::countBias(const PrepareOptions& options) {
  // A run that goes on has its bias, and its counts, in the checkpoint.
  if (method_->stage(0).params().getText("bias_init") != "counted" || !options.checkpoint.empty()) return {};
  if (classBiasLoaded_) {
    facts_.priorReport = "Classes start with the scores of the weights file; no prior was counted";
    return {};
  }
  PriorCountOptions counting;
  counting.classAgnostic = detector_->stages().front().heads.classAgnostic;
  counting.loader = loaderOptions(false);
  counting.cacheFolder = priorCacheFolder();
  counting.progress = [&](double fraction) {
    return anchorscope::report(options, "Counting anchors for the prior", fraction);
  };
  auto count = countPrior(
      *dataset_, method_->stage(0), [&](SizePx inputSize) { return detector_->anchors(inputSize); },
      counting);
  if (!count) return std::move(count).error();
  priorCounts_ = at::tensor({count->positives, count->background, count->ignored}, at::kLong);
  facts_.priorReport = count->summary();
  if (count->usable()) detector_->setPrior(count->prior());
  return {};
}

std::optional<double> Trainer::prior() const {
  if (!priorCounts_.defined()) return std::nullopt;
  const auto* counts = priorCounts_.const_data_ptr<std::int64_t>();
  if (counts[0] == 0 || counts[1] == 0) return std::nullopt;
  const bool classAgnostic = detector_->stages().front().heads.classAgnostic;
  return countedPrior(counts[0], counts[1], classAgnostic ? 1 : detector_->classCount());
}

std::vector<NamedTensor> Trainer::trainedParameters() const {
  std::vector<NamedTensor> trained;
  for (NamedTensor& parameter : detector_->parameters())
    if (parameter.tensor.requires_grad()) trained.push_back(std::move(parameter));
  for (const NamedTensor& own : method_->parameters())
    trained.push_back({concat("method.", own.name), own.tensor});
  return trained;
}

void Trainer::buildOptimizer() {
  std::vector<ParameterRole> roles;
  const std::vector<ParameterRole> all = detector_->parameterRoles();
  std::size_t next = 0;
  for (const NamedTensor& parameter : detector_->parameters()) {
    const ParameterRole role = all[next++];
    if (parameter.tensor.requires_grad()) roles.push_back(role);
  }
  optimizer_ = std::make_unique<Optimizer>(config_.train, trainedParameters(), roles);
}

LoaderOptions Trainer::loaderOptions(bool forTraining) const {
  LoaderOptions options;
  options.shape = inputShapeOf(config_.train);
  if (forTraining) options.trainingShapes = trainingShapesOf(config_.train);
  options.batchSize = static_cast<int>(config_.train.getInt("batch"));
  options.seed = static_cast<std::uint64_t>(config_.train.getInt("seed"));
  options.threads = resolveLoaderThreads(config_.train.getInt("loader_threads"), device_);
  options.augment = options.shuffle = forTraining;
  options.objectShapes = datasetOptionsOf(config_).shapes;
  options.params = config_.dataParams;
  return options;
}

void Trainer::describe() {
  facts_.config = config_;
  facts_.classNames = dataset_->classNames();
  facts_.imageNames = imageNames(*dataset_);
  if (validation_) facts_.validationImageNames = imageNames(*validation_);
  facts_.parameterCount = 0;
  for (const NamedTensor& parameter : detector_->parameters())
    facts_.parameterCount += parameter.tensor.numel();
  facts_.trainingReport = trainingReport();
  std::vector<StageSpec> stages;
  for (const StageInfo& stage : detector_->stages())
    stages.push_back(stage.spec);
  facts_.declaration = method_->declaration(stages);
  facts_.declaration.merge(detector_->declaration());
  const std::string ours = "ours";
  EvidenceDeclaration own;
  own.scalars = {
      scalarOf("train.lr", "Learning rate", "1", "Learning rate of the step.", optionSource("train.lr")),
      scalarOf("train.grad_norm", "Gradient norm", "1", "L2 norm of the whole gradient before clipping.",
               ours),
      scalarOf("train.epoch", "Epochs", "epochs", "Steps done, in epochs of the training set.", ours),
      scalarOf("train.skipped_steps", "Skipped steps", "steps",
               "Steps so far whose loss or gradient was not finite: they changed nothing.", ours)};
  if (!classBiases_.empty())
    own.scalars.push_back(
        scalarOf("train.cls_bias", "Bias of the class outputs", "1",
                 "Mean bias of the class outputs in the step, of region proposals the objectness's: -ln((1 - "
                 "score) / score) of the score that an output without any input would give.",
                 "Chen et al., TIP 2021"));
  if (prior())
    own.scalars.push_back(scalarOf("train.prior", "Counted prior", "1",
                                   "The class score that training started with: positives over positives "
                                   "and background of the training set, per class.",
                                   ours));
  for (ScalarSpec& spec : evaluationScalarSpecs(datasetOptionsOf(config_).shapes))
    own.scalars.push_back(std::move(spec));
  facts_.declaration.merge(own);
}

std::string Trainer::deviceTitle() const {
  return concat(describeDevice(device_, threads_), " · ", bf16_ ? "bf16" : "fp32");
}
std::int64_t Trainer::memoryBytes() const {
  return usedMemoryBytes(device_);
}

// ---- looking at steps
// -------------------------------------------------------------------------------------------------

NonFiniteStory Trainer::explainNonFinite(std::int64_t step) {
  StepBatches batches{step};
  for (const StepBatches& entry : remembered_)
    if (entry.step == step) batches = entry;
  LoaderOptions options = loaderOptions(true);
  options.threads = 0;  // nothing is read that is not looked at
  const std::unique_ptr<Loader> loader = makeLoader(dataset_, options, batches.firstPosition);
  return anchorscope::explainNonFinite({{*detector_, *method_, device_, bf16_},
                                        *normalization_,
                                        *inputs_,
                                        config_.train.getInt("max_objects")},
                                       batches, *dataset_, *loader);
}

// ---- probes and evaluation
// -------------------------------------------------------------------------------------------

Status Trainer::setProbes(const std::vector<std::string>& names) {
  ANCHORSCOPE_TRY(loadProbes(names));
  config_.probes = probeNames();
  facts_.config.probes = config_.probes;
  return {};
}

Status Trainer::loadProbes(const std::vector<std::string>& names) {
  std::vector<std::shared_ptr<const Dataset>> datasets{dataset_};
  if (validation_) datasets.push_back(validation_);
  auto probes = makeProbeSet(datasets, names, loaderOptions(false), *normalization_, device_);
  if (!probes) return std::move(probes).error();
  probes_ = *std::move(probes);
  kept_.clear();
  return {};
}

Status Trainer::chooseProbes() {
  std::vector<std::string> names = config_.probes;
  const bool resumed = stepsDone_ > 0;
  // A run that goes on is not refused for a picture that was only looked at.
  if (resumed)
    std::erase_if(names, [&](const std::string& name) {
      const bool missing = dataset_->find(name) < 0 && (!validation_ || validation_->find(name) < 0);
      if (missing) missingProbes_.push_back(name);
      return missing;
    });
  if (names.empty()) names = defaultProbeNames(*dataset_, config_.train.getInt("probe_count"));
  return loadProbes(names);
}

std::vector<std::string> Trainer::probeNames() const {
  std::vector<std::string> names;
  for (const auto& image : probes_.images)
    names.push_back(image->name);
  return names;
}

CaptureSetup Trainer::captureSetup(Asks asks) {
  CaptureSetup setup(*detector_, *method_);
  setup.device = device_;
  setup.bf16 = bf16_;
  setup.classNames = classNames_;
  setup.postprocess = postprocessOptions(config_.train);
  const std::int64_t misses = config_.train.getInt("evidence_pairs");
  if (misses > 0) setup.missesPerObject = static_cast<std::int32_t>(misses);
  if (asks == Asks::kOwnMethod) return setup;
  for (const AskedMethods& asked : variants_) {
    // What the run's method has learnt so far is what the same method would have learnt.
    takeOver(*method_, *asked.methods);
    setup.variants.push_back({asked.variant, asked.methods.get()});
  }
  return setup;
}

PendingFrames Trainer::capture() {
  const CaptureSetup setup = captureSetup();
  PendingFrames frames;
  kept_.clear();
  keptStep_ = stepsDone_;
  for (const ProbeSet::Group& group : probes_.groups) {
    CapturedOutputs kept;
    captureProbes(setup, group.batch, contextOf(/*watched=*/true), group.places, frames, &kept);
    if (!variants_.empty()) kept_.push_back(std::move(kept));
  }
  return frames;
}

PendingFrames Trainer::captureVariants() {
  PendingFrames frames;
  if (!canAskAgain()) return frames;
  const CaptureSetup setup = captureSetup();
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const ProbeSet::Group& group = probes_.groups[i];
    anchorscope::captureVariants(setup, group.batch, contextOf(/*watched=*/true), group.places, kept_[i],
                                 frames);
  }
  return frames;
}

Result<Evaluation> Trainer::evaluate(const std::function<bool(double)>& progress) {
  if (!validation_)
    return makeError(ErrorCode::kUsage, "There is no validation set to evaluate on",
                     "Name one (run.validation or --validation)");
  EvaluationOptions options;
  options.loader = loaderOptions(false);
  options.device = device_;
  options.bf16 = bf16_;
  options.postprocess = postprocessOptions(config_.train);
  options.maxImages = config_.train.getInt("eval_max_images");
  options.progress = progress;
  const bool averaged = average_ && config_.train.getBool("eval_ema");
  const WeightAverage::Scope scope(averaged ? average_.get() : nullptr);
  auto evaluation = evaluateDetector(*detector_, *classNames_, *validation_, options);
  if (!evaluation) return evaluation;
  evaluation->averagedWeights = averaged;
  diagnostics_.append(evaluation->diagnostics);
  return evaluation;
}

}  // namespace anchorscope
