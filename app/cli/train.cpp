#include <filesystem>
#include <iostream>
#include <system_error>

#include "app/cli/common.h"
#include "app/cli/run_options.h"
#include "app/cli/session_progress.h"
#include "app/cli/terminal.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/session/replay.h"
#include "core/session/session.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"

namespace anchorscope::cli {
namespace {

struct TrainOptions {
  RunOptions run;
  std::string resume, replay;
  std::optional<std::int64_t> from;
  std::string until;
  bool overwrite = false, quiet = false, stopAtWatchpoint = false;
};

/// How the run in --resume goes on: where, and with which changes. The session tells of those it cannot take.
Status resumeWith(const TrainOptions& options, SessionOptions& session) {
  const RunOptions& run = options.run;
  auto settings = run.resumeSettings();
  if (!settings) return std::move(settings).error();
  session.resumeSettings = *std::move(settings);
  session.resumeFolder = options.resume;
  session.resumeInto = run.out.value_or("");
  session.resumeStep = options.from.value_or(-1);
  if (options.overwrite && session.resumeInto.empty() && !options.from)
    return makeError(ErrorCode::kUsage, "--overwrite without --out or --from would change nothing",
                     "Leave it out");
  const std::vector<std::string> checkpoints = listCheckpoints(options.resume);
  if (options.from && session.resumeInto.empty() && !options.overwrite && !checkpoints.empty() &&
      checkpointStep(checkpoints.back()) > *options.from)
    return makeError(
        ErrorCode::kUsage,
        concat("Going on from step ", *options.from, " removes what '", options.resume, "' recorded later"),
        "Add --out FOLDER to go on in a copy, or --overwrite");
  return {};
}

/// On which the bits of a run depend.
void tellOtherMachine(const RunHeader& original, const RunHeader& made) {
  if (original.device == made.device && original.threads == made.threads) return;
  const auto where = [](const RunHeader& header) {
    return concat(header.device, " with ", counted(header.threads, "thread"));
  };
  std::cerr << "Note: The run was trained on " << where(original) << ", it was made again on " << where(made)
            << ": results depend on it\n";
}

/// Trains the run in --replay again from its start, with the changes of its journal at their steps, and
/// compares the two.
ExitCode replay(const TrainOptions& options) {
  const RunOptions& run = options.run;
  if (!run.givenBesidesLive().empty() || run.steps || !run.settings.empty() || !options.resume.empty() ||
      options.from || !options.until.empty() || options.stopAtWatchpoint)
    return fail(makeError(ErrorCode::kUsage, "--replay takes --out, --overwrite and --quiet alone",
                          "A run is made again as it was; --resume goes on with changes"));
  if (!run.out)
    return fail(makeError(ErrorCode::kUsage, "The run has no folder to go to", "Add --out FOLDER"));
  // What the new run takes the place of would be lost before it is compared.
  if (std::error_code code; std::filesystem::equivalent(options.replay, *run.out, code))
    return fail(makeError(ErrorCode::kUsage, concat("'", *run.out, "' is the run's own folder"),
                          "Name another folder"));
  auto original = openRun(options.replay);
  if (!original) return fail(original.error());
  auto journal = readJournal(**original);
  if (!journal) return fail(journal.error());
  if (journal->lastStep < 1)
    return fail(makeError(ErrorCode::kUsage,
                          concat("'", options.replay, "' has recorded no step that could be made again"),
                          "Name a run that was trained"));
  // All cores but one is another number on another machine.
  const RunHeader& header = (*original)->header();
  if (journal->first.train.getInt("threads") == 0)
    if (Status status = journal->first.train.setValue("threads", ParamValue(std::int64_t{header.threads}));
        !status)
      return fail(status.error());
  catchInterrupts();
  std::string folder = *run.out;
  for (const ReplayPart& part : replayParts(*journal)) {
    SessionOptions session = part.options;
    session.captureLive = false;
    session.pauseWhenNotFinite = session.pauseAtWatchpoints = false;
    RunConfig config;
    if (session.resumeStep < 0) {
      config = journal->first;
      config.out = folder;
      session.overwrite = options.overwrite ? Overwrite::kYes : Overwrite::kNo;
    } else {
      session.resumeFolder = folder;
    }
    const auto running = startSession(std::move(config), session);
    if (const ExitCode exit = showUntilEnd(*running, options.quiet); exit != 0) return exit;
    folder = folderNow(*running, folder);
  }
  auto made = openRun(folder);
  if (!made) return fail(made.error());
  tellOtherMachine(header, (*made)->header());
  const auto comparison = compareRuns(**original, **made, 1, journal->lastStep);
  if (!comparison) return fail(comparison.error());
  std::cout << "Made again in " << folder << " with "
            << counted(static_cast<std::int64_t>(journal->changes.size()), "change") << ": "
            << comparedText(*comparison) << "\n"
            << verdictText(*comparison) << '\n';
  return comparison->identical() ? 0 : 1;
}

ExitCode train(const TrainOptions& options) {
  if (!options.replay.empty()) return replay(options);
  SessionOptions session;
  session.captureLive = false;
  session.overwrite = options.overwrite ? Overwrite::kYes : Overwrite::kNo;
  session.pauseWhenNotFinite = false;  // nobody is there to look
  session.pauseAtWatchpoints = options.stopAtWatchpoint;
  session.until = options.until;
  // The run brings its own configuration when it goes on.
  Result<RunConfig> config = options.resume.empty() ? options.run.build() : RunConfig();
  if (!config) return fail(config.error());
  if (!options.resume.empty()) {
    if (Status status = resumeWith(options, session); !status) return fail(status.error());
  } else if (options.from) {
    return fail(
        makeError(ErrorCode::kUsage, "--from goes with --resume", "Name the run with --resume FOLDER"));
  } else if (config->out.empty()) {
    return fail(makeError(ErrorCode::kUsage, "The run has no folder to go to", "Add --out FOLDER"));
  }
  if (options.resume.empty())
    for (const std::string& line : options.run.settingsWithoutEffect(*config))
      std::cerr << "Note: " << line << '\n';
  catchInterrupts();

  const std::string started = options.resume.empty() ? config->out : options.run.out.value_or(options.resume);
  const auto running = startSession(*std::move(config), session);
  const ExitCode exit = showUntilEnd(*running, options.quiet);
  const std::string folder = folderNow(*running, started);
  if (exit == exitCode(ErrorCode::kCancelled))
    std::cerr << "Interrupted. Continue with: anchorscope-cli train --resume " << folder << '\n';
  if (exit == 0) std::cerr << "Recorded in " << folder << '\n';
  return exit;
}

}  // namespace

void addTrain(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("train", "Train a detector and record the run");
  auto options = std::make_shared<TrainOptions>();
  options->run.addTo(*command);
  command->add_option("--out", options->run.out, "Folder of the recorded run");
  command->add_option(
      "--resume", options->resume,
      "Continue the run in this folder from its newest checkpoint; --steps, --data, --validation, --device, "
      "--threads, --record-every and --set of live options may change, --out goes on in a copy");
  command->add_option("--from", options->from,
                      "With --resume: the step of another checkpoint to continue from");
  command->add_option(
      "--replay", options->replay,
      "Train the run in this folder again from its start, with every change of its journal at "
      "its step, into --out, and compare: ends with 1 where a scalar differs");
  command->add_option("--until", options->until,
                      "Stop when this condition over the run's scalars is true: \"loss.cls < 0.3 && "
                      "train.grad_norm > 5\"");
  command->add_flag("--stop-at-watchpoint", options->stopAtWatchpoint,
                    "Stop at the first hit of a watchpoint (--set watch=...), which is noted otherwise");
  command->add_flag("--overwrite", options->overwrite, "Replace a run that is in the folder already");
  command->add_flag("--quiet", options->quiet, "Print results, warnings and errors only");
  command->callback([options, &exit] { exit = train(*options); });
}

}  // namespace anchorscope::cli
