#include "core/compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/compare/comparison_table.h"
#include "core/data/dataset.h"
#include "core/data/epoch_list.h"
#include "core/trainer/json_file.h"
#include "core/trainer/presets.h"
#include "core/trainer/schedule.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

// ---- the budget in steps
// -----------------------------------------------------------------------------------------------

/// Beside a method's runs: what a budget in seconds came to, so that every seed and every continuation trains
/// the same number of steps.
std::string stepsPath(const ComparisonOptions& options, const std::string& label) {
  return (fs::path(labelFolder(options.folder, label)) / "steps.json").string();
}

/// 0 when nothing was measured for this budget and configuration.
Result<std::int64_t> rememberedSteps(const std::string& path, const std::string& budget,
                                     const RunConfig& config) {
  std::error_code code;
  if (!fs::exists(path, code)) return std::int64_t{0};
  const std::string remove = "Remove it: the steps are then measured again";
  auto json = readJson(path);
  if (!json) {
    if (json.error().code == ErrorCode::kBadData)
      return makeError(ErrorCode::kBadData, json.error().message, remove);
    return std::move(json).error();
  }
  try {
    const auto before = fromToml(json->at("config").get<std::string>(), path);
    if (json->at("budget") != budget || !before || !configDifferences(*before, config).empty())
      return std::int64_t{0};
    return std::max<std::int64_t>(integerOf(json->at("steps")), 0);
  } catch (const nlohmann::json::exception& problem) {
    return makeError(ErrorCode::kBadData, concat("'", path, "' cannot be read: ", entryProblem(problem)),
                     remove);
  }
}

Status rememberSteps(const std::string& path, const std::string& budget, const RunConfig& config,
                     std::int64_t steps) {
  std::error_code code;  // a failure shows when the file is written
  fs::create_directories(fs::path(path).parent_path(), code);
  const nlohmann::ordered_json json{{"budget", budget}, {"steps", steps}, {"config", toToml(config)}};
  return writeFileAtomically(
      path, json.dump(2, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace) + "\n",
      Overwrite::kYes);
}

Result<std::int64_t> epochsInSteps(double epochs, const RunConfig& config) {
  const auto seed = static_cast<std::uint64_t>(config.train.getInt("seed"));
  auto dataset = openDataset(config.data, DatasetOptions::from(config.dataParams, seed));
  if (!dataset) return std::move(dataset).error();
  const auto images = EpochList::make(**dataset, EpochOptions::from(config.dataParams), seed);
  if (!images) return images.error();
  return stepsOfEpochs(epochs, stepsPerEpoch(images->length(), config.train));
}

enum class Measure { kNo, kYes };

StepsOf stepsOf(const ComparisonOptions& options, Measure measure, const ComparisonHooks& hooks) {
  return [=, &options](const std::string& label, const RunConfig& config) -> Result<std::int64_t> {
    switch (options.budget.unit) {
      case ComparisonBudget::Unit::kSteps:
        return static_cast<std::int64_t>(options.budget.amount);
      case ComparisonBudget::Unit::kEpochs:
        return epochsInSteps(options.budget.amount, config);
      case ComparisonBudget::Unit::kSeconds:
        break;
    }
    const std::string path = stepsPath(options, label), budget = options.budget.text();
    auto steps = rememberedSteps(path, budget, config);
    if (!steps || *steps > 0 || measure == Measure::kNo) return steps;
    // What cannot be trained is told by the plan, with everything else of its kind.
    if (!checkCombination(config)) return std::int64_t{1};
    if (hooks.say) hooks.say(concat("Measuring how many steps of ", label, " fit into ", budget));
    steps = measureSteps(config, options.budget.amount, {{}, {}, hooks.cancelled});
    if (!steps) return steps;
    if (hooks.say) hooks.say(concat(label, ": ", *steps, " steps"));
    ANCHORSCOPE_TRY(rememberSteps(path, budget, config, *steps));
    return steps;
  };
}

// ---- what is there already
// ---------------------------------------------------------------------------------------------

Result<std::vector<RunStanding>> standingsOf(const std::vector<PlannedRun>& plan) {
  std::vector<RunStanding> out;
  for (const PlannedRun& run : plan) {
    auto standing = standingOf(run);
    if (!standing) return std::move(standing).error();
    out.push_back(*std::move(standing));
  }
  return out;
}

/// Refuses runs with another configuration, or gives them up.
Status settle(const std::vector<PlannedRun>& plan, std::vector<RunStanding>& standings, StartOver startOver,
              const ComparisonHooks& hooks) {
  std::vector<std::string> told;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (standings[i].differences.empty()) continue;
    if (startOver == StartOver::kChanged) {
      if (hooks.say)
        hooks.say(concat(plan[i].label, ", seed ", plan[i].seed, ": starting over, its setting has changed (",
                         join(standings[i].differences, "; "), ")"));
      standings[i] = {};
      continue;
    }
    told.push_back(concat(plan[i].config.out, " has ", join(standings[i].differences, "; ")));
  }
  if (told.empty()) return {};
  return makeError(ErrorCode::kExists,
                   concat("Runs of another comparison are in the way:\n  ", join(told, "\n  ")),
                   "Compare into another --out, or start these runs over with --fresh");
}

// ---- the table's notes
// -------------------------------------------------------------------------------------------------

Result<std::string> countsOf(const std::string& spec, std::uint64_t seed, std::vector<std::string>& names) {
  auto opened = openDataset(spec, seed);
  if (!opened) return std::move(opened).error();
  std::int64_t objects = 0, ignored = 0;
  for (const ImageRecord& image : (*opened)->images()) {
    names.push_back(image.name);
    objects += static_cast<std::int64_t>(image.annotations.size());
    ignored += std::count_if(image.annotations.begin(), image.annotations.end(),
                             [](const Annotation& annotation) { return isIgnored(annotation); });
  }
  std::string out = concat(spec, ", ", (*opened)->images().size(), " images, ", objects, " objects");
  if (ignored > 0) out += concat(" (", ignored, " of them crowd or difficult)");
  return out;
}

Result<std::string> dataText(const std::vector<PlannedRun>& plan) {
  const RunConfig& config = plan.front().config;
  std::vector<std::string> names, namesOfNextSeed;
  auto training = countsOf(config.data, 0, names);
  if (!training) return training;
  auto validation = countsOf(config.validation, 0, names);
  if (!validation) return validation;
  std::string out = concat("trained on ", *training, "; evaluated on ", *validation);
  auto again = countsOf(config.data, 1, namesOfNextSeed);
  if (!again) return again;
  const bool sameSplit =
      std::equal(namesOfNextSeed.begin(), namesOfNextSeed.end(), names.begin(),
                 names.begin() + static_cast<std::ptrdiff_t>(std::min(namesOfNextSeed.size(), names.size())));
  if (!sameSplit)
    out += "; the set has no splits of its own and is divided anew by each seed (counts of seed 0)";
  return out;
}

// ---- all runs
// ----------------------------------------------------------------------------------------------------------

class Comparison {
 public:
  Comparison(const ComparisonOptions& options, std::vector<PlannedRun> plan,
             std::vector<RunStanding> standings, ComparisonNotes notes, const ComparisonHooks& hooks)
      : options_(options),
        plan_(std::move(plan)),
        standings_(std::move(standings)),
        notes_(std::move(notes)),
        hooks_(hooks) {}

  Result<ComparisonEnd> run() {
    for (std::size_t i = 0; i < plan_.size(); ++i)
      if (standings_[i].state == RunStanding::State::kDone) {
        say(i, concat("done before, ", ending(*standings_[i].result)));
        keep(*standings_[i].result);
      }
    ANCHORSCOPE_TRY(writeTables());
    for (std::size_t i = 0; i < plan_.size() && !end_.cancelled; ++i) {
      if (standings_[i].state == RunStanding::State::kDone) continue;
      announce(i);
      auto result = trainRun(plan_[i], standings_[i], hooksOf(i));
      if (!result && result.error().code == ErrorCode::kCancelled) {
        end_.cancelled = true;
        break;
      }
      if (!result) return std::move(result).error();
      result->budget = notes_.budget;
      ANCHORSCOPE_TRY(writeResult(plan_[i].config.out, *result));
      say(i, ending(*result));
      keep(*std::move(result));
      ANCHORSCOPE_TRY(writeTables());
      end_.cancelled = hooks_.cancelled && hooks_.cancelled() && i + 1 < plan_.size();
    }
    end_.markdown = comparisonMarkdown(plan_, end_.results, notes_);
    return std::move(end_);
  }

 private:
  void say(std::size_t index, const std::string& text) const {
    if (hooks_.say)
      hooks_.say(concat("[", index + 1, "/", plan_.size(), "] ", plan_[index].label, ", seed ",
                        plan_[index].seed, ": ", text));
  }

  void announce(std::size_t index) const {
    switch (standings_[index].state) {
      case RunStanding::State::kFailed:
        say(index, concat("failed before (", standings_[index].result->reason, "); trying again"));
        break;
      case RunStanding::State::kInterrupted:
        say(index, concat("continuing after step ", standings_[index].checkpointStep));
        break;
      case RunStanding::State::kBegun:
        say(index, "was ended before its first checkpoint; starting over");
        break;
      case RunStanding::State::kNew:
      case RunStanding::State::kDone:
        break;
    }
  }

  static std::string ending(const ComparisonResult& result) {
    if (result.outcome != RunOutcome::kFinished)
      return concat(result.outcome == RunOutcome::kDiverged ? "diverged at step " : "failed at step ",
                    result.step, ": ", result.reason);
    std::vector<std::string> parts;
    for (const char* key : {"ap", "ap50", "steps_per_second"})
      if (const auto found = result.numbers.find(key); found != result.numbers.end())
        parts.push_back(concat(key, " ", std::round(found->second * 1000) / 1000));
    return join(parts, ", ");
  }

  void keep(ComparisonResult result) {
    if (const auto speed = result.numbers.find("steps_per_second"); speed != result.numbers.end())
      speeds_[result.label] = speed->second;
    const auto rank = [&](const ComparisonResult& entry) {
      return std::find_if(
                 plan_.begin(), plan_.end(),
                 [&](const PlannedRun& run) { return run.label == entry.label && run.seed == entry.seed; }) -
             plan_.begin();
    };
    const auto place =
        std::find_if(end_.results.begin(), end_.results.end(),
                     [&](const ComparisonResult& other) { return rank(other) > rank(result); });
    end_.results.insert(place, std::move(result));
  }

  Status writeTables() const {
    const auto write = [&](const char* name, const std::string& text) {
      std::error_code code;  // a failure shows when the file is written
      fs::create_directories(options_.folder, code);
      return writeFileAtomically((fs::path(options_.folder) / name).string(), text, Overwrite::kYes);
    };
    ANCHORSCOPE_TRY(write("comparison.md", comparisonMarkdown(plan_, end_.results, notes_)));
    ANCHORSCOPE_TRY(write("comparison.csv", comparisonCsv(end_.results)));
    return write("comparison_summary.csv", comparisonSummaryCsv(plan_, end_.results));
  }

  /// Training of the runs behind `index` that are not done, at the speeds seen so far; `present` for others.
  double secondsBehind(std::size_t index, double present) const {
    double seconds = 0;
    for (std::size_t i = index + 1; i < plan_.size(); ++i) {
      if (standings_[i].state == RunStanding::State::kDone) continue;
      const auto known = speeds_.find(plan_[i].label);
      const double speed =
          plan_[i].label == plan_[index].label || known == speeds_.end() ? present : known->second;
      const std::int64_t done = std::max<std::int64_t>(0, standings_[i].checkpointStep);
      seconds += static_cast<double>(plan_[i].config.train.getInt("steps") - done) / speed;
    }
    return seconds;
  }

  RunHooks hooksOf(std::size_t index) const {
    RunHooks out;
    out.cancelled = hooks_.cancelled;
    if (hooks_.progress)
      out.progress = [this, index](const RunProgress& of) {
        ComparisonProgress progress{index + 1, plan_.size(), plan_[index].label, plan_[index].seed, of};
        if (of.stepsPerSecond > 0) {
          progress.secondsLeft = static_cast<double>(of.steps - of.step) / of.stepsPerSecond;
          progress.secondsLeftInAll = progress.secondsLeft + secondsBehind(index, of.stepsPerSecond);
        }
        hooks_.progress(progress);
      };
    return out;
  }

  const ComparisonOptions& options_;
  const std::vector<PlannedRun> plan_;
  const std::vector<RunStanding> standings_;
  const ComparisonNotes notes_;
  const ComparisonHooks& hooks_;
  std::map<std::string, double> speeds_;  ///< Steps per second by label.
  ComparisonEnd end_;
};

}  // namespace

Result<ComparisonEnd> runComparison(const ComparisonOptions& options, const std::string& command,
                                    StartOver startOver, const ComparisonHooks& hooks) {
  auto plan = planComparison(options, stepsOf(options, Measure::kYes, hooks));
  if (!plan) return std::move(plan).error();
  auto standings = standingsOf(*plan);
  if (!standings) return std::move(standings).error();
  ANCHORSCOPE_TRY(settle(*plan, *standings, startOver, hooks));
  auto data = dataText(*plan);
  if (!data) return std::move(data).error();
  return Comparison(options, *std::move(plan), *std::move(standings),
                    {options.budget.text(), *std::move(data), command}, hooks)
      .run();
}

Result<std::vector<ListedRun>> listComparison(const ComparisonOptions& options) {
  auto plan = planComparison(options, stepsOf(options, Measure::kNo, {}));
  if (!plan) return std::move(plan).error();
  std::vector<ListedRun> out;
  for (PlannedRun& run : *plan) {
    auto standing = standingOf(run);
    if (!standing) return std::move(standing).error();
    auto preset = presetConfig(run.preset);
    if (!preset) return std::move(preset).error();
    auto differences = configDifferences(run.config, *preset);
    out.push_back({std::move(run), *std::move(standing), std::move(differences)});
  }
  return out;
}

}  // namespace anchorscope
