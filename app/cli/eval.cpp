#include <filesystem>
#include <iostream>
#include <set>

#include "app/cli/common.h"
#include "app/cli/run_options.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/data/dataset.h"
#include "core/store/run_folder.h"
#include "core/trainer/evaluation.h"

namespace anchorscope::cli {
namespace {

struct EvalOptions {
  RunOptions run;
  std::string folder, json, detections, checkpoint = "last";
  bool overwrite = false;
};

Result<std::string> weightsFile(const EvalOptions& options) {
  if (options.folder.empty() == !options.run.weights)
    return makeError(ErrorCode::kUsage, "Nothing to evaluate, or two things",
                     "Name either a run folder or --weights FILE");
  if (options.folder.empty()) return *options.run.weights;
  const std::vector<std::string> checkpoints = listCheckpoints(options.folder);
  if (checkpoints.empty())
    return makeError(ErrorCode::kNotFound, concat("'", options.folder, "' holds no checkpoint"),
                     "Name the folder of a recorded run");
  if (options.checkpoint == "last") return checkpoints.back();
  std::string path = bestCheckpointPath(options.folder);
  std::string known = "last";
  if (options.checkpoint != "best") {
    for (const std::string& checkpoint : checkpoints) {
      const std::string step = std::to_string(checkpointStep(checkpoint));
      if (step == options.checkpoint) return checkpoint;
      known += ", " + step;
    }
    path.clear();
  }
  std::error_code code;
  if (std::filesystem::exists(path, code)) return path;
  return makeError(ErrorCode::kNotFound,
                   concat("'", options.folder, "' holds no checkpoint '", options.checkpoint, "'"),
                   concat("There are: ", known));
}

/// Nothing that was asked for may be left out in silence: an evaluation trains nothing, and a checkpoint
/// brings its own names.
Status refuseWithoutEffect(const RunOptions& options, bool hasConfig) {
  std::vector<std::string> refused = options.givenBesidesLive();
  if (options.steps) refused.emplace_back("--steps");
  std::set<std::string> useful{"--data",   "--validation", "--size",   "--batch",
                               "--device", "--threads",    "--weights"};
  if (!hasConfig) useful.insert({"--preset", "--config", "--method", "--model"});
  std::erase_if(refused, [&](const std::string& name) { return useful.contains(name); });
  if (refused.empty()) return {};
  return makeError(
      ErrorCode::kUsage,
      concat(join(refused, ", "), " would change nothing: ",
             hasConfig ? "the checkpoint brings its own configuration" : "an evaluation does not train"),
      "Leave that out; the numbers depend on the data, --size, --batch, --device and --set");
}

/// A checkpoint brings its configuration; on top of it stands what the command line says.
Result<RunConfig> configFor(const EvalOptions& options, const std::string& file) {
  std::optional<RunConfig> recorded;
  if (options.folder.empty()) {
    auto found = configOfWeights(file);
    if (!found) return std::move(found).error();
    recorded = *std::move(found);
  } else {
    auto found = configOfCheckpoint(file);
    if (!found) return std::move(found).error();
    recorded = *std::move(found);
  }
  ANCHORSCOPE_TRY(refuseWithoutEffect(options.run, recorded.has_value()));
  if (!recorded) return options.run.build();
  if (options.run.size) ANCHORSCOPE_TRY(recorded->train.setValue("size", ParamValue(*options.run.size)));
  if (options.run.batch) ANCHORSCOPE_TRY(recorded->train.setValue("batch", ParamValue(*options.run.batch)));
  if (options.run.threads)
    ANCHORSCOPE_TRY(recorded->train.setValue("threads", ParamValue(*options.run.threads)));
  if (options.run.device) ANCHORSCOPE_TRY(recorded->train.set("device", *options.run.device));
  for (const std::string& setting : options.run.settings) {
    auto parts = splitSetting(setting);
    if (!parts) return std::move(parts).error();
    ANCHORSCOPE_TRY(applySetting(*recorded, parts->first, parts->second));
  }
  return *std::move(recorded);
}

nlohmann::ordered_json toJson(const Evaluation& evaluation, const std::string& file,
                              const std::string& data) {
  nlohmann::ordered_json out{{"weights", file},
                             {"averaged_weights", evaluation.averagedWeights},
                             {"data", data},
                             {"images", evaluation.images},
                             {"objects", evaluation.objects},
                             {"detections", evaluation.detections}};
  for (const ScalarValue& metric : evaluation.metrics)
    out["metrics"][metric.name] = jsonNumber(metric.value);
  for (std::size_t i = 0; i < evaluation.perClassAp.size(); ++i)
    out["classes"][evaluation.perClassAp[i].name] = {{"ap", jsonNumber(evaluation.perClassAp[i].value)},
                                                     {"ap50", jsonNumber(evaluation.perClassAp50[i].value)}};
  out["problems"] = diagnosticsJson(evaluation.diagnostics);
  return out;
}

Status eval(const EvalOptions& options) {
  auto file = weightsFile(options);
  if (!file) return std::move(file).error();
  auto config = configFor(options, *file);
  if (!config) return std::move(config).error();
  std::string data = options.run.validation.value_or(options.run.data.value_or(""));
  if (data.empty()) data = config->validation.empty() ? validationSpec(config->data) : config->validation;
  if (data.empty())
    return makeError(ErrorCode::kUsage,
                     config->data.empty()
                         ? std::string("There is no data set to evaluate on")
                         : concat("'", config->data, "' has no validation part, or is no longer there"),
                     "Add --data SPEC");
  // What cannot be written shows before an evaluation that may take hours.
  const Overwrite overwrite = options.overwrite ? Overwrite::kYes : Overwrite::kNo;
  for (const std::string& target : {options.json, options.detections})
    if (!target.empty()) ANCHORSCOPE_TRY(checkWritable(target, overwrite));
  std::string detections;
  auto evaluation =
      evaluateFile(*config, *file, data, {}, options.detections.empty() ? nullptr : &detections);
  if (!evaluation) return std::move(evaluation).error();
  std::cout << *file << "\non " << data << ": " << counted(evaluation->images, "image") << ", "
            << counted(evaluation->objects, "object") << ", " << counted(evaluation->detections, "detection")
            << (evaluation->averagedWeights ? ", with the averaged weights\n" : "\n");
  for (const ScalarValue& metric : evaluation->metrics)
    std::cout << "  " << metric.name << "  " << precisionText(metric.value) << '\n';
  for (std::size_t i = 0; i < evaluation->perClassAp.size(); ++i)
    std::cout << "  " << evaluation->perClassAp[i].name << "  ap "
              << precisionText(evaluation->perClassAp[i].value) << "  ap50 "
              << precisionText(evaluation->perClassAp50[i].value) << '\n';
  printDiagnostics(evaluation->diagnostics, 5);
  if (!options.detections.empty()) {
    ANCHORSCOPE_TRY(writeFileAtomically(options.detections, detections, overwrite));
    std::cout << "Detections: " << options.detections;
    if (evaluation->withoutClass > 0)
      std::cout << " (without " << evaluation->withoutClass << " of classes that the data set does not have)";
    std::cout << '\n';
  }
  if (options.json.empty()) return {};
  return writeFileAtomically(options.json, jsonText(toJson(*evaluation, *file, data)), overwrite);
}

}  // namespace

void addEval(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("eval", "Evaluate a run's newest checkpoint, or weights: COCO average precision");
  auto options = std::make_shared<EvalOptions>();
  command->add_option("RUN", options->folder, "Run folder");
  options->run.addTo(*command);
  command->add_option("--json", options->json, "Also write the numbers to this file");
  command->add_option("--detections", options->detections,
                      "Write all detections to this file as COCO results JSON, with the data set's own image "
                      "and category ids");
  command->add_option("--checkpoint", options->checkpoint, "Of a run: last, best, or the step of one")
      ->capture_default_str();
  command->add_flag("--overwrite", options->overwrite, "Replace the files of --json and --detections");
  command->callback([options, &exit] { exit = finish(eval(*options)); });
}

}  // namespace anchorscope::cli
