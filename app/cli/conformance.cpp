#include "core/conformance/conformance.h"
#include "core/base/counted.h"

#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/ops/capabilities.h"

namespace anchorscope::cli {
namespace {

const char* verdictName(ConformanceVerdict verdict) {
  switch (verdict) {
    case ConformanceVerdict::kPassed:
      return "passed";
    case ConformanceVerdict::kFailed:
      return "FAILED";
    case ConformanceVerdict::kNotSupported:
      return "not supported";
    case ConformanceVerdict::kUnreadable:
      return "UNREADABLE";
  }
  return "";
}

struct ConformanceOptions {
  std::vector<std::string> paths, devices;
  bool json = false;
};

void print(const ConformanceOutcome& outcome) {
  std::cout << verdictName(outcome.verdict) << "  " << outcome.file << "  " << outcome.op << "  "
            << outcome.device;
  if (outcome.valuesCompared > 0)
    std::cout << "  largest error " << shortNumber(outcome.largestError) << " of the tolerance ("
              << outcome.worstOutput << ", "
              << counted(static_cast<std::int64_t>(outcome.valuesCompared), "value") << ")";
  if (!outcome.notCompared.empty()) std::cout << "  not compared: " << join(outcome.notCompared, ", ");
  if (!outcome.message.empty()) std::cout << "  " << outcome.message;
  std::cout << '\n';
}

nlohmann::ordered_json toJson(const ConformanceOutcome& outcome) {
  return {{"file", outcome.file},
          {"op", outcome.op},
          {"device", outcome.device},
          {"verdict", verdictName(outcome.verdict)},
          {"largest_error", jsonNumber(outcome.largestError)},
          {"worst_output", outcome.worstOutput},
          {"values_compared", outcome.valuesCompared},
          {"not_compared", outcome.notCompared},
          {"message", outcome.message}};
}

ExitCode conformance(const ConformanceOptions& options) {
  auto files = findReferenceFiles(options.paths);
  if (!files) return fail(files.error());
  std::vector<std::string> devices = options.devices;
  if (devices.empty())
    for (const DeviceDescription& device : availableDevices())
      if (device.name == "cpu" || device.name == "cuda:0") devices.push_back(device.name);
  std::map<ConformanceVerdict, std::size_t> counts;
  auto list = nlohmann::ordered_json::array();
  for (const std::string& file : *files)
    for (const std::string& device : devices) {
      const ConformanceOutcome outcome = runReferenceFile(file, device);
      ++counts[outcome.verdict];
      if (options.json)
        list.push_back(toJson(outcome));
      else
        print(outcome);
    }
  if (options.json) std::cout << jsonText(list);
  std::cerr << counts[ConformanceVerdict::kPassed] << " passed, " << counts[ConformanceVerdict::kFailed]
            << " failed, " << counts[ConformanceVerdict::kUnreadable] << " unreadable, "
            << counts[ConformanceVerdict::kNotSupported] << " not supported, on " << join(devices, ", ")
            << '\n';
  return counts[ConformanceVerdict::kFailed] + counts[ConformanceVerdict::kUnreadable] > 0 ? 1 : 0;
}

}  // namespace

void addConformance(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("conformance", "Run reference-value files through this program's own code");
  auto options = std::make_shared<ConformanceOptions>();
  command->add_option("PATH", options->paths, "Files or folders")->required();
  command->add_option("--device", options->devices,
                      "cpu or cuda:0; may be repeated (else: every one there is)");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, &exit] { exit = conformance(*options); });
}

}  // namespace anchorscope::cli
