// Training several presets alike, and a table of what came out.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

#include "app/cli/common.h"
#include "app/cli/run_options.h"
#include "app/cli/terminal.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/duration.h"
#include "core/compare/comparison.h"

namespace anchorscope::cli {
namespace {

struct CompareOptions {
  std::string data, validation, budget, out = "runs/comparison";
  std::vector<std::string> methods, method, settings;
  std::int64_t seeds = 3;
  std::optional<std::int64_t> threads;
  std::optional<std::string> device;
  bool fresh = false, list = false, quiet = false;
};

Result<ComparisonOptions> parsed(const CompareOptions& given) {
  ComparisonOptions options;
  options.folder = given.out;
  options.data = given.data;
  options.validation = given.validation;
  options.seeds = given.seeds;
  options.threads = given.threads;
  options.device = given.device;
  auto budget = parseComparisonBudget(given.budget);
  if (!budget) return std::move(budget).error();
  options.budget = *budget;
  for (const auto* texts : {&given.methods, &given.method})
    for (const std::string& text : *texts) {
      auto method = parseComparisonMethod(text);
      if (!method) return std::move(method).error();
      options.methods.push_back(*std::move(method));
    }
  for (const std::string& text : given.settings) {
    auto setting = splitSetting(text);
    if (!setting) return std::move(setting).error();
    options.settings.push_back(*std::move(setting));
  }
  return options;
}

/// The command as it can be given again.
std::string quoted(const std::vector<std::string>& arguments) {
  std::string out = "anchorscope-cli";
  for (const std::string& argument : arguments) {
    const bool plain =
        !argument.empty() && argument.find_first_of(" \t\n'\"\\$`#&|;<>()*?[]{}~!") == std::string::npos;
    out += ' ';
    if (plain) {
      out += argument;
      continue;
    }
    out += '\'';
    for (const char letter : argument)
      out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    out += '\'';
  }
  return out;
}

constexpr std::int64_t kBarWidth = 20;

std::string bar(const RunProgress& of, std::int64_t width) {
  const std::int64_t done = of.steps > 0 ? std::clamp<std::int64_t>(of.step * width / of.steps, 0, width) : 0;
  return " [" + std::string(static_cast<std::size_t>(done), '#') +
         std::string(static_cast<std::size_t>(width - done), '.') + "]";
}

/// On a narrow terminal the bar gives way first.
std::string lineOf(const ComparisonProgress& progress, std::size_t columns) {
  const std::string begin =
      concat("run ", progress.run, "/", progress.runs, "  ", progress.label, "  seed ", progress.seed, " ");
  const RunProgress& of = progress.of;
  if (!of.what.empty())
    return begin + ' ' + of.what + (of.fraction > 0 ? concat(" ", std::lround(100 * of.fraction), " %") : "");
  std::string end = concat(" step ", of.step, "/", of.steps);
  if (of.stepsPerSecond > 0) end += concat("  ", shortNumber(of.stepsPerSecond), " steps/s");
  if (progress.secondsLeft >= 0)
    end += concat("  ETA ", durationText(progress.secondsLeft), ", all ",
                  durationText(progress.secondsLeftInAll));
  const std::size_t taken = begin.size() + end.size() + 3;
  const std::size_t room = columns > taken ? columns - taken : 0;
  const auto width = static_cast<std::int64_t>(std::min<std::size_t>(room, kBarWidth));
  return width >= 5 ? begin + bar(of, width) + end : begin + end;
}

const char* stateText(RunStanding::State state) {
  switch (state) {
    case RunStanding::State::kNew:
      return "to do";
    case RunStanding::State::kDone:
      return "done";
    case RunStanding::State::kFailed:
      return "failed, to be tried again";
    case RunStanding::State::kInterrupted:
      return "to be continued";
    case RunStanding::State::kBegun:
      return "ended before its first checkpoint, to be started over";
  }
  return "";
}

ExitCode list(const ComparisonOptions& options) {
  auto runs = listComparison(options);
  if (!runs) return fail(runs.error());
  std::string before;
  for (const ListedRun& listed : *runs) {
    const RunConfig& config = listed.run.config;
    const std::int64_t steps = config.train.getInt("steps");
    if (listed.run.label != before) {
      before = listed.run.label;
      std::cout << listed.run.label << ": preset " << listed.run.preset << ", method " << config.method
                << " on " << config.model << ", "
                << (steps > 0 ? counted(steps, "step") : std::string("steps measured before the first run"))
                << "\n  other than the preset (seed 0):\n";
      for (const std::string& difference : listed.fromPreset)
        std::cout << "    " << difference << '\n';
    }
    std::cout << "  seed " << listed.run.seed << ": "
              << (listed.standing.differences.empty()
                      ? std::string(stateText(listed.standing.state))
                      : concat("in the way with another setting: ", join(listed.standing.differences, "; ")))
              << "  (" << config.out << ")\n";
  }
  return 0;
}

/// 0, or the first failure's: a run that diverged counts as a numeric error.
ExitCode exitOf(const ComparisonEnd& end) {
  if (end.cancelled) return exitCode(ErrorCode::kCancelled);
  for (const ComparisonResult& result : end.results) {
    if (result.outcome == RunOutcome::kFailed) return 1;
  }
  for (const ComparisonResult& result : end.results)
    if (result.outcome == RunOutcome::kDiverged) return exitCode(ErrorCode::kNumeric);
  return 0;
}

ExitCode compare(const CompareOptions& given, const std::string& command) {
  auto options = parsed(given);
  if (!options) return fail(options.error());
  if (given.list) return list(*options);
  catchInterrupts();
  ProgressLine line;
  bool told = false;
  ComparisonHooks hooks;
  hooks.say = [&](const std::string& text) { line.say(text); };
  hooks.cancelled = [&] {
    if (interrupted() && !told)
      line.say("Stopping after this step and saving a checkpoint (Ctrl-C again: at once, without saving)");
    return told = interrupted();
  };
  if (!given.quiet)
    hooks.progress = [&, shown = std::size_t{0}](const ComparisonProgress& progress) mutable {
      const bool first = progress.of.what.empty() && std::exchange(shown, progress.run) != progress.run;
      const bool last = progress.of.what.empty() && progress.of.step == progress.of.steps;
      if (line.due() || first || last) line.show(lineOf(progress, line.columns()));
    };
  auto end = runComparison(*options, command, given.fresh ? StartOver::kChanged : StartOver::kNo, hooks);
  line.end();
  if (!end) return fail(end.error());
  std::cout << end->markdown;
  std::cerr << "Written to " << given.out << ": comparison.md, comparison.csv, comparison_summary.csv\n";
  if (end->cancelled) std::cerr << "Interrupted. The same command goes on.\n";
  return exitOf(*end);
}

}  // namespace

void addCompare(CLI::App& app, const std::vector<std::string>& arguments, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("compare",
                         "Train several presets on the same data with the same budget and seeds, one after "
                         "the other, and write a "
                         "table. The same command again goes on where it was stopped and skips what is done");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("--data", options->data, "Data set, as for train; without a split: train on #train")
      ->required();
  command->add_option("--validation", options->validation,
                      "Data set to evaluate on (else: the data's own #val)");
  command->add_option("--methods", options->methods, "Presets, separated by commas (see: presets)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--method", options->method,
                   "[LABEL=]PRESET[+KEY=VALUE]...: a preset with other options under a label, such as "
                   "\"beta 0.5=bccd-musu+beta=0.5\"; may be repeated, stands after --methods")
      ->allow_extra_args(false);
  command->add_option("--seeds", options->seeds, "Runs per method, of seeds 0, 1, ...")
      ->capture_default_str();
  command
      ->add_option(
          "--budget", options->budget,
          "Steps per run (400), seconds of training (120s; measured once per method) or epochs (2e). "
          "Warm-up and schedule of each preset are stretched to it")
      ->required();
  command->add_option("--out", options->out, "Folder of the runs, comparison.md and comparison.csv")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "CPU threads; 0: all but one");
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:I");
  command
      ->add_option("--set", options->settings,
                   "KEY=VALUE: an option for every method (before a method's own); may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--fresh", options->fresh,
                    "Start runs over that are in the folder with another setting (others are kept)");
  command->add_flag("--list", options->list,
                    "Train nothing: print the runs, their steps and how they differ from their presets");
  command->add_flag("--quiet", options->quiet, "No progress line");
  command->callback([options, arguments, &exit] { exit = compare(*options, quoted(arguments)); });
}

}  // namespace anchorscope::cli
