// Looking into a recorded run: info, curves.
#include <cmath>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/session/evaluation_scalars.h"
#include "core/session/journal.h"
#include "core/store/csv.h"

namespace anchorscope::cli {
namespace {

// ---- info
// --------------------------------------------------------------------------------------------------------

/// All of them, in the order of steps.
Result<std::vector<EvaluationEvent>> evaluations(const RunReader& run) {
  std::map<std::string, std::map<std::int64_t, double>> values;
  std::set<std::int64_t> steps;
  for (const std::string& name : run.scalarNames()) {
    if (!name.starts_with("eval.")) continue;
    auto series = run.scalar(name);
    if (!series) return std::move(series).error();
    for (std::size_t i = 0; i < series->steps.size(); ++i)
      values[name][series->steps[i]] = series->values[i];
    steps.insert(series->steps.begin(), series->steps.end());
  }
  std::vector<EvaluationEvent> out;
  for (const std::int64_t step : steps)
    out.push_back(
        evaluationOf(step, run.scalarNames(), [&](const std::string& name) -> std::optional<double> {
          const auto found = values[name].find(step);
          return found == values[name].end() ? std::nullopt : std::optional(found->second);
        }));
  return out;
}

nlohmann::ordered_json evaluationJson(const EvaluationEvent& evaluation) {
  nlohmann::ordered_json out{{"step", evaluation.step}};
  for (const ScalarValue& metric : evaluation.metrics)
    out["metrics"][metric.name] = jsonNumber(metric.value);
  for (const ScalarValue& entry : evaluation.perClassAp)
    out["classes"][entry.name]["ap"] = jsonNumber(entry.value);
  for (const ScalarValue& entry : evaluation.perClassAp50)
    out["classes"][entry.name]["ap50"] = jsonNumber(entry.value);
  return out;
}

void printClasses(const EvaluationEvent& evaluation) {
  for (std::size_t i = 0; i < evaluation.perClassAp.size(); ++i) {
    std::cout << "  " << evaluation.perClassAp[i].name << "  ap "
              << precisionText(evaluation.perClassAp[i].value);
    // Both are in the order of names; of a damaged run one may lack a class.
    for (const ScalarValue& entry : evaluation.perClassAp50)
      if (entry.name == evaluation.perClassAp[i].name) std::cout << "  ap50 " << precisionText(entry.value);
    std::cout << '\n';
  }
}

/// The frame of the first probe that was recorded last; null where there is none.
std::shared_ptr<const ProbeFrame> lastFrame(const RunReader& run) {
  for (const std::string& probe : run.probeNames())
    if (const auto steps = run.recordedSteps(probe); !steps.empty())
      if (auto frame = run.frame(probe, steps.back())) return *std::move(frame);
  return nullptr;
}

std::vector<std::string> stageNames(const RunReader& run) {
  std::vector<std::string> names;
  if (const auto frame = lastFrame(run))
    for (const auto& stage : frame->stages)
      names.push_back(stage->stage.name);
  return names;
}

template <typename Spec>
std::vector<std::string> namesOf(const std::vector<Spec>& specs) {
  std::vector<std::string> names;
  for (const Spec& spec : specs)
    names.push_back(spec.name);
  return names;
}

/// What each stage says it publishes, by the stage's name.
nlohmann::ordered_json publishedJson(const RunDeclaration& declaration) {
  nlohmann::ordered_json out;
  for (const auto& [stage, evidence] : declaration.stages())
    out[stage.name] = {{"channels", namesOf(evidence.channels)},
                       {"pair_tables", namesOf(evidence.pairTables)},
                       {"object_columns", namesOf(evidence.objectColumns)}};
  return out;
}

/// Of all probes at their last step.
std::vector<std::string> variantNames(const RunReader& run) {
  std::vector<std::string> names;
  for (const std::string& probe : run.probeNames())
    if (const auto steps = run.recordedSteps(probe); !steps.empty())
      if (const auto variants = run.variants(probe, steps.back()))
        for (const Variant& variant : *variants)
          if (std::find(names.begin(), names.end(), variant.name) == names.end())
            names.push_back(variant.name);
  return names;
}

Status info(const std::string& folder, bool json) {
  auto opened = openRun(folder);
  if (!opened) return std::move(opened).error();
  const RunReader& run = **opened;
  const RunHeader& header = run.header();
  auto events = run.events();
  if (!events) return std::move(events).error();
  const std::int64_t planned = plannedSteps(run);
  nlohmann::ordered_json out{
      {"folder", run.folder()},         {"data", header.dataSpec},          {"method", header.methodName},
      {"model", header.modelName},      {"device", header.device},          {"threads", header.threads},
      {"started", header.startedAtUtc}, {"version", header.programVersion}, {"planned_steps", planned},
      {"last_step", run.lastStep()},    {"classes", header.classNames}};
  for (const std::string& name : run.scalarNames()) {
    if (isClassScalar(name)) continue;  // among the evaluations
    auto series = run.newest(name);
    if (!series) return std::move(series).error();
    if (!series->values.empty()) out["scalars"][name] = jsonNumber(series->values.back());
  }
  auto evaluated = evaluations(run);
  if (!evaluated) return std::move(evaluated).error();
  for (const EvaluationEvent& evaluation : *evaluated)
    out["evaluations"].push_back(evaluationJson(evaluation));
  for (const std::string& probe : run.probeNames())
    out["probes"][probe] = run.recordedSteps(probe);
  const std::vector<std::string> stages = stageNames(run), variants = variantNames(run);
  if (stages.size() > 1) out["stages"] = stages;
  const bool several = !header.declaration.laterStages.empty();
  if (several) out["published"] = publishedJson(header.declaration);
  if (!variants.empty()) out["variants"] = variants;
  out["checkpoints"] = run.checkpoints();
  if (!header.id.empty()) out["id"] = header.id;
  if (header.parent.step >= 0)
    out["parent"] = {
        {"folder", header.parent.folder}, {"id", header.parent.id}, {"step", header.parent.step}};
  auto changes = run.changes();
  if (!changes) return std::move(changes).error();
  out["journal"] = nlohmann::ordered_json::array();
  for (const ParameterChange& change : *changes)
    out["journal"].push_back(changeJson(change));
  out["events"] = nlohmann::ordered_json::array();
  for (const RunEvent& event : *events)
    out["events"].push_back({{"step", event.step}, {"kind", event.kind}, {"text", event.text}});
  const std::vector<std::string> damage = tellDamage(**opened);
  if (!damage.empty()) out["damaged"] = damage;
  if (json) {
    std::cout << jsonText(out);
    return {};
  }
  std::cout << run.folder() << "\n  " << header.methodName << " on " << header.modelName << ", data "
            << header.dataSpec << "\n  " << header.device << ", " << header.threads
            << (header.threads == 1 ? " thread" : " threads") << ", started " << header.startedAtUtc
            << ", version " << header.programVersion << "\n  step " << run.lastStep()
            << (planned > 0 ? concat(" of ", planned) : "") << '\n';
  if (header.parent.step >= 0)
    std::cout << "  forked from " << header.parent.folder << " at step " << header.parent.step << '\n';
  for (const std::string& probe : run.probeNames()) {
    const auto steps = run.recordedSteps(probe);
    std::cout << "  probe " << probe << ": " << steps.size() << " moments";
    if (!steps.empty()) std::cout << ", steps " << steps.front() << " to " << steps.back();
    std::cout << '\n';
  }
  if (stages.size() > 1) std::cout << "  stages " << join(stages, ", ") << '\n';
  if (several)
    for (const auto& [stage, evidence] : header.declaration.stages())
      std::cout << "  stage " << stage.name << " shows of each " << stage.candidate << ' '
                << join(namesOf(evidence.channels), ", ") << '\n';
  if (!variants.empty()) std::cout << "  variants " << join(variants, ", ") << '\n';
  std::cout << "Last values:\n";
  for (const auto& [name, value] : out["scalars"].items())
    std::cout << "  " << name << "  " << (value.is_null() ? "not finite" : shortNumber(value.get<double>()))
              << '\n';
  if (!evaluated->empty() && !evaluated->back().perClassAp.empty()) {
    std::cout << "Classes at step " << evaluated->back().step << ":\n";
    printClasses(evaluated->back());
  }
  for (const std::string& checkpoint : run.checkpoints())
    std::cout << "Checkpoint " << checkpoint << '\n';
  std::cout << "Events:\n";
  for (const RunEvent& event : *events)
    std::cout << "  [" << event.step << "] " << event.kind << ": " << event.text << '\n';
  return {};
}

// ---- curves
// ------------------------------------------------------------------------------------------------------

struct CurvesOptions {
  std::string folder, out;
  std::vector<std::string> names;
  bool overwrite = false;
};

Status curves(const CurvesOptions& options) {
  auto opened = openRun(options.folder);
  if (!opened) return std::move(opened).error();
  if (!options.out.empty()) {
    const Overwrite overwrite = options.overwrite ? Overwrite::kYes : Overwrite::kNo;
    Status status = exportScalarsToCsv(**opened, options.out, overwrite, options.names);
    tellDamage(**opened);
    return status;
  }
  Status status = writeScalarsAsCsv(**opened, std::cout, options.names);
  tellDamage(**opened);
  return status;
}

}  // namespace

void addInfo(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("info", "Print what a run folder holds");
  auto folder = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("RUN", *folder, "Run folder")->required();
  command->add_flag("--json", *json, "As JSON");
  command->callback([folder, json, &exit] { exit = finish(info(*folder, *json)); });
}

void addCurves(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("curves", "Write a run's scalars as CSV");
  auto options = std::make_shared<CurvesOptions>();
  command->add_option("RUN", options->folder, "Run folder")->required();
  command->add_option("--scalar", options->names, "Only these; may be repeated");
  command->add_option("--out", options->out, "CSV file (else: standard output)");
  command->add_flag("--overwrite", options->overwrite, "Replace the file");
  command->callback([options, &exit] { exit = finish(curves(*options)); });
}

}  // namespace anchorscope::cli
