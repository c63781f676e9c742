// What is wrong with a recorded run, or with a data set and the anchors that are to meet it.
#include <algorithm>
#include <iostream>
#include <map>

#include "app/cli/common.h"
#include "app/cli/run_options.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/data/dataset.h"
#include "core/findings/anchor_advice.h"
#include "core/findings/run_findings.h"
#include "core/trainer/place_data.h"

namespace anchorscope::cli {
namespace {

constexpr std::size_t kExamples = 3, kNumbers = 12;

struct FindingsOptions {
  RunOptions run;
  std::string folder;
  bool json = false;
};

nlohmann::ordered_json findingJson(const Finding& finding) {
  nlohmann::ordered_json out{{"rule", finding.rule},
                             {"title", finding.title},
                             {"objects", finding.objects},
                             {"images", finding.images},
                             {"advice", finding.advice}};
  out["numbers"] = nlohmann::ordered_json::array();
  for (const FindingNumber& number : finding.numbers)
    out["numbers"].push_back(
        {{"name", number.name}, {"value", jsonNumber(number.value)}, {"unit", number.unit}});
  out["who"] = nlohmann::ordered_json::array();
  for (const ObjectRef& ref : finding.who)
    out["who"].push_back(
        {{"image", ref.image},
         {"object", ref.object < 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(ref.object)}});
  return out;
}

std::string refText(const ObjectRef& ref) {
  return ref.object < 0 ? ref.image : concat(ref.image, " object ", ref.object);
}

void printFinding(const Finding& finding) {
  std::cout << '\n' << printable(finding.rule) << ": " << printable(finding.title) << '\n';
  for (std::size_t i = 0; i < finding.numbers.size() && i < kNumbers; ++i) {
    const FindingNumber& number = finding.numbers[i];
    const std::string unit = unitOf(number.value, number.unit);
    std::cout << "  " << printable(number.name) << "  " << shortNumber(number.value)
              << (unit.empty() ? "" : " ") << unit << '\n';
  }
  if (finding.numbers.size() > kNumbers)
    std::cout << "  ... and " << finding.numbers.size() - kNumbers << " more numbers (--json lists all)\n";
  std::string examples;
  for (std::size_t i = 0; i < finding.who.size() && i < kExamples; ++i)
    examples += (i == 0 ? "" : ", ") + refText(finding.who[i]);
  if (!examples.empty())
    std::cout << "  " << printable(examples)
              << (finding.who.size() > kExamples ? " ... (--json lists all)" : "") << '\n';
  std::cout << "  Try: " << printable(finding.advice) << '\n';
}

void printText(const FindingsReport& report) {
  if (report.findings.empty()) {
    std::cout << "Nothing was found\n";
    return;
  }
  std::vector<std::vector<std::string>> rows{{"finding", "objects", "images"}};
  for (const Finding& finding : report.findings)
    rows.push_back({finding.rule, concat(finding.objects), concat(finding.images)});
  std::cout << counted(static_cast<std::int64_t>(report.findings.size()), "finding")
            << (report.findings.size() > 1 ? ", those that cost most objects first:\n" : ":\n");
  printTable(rows);
  for (const Finding& finding : report.findings)
    printFinding(finding);
}

/// Beside the output: what was not looked at.
void tellLeftOut(const FindingsReport& report) {
  std::map<std::string, std::vector<std::string>> byLack;
  for (const UnaskedRule& rule : report.unasked)
    byLack[rule.lacks].push_back(rule.rule);
  for (const auto& [lacks, rules] : byLack)
    std::cerr << "Note: not looked for, as " << printable(lacks) << " is not there: " << join(rules, ", ")
              << '\n';
  for (const std::string& text : report.leftOut)
    std::cerr << "Note: left out: " << printable(text) << '\n';
}

void print(const FindingsReport& report, bool json) {
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const Finding& finding : report.findings)
      list.push_back(findingJson(finding));
    std::cout << jsonText(list);
  } else {
    printText(report);
  }
  tellLeftOut(report);
}

void printAdvice(const PlacedData& data) {
  const auto advice = adviseAnchors(data);
  if (!advice) {
    std::cout << "\nAnchor advice: none, "
              << (data.points ? "the detector has no anchors" : "there is no object to fit anchors to")
              << '\n';
    return;
  }
  std::cout << "\nAnchor advice for " << counted(advice->objects, "object")
            << ", best possible recall at IoU 0.5 and mean best IoU:\n";
  const auto row = [](const std::string& name, const AnchorFit& fit) {
    return std::vector<std::string>{name, shortNumber(100 * fit.recall) + " %", shortNumber(fit.meanIou)};
  };
  const bool same = advice->options == data.anchors;
  printTable({{"anchors", "recall", "mean IoU"},
              row("now, " + optionsText(*data.anchors), advice->now),
              row(same ? std::string("the best of other options: these") : optionsText(advice->options),
                  advice->withOptions),
              row(concat(advice->clusters.size(), " k-means shapes in their place"), advice->withClusters)});
  std::cout
      << "  Shapes, width x height in px of the input, by k-means on IoU (YOLO9000, arXiv:1612.08242):\n";
  std::map<int, std::string> shapes;
  for (const ShapeCluster& cluster : advice->clusters)
    shapes[cluster.stride] += concat("  ", cluster.shape.width, "x", cluster.shape.height, " (",
                                     shortNumber(100 * cluster.share), " %)");
  for (const auto& [stride, text] : shapes)
    std::cout << "  stride " << stride << ':' << text << '\n';
}

/// The set as the configuration's detector meets it.
Result<std::shared_ptr<const PlacedData>> place(const std::string& spec, const RunConfig& config) {
  auto opened = openDataset(
      spec, DatasetOptions::from(config.dataParams, static_cast<std::uint64_t>(config.train.getInt("seed"))));
  if (!opened) return std::move(opened).error();
  auto placed = placeData(**opened, config);
  if (!placed) return std::move(placed).error();
  return std::make_shared<const PlacedData>(*std::move(placed));
}

Status ofData(const FindingsOptions& options) {
  auto config = options.run.build();
  if (!config) return std::move(config).error();
  auto data = place(*options.run.data, *config);
  if (!data) return std::move(data).error();
  Facts facts;
  facts.classNames = (*data)->classNames;
  facts.data = *data;
  FindingsReport report = Inspection().tell(std::move(facts));
  // A data set has no frames and no scalars: only what it could have had is told.
  std::erase_if(report.unasked, [](const UnaskedRule& rule) {
    return rule.lacks != needText({NeedKind::kData, {}});
  });
  print(report, options.json);
  if (!options.json) printAdvice(**data);
  return {};
}

Status ofRun(const FindingsOptions& options) {
  auto opened = openRun(options.folder);
  if (!opened) return std::move(opened).error();
  std::shared_ptr<const PlacedData> data;
  std::string problem;
  if (auto config = fromToml((*opened)->header().configToml, options.folder); !config) {
    problem = config.error().text();
  } else if (auto placed = place((*opened)->header().dataSpec, *config); !placed) {
    problem = placed.error().text();
  } else {
    data = *placed;
  }
  FindingsReport report = findingsOfRun(**opened, data);
  if (!problem.empty()) report.leftOut.insert(report.leftOut.begin(), "the run's data set: " + problem);
  print(report, options.json);
  tellDamage(**opened);
  return {};
}

Status findings(const FindingsOptions& options) {
  if (options.folder.empty() == !options.run.data)
    return makeError(ErrorCode::kUsage,
                     "Findings are of a run folder or of a data set, and one of them is to be named",
                     "Give RUN or --data SPEC");
  return options.run.data ? ofData(options) : ofRun(options);
}

}  // namespace

void addFindings(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand(
      "findings",
      "Say what is wrong with a recorded run, or with a data set and a detector's anchors, and what to try");
  auto options = std::make_shared<FindingsOptions>();
  command->add_option("RUN", options->folder, "Run folder");
  CLI::Option* data =
      command->add_option("--data", options->run.data, "Data set, as for train --data, instead of a run");
  command->add_flag("--json", options->json, "As a JSON list, with every object that a finding speaks of");
  command
      ->add_option("--preset", options->run.preset,
                   "With --data: the configuration whose anchors and input size count")
      ->needs(data);
  command->add_option("--config", options->run.configFile, "The same from a file")
      ->excludes("--preset")
      ->needs(data);
  command->add_option("--model", options->run.model, "Detector whose anchors count (see: models)")
      ->needs(data);
  command->add_option("--size", options->run.size, "Input side, px")->needs(data);
  command->add_option("--seed", options->run.seed, "Seed of #train and #val where the set has no splits")
      ->needs(data);
  command
      ->add_option("--set", options->run.settings,
                   "KEY=VALUE: any option of train, such as model.anchor_scale=2; may be repeated")
      ->needs(data);
  command->callback([options, &exit] { exit = finish(findings(*options)); });
}

}  // namespace anchorscope::cli
