// What there is to choose from: methods, models, presets.
#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/named_registry.h"
#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/presets.h"

namespace anchorscope::cli {
namespace {

/// Methods and models are shown alike: Info with name, title, description, source.
template <typename Info>
Status showCatalog(const std::vector<Info>& infos, const std::string& kind, const std::string& name,
                   bool json, Result<ParamSet> (*paramsOf)(const std::string&)) {
  if (!name.empty())
    if (auto found = findNamed(infos, name, kind); !found) return std::move(found).error();
  auto list = nlohmann::ordered_json::array();
  for (const Info& info : infos) {
    if (!name.empty() && info.name != name) continue;
    auto params = paramsOf(info.name);
    if (!params) return std::move(params).error();
    if (json) {
      list.push_back({{"name", info.name},
                      {"title", info.title},
                      {"description", info.description},
                      {"source", info.source},
                      {"options", paramsJson(params->specs())}});
      continue;
    }
    std::cout << info.name << "  " << info.title << '\n';
    if (name.empty()) continue;
    std::cout << '\n'
              << info.description << "\n\nSource: " << info.source << "\n\nOptions (--set " << kind
              << ".NAME=VALUE):\n";
    printParams(params->specs());
  }
  if (json) std::cout << jsonText(list);
  return {};
}

struct CatalogOptions {
  std::string name;
  bool json = false;
};

std::shared_ptr<CatalogOptions> addCatalog(CLI::App& command) {
  auto options = std::make_shared<CatalogOptions>();
  command.add_option("NAME", options->name, "Only this one, with every option");
  command.add_flag("--json", options->json, "As JSON");
  return options;
}

Status showPresets(const CatalogOptions& options) {
  auto list = nlohmann::ordered_json::array();
  if (!options.name.empty())
    if (auto found = findNamed(presets(), options.name, "preset"); !found) return std::move(found).error();
  for (const Preset& preset : presets()) {
    if (!options.name.empty() && preset.name != options.name) continue;
    if (options.json)
      list.push_back({{"name", preset.name}, {"title", preset.title}, {"toml", preset.toml}});
    else
      std::cout << preset.name << "  " << preset.title << '\n';
    if (!options.json && !options.name.empty()) std::cout << '\n' << preset.toml;
  }
  if (options.json) std::cout << jsonText(list);
  return {};
}

}  // namespace

void addMethods(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("methods", "List training methods; with a name, its options and sources");
  auto options = addCatalog(*command);
  command->callback([options, &exit] {
    exit = finish(showCatalog(methodInfos(), "method", options->name, options->json, &methodParams));
  });
}

void addModels(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("models", "List detectors; with a name, its options and sources");
  auto options = addCatalog(*command);
  command->callback([options, &exit] {
    exit = finish(showCatalog(modelInfos(), "model", options->name, options->json, &modelParams));
  });
}

void addPresets(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("presets", "List ready-made configurations; with a name, its text");
  auto options = addCatalog(*command);
  command->callback([options, &exit] { exit = finish(showPresets(*options)); });
}

}  // namespace anchorscope::cli
