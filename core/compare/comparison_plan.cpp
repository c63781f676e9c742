#include "core/compare/comparison_plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/data/dataset.h"
#include "core/data/spec.h"
#include "core/trainer/presets.h"
#include "core/trainer/schedule.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kMostRuns = 10'000;
constexpr std::int64_t kProbes = 8, kCaptures = 4, kCheckpoints = 5;

bool isKeyLetter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
         letter == '.';
}

/// Where the next "+KEY=" begins, or the end.
std::size_t nextSetting(const std::string& text, std::size_t from) {
  for (std::size_t plus = text.find('+', from); plus != std::string::npos; plus = text.find('+', plus + 1)) {
    std::size_t end = plus + 1;
    while (end < text.size() && isKeyLetter(text[end]))
      ++end;
    const bool letterFirst = end > plus + 1 && text[plus + 1] >= 'a' && text[plus + 1] <= 'z';
    if (letterFirst && end < text.size() && text[end] == '=') return plus;
  }
  return text.size();
}

/// An option in steps keeps its share of the run.
Status stretchMethod(ParamSet& method, double factor) {
  const std::vector<ParamSpec> specs = method.specs();
  for (const ParamSpec& spec : specs) {
    if (spec.type != ParamType::kInt || spec.unit != "steps") continue;
    const std::int64_t before = method.getInt(spec.name);
    if (before <= 0) continue;
    const auto after = std::max<std::int64_t>(1, std::llround(static_cast<double>(before) * factor));
    ANCHORSCOPE_TRY(method.setValue(spec.name, ParamValue(after)));
  }
  return {};
}

Status apply(RunConfig& config, const Settings& settings, const std::string& label) {
  for (const auto& [key, value] : settings) {
    auto full = fullKey(config, key);
    if (!full) return std::move(full).error().in(concat("method '", label, "'"));
    if (*full == "train.steps" || *full == "train.seed")
      return makeError(ErrorCode::kUsage,
                       concat("'", *full, "' of method '", label, "' is the comparison's own"),
                       *full == "train.steps" ? "Use --budget" : "Use --seeds");
    if (Status status = applySetting(config, *full, value); !status)
      return std::move(status).error().in(concat("method '", label, "'"));
  }
  return {};
}

Result<RunConfig> configOf(const ComparisonMethod& method, const ComparisonOptions& options,
                           const std::string& data, const std::string& validation, const StepsOf& stepsOf) {
  auto config = presetConfig(method.preset);
  if (!config) return std::move(config).error().in(concat("method '", method.label, "'"));
  config->data = data;
  config->validation = validation;
  config->probes.clear();
  config->out.clear();
  const auto set = [&](const char* name, std::int64_t value) {
    return config->train.setValue(name, ParamValue(value));
  };
  if (options.threads) ANCHORSCOPE_TRY(set("threads", *options.threads));
  if (options.device) ANCHORSCOPE_TRY(config->train.set("device", *options.device));
  RunConfig unstretched = *config;
  ANCHORSCOPE_TRY(apply(unstretched, options.settings, method.label));
  ANCHORSCOPE_TRY(apply(unstretched, method.settings, method.label));
  auto steps = stepsOf(method.label, unstretched);
  if (!steps) return std::move(steps).error().in(concat("method '", method.label, "'"));
  if (*steps > 0) {
    const std::int64_t before = config->train.knowsSteps("steps") ? config->train.getInt("steps") : 0;
    if (before > 0)
      ANCHORSCOPE_TRY(
          stretchMethod(config->methodParams, static_cast<double>(*steps) / static_cast<double>(before)));
    ANCHORSCOPE_TRY(stretchSchedule(config->train, *steps));
    ANCHORSCOPE_TRY(set("record_every", (*steps + kCaptures - 1) / kCaptures));
    ANCHORSCOPE_TRY(set("checkpoint_every", (*steps + kCheckpoints - 1) / kCheckpoints));
  } else {
    ANCHORSCOPE_TRY(set("steps", 0));
  }
  ANCHORSCOPE_TRY(set("eval_every", 0));
  ANCHORSCOPE_TRY(set("probe_count", kProbes));
  ANCHORSCOPE_TRY(set("keep_checkpoints", 1));
  ANCHORSCOPE_TRY(apply(*config, options.settings, method.label));
  ANCHORSCOPE_TRY(apply(*config, method.settings, method.label));
  return config;
}

/// Labels must be different, also as folders.
Status checkLabels(const ComparisonOptions& options) {
  std::map<std::string, std::string> labels;
  for (const ComparisonMethod& method : options.methods) {
    const auto [other, isNew] = labels.emplace(labelFolder(options.folder, method.label), method.label);
    if (!isNew)
      return makeError(ErrorCode::kUsage,
                       concat("The methods '", other->second, "' and '", method.label,
                              "' would go into one folder, '", other->first, "'"),
                       "Give them labels: LABEL=PRESET");
  }
  return {};
}

/// Everything that does not go together, for all methods at once.
Status checkConflicts(const std::vector<PlannedRun>& runs) {
  std::vector<std::string> messages;
  std::string before;
  for (const PlannedRun& run : runs) {
    if (run.label == before) continue;
    before = run.label;
    if (Status status = checkCombination(run.config); !status)
      messages.push_back(concat(run.label, ": ", status.error().text()));
  }
  if (messages.empty()) return {};
  return makeError(ErrorCode::kUsage, concat("These methods cannot be trained:\n  ", join(messages, "\n  ")));
}

}  // namespace

Result<ComparisonMethod> parseComparisonMethod(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return makeError(ErrorCode::kUsage, concat("'", text, "' names no method: ", why),
                     "Write [LABEL=]PRESET[+KEY=VALUE]..., such as bccd-musu+beta=0.5");
  };
  std::size_t end = nextSetting(text, 0);
  const std::string head = text.substr(0, end);
  const std::size_t equals = head.find('=');
  ComparisonMethod method{equals == std::string::npos ? text : head.substr(0, equals),
                          equals == std::string::npos ? head : head.substr(equals + 1),
                          {}};
  if (method.label.empty()) return wrong("the label is empty");
  if (method.preset.empty()) return wrong("the preset is missing");
  if (method.preset.find_first_of("=+") != std::string::npos)
    return wrong(concat("'", method.preset, "' is no preset"));
  while (end < text.size()) {
    const std::size_t next = nextSetting(text, end + 1);
    const std::string setting = text.substr(end + 1, next - end - 1);
    const std::size_t sign = setting.find('=');
    method.settings.emplace_back(setting.substr(0, sign), setting.substr(sign + 1));
    end = next;
  }
  return method;
}

std::string ComparisonBudget::text() const {
  const char* const suffix = unit == Unit::kSeconds ? "s" : unit == Unit::kEpochs ? "e" : "";
  return toText(ParamValue(amount)) + suffix;
}

Result<ComparisonBudget> parseComparisonBudget(const std::string& text) {
  ComparisonBudget budget;
  if (const auto epochs = parseEpochs(text)) {
    budget.amount = *epochs;
    budget.unit = ComparisonBudget::Unit::kEpochs;
    return budget;
  }
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), budget.amount);
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (suffix == "s") budget.unit = ComparisonBudget::Unit::kSeconds;
  const bool whole =
      suffix.empty() ? budget.amount == std::floor(budget.amount) && budget.amount >= 1 : suffix == "s";
  if (code != std::errc{} || !whole || !(budget.amount > 0) || !(budget.amount <= 1e9))
    return makeError(ErrorCode::kUsage, concat("'", text, "' is no budget"),
                     "Give steps (400), seconds of training (120s) or epochs (2e)");
  return budget;
}

std::string labelFolder(const std::string& folder, const std::string& label) {
  std::string name = label;
  for (char& letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') ||
                       std::string_view("._+=-").find(letter) != std::string_view::npos;
    if (!plain) letter = '-';
  }
  if (!name.empty() && name.front() == '.') name.front() = '-';
  return (std::filesystem::path(folder) / name).string();
}

Result<std::vector<PlannedRun>> planComparison(const ComparisonOptions& options, const StepsOf& stepsOf) {
  if (options.methods.empty())
    return makeError(ErrorCode::kUsage, "There is nothing to compare", "Name presets with --methods");
  if (options.seeds < 1)
    return makeError(ErrorCode::kUsage, concat(options.seeds, " seeds are none"), "Give --seeds 1 or more");
  const auto methods = static_cast<std::int64_t>(options.methods.size());
  if (options.seeds > kMostRuns / methods)
    return makeError(ErrorCode::kUsage,
                     concat(options.seeds, " seeds of ", counted(methods, "method"), " are more than ",
                            kMostRuns, " runs"),
                     concat("Give at most ", kMostRuns / methods, " seeds"));
  ANCHORSCOPE_TRY(checkLabels(options));
  auto spec = parseDatasetSpec(options.data);
  if (!spec) return std::move(spec).error();
  const bool hasDefault = spec->kind == DatasetKind::kDemo || spec->kind == DatasetKind::kYolo;
  const std::string data =
      absoluteSpec(spec->split.empty() && !hasDefault ? spec->withSplit("train") : options.data);
  const std::string validation =
      options.validation.empty() ? validationSpec(data) : absoluteSpec(options.validation);
  if (validation.empty())
    return makeError(ErrorCode::kUsage, concat("'", data, "' has no validation set to compare on"),
                     "Name one with --validation SPEC");
  std::vector<PlannedRun> runs;
  for (const ComparisonMethod& method : options.methods) {
    auto config = configOf(method, options, data, validation, stepsOf);
    if (!config) return std::move(config).error();
    for (std::int64_t seed = 0; seed < options.seeds; ++seed) {
      PlannedRun run{method.label, method.preset, seed, *config};
      ANCHORSCOPE_TRY(run.config.train.setValue("seed", ParamValue(seed)));
      run.config.out =
          (std::filesystem::path(labelFolder(options.folder, method.label)) / concat("seed-", seed)).string();
      ANCHORSCOPE_TRY(checkTexts(run.config));
      runs.push_back(std::move(run));
    }
  }
  ANCHORSCOPE_TRY(checkConflicts(runs));
  return runs;
}

std::vector<std::string> configDifferences(const RunConfig& a, const RunConfig& b) {
  std::vector<std::string> out;
  const auto compare = [&](const std::string& key, const std::string& one, const std::string& other) {
    const auto shown = [](const std::string& text) { return text.empty() ? std::string("none") : text; };
    if (one != other) out.push_back(concat(key, ": ", shown(one), ", not ", shown(other)));
  };
  compare("data", absoluteSpec(a.data), absoluteSpec(b.data));
  compare("validation", absoluteSpec(a.validation), absoluteSpec(b.validation));
  compare("method", a.method, b.method);
  compare("model", a.model, b.model);
  compare("weights", a.weights, b.weights);
  compare("probes", join(a.probes, ", "), join(b.probes, ", "));
  for (const char* prefix : {"train", "method", "model", "data"}) {
    const ParamSet &one = paramsOf(a, prefix), &other = paramsOf(b, prefix);
    for (const ParamSpec& spec : one.specs())
      if (other.find(spec.name) && (one.applies(spec.name) || other.applies(spec.name)))
        compare(concat(prefix, ".", spec.name), toText(one.get(spec.name)), toText(other.get(spec.name)));
  }
  return out;
}

}  // namespace anchorscope
