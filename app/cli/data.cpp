// What a data set holds, and how a detector would see it.
#include <iostream>

#include "app/cli/common.h"
#include "app/cli/run_options.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/data/dataset.h"
#include "core/trainer/data_summary.h"

namespace anchorscope::cli {
namespace {

struct DataOptions {
  RunOptions run;
  std::string spec;
  bool json = false;
};

std::string percent(double share) {
  return share < 0 ? "-" : shortNumber(100 * share) + " %";
}

nlohmann::ordered_json quartilesJson(const Quartiles& values) {
  return {values[0], values[1], values[2], values[3], values[4]};
}

nlohmann::ordered_json objectsJson(const ObjectSummary& summary) {
  return {{"name", summary.name},
          {"objects", summary.objects},
          {"crowd_or_difficult", summary.ignored},
          {"images", summary.images},
          {"share_of_image", quartilesJson(summary.shareOfImage)},
          {"side_in_input_px", quartilesJson(summary.sidePx)},
          {"reachable", summary.reachable},
          {"best_recall", summary.objects == 0 ? nlohmann::ordered_json(nullptr)
                                               : nlohmann::ordered_json(summary.bestRecall())}};
}

nlohmann::ordered_json listJson(const std::vector<ObjectSummary>& list) {
  auto out = nlohmann::ordered_json::array();
  for (const ObjectSummary& summary : list)
    out.push_back(objectsJson(summary));
  return out;
}

nlohmann::ordered_json sizeJson(SizePx size) {
  return {size.width, size.height};
}

void printJson(const Dataset& dataset, const DataSummary& summary) {
  nlohmann::ordered_json out{{"spec", toUtf8(dataset.spec())},
                             {"images", summary.images},
                             {"smallest_image", sizeJson(summary.smallestImage)},
                             {"largest_image", sizeJson(summary.largestImage)},
                             {"objects", summary.objects},
                             {"images_without_objects", summary.imagesWithoutObjects},
                             {"left_out_of_batches", toUtf8(summary.leftOut)},
                             {"crowd_or_difficult", summary.ignored}};
  out["classes"] = listJson(summary.classes);
  out["sizes"] = listJson(summary.sizes);
  out["all"] = objectsJson(summary.all);
  out["detector"] = {{"model", summary.model},
                     {"input", sizeJson(summary.inputSize)},
                     {"input_rule", summary.input},
                     {"anchors", summary.anchors},
                     {"reachable_means", summary.points ? "a location inside" : "an anchor with IoU 0.5"}};
  out["validation"] = toUtf8(validationSpec(dataset.spec()));
  out["problem_counts"] = dataset.diagnostics().countsByKind();
  out["problems"] = diagnosticsJson(dataset.diagnostics());
  std::cout << out.dump(2) << '\n';
}

/// A name as a cell: whole names are in --json.
std::string cellOf(const std::string& name) {
  constexpr std::size_t kMostBytes = 48;
  if (name.size() <= kMostBytes) return name;
  std::size_t end = kMostBytes;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U)
    --end;
  return name.substr(0, end) + "...";
}

std::vector<std::string> rowOf(const ObjectSummary& summary) {
  const auto range = [&](const Quartiles& values, const char* unit, double factor) {
    if (summary.objects == 0) return std::string("-");
    return concat(shortNumber(factor * values[0]), " / ", shortNumber(factor * values[2]), " / ",
                  shortNumber(factor * values[4]), unit);
  };
  return {cellOf(summary.name),         concat(summary.objects),
          concat(summary.images),       range(summary.shareOfImage, " %", 100),
          range(summary.sidePx, "", 1), concat(summary.reachable),
          percent(summary.bestRecall())};
}

void printText(const Dataset& dataset, const DataSummary& summary) {
  const auto sizeText = [](SizePx size) { return concat(size.width, "x", size.height); };
  std::cout << printable(dataset.spec()) << ": " << counted(summary.images, "image") << " ("
            << summary.imagesWithoutObjects << " without objects), " << counted(summary.objects, "object")
            << " (" << summary.ignored << " crowd or difficult), "
            << counted(static_cast<std::int64_t>(summary.classes.size()), "class", "classes") << '\n';
  std::cout << "Images: " << sizeText(summary.smallestImage)
            << (summary.smallestImage == summary.largestImage ? "" : " to " + sizeText(summary.largestImage))
            << " px\n";
  if (!summary.leftOut.empty()) std::cout << "Training: " << printable(summary.leftOut) << '\n';
  const std::string companion = validationSpec(dataset.spec());
  std::cout << "Validation: " << (companion.empty() ? "none" : printable(companion)) << '\n';
  if (!summary.classes.empty()) {
    std::cout << "Detector: " << summary.model << " at " << summary.input << ", "
              << (summary.ownShapes ? concat("in the largest, ", sizeText(summary.inputSize), " px, ") : "")
              << summary.anchors
              << (summary.points ? " locations; reachable: a location inside\n"
                                 : " anchors; reachable: one of them overlaps with IoU 0.5 or more\n")
              << "Objects, without crowd and difficult; of sizes the smallest / median / largest:\n";
    std::vector<std::vector<std::string>> rows{
        {"class", "objects", "in images", "share of image", "side in input, px", "reachable", "best recall"}};
    for (const ObjectSummary& entry : summary.classes)
      rows.push_back(rowOf(entry));
    for (const ObjectSummary& entry : summary.sizes)
      rows.push_back(rowOf(entry));
    for (std::size_t i = rows.size() - 3; i < rows.size(); ++i)
      rows[i][0] = concat("(", rows[i][0],
                          i + 3 == rows.size()   ? ", below 32x32 px)"
                          : i + 2 == rows.size() ? ", below 96x96 px)"
                                                 : ")");
    rows.push_back(rowOf(summary.all));
    rows.back()[0] = "(all)";
    printTable(rows);
  }
  std::cout << "Problems and rules applied: "
            << counted(static_cast<std::int64_t>(dataset.diagnostics().recordCount()), "record") << '\n';
  printDiagnostics(dataset.diagnostics(), 40);
}

Status showData(const DataOptions& options) {
  auto config = options.run.build();
  if (!config) return std::move(config).error();
  auto opened = openDataset(
      options.spec,
      DatasetOptions::from(config->dataParams, static_cast<std::uint64_t>(config->train.getInt("seed"))));
  if (!opened) return std::move(opened).error();
  auto summary = summarizeData(**opened, *config);
  if (!summary) return std::move(summary).error();
  if (options.json)
    printJson(**opened, *summary);
  else
    printText(**opened, *summary);
  return {};
}

}  // namespace

void addData(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand(
      "data", "Open a data set and print its objects, their sizes, what anchors can reach, and its problems");
  auto options = std::make_shared<DataOptions>();
  command->add_option("SPEC", options->spec, "Data set, as for train --data")->required();
  command->add_flag("--json", options->json, "As JSON, with every problem");
  command->add_option("--preset", options->run.preset,
                      "The configuration whose anchors and input size count");
  command->add_option("--config", options->run.configFile, "The same from a file")->excludes("--preset");
  command->add_option("--model", options->run.model, "Detector whose anchors count (see: models)");
  command->add_option("--size", options->run.size, "Input side, px");
  command->add_option("--seed", options->run.seed, "Seed of #train and #val where the set has no splits");
  command->add_option("--set", options->run.settings,
                      "KEY=VALUE: any option of train, such as data.orientation=as_stored; may be repeated");
  command->callback([options, &exit] { exit = finish(showData(*options)); });
}

}  // namespace anchorscope::cli
