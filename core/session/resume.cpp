#include "core/session/resume.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/session/journal.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"

namespace anchorscope {
namespace {

/// Options of a new run that a run which goes on may take as well: where it computes, in how many bits and
/// how it reads change no formula.
constexpr std::array<std::string_view, 5> kAlsoOnResume{"train.device", "train.precision", "train.threads",
                                                        "train.loader_threads", "data.cache_mb"};

Result<ResumePoint> pointAt(const std::string& path) {
  auto checkpoint =
      readCheckpoint(path);  // whole: what cannot be read must show before anything of the run is changed
  if (!checkpoint) return std::move(checkpoint).error();
  if (const std::int64_t named = checkpointStep(path); named >= 0 && named != checkpoint->facts.step)
    return makeError(
        ErrorCode::kBadData,
        concat("'", path, "' holds step ", checkpoint->facts.step, ", which its name contradicts"),
        "Give it the name that it had, or copy it again from where it came");
  auto config = configOf(checkpoint->facts, "its configuration");
  // Whatever is wrong with it: an earlier checkpoint may do.
  if (!config)
    return makeError(ErrorCode::kBadData, concat("'", path, "': ", config.error().message),
                     config.error().action);
  ResumePoint point;
  point.checkpoint = path;
  point.facts = std::move(checkpoint->facts);
  point.config = *std::move(config);
  return point;
}

/// A checkpoint is of a step's end; what was changed then, before the next step, is in the journal alone.
/// What is wrong with the trace is told when it is opened to go on in it.
Status takeJournal(ResumePoint& point, const std::string& folder) {
  const auto run = openRun(folder, LostRows::kLookLater);
  if (!run) return {};
  point.lastStep = (*run)->lastStep();
  auto changes = (*run)->changes();
  point.journalReports = (*run)->takeProblems();
  if (!changes) {
    point.journalReports.push_back(changes.error().message);
    return {};
  }
  ResumeSettings atTheStep;
  for (ParameterChange& change : *changes) {
    if (change.step > point.facts.step) continue;
    if (change.step == point.facts.step) atTheStep.emplace_back(change.key, change.after);
    point.changes.push_back(std::move(change));
  }
  const auto made = applyResumeSettings(point.config, atTheStep);
  if (!made) return Error(made.error()).in(concat("making the journal's changes at step ", point.facts.step));
  return {};
}

}  // namespace

Result<ResumePoint> findResumePoint(const std::string& folder, std::int64_t step) {
  std::vector<std::string> paths = listCheckpoints(folder);
  if (step >= 0) {
    std::vector<std::string> steps;
    for (const std::string& path : paths)
      steps.push_back(std::to_string(checkpointStep(path)));
    std::erase_if(paths, [&](const std::string& path) { return checkpointStep(path) != step; });
    if (paths.empty() && !steps.empty())
      return makeError(ErrorCode::kNotFound, concat("'", folder, "' holds no checkpoint of step ", step),
                       concat("It holds those of step ", listed(steps)));
  }
  if (paths.empty())
    return makeError(ErrorCode::kNotFound, concat("'", folder, "' holds no checkpoint to continue from"),
                     "Name the folder of a recorded run");
  std::vector<std::string> damaged, reports;
  std::string action;  // that of the newest
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    auto point = pointAt(*path);
    if (point) {
      point->damaged = std::move(damaged);
      point->damageReports = std::move(reports);
      ANCHORSCOPE_TRY(takeJournal(*point, folder));
      return point;
    }
    // A file that cannot be opened at all is no damage: reading may be possible the next time.
    if (point.error().code != ErrorCode::kBadData) return std::move(point).error();
    damaged.push_back(*path);
    reports.push_back(point.error().message);
    if (reports.size() == 1) action = point.error().action;
  }
  return makeError(
      ErrorCode::kBadData, concat("No checkpoint of '", folder, "' can be read: ", listed(reports, 5)),
      action.empty() ? "Copy the run folder again from where it came, or start a new run" : action);
}

Result<std::vector<ParameterChange>> applyResumeSettings(RunConfig& config, const ResumeSettings& settings) {
  std::vector<ParameterChange> changes;
  for (const auto& [key, value] : settings) {
    if (key == "run.data" || key == "run.validation") {
      std::string& spec = key == "run.data" ? config.data : config.validation;
      if (spec == value) continue;
      changes.push_back({0, key, std::exchange(spec, value), value});
      continue;
    }
    const auto full = fullKey(config, key);
    if (!full) return full.error();
    const std::size_t dot = full->find('.');
    const std::string prefix = full->substr(0, dot), name = full->substr(dot + 1);
    const ParamSet& params = paramsOf(config, prefix);
    if (!isLiveOption(config, *full) &&
        std::find(kAlsoOnResume.begin(), kAlsoOnResume.end(), *full) == kAlsoOnResume.end())
      return makeError(ErrorCode::kUsage, concat("'", *full, "' cannot change when a run goes on"),
                       "Start a new run with it, from this run's weights if you like (--weights CHECKPOINT)");
    const std::string before = toText(params.get(name));
    ANCHORSCOPE_TRY(applySetting(config, *full, value));
    if (const std::string after = toText(params.get(name)); after != before)
      changes.push_back({0, *full, before, after});
  }
  return changes;
}

}  // namespace anchorscope
