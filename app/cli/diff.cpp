// In what two recorded runs differ: diff.
#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/session/journal.h"
#include "core/trainer/run_difference.h"

namespace anchorscope::cli {
namespace {

struct DiffOptions {
  std::string a, b;
  bool json = false;
};

/// What the run recorded about itself, with what it changed since it began or last went on.
Result<RunHeader> presentHeader(const RunReader& run) {
  RunHeader header = run.header();
  const auto journal = journalOf(run);
  if (!journal) {
    std::cerr << "Note: " << printable(journal.error().message) << ": what it began with is compared\n";
    return header;
  }
  auto config = journal->configAt(run.lastStep());
  if (!config) return std::move(config).error();
  // Of the probes the journal does not tell.
  auto last = fromToml(header.configToml, concat(run.folder(), "'s configuration"));
  if (!last) return std::move(last).error();
  config->probes = last->probes;
  header.configToml = toToml(*config);
  return header;
}

Status diff(const DiffOptions& options) {
  auto first = openRun(options.a);
  if (!first) return std::move(first).error();
  auto second = openRun(options.b);
  if (!second) return std::move(second).error();
  const auto a = presentHeader(**first), b = presentHeader(**second);
  for (const auto& run : {*first, *second})
    tellDamage(*run);
  if (!a) return a.error();
  if (!b) return b.error();
  const auto differences = runDifferences(*a, *b);
  if (!differences) return differences.error();
  if (options.json) {
    auto list = nlohmann::ordered_json::array();
    for (const RunDifference& each : *differences)
      list.push_back({{"key", each.key}, {"help", each.help}, {"a", each.a}, {"b", each.b}});
    std::cout << jsonText(list);
    return {};
  }
  if (differences->empty()) {
    std::cout << "The two runs have the same configuration\n";
    return {};
  }
  std::cout << counted(static_cast<std::int64_t>(differences->size()), "difference") << ":\n";
  std::vector<std::vector<std::string>> rows{{"what", options.a, options.b}};
  for (const RunDifference& each : *differences)
    rows.push_back({each.key, each.a.empty() ? "-" : each.a, each.b.empty() ? "-" : each.b});
  printTable(rows);
  return {};
}

}  // namespace

void addDiff(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand(
      "diff", "Say in what two recorded runs differ: method, data, every option that matters");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("A", options->a, "Run folder")->required();
  command->add_option("B", options->b, "Run folder")->required();
  command->add_flag("--json", options->json, "As a JSON list");
  command->callback([options, &exit] { exit = finish(diff(*options)); });
}

}  // namespace anchorscope::cli
