#pragma once
// The options that make up a run's configuration on the command line: a preset or file, then names, then
// single settings.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trainer/run_config.h"

namespace anchorscope::cli {

struct RunOptions {
  std::string preset, configFile;
  std::optional<std::string> data, validation, method, model, weights, device, out;
  std::optional<std::int64_t> size, batch, seed, threads;
  std::optional<std::string> steps, recordEvery;  ///< Steps, or epochs: "12e".
  std::vector<std::string> probes, settings;

  void addTo(CLI::App& command);
  /// Later beats earlier: preset or file, names, numbers, --set in their order.
  Result<RunConfig> build() const;
  /// One line per --set that changes nothing, because another option of `config`, which was built from these,
  /// has another value than it needs.
  std::vector<std::string> settingsWithoutEffect(const RunConfig& config) const;
  /// The options given besides --steps, --set and --out.
  std::vector<std::string> givenBesidesLive() const;
  /// What of these changes a run that goes on, by key and value, in the order of the command line; kUsage
  /// where something is given that cannot. The run itself tells which --set it cannot take.
  Result<std::vector<std::pair<std::string, std::string>>> resumeSettings() const;
};

/// "KEY=VALUE" into its parts; kUsage without a '='.
Result<std::pair<std::string, std::string>> splitSetting(const std::string& text);

}  // namespace anchorscope::cli
