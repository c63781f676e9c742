// Statistics of a recorded run through its recorded steps, and groups of candidates at one of them:
// statistics.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/consistency.h"
#include "core/statistics/group_text.h"
#include "core/statistics/run_statistics.h"

namespace anchorscope::cli {
namespace {

struct StatisticsOptions {
  std::vector<std::string> names;
  std::string by;
  EvidenceChoice moment;
  bool json = false, csv = false, list = false;
};

void printList() {
  std::vector<std::vector<std::string>> rows{{"statistic", "what it is", "needs"}};
  for (const Statistic& statistic : statistics())
    rows.push_back({statistic.name, statistic.description, statistic.needs});
  printTable(rows);
}

/// Of each number where it began, where it ended and between what it was.
void printText(const std::vector<StatisticSeries>& series) {
  std::vector<std::vector<std::string>> rows{{"statistic", "first", "last", "lowest", "highest", "steps"}};
  for (const StatisticSeries& its : series) {
    const auto [low, high] = std::minmax_element(its.values.begin(), its.values.end());
    rows.push_back({its.name, shortNumber(its.values.front()), shortNumber(its.values.back()),
                    shortNumber(*low), shortNumber(*high), std::to_string(its.steps.size())});
  }
  printTable(rows);
}

Status overTraining(RunReader& run, const StatisticsOptions& options) {
  auto reader = StatisticsReader::make(run, options.names);
  if (!reader) return std::move(reader).error();
  while (reader->readNext()) {
  }
  tellDamage(run);
  for (const std::string& problem : reader->problems())
    std::cerr << "Note: left out: " << problem << '\n';
  if (reader->series().empty())
    return makeError(ErrorCode::kNotFound,
                     reader->steps() == 0
                         ? concat("'", run.folder(), "' holds no evidence: none was recorded")
                         : "What was recorded of this run gives none of these statistics",
                     reader->steps() == 0 ? "" : "'statistics --list' says what each needs");
  if (options.json)
    std::cout << statisticsJson(reader->series(), reader->problems());
  else if (options.csv)
    std::cout << statisticsCsv(reader->series());
  else
    printText(reader->series());
  return {};
}

/// Numbers with a fraction are cut to what can be read.
std::vector<std::vector<std::string>> forPeople(std::vector<std::vector<std::string>> rows) {
  for (std::size_t row = 1; row < rows.size(); ++row)
    for (std::size_t cell = 3; cell < rows[row].size(); ++cell)  // after name and counts
      if (!rows[row][cell].empty())
        rows[row][cell] = shortNumber(std::strtod(rows[row][cell].c_str(), nullptr));
  return rows;
}

Status ofOneMoment(RunReader& run, const StatisticsOptions& options) {
  const auto by = groupByNamed(options.by);
  if (!by) return by.error();
  auto probe = findProbe(run, options.moment.image);
  if (!probe) return std::move(probe).error();
  auto step = parseStep(run, *probe, options.moment.step);
  if (!step) return std::move(step).error();
  std::vector<std::shared_ptr<const StageEvidence>> stages;
  const std::vector<std::string> probes = *by == GroupBy::kImage && options.moment.image.empty()
                                              ? run.probesAt(*step)
                                              : std::vector<std::string>{*probe};
  for (const std::string& name : probes) {
    auto frame = run.frame(name, *step, options.moment.variant);
    if (!frame) return std::move(frame).error();
    auto stage = findStage(**frame, options.moment.stage);
    if (!stage) return std::move(stage).error();
    if (const std::string problem = contradictionIn(**stage); !problem.empty())
      return makeError(ErrorCode::kBadData, concat(name, " at step ", *step, ": ", problem));
    stages.push_back(*std::move(stage));
  }
  tellDamage(run);
  const GroupTable table = *by == GroupBy::kImage ? groupsOfImages(stages) : groupsOf(*stages.front(), *by);
  if (options.json)
    std::cout << groupsJson(table);
  else if (options.csv)
    std::cout << groupsCsv(table);
  else
    printTable(forPeople(groupRows(table)));
  return {};
}

Status statisticsOf(const StatisticsOptions& options) {
  if (options.list) {
    printList();
    return {};
  }
  if (options.moment.folder.empty())
    return makeError(ErrorCode::kUsage, "No run is named", "Give its folder, or --list");
  auto opened = openRun(options.moment.folder);
  if (!opened) return std::move(opened).error();
  return options.by.empty() ? overTraining(**opened, options) : ofOneMoment(**opened, options);
}

}  // namespace

void addStatistics(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand(
      "statistics", "Statistics over a run's recorded steps; with --by groups of candidates at one of them");
  auto options = std::make_shared<StatisticsOptions>();
  auto* names =
      command->add_option("--statistic", options->names, "Only this one, by its name; may be repeated");
  auto* by = command->add_option("--by", options->by,
                                 "Candidates, positives and losses by role, level, class, object or image");
  by->excludes(names);
  addEvidenceOptions(*command, options->moment, "Probe image (else: the first; by image: all)");
  command->get_option("RUN")->required(false);  // --list needs none
  command->add_flag("--list", options->list,
                    "Which statistics there are, how they are measured and what they need");
  auto* json = command->add_flag("--json", options->json, "As JSON");
  command->add_flag("--csv", options->csv, "As CSV")->excludes(json);
  command->callback([options, &exit] { exit = finish(statisticsOf(*options)); });
}

}  // namespace anchorscope::cli
