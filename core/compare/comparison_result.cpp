#include "core/compare/comparison_result.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/eval/coco_ap.h"
#include "core/evidence/score_iou_correlation.h"
#include "core/store/run_reader.h"
#include "core/trainer/json_file.h"

namespace anchorscope {
namespace {

constexpr int kVersion = 1;
constexpr std::array<std::pair<RunOutcome, const char*>, 3> kOutcomes{{{RunOutcome::kFinished, "finished"},
                                                                       {RunOutcome::kDiverged, "diverged"},
                                                                       {RunOutcome::kFailed, "failed"}}};

/// Throws nlohmann's exceptions for what is missing or of a wrong type.
std::optional<ComparisonResult> fromJson(const nlohmann::json& json) {
  const auto outcome = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                    [&](const auto& entry) { return json.at("outcome") == entry.second; });
  if (outcome == kOutcomes.end()) return std::nullopt;
  ComparisonResult out;
  out.outcome = outcome->first;
  const auto text = [&](const char* key, std::string& to) { json.at(key).get_to(to); };
  text("label", out.label);
  text("preset", out.preset);
  text("reason", out.reason);
  text("machine", out.machine);
  text("budget", out.budget);
  text("config", out.configToml);
  text("program_version", out.programVersion);
  out.seed = integerOf(json.at("seed"));
  out.step = integerOf(json.at("step"));
  out.timedSteps = integerOf(json.at("timed_steps"));
  json.at("seconds").get_to(out.seconds);
  json.at("problems").get_to(out.problems);
  json.at("numbers").get_to(out.numbers);
  for (const auto& [kind, records] : json.at("bad_records").get<std::map<std::string, nlohmann::json>>())
    out.badRecords[kind] = integerOf(records);
  return out;
}

/// Positives over objects in the steps after `after`; none where they are not recorded.
std::optional<double> perObject(const ScalarSeries& positives, const ScalarSeries& objects,
                                std::int64_t after) {
  std::map<std::int64_t, double> objectsAt;
  for (std::size_t i = 0; i < objects.steps.size(); ++i)
    objectsAt[objects.steps[i]] = objects.values[i];
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < positives.steps.size(); ++i) {
    const auto found = objectsAt.find(positives.steps[i]);
    if (positives.steps[i] <= after || found == objectsAt.end()) continue;
    sum += positives.values[i];
    count += found->second;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

}  // namespace

std::span<const ComparisonColumn> comparisonColumns() {
  static const std::vector<ComparisonColumn> columns = [] {
    std::vector<ComparisonColumn> out;
    const auto addStats = [&out](std::string_view prefix, bool inTable) {
      for (const CocoStat& stat : kCocoStats)
        if (std::string_view(stat.name).starts_with(prefix))
          out.push_back({stat.name, stat.title, 3, inTable});
    };
    addStats("ap", true);
    out.insert(out.end(), {{"steps_per_second", "steps/s", 2, true},
                           {"positives_cls_per_object", "positives per object, class", 2, true},
                           {"positives_reg_per_object", "positives per object, box", 2, true},
                           {"pq_correlation", "p–q correlation", 3, true},
                           {"pq_objects", "objects of the p–q correlation", 0, false}});
    addStats("ar_", false);
    return out;
  }();
  return columns;
}

std::string resultPath(const std::string& runFolder) {
  return (std::filesystem::path(runFolder) / "comparison_result.json").string();
}

Status writeResult(const std::string& runFolder, const ComparisonResult& result) {
  std::error_code code;  // a failure shows when the file is written
  std::filesystem::create_directories(runFolder, code);
  const auto outcome = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                    [&](const auto& entry) { return entry.first == result.outcome; });
  const nlohmann::ordered_json json{{"version", kVersion},
                                    {"label", result.label},
                                    {"preset", result.preset},
                                    {"seed", result.seed},
                                    {"outcome", outcome->second},
                                    {"step", result.step},
                                    {"reason", result.reason},
                                    {"numbers", result.numbers},
                                    {"timed_steps", result.timedSteps},
                                    {"seconds", result.seconds},
                                    {"machine", result.machine},
                                    {"budget", result.budget},
                                    {"program_version", result.programVersion},
                                    {"problems", result.problems},
                                    {"bad_records", result.badRecords},
                                    {"config", result.configToml}};
  const std::string text =
      json.dump(2, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return writeFileAtomically(resultPath(runFolder), text, Overwrite::kYes);
}

Result<std::optional<ComparisonResult>> readResult(const std::string& runFolder) {
  const std::string path = resultPath(runFolder);
  std::error_code code;
  if (!std::filesystem::exists(path, code)) return std::optional<ComparisonResult>();
  const auto notAResult = [&](const std::string& why) {
    return makeError(ErrorCode::kBadData, concat("'", path, "' is not a result: ", why),
                     "Remove it: the run is then taken from its record, or repeated");
  };
  auto json = readJson(path);
  if (!json) return notAResult(json.error().message);
  try {
    if (const std::int64_t version = integerOf(json->at("version")); version != kVersion)
      return makeError(ErrorCode::kBadData,
                       concat("'", path, "' is of version ", version, ", this program reads ", kVersion),
                       "Use another --out");
    auto result = fromJson(*json);
    if (!result) return notAResult("its outcome is none of finished, diverged and failed");
    return result;
  } catch (const nlohmann::json::exception& problem) {
    return notAResult(entryProblem(problem));
  }
}

Result<std::map<std::string, double>> recordedNumbers(const std::string& runFolder, std::int64_t steps) {
  auto run = openRun(runFolder);
  if (!run) return std::move(run).error();
  std::map<std::string, double> numbers;
  bool evaluated = false;
  for (const CocoStat& stat : kCocoStats) {
    const char* name = stat.name;
    auto series = (*run)->scalar(concat("eval.", name));
    if (!series) return std::move(series).error();
    if (series->steps.empty() || series->steps.back() != steps) continue;
    evaluated = true;
    if (series->values.back() >= 0) numbers[name] = series->values.back();
  }
  if (!evaluated)
    return makeError(ErrorCode::kNotFound, concat("'", runFolder, "' holds no evaluation of step ", steps));

  auto objects = (*run)->scalar("objects");
  if (!objects) return std::move(objects).error();
  const std::int64_t after = steps - std::max<std::int64_t>(1, steps / 4);
  for (const char* head : {"cls", "reg"}) {
    auto positives = (*run)->scalar(concat("positives.", head));
    if (!positives) return std::move(positives).error();
    if (const auto value = perObject(*positives, *objects, after))
      numbers[concat("positives_", head, "_per_object")] = *value;
  }

  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  for (const std::string& probe : (*run)->probeNames()) {
    const std::vector<std::int64_t> recorded = (*run)->recordedSteps(probe);
    if (recorded.empty() || recorded.back() != steps) continue;
    auto frame = (*run)->frame(probe, steps);
    if (!frame) return std::move(frame).error();
    frames.push_back(*std::move(frame));
  }
  if (const auto correlation = scoreIouCorrelation(frames)) {
    numbers["pq_correlation"] = correlation->mean;
    numbers["pq_objects"] = static_cast<double>(correlation->objects);
  }
  return numbers;
}

}  // namespace anchorscope
