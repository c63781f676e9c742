// Looking into a recorded run: info, inspect, curves.
#include <charconv>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/decision.h"
#include "core/session/evaluation_scalars.h"
#include "core/store/csv.h"
#include "core/trainer/evaluation.h"

namespace anchorscope::cli {
namespace {

// ---- info
// --------------------------------------------------------------------------------------------------------

/// The steps a run was to have when it was last saved: one that goes on may have got more than it began with.
std::int64_t plannedSteps(const RunReader& run) {
  if (run.checkpoints().empty()) return run.header().plannedSteps;
  const auto config = configOfCheckpoint(run.checkpoints().back());
  return config && config->train.knowsSteps("steps") ? config->train.getInt("steps")
                                                     : run.header().plannedSteps;
}

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

// ---- inspect
// -----------------------------------------------------------------------------------------------------

struct InspectOptions {
  EvidenceChoice choice;
  std::int64_t object = -1, anchor = -1, rows = 20;
  bool json = false;
};

nlohmann::ordered_json boxJson(const Box& box) {
  return {box.x1, box.y1, box.x2, box.y2};
}

std::string boxText(const Box& box) {
  return concat("(", shortNumber(box.x1), ", ", shortNumber(box.y1), ", ", shortNumber(box.x2), ", ",
                shortNumber(box.y2), ")");
}

const char* verdictName(TestVerdict verdict) {
  switch (verdict) {
    case TestVerdict::kPassed:
      return "passed";
    case TestVerdict::kFailed:
      return "failed";
    case TestVerdict::kNotReached:
      return "not reached";
    case TestVerdict::kNotApplicable:
      return "does not apply";
  }
  return "";
}

const char* kindName(DecisionOutcome::Kind kind) {
  switch (kind) {
    case DecisionOutcome::Kind::kTaken:
      return "taken";
    case DecisionOutcome::Kind::kLost:
      return "lost";
    case DecisionOutcome::Kind::kDropped:
      return "dropped";
    case DecisionOutcome::Kind::kIgnored:
      return "ignored";
  }
  return "";
}

nlohmann::ordered_json decisionJson(const Decision& decision) {
  nlohmann::ordered_json out{
      {"object", decision.object}, {"considered", decision.considered}, {"summary", decision.summary}};
  out["tests"] = nlohmann::ordered_json::array();
  for (const DecisionRow& row : decision.rows)
    out["tests"].push_back({{"name", row.name},
                            {"value", jsonNumber(row.value)},
                            {"relation", row.relation},
                            {"bound", jsonNumber(row.bound)},
                            {"verdict", verdictName(row.verdict)},
                            {"note", row.note}});
  out["outcomes"] = nlohmann::ordered_json::array();
  for (const DecisionOutcome& outcome : decision.outcomes)
    out["outcomes"].push_back({{"head", outcome.head},
                               {"kind", kindName(outcome.kind)},
                               {"winner", outcome.winner},
                               {"weight", jsonNumber(outcome.weight)},
                               {"rank", outcome.rank},
                               {"bag_size", outcome.bagSize}});
  return out;
}

std::string className(const StageEvidence& evidence, int classIndex) {
  const auto index = static_cast<std::size_t>(classIndex);
  return evidence.classNames && classIndex >= 0 && index < evidence.classNames->size()
             ? (*evidence.classNames)[index]
             : concat("class ", classIndex);
}

nlohmann::ordered_json anchorJson(const StageEvidence& evidence, std::size_t anchor, std::int32_t object) {
  nlohmann::ordered_json out{{"anchor", anchor},
                             {"address", evidence.label(anchor)},
                             {"box_in_input", boxJson(evidence.candidates->boxesInInput[anchor])}};
  if (!evidence.predictedBoxesInInput.empty())
    out["predicted_box_in_input"] = boxJson(evidence.predictedBoxesInInput[anchor]);
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate)
      out["channels"][channel.spec.name] = jsonNumber(channel.values[anchor]);
  if (object >= 0)
    out["decision"] = decisionJson(explain(evidence, static_cast<std::int32_t>(anchor), object));
  return out;
}

/// The rows of an object's bag, or all its rows when the table names no member column; in the table's own
/// order.
std::vector<std::size_t> bagRows(const PairTable& table, std::int32_t object) {
  std::vector<std::size_t> rows;
  const int member = table.columnIndex(table.spec.memberColumn),
            sort = table.columnIndex(table.spec.sortColumn);
  const auto [first, last] = table.rowsOfObject(object);
  for (std::size_t row = first; row < last; ++row)
    if (member < 0 || table.columns[static_cast<std::size_t>(member)][row] > 0) rows.push_back(row);
  if (sort >= 0) {
    const std::vector<float>& key = table.columns[static_cast<std::size_t>(sort)];
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return table.spec.sortDescending ? key[a] > key[b] : key[a] < key[b];
    });
  }
  return rows;
}

nlohmann::ordered_json objectJson(const StageEvidence& evidence, std::int32_t object) {
  const ObjectRecord& record = evidence.image->objects[static_cast<std::size_t>(object)];
  nlohmann::ordered_json out{{"object", object},
                             {"class", className(evidence, record.classIndex)},
                             {"box_in_image", boxJson(record.boxInImage)},
                             {"ignored", record.ignored}};
  for (const ObjectColumn& column : evidence.objectColumns)
    out["values"][column.spec.name] = jsonNumber(column.values[static_cast<std::size_t>(object)]);
  for (const PairTable& table : evidence.pairTables) {
    auto rows = nlohmann::ordered_json::array();
    for (const std::size_t row : bagRows(table, object)) {
      nlohmann::ordered_json entry{{"anchor", table.candidate[row]}};
      for (std::size_t column = 0; column < table.columns.size(); ++column)
        entry[table.spec.columns[column].name] = jsonNumber(table.columns[column][row]);
      rows.push_back(std::move(entry));
    }
    out["tables"][table.spec.name] = std::move(rows);
  }
  return out;
}

void printAnchor(const StageEvidence& evidence, std::size_t anchor, std::int32_t object) {
  std::string title = evidence.address(anchor);
  title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
  std::cout << title << "  box in input " << boxText(evidence.candidates->boxesInInput[anchor]) << '\n';
  if (!evidence.predictedBoxesInInput.empty())
    std::cout << "  predicted box in input " << boxText(evidence.predictedBoxesInInput[anchor]) << '\n';
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate)
      std::cout << "  " << channel.spec.name << "  " << shortNumber(channel.values[anchor]) << '\n';
  if (object < 0) return;
  const Decision decision = explain(evidence, static_cast<std::int32_t>(anchor), object);
  std::cout << "Decision for object " << object << ": " << decision.summary << '\n';
  for (const DecisionRow& row : decision.rows) {
    std::cout << "  " << row.name << ": ";
    if (!std::isnan(row.value)) std::cout << shortNumber(row.value) << ' ';
    if (!std::isnan(row.bound)) std::cout << heldRelation(row) << ' ' << shortNumber(row.bound) << ' ';
    std::cout << verdictName(row.verdict) << (row.note.empty() ? "" : ", " + row.note) << '\n';
  }
}

void printObject(const StageEvidence& evidence, std::int32_t object, std::int64_t atMost) {
  const ObjectRecord& record = evidence.image->objects[static_cast<std::size_t>(object)];
  std::cout << "Object " << object << "  " << className(evidence, record.classIndex) << "  box in image "
            << boxText(record.boxInImage) << (record.ignored ? "  (ignored)" : "") << '\n';
  for (const ObjectColumn& column : evidence.objectColumns)
    std::cout << "  " << column.spec.name << "  "
              << shortNumber(column.values[static_cast<std::size_t>(object)]) << '\n';
  for (const PairTable& table : evidence.pairTables) {
    const auto rows = bagRows(table, object);
    std::cout << table.spec.title << ": " << counted(static_cast<std::int64_t>(rows.size()), "row") << "\n  "
              << evidence.stage.candidate;
    for (const ColumnSpec& column : table.spec.columns)
      std::cout << '\t' << column.name;
    std::cout << '\n';
    for (std::size_t i = 0; i < rows.size() && (atMost == 0 || static_cast<std::int64_t>(i) < atMost); ++i) {
      std::cout << "  " << table.candidate[rows[i]];
      for (const std::vector<float>& column : table.columns)
        std::cout << '\t' << shortNumber(column[rows[i]]);
      std::cout << '\n';
    }
    if (atMost > 0 && static_cast<std::int64_t>(rows.size()) > atMost)
      std::cout << "  ... " << static_cast<std::int64_t>(rows.size()) - atMost
                << " more (--rows 0 shows all)\n";
  }
}

void printFrame(const StageEvidence& evidence) {
  std::cout << evidence.image->name << " at step " << evidence.step;
  if (!evidence.stage.title.empty()) std::cout << ", " << evidence.stage.title;
  if (evidence.variant) {
    std::cout << ", variant " << evidence.variant->name;
    for (const auto& [option, value] : evidence.variant->options)
      std::cout << "  " << option << " = " << value;
  }
  std::cout << ": " << counted(static_cast<std::int64_t>(evidence.image->objects.size()), "object") << ", "
            << counted(static_cast<std::int64_t>(evidence.candidates->count()), evidence.stage.candidate)
            << ", " << counted(static_cast<std::int64_t>(evidence.predictions.size()), "prediction") << '\n';
  for (std::size_t object = 0; object < evidence.image->objects.size(); ++object) {
    const ObjectRecord& record = evidence.image->objects[object];
    std::cout << "  object " << object << "  " << className(evidence, record.classIndex) << ' '
              << boxText(record.boxInImage);
    for (const ObjectColumn& column : evidence.objectColumns)
      std::cout << "  " << column.spec.name << ' ' << shortNumber(column.values[object]);
    std::cout << '\n';
  }
  for (const Channel& channel : evidence.channels) {
    double low = INFINITY, high = -INFINITY;
    std::size_t defined = 0;
    for (const float value : channel.values) {
      if (std::isnan(value)) continue;
      low = std::min<double>(low, value);
      high = std::max<double>(high, value);
      ++defined;
    }
    std::cout << "  channel " << channel.spec.name;
    if (channel.grid.stride > 0) std::cout << " stride " << channel.grid.stride << " px";
    std::cout << "  " << counted(static_cast<std::int64_t>(defined), "value");
    if (defined > 0) std::cout << ", " << shortNumber(low) << " .. " << shortNumber(high);
    std::cout << '\n';
  }
  for (const PairTable& table : evidence.pairTables)
    std::cout << "  table " << table.spec.name << "  "
              << counted(static_cast<std::int64_t>(table.rowCount()), "row") << '\n';
  for (const PredictionRecord& prediction : evidence.predictions)
    std::cout << "  prediction " << className(evidence, prediction.classIndex) << ' '
              << shortNumber(prediction.score) << ' ' << boxText(prediction.boxInImage) << "  "
              << evidence.stage.candidate << ' ' << prediction.candidate << '\n';
}

nlohmann::ordered_json frameJson(const StageEvidence& evidence) {
  nlohmann::ordered_json out{{"image", evidence.image->name},
                             {"step", evidence.step},
                             {"stage", evidence.stage.name},
                             {"anchors", evidence.candidates->count()}};
  if (evidence.variant) {
    out["variant"]["name"] = evidence.variant->name;
    for (const auto& [option, value] : evidence.variant->options)
      out["variant"]["options"][option] = value;
  }
  out["objects"] = nlohmann::ordered_json::array();
  for (std::size_t object = 0; object < evidence.image->objects.size(); ++object)
    out["objects"].push_back(objectJson(evidence, static_cast<std::int32_t>(object)));
  out["predictions"] = nlohmann::ordered_json::array();
  for (const PredictionRecord& prediction : evidence.predictions)
    out["predictions"].push_back({{"class", className(evidence, prediction.classIndex)},
                                  {"score", jsonNumber(prediction.score)},
                                  {"box_in_image", boxJson(prediction.boxInImage)},
                                  {"anchor", prediction.candidate}});
  return out;
}

Status inspect(const InspectOptions& options) {
  const EvidenceChoice& choice = options.choice;
  auto opened = openRun(choice.folder);
  if (!opened) return std::move(opened).error();
  auto probe = findProbe(**opened, choice.image);
  if (!probe) return std::move(probe).error();
  auto step = parseStep(**opened, *probe, choice.step);
  if (!step) return std::move(step).error();
  auto frame = (*opened)->frame(*probe, *step, choice.variant);
  if (!frame) return std::move(frame).error();
  auto stage = findStage(**frame, choice.stage);
  if (!stage) return std::move(stage).error();
  tellDamage(**opened);
  const StageEvidence& evidence = **stage;
  const auto objectCount = static_cast<std::int64_t>(evidence.image->objects.size());
  const auto anchorCount = static_cast<std::int64_t>(evidence.candidates->count());
  if (options.object >= objectCount)
    return makeError(ErrorCode::kNotFound, concat("There is no object ", options.object),
                     concat("'", *probe, "' has ", counted(objectCount, "object"), ", counted from 0"));
  if (options.anchor >= anchorCount)
    return makeError(ErrorCode::kNotFound,
                     concat("There is no ", evidence.stage.candidate, " ", options.anchor),
                     concat("There are ", anchorCount, ", counted from 0"));
  const auto object = static_cast<std::int32_t>(options.object);
  if (options.anchor >= 0) {
    const auto told =
        object >= 0 ? object : mostRelevantObject(evidence, static_cast<std::int32_t>(options.anchor));
    if (options.json)
      std::cout << jsonText(anchorJson(evidence, static_cast<std::size_t>(options.anchor), told));
    else
      printAnchor(evidence, static_cast<std::size_t>(options.anchor), told);
  } else if (object >= 0) {
    if (options.json)
      std::cout << jsonText(objectJson(evidence, object));
    else
      printObject(evidence, object, options.rows);
  } else if (options.json) {
    std::cout << jsonText(frameJson(evidence));
  } else {
    printFrame(evidence);
  }
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

void addInspect(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("inspect", "Print the recorded evidence of an image, an object or an anchor");
  auto options = std::make_shared<InspectOptions>();
  addEvidenceOptions(*command, options->choice, "Probe image (else: the first)");
  command->add_option("--object", options->object, "Object, counted from 0: its bag")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()));
  command
      ->add_option("--anchor", options->anchor,
                   "Anchor (or other candidate of the stage), counted from 0: its values and the decision")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  command->add_option("--rows", options->rows, "Rows of a table to print; 0: all")->capture_default_str();
  command->add_flag("--json", options->json, "As JSON, with every row");
  command->callback([options, &exit] { exit = finish(inspect(*options)); });
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
