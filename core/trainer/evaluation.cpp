#include "core/trainer/evaluation.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/data/dataset.h"
#include "core/data/largest_input.h"
#include "core/model/weights.h"
#include "core/trainer/checkpoint.h"
#include "core/trainer/coco_results.h"
#include "core/trainer/data_options.h"
#include "core/trainer/device.h"
#include "core/trainer/input_options.h"
#include "core/trainer/memory_estimate.h"
#include "core/trainer/precision.h"
#include "core/trainer/probes.h"
#include "core/trainer/validation.h"

namespace anchorscope {

Result<RunConfig> configOfCheckpoint(const std::string& path) {
  auto facts = readCheckpointFacts(path);
  if (!facts) return std::move(facts).error();
  return configOf(*facts, path);
}

Result<std::optional<RunConfig>> configOfWeights(const std::string& path) {
  auto facts = findCheckpointFacts(path);
  if (!facts) return std::move(facts).error();
  if (!*facts) return std::optional<RunConfig>();
  auto config = configOf(**facts, path);
  if (!config) return std::move(config).error();
  return std::optional(*std::move(config));
}

Result<Evaluation> evaluateFile(const RunConfig& config, const std::string& weightsFile,
                                const std::string& dataSpec, const std::function<bool(double)>& progress,
                                std::string* detections) {
  auto device = resolveDevice(config.train.getText("device"));
  if (!device) return std::move(device).error();
  const auto precision = resolvePrecision(config.train.getText("precision"), *device);
  if (!precision) return precision.error();
  at::set_num_threads(resolveThreads(config.train.getInt("threads")));
  const auto seed = static_cast<std::uint64_t>(config.train.getInt("seed"));
  auto dataset = openDataset(dataSpec, datasetOptionsOf(config));
  if (!dataset) return std::move(dataset).error();
  std::vector<std::string> classNames = (*dataset)->classNames();
  auto facts = findCheckpointFacts(weightsFile);
  if (!facts) return std::move(facts).error();
  if (*facts) classNames = (*facts)->classNames;
  if (classNames.empty())
    return makeError(ErrorCode::kUsage, "'" + dataSpec + "' has no classes to evaluate on",
                     "Name a data set with objects");
  const std::vector<int> known = classMap((*dataset)->classNames(), classNames);
  if (std::all_of(known.begin(), known.end(), [](int index) { return index < 0; }))
    return makeError(
        ErrorCode::kUsage,
        concat("'", dataSpec, "' has none of the classes that were trained: ", listed(classNames)),
        "Name a data set of the same classes");

  auto detector = makeDetector(config.model, config.modelParams, static_cast<int>(classNames.size()), seed);
  if (!detector) return std::move(detector).error();
  auto report =
      loadWeights(**detector, weightsFile,
                  config.train.getBool("eval_ema") ? WeightsChoice::kAveraged : WeightsChoice::kTrained);
  if (!report) return std::move(report).error();
  if (!report->missing.empty() || !report->wrongShape.empty())
    return makeError(ErrorCode::kBadData,
                     "'" + weightsFile + "' does not fit " + config.model + ": " + report->summary(),
                     "Name the model and the options (--model, --set) that the weights belong to");
  (*detector)->moveTo(*device, config.train.getBool("channels_last"));

  EvaluationOptions options;
  options.loader.shape = inputShapeOf(config.train);
  options.loader.threads = resolveLoaderThreads(config.train.getInt("loader_threads"), *device);
  options.loader.batchSize = static_cast<int>(config.train.getInt("batch"));
  options.loader.params = config.dataParams;
  options.device = *device;
  options.bf16 = precision->bf16;
  options.postprocess = postprocessOptions(config.train);
  options.progress = progress;
  const StepSize batch{std::min(options.loader.batchSize, static_cast<int>((*dataset)->images().size())),
                       largestInput(**dataset, options.loader.shape), 0, 0, options.bf16};
  ANCHORSCOPE_TRY(checkEvaluationMemory(**detector, batch, availableMemoryBytes(*device)));
  std::vector<EvalDetection> found;
  if (detections) options.detections = &found;
  auto evaluation = evaluateDetector(**detector, classNames, **dataset, options);
  if (evaluation) evaluation->averagedWeights = report->averaged;
  if (evaluation && detections) *detections = cocoResultsJson(**dataset, found);
  return evaluation;
}

}  // namespace anchorscope
