// What is wrong with a recorded run, or with a data set and the anchors that are to meet it.
#include <algorithm>
#include <iostream>
#include <map>

#include "app/cli/common.h"
#include "app/cli/run_options.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/findings/anchor_advice.h"
#include "core/findings/findings_text.h"
#include "core/trainer/inspect_run.h"

namespace anchorscope::cli {
namespace {

constexpr std::size_t kExamples = 3, kNumbers = 12;

struct FindingsOptions {
  RunOptions run;
  std::string folder;
  bool json = false, csv = false;
};

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

void print(const FindingsReport& report, const FindingsOptions& options) {
  if (options.json)
    std::cout << findingsJson(report);
  else if (options.csv)
    std::cout << findingsCsv(report);
  else
    printText(report);
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

Status ofData(const FindingsOptions& options) {
  auto config = options.run.build();
  if (!config) return std::move(config).error();
  const auto inspected = inspectData(*config);
  if (!inspected) return inspected.error();
  print(inspected->report, options);
  if (!options.json && !options.csv) printAdvice(*inspected->data);
  return {};
}

Status ofRun(const FindingsOptions& options) {
  auto opened = openRun(options.folder);
  if (!opened) return std::move(opened).error();
  const auto report = inspectRun(**opened);
  if (!report) return report.error();
  print(*report, options);
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
  auto* json = command->add_flag("--json", options->json,
                                 "As a JSON list, with every object that a finding speaks of");
  command->add_flag("--csv", options->csv, "As CSV, a line per finding and object")->excludes(json);
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
