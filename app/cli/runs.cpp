#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/session/journal.h"
#include "core/session/run_tree.h"

namespace anchorscope::cli {
namespace {

nlohmann::ordered_json toJson(const RunNode& node) {
  nlohmann::ordered_json json{{"folder", node.folder}, {"parent", nullptr}, {"forked_from", nullptr}};
  if (node.problem) {
    json["problem"] = node.problem->text();
    return json;
  }
  if (node.parent >= 0) json["parent"] = node.parent;
  if (node.origin.step >= 0)
    json["forked_from"] = {
        {"folder", node.origin.folder}, {"id", node.origin.id}, {"step", node.origin.step}};
  json["id"] = node.id;
  json["method"] = node.method;
  json["model"] = node.model;
  json["data"] = node.data;
  json["started"] = node.startedAtUtc;
  json["last_step"] = node.lastStep;
  json["planned_steps"] = node.plannedSteps;
  json["best_ap"] = nullptr;
  json["best_ap_step"] = nullptr;
  if (node.bestAp >= 0) {
    json["best_ap"] = node.bestAp;
    json["best_ap_step"] = node.bestApStep;
  }
  json["fork_changes"] = nlohmann::ordered_json::array();
  for (const ParameterChange& change : node.forkChanges)
    json["fork_changes"].push_back(changeJson(change));
  json["later_changes"] = node.laterChanges;
  return json;
}

/// What tells a run from its parent or its neighbours.
std::string differenceText(const RunNode& node) {
  if (node.problem) return node.problem->message;
  std::vector<std::string> parts;
  if (node.origin.step >= 0)
    parts.push_back(concat("from step ", node.origin.step,
                           node.parent < 0 ? concat(" of ", node.origin.folder, ", which is not here") : ""));
  for (const ParameterChange& change : node.forkChanges)
    parts.push_back(changeText(change));
  if (node.laterChanges > 0) parts.push_back(counted(node.laterChanges, "later change"));
  return join(parts, "; ");
}

Status runs(const std::string& folder, bool json) {
  const auto tree = readRunTree(folder);
  if (!tree) return tree.error();
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const RunNode& node : tree->runs)
      list.push_back(toJson(node));
    std::cout << jsonText({{"folder", tree->folder}, {"runs", list}});
    return {};
  }
  if (tree->runs.empty()) {
    std::cout << "No recorded run is in " << tree->folder << '\n';
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"run", "method", "model", "step", "of", "best AP", "at", ""}};
  for (const RunNode& node : tree->runs) {
    const bool measured = node.bestAp >= 0;
    const std::string indent(static_cast<std::size_t>(2 * node.depth), ' ');
    rows.push_back({indent + node.name, node.method, node.model,
                    node.problem ? "" : std::to_string(node.lastStep),
                    node.plannedSteps > 0 ? std::to_string(node.plannedSteps) : "",
                    measured ? precisionText(node.bestAp) : "",
                    measured ? std::to_string(node.bestApStep) : "", differenceText(node)});
  }
  printTable(rows, /*lastIsText=*/true);
  return {};
}

}  // namespace

void addRuns(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand(
      "runs", "List the recorded runs of a folder, forks below the run they were forked from");
  auto folder = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("FOLDER", *folder, "Folder of run folders")->required();
  command->add_flag("--json", *json, "As JSON; parent: place in the list");
  command->callback([folder, json, &exit] { exit = finish(runs(*folder, *json)); });
}

}  // namespace anchorscope::cli
