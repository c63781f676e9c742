// What there is to choose from: methods, models, presets, and what a data set holds.
#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/named_registry.h"
#include "core/data/dataset.h"
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
  if (json) std::cout << list.dump(2) << '\n';
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
  if (options.json) std::cout << list.dump(2) << '\n';
  return {};
}

Status showData(const std::string& spec, bool json) {
  auto opened = openDataset(spec);
  if (!opened) return std::move(opened).error();
  const Dataset& dataset = **opened;
  std::vector<std::int64_t> perClass(dataset.classNames().size());
  std::int64_t objects = 0, empty = 0, ignored = 0;
  for (const ImageRecord& image : dataset.images()) {
    empty += image.annotations.empty() ? 1 : 0;
    for (const Annotation& annotation : image.annotations) {
      ++objects;
      ignored += annotation.crowd || annotation.difficult ? 1 : 0;
      ++perClass[static_cast<std::size_t>(annotation.classIndex)];
    }
  }
  if (json) {
    nlohmann::ordered_json out{{"spec", dataset.spec()},
                               {"images", dataset.images().size()},
                               {"objects", objects},
                               {"images_without_objects", empty},
                               {"crowd_or_difficult", ignored}};
    out["classes"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < perClass.size(); ++i)
      out["classes"].push_back({{"name", dataset.classNames()[i]}, {"objects", perClass[i]}});
    out["validation"] = validationSpec(spec);
    out["problems"] = diagnosticsJson(dataset.diagnostics());
    std::cout << out.dump(2) << '\n';
    return {};
  }
  std::cout << dataset.spec() << ": " << dataset.images().size() << " images (" << empty
            << " without objects), " << objects << " objects (" << ignored << " crowd or difficult), "
            << perClass.size() << " classes\n";
  for (std::size_t i = 0; i < perClass.size(); ++i)
    std::cout << "  " << dataset.classNames()[i] << "  " << perClass[i] << '\n';
  const std::string companion = validationSpec(spec);
  std::cout << "Validation: " << (companion.empty() ? "none" : companion) << '\n';
  std::cout << "Problems: " << dataset.diagnostics().problems().size() << '\n';
  printDiagnostics(dataset.diagnostics(), 20);
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

void addData(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("data", "Open a data set and print its counts and problems");
  auto options = std::make_shared<CatalogOptions>();
  command->add_option("SPEC", options->name, "Data set, as for train --data")->required();
  command->add_flag("--json", options->json, "As JSON, with every problem");
  command->callback([options, &exit] { exit = finish(showData(options->name, options->json)); });
}

}  // namespace anchorscope::cli
