#include "core/trainer/run_config.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/data/loader.h"
#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/input_options.h"
#include "core/trainer/planned_changes.h"
#include "core/trainer/variants.h"
#include "core/watch/watch_list.h"

namespace anchorscope {
namespace {

using NamedSet = std::pair<const char*, ParamSet RunConfig::*>;
constexpr std::array<NamedSet, 4> kSets{{{"train", &RunConfig::train},
                                         {"method", &RunConfig::methodParams},
                                         {"model", &RunConfig::modelParams},
                                         {"data", &RunConfig::dataParams}}};

std::vector<std::string> allKeys(const RunConfig& config) {
  std::vector<std::string> keys;
  for (const auto& [prefix, member] : kSets)
    for (const ParamSpec& spec : (config.*member).specs())
      keys.push_back(concat(prefix, ".", spec.name));
  return keys;
}

/// Of an option that is a list in a language of its own.
bool ofText(const OptionConflict& conflict) {
  return conflict.option == "train.variants" || conflict.option == "train.watch" ||
         conflict.option == "train.planned_changes";
}

}  // namespace

Result<RunConfig> makeRunConfig(const std::string& method, const std::string& model) {
  RunConfig config;
  ANCHORSCOPE_TRY(selectMethod(config, method));
  ANCHORSCOPE_TRY(selectModel(config, model));
  config.dataParams = ParamSet(loaderParams());
  return config;
}

Status selectMethod(RunConfig& config, const std::string& method) {
  auto params = methodParams(method);
  if (!params) return std::move(params).error();
  config.method = method;
  config.methodParams = *std::move(params);
  return {};
}

Status selectModel(RunConfig& config, const std::string& model) {
  auto params = modelParams(model);
  if (!params) return std::move(params).error();
  config.model = model;
  config.modelParams = *std::move(params);
  return {};
}

Result<std::string> fullKey(const RunConfig& config, const std::string& key) {
  std::vector<std::string> matches;
  for (const std::string& full : allKeys(config))
    if (full == key || full.substr(full.find('.') + 1) == key) matches.push_back(full);
  if (matches.size() == 1) return matches.front();
  if (matches.empty())
    return makeError(ErrorCode::kUsage, concat("There is no option '", key, "'"),
                     concat("Did you mean ", join(nearestNames(key, allKeys(config)), " or "), "?"));
  return makeError(ErrorCode::kUsage, concat("Option '", key, "' is ambiguous"),
                   concat("Give one of ", join(matches, ", ")));
}

ParamSet& paramsOf(RunConfig& config, const std::string& prefix) {
  for (const auto& [name, member] : kSets)
    if (prefix == name) return config.*member;
  ANCHORSCOPE_CHECK(false, "no parameter set '", prefix, "'");
  return config.train;
}

const ParamSet& paramsOf(const RunConfig& config, const std::string& prefix) {
  return paramsOf(const_cast<RunConfig&>(config), prefix);  // NOLINT: the set is only read
}

Status applySetting(RunConfig& config, const std::string& key, const std::string& value) {
  auto full = fullKey(config, key);
  if (!full) return std::move(full).error();
  const std::size_t dot = full->find('.');
  return paramsOf(config, full->substr(0, dot)).set(full->substr(dot + 1), value);
}

std::vector<OptionConflict> conflictsOf(const RunConfig& config) {
  const auto traits = modelTraits(config.model, config.modelParams);
  if (!traits) return {{"run.model", traits.error().message, traits.error().action}};
  std::vector<OptionConflict> conflicts = methodConflicts(config.method, config.methodParams, *traits);
  for (OptionConflict& conflict : conflicts) {
    if (config.methodParams.find(conflict.option) != nullptr)
      conflict.option = concat("method.", conflict.option);
    else if (conflict.option.find('.') == std::string::npos)
      conflict.option = "run.method";
  }
  for (OptionConflict& conflict : inputConflicts(config.train, config.dataParams))
    conflicts.push_back(std::move(conflict));
  const auto variants = askedVariants(config);
  if (!variants)
    conflicts.push_back({"train.variants", variants.error().message, variants.error().action});
  else
    for (const AskedVariant& asked : *variants)
      for (const OptionConflict& conflict : methodConflicts(asked.method, asked.params, *traits))
        conflicts.push_back({"train.variants",
                             concat("The variant '", asked.variant->name, "': ", conflict.message),
                             conflict.action});
  if (const auto watches = askedWatches(config.train.getText("watch")); !watches)
    conflicts.push_back({"train.watch", watches.error().message, watches.error().action});
  // A plan is looked at where the run can begin.
  if (conflicts.empty()) conflicts = plannedConflicts(config);
  return conflicts;
}

Status checkTexts(const RunConfig& config) {
  std::vector<std::pair<std::string, std::string>> texts{{"run.data", config.data},
                                                         {"run.validation", config.validation},
                                                         {"run.weights", config.weights},
                                                         {"run.out", config.out}};
  for (const std::string& probe : config.probes)
    texts.emplace_back("run.probes", probe);
  for (const auto& [prefix, member] : kSets)
    for (const ParamSpec& spec : (config.*member).specs())
      if (spec.type == ParamType::kText)
        texts.emplace_back(concat(prefix, ".", spec.name), (config.*member).getText(spec.name));
  for (const auto& [key, text] : texts)
    if (!isUtf8(text))
      return makeError(
          ErrorCode::kUsage, concat(key, " is '", text, "', which is not UTF-8"),
          "Rename the file or folder (or name it through a link), so that the run can keep its name");
  return {};
}

Status checkCombination(const RunConfig& config) {
  const std::vector<OptionConflict> conflicts = conflictsOf(config);
  if (conflicts.empty()) return {};
  std::vector<std::string> messages, actions;
  bool ofInput = true;
  for (const OptionConflict& conflict : conflicts) {
    messages.push_back(conflict.message);
    actions.push_back(conflict.action);
    ofInput = ofInput && !ofText(conflict) &&
              (conflict.option.starts_with("train.") || conflict.option.starts_with("data."));
  }
  const OptionConflict& first = conflicts.front();
  const bool ofOneText =
      ofText(first) && std::all_of(conflicts.begin(), conflicts.end(),
                                   [&](const auto& other) { return other.option == first.option; });
  const std::string where = ofOneText ? first.option
                            : ofInput ? "The input of the detector"
                                      : concat(config.method, " with ", config.model);
  return makeError(ErrorCode::kUsage, concat(where, ": ", join(messages, "; ")), join(actions, "; "));
}

}  // namespace anchorscope
