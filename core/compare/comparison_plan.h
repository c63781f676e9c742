#pragma once
// View header. What a comparison trains: presets, possibly varied, a data set, a budget and seeds that all
// share, and from these one configuration per method and seed.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// Options in the order in which they are set.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// One row of the table: a preset, or a variation of one.
struct ComparisonMethod {
  std::string label, preset;
  Settings settings;
};

/// "[LABEL=]PRESET[+KEY=VALUE]...", such as "bccd-musu", "bccd-musu+beta=0.5" or "beta
/// 0.5=bccd-musu+beta=0.5". A '+' that is not followed by KEY= belongs to the value ("lr=1e+3"); a LABEL has
/// neither '=' nor '+'. Without a LABEL the whole text is it. kUsage for what has no such form; the preset is
/// looked up when planning.
Result<ComparisonMethod> parseComparisonMethod(const std::string& text);

/// How long every run trains.
struct ComparisonBudget {
  enum class Unit { kSteps, kSeconds, kEpochs };
  Unit unit = Unit::kSteps;
  double amount = 0;
  std::string text() const;  ///< As it is parsed: "400", "120s", "2e".
};

/// "400" steps, "120s" of training or "2e" (epochs, also fractions); kUsage for anything else.
Result<ComparisonBudget> parseComparisonBudget(const std::string& text);

struct ComparisonOptions {
  std::string folder;      ///< Each run is recorded in FOLDER/LABEL/seed-N.
  std::string data;        ///< Without a split: train on "#train".
  std::string validation;  ///< Empty: validationSpec of the training set.
  std::vector<ComparisonMethod> methods;
  std::int64_t seeds = 3;  ///< 0 .. seeds - 1; with the methods at most 10,000 runs
  ComparisonBudget budget;
  std::optional<std::int64_t> threads;
  std::optional<std::string> device;
  Settings settings;  ///< For every method, before its own.
};

/// One training of the comparison. config.out is its folder.
struct PlannedRun {
  std::string label, preset;
  std::int64_t seed = 0;
  RunConfig config;
};

/// Steps that the budget is for a method; `config` is its configuration before anything is stretched. 0: not
/// known yet.
using StepsOf = std::function<Result<std::int64_t>(const std::string& label, const RunConfig& config)>;

/// The folder of a method's runs: FOLDER/LABEL with '-' for what is awkward in a file name.
std::string labelFolder(const std::string& folder, const std::string& label);

/// Method by method, seed by seed. Each is the preset with the common data, seed and budget: the learning
/// rate's schedule and every option of the method in "steps" are stretched from the preset's length to the
/// budget; evaluation only at the end, 5 recorded captures of 8 probes, checkpoints every fifth of the run.
/// The settings given stand on top of that. kUsage: no method, labels that meet in one folder, unknown
/// presets or options, a setting of what the comparison itself decides (steps, seed), a data set without
/// validation set, methods or options that do not go together (all of them).
Result<std::vector<PlannedRun>> planComparison(const ComparisonOptions& options, const StepsOf& stepsOf);

/// Every option in which two configurations differ, "train.lr: 0.001, not 0.01" (the value in `a` first).
/// Where a run is recorded does not count, nor does an option that matters in neither.
std::vector<std::string> configDifferences(const RunConfig& a, const RunConfig& b);

}  // namespace anchorscope
