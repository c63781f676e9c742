#include "core/session/journal.h"

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/store/run_reader.h"
#include "core/trainer/checkpoint.h"

namespace anchorscope {

std::string changeText(const ParameterChange& change) {
  const auto shown = [](const std::string& value) { return value.empty() ? std::string("not set") : value; };
  return concat(change.key, " = ", shown(change.after), " (was ", shown(change.before), ")",
                change.cause == "undone" || change.cause == "redone" || change.cause == "planned"
                    ? concat(", ", change.cause)
                    : "");
}

bool isLiveOption(const RunConfig& config, const std::string& key) {
  const std::size_t dot = key.find('.');
  const std::string prefix = key.substr(0, dot);
  if (dot == std::string::npos || (prefix != "train" && prefix != "method")) return false;
  const ParamSpec* spec = paramsOf(config, prefix).find(key.substr(dot + 1));
  return spec && spec->effect == ParamEffect::kNextStep;
}

Result<RunConfig> Journal::configAt(std::int64_t step) const {
  RunConfig config = first;
  for (const ParameterChange& change : changes) {
    if (change.step > step) continue;
    if (change.key == "run.data")
      config.data = change.after;
    else if (change.key == "run.validation")
      config.validation = change.after;
    else if (Status status = applySetting(config, change.key, change.after); !status)
      return makeError(ErrorCode::kBadData,
                       concat("The journal's entry at step ", change.step, ", ", changeText(change),
                              ", cannot be made: ", status.error().message),
                       "Use the version of the program that recorded the run");
  }
  return config;
}

Result<Journal> journalOf(const RunReader& run) {
  const RunHeader& header = run.header();
  Journal journal;
  journal.lastStep = run.lastStep();
  auto changes = run.changes();
  if (!changes) return std::move(changes).error();
  journal.changes = *std::move(changes);
  if (header.firstConfigToml.empty()) {
    // Of before there were journals: the header's is the one it last went on with.
    auto events = run.events();
    if (!events) return std::move(events).error();
    const bool changed = std::any_of(events->begin(), events->end(),
                                     [](const RunEvent& event) { return event.kind == "parameter"; });
    if (changed || !journal.changes.empty())
      return makeError(ErrorCode::kBadData,
                       concat("'", run.folder(),
                              "' was begun by an earlier version of the program, which "
                              "kept no journal, and its options were changed since"),
                       "Only of runs begun with this version it is known what held at which step");
  }
  auto config = fromToml(header.firstConfigToml.empty() ? header.configToml : header.firstConfigToml,
                         concat(run.folder(), "'s first configuration"));
  if (!config) return std::move(config).error();
  journal.first = *std::move(config);
  return journal;
}

std::int64_t plannedSteps(const RunReader& run) {
  const std::int64_t told = run.header().plannedSteps;
  const auto journal = journalOf(run);
  const bool changed =
      journal && std::any_of(journal->changes.begin(), journal->changes.end(),
                             [](const ParameterChange& change) { return change.key == "train.steps"; });
  if (!changed) return told;
  auto config = journal->configAt(std::numeric_limits<std::int64_t>::max());
  if (!config) return told;
  // The size of an epoch is in checkpoints alone.
  const std::vector<std::string> checkpoints = run.checkpoints();
  for (auto path = checkpoints.rbegin(); path != checkpoints.rend() && !config->train.knowsSteps("steps");
       ++path)
    if (const auto facts = readCheckpointFacts(*path); facts && facts->stepsPerEpoch > 0)
      config->train.setStepsPerEpoch(facts->stepsPerEpoch);
  return config->train.knowsSteps("steps") ? config->train.getInt("steps") : told;
}

Result<Journal> readJournal(RunReader& run) {
  auto journal = journalOf(run);
  if (!journal) return journal;
  if (const std::vector<std::string> damage = run.takeProblems(); !damage.empty())
    return makeError(ErrorCode::kBadData,
                     concat("The trace of '", run.folder(), "' is damaged: ", damage.front()),
                     "Copy the run folder again from where it came");
  return journal;
}

}  // namespace anchorscope
