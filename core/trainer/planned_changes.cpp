#include "core/trainer/planned_changes.h"

#include <cmath>
#include <sstream>
#include <utility>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/base/words.h"

namespace anchorscope {
namespace {

constexpr const char* kOption = "planned_changes";
constexpr double kMostSteps = 1e9;

bool isMoment(const std::string& text) {
  if (const auto epochs = parseEpochs(text)) return *epochs > 0;
  const auto number = parseNumber<double>(text);
  return number && *number > 0 && *number <= kMostSteps && (*number < 1 || *number == std::floor(*number));
}

/// The option with its value, tried on `config`.
Result<PlannedChange> changeOf(const std::string& when, const std::string& word, RunConfig config) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos)
    return makeError(ErrorCode::kUsage, concat("'", word, "' is no option with its value"),
                     "Write options as name=value, without spaces around '='");
  auto key = fullKey(config, word.substr(0, equals));
  if (!key) return std::move(key).error();
  const std::size_t dot = key->find('.');
  const std::string prefix = key->substr(0, dot), name = key->substr(dot + 1);
  const bool ofTraining = prefix == "train" || prefix == "method";
  if (!ofTraining || paramsOf(config, prefix).find(name)->effect != ParamEffect::kNextStep || name == kOption)
    return makeError(ErrorCode::kUsage, concat("'", *key, "' cannot change while training"),
                     "Leave it out of train.planned_changes");
  std::string value = word.substr(equals + 1);
  ANCHORSCOPE_TRY(applySetting(config, *key, value));
  return PlannedChange{when, *std::move(key), std::move(value)};
}

Status readMoment(const std::vector<std::string>& words, const RunConfig& config,
                  std::vector<PlannedChange>& into) {
  if (!isMoment(words.front()))
    return makeError(ErrorCode::kUsage, concat("'", words.front(), "' is no moment of a run"),
                     "Begin with a number of steps, epochs or a share of the run: 30000, 4e or 0.33");
  if (words.size() == 1)
    return makeError(ErrorCode::kUsage, "Nothing changes there", "Write what does, as name=value");
  for (std::size_t i = 1; i < words.size(); ++i) {
    auto change = changeOf(words.front(), words[i], config);
    if (!change) return std::move(change).error();
    into.push_back(*std::move(change));
  }
  return {};
}

}  // namespace

Result<std::vector<PlannedChange>> plannedChanges(const RunConfig& config) {
  std::vector<PlannedChange> changes;
  std::istringstream all(config.train.getText(kOption));
  for (std::string one; std::getline(all, one, ';');) {
    const std::vector<std::string> words = wordsOf(one);
    if (words.empty()) continue;
    if (const Status status = readMoment(words, config, changes); !status)
      return makeError(status.error().code,
                       concat("The change '", join(words, " "), "': ", status.error().message),
                       status.error().action);
  }
  return changes;
}

std::optional<std::int64_t> stepOf(const PlannedChange& change, const ParamSet& train) {
  if (const auto epochs = parseEpochs(change.when)) {
    if (train.stepsPerEpoch() <= 0) return {};
    return stepsOfEpochs(*epochs, train.stepsPerEpoch());
  }
  const double number = *parseNumber<double>(change.when);
  if (number >= 1) return static_cast<std::int64_t>(number);
  if (!train.knowsSteps("steps") || train.getInt("steps") <= 0) return {};
  return std::llround(number * static_cast<double>(train.getInt("steps")));
}

std::string withMoments(const std::string& plan,
                        const std::function<std::string(const std::string&)>& moment) {
  std::vector<std::string> moments;
  std::istringstream all(plan);
  for (std::string one; std::getline(all, one, ';');) {
    std::vector<std::string> words = wordsOf(one);
    if (words.empty()) continue;
    if (isMoment(words.front())) words.front() = moment(words.front());
    moments.push_back(join(words, " "));
  }
  return join(moments, "; ");
}

std::vector<OptionConflict> plannedConflicts(const RunConfig& config) {
  const auto changes = plannedChanges(config);
  const std::string option = concat("train.", kOption);
  if (!changes) return {{option, changes.error().message, changes.error().action}};
  RunConfig changed = config;
  ANCHORSCOPE_CHECK(changed.train.set(kOption, "").ok(), "no plan is a plan");
  for (const PlannedChange& change : *changes) {
    ANCHORSCOPE_CHECK(applySetting(changed, change.key, change.value).ok(), "it was tried");
    if (const auto conflicts = conflictsOf(changed); !conflicts.empty())
      return {{option,
               concat("The change '", change.when, ' ', change.key, '=', change.value,
                      "': ", conflicts.front().message),
               conflicts.front().action}};
  }
  return {};
}

}  // namespace anchorscope
