#include "app/cli/run_options.h"

#include <set>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/trainer/presets.h"

namespace anchorscope::cli {

void RunOptions::addTo(CLI::App& command) {
  command.add_option("--preset", preset, "Start from a ready-made configuration (see: presets)");
  command.add_option("--config", configFile, "Start from a configuration file (a run's config.toml)")
      ->excludes("--preset");
  command.add_option(
      "--data", data,
      "voc:DIR[#split], voc:ANNOTATIONS,IMAGES, coco:JSON,IMAGES, yolo:YAML[#split], folder:DIR, demo");
  command.add_option("--validation", validation, "Data set to evaluate on (else: the data's own #val)");
  command.add_option("--method", method, "Training method (see: methods)");
  command.add_option("--model", model, "Detector (see: models)");
  command.add_option("--size", size, "Side of the input, or a rectangle's shorter side, px");
  command.add_option("--batch", batch, "Images per step");
  command.add_option("--steps", steps, "Steps to train, or epochs (12e); 0: until interrupted");
  command.add_option("--device", device, "auto, cpu, cuda or cuda:I");
  command.add_option("--threads", threads, "CPU threads; 0: all but one");
  command.add_option("--seed", seed, "Seed of everything random");
  command.add_option("--weights", weights, "Start from these weights (.pth or .safetensors)");
  command.add_option("--probe", probes, "Image whose evidence is captured; may be repeated");
  command.add_option("--record-every", recordEvery,
                     "Steps, or epochs (1e), between two recorded captures; 0: none");
  command.add_option("--set", settings,
                     "KEY=VALUE: any option, such as method.beta=0.5 or lr=0.01; may be repeated");
}

Result<std::pair<std::string, std::string>> splitSetting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return makeError(ErrorCode::kUsage, concat("'", text, "' is not a setting"),
                     "Write KEY=VALUE, such as --set lr=0.01");
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

namespace {

Result<RunConfig> baseConfig(const RunOptions& options) {
  if (!options.preset.empty()) return presetConfig(options.preset);
  if (options.configFile.empty())
    return makeRunConfig(options.method.value_or("musu"), options.model.value_or("retina-small"));
  auto text = readFile(options.configFile, kLargestConfigBytes);
  if (!text) return std::move(text).error();
  auto config = fromToml(*text, options.configFile);
  // The file may be another run's own: where that was recorded is not where this one goes.
  if (config) config->out.clear();
  return config;
}

}  // namespace

std::vector<std::string> RunOptions::givenBesidesLive() const {
  std::vector<std::string> names;
  const auto add = [&](const char* name, bool given) {
    if (given) names.emplace_back(name);
  };
  add("--preset", !preset.empty());
  add("--config", !configFile.empty());
  add("--data", data.has_value());
  add("--validation", validation.has_value());
  add("--method", method.has_value());
  add("--model", model.has_value());
  add("--size", size.has_value());
  add("--batch", batch.has_value());
  add("--device", device.has_value());
  add("--threads", threads.has_value());
  add("--seed", seed.has_value());
  add("--weights", weights.has_value());
  add("--probe", !probes.empty());
  add("--record-every", recordEvery.has_value());
  return names;
}

Result<std::vector<std::pair<std::string, std::string>>> RunOptions::resumeSettings() const {
  std::vector<std::string> fixed = givenBesidesLive();
  static const std::set<std::string> kMayChange{"--data", "--validation", "--device", "--threads",
                                                "--record-every"};
  std::erase_if(fixed, [](const std::string& name) { return kMayChange.contains(name); });
  if (!fixed.empty())
    return makeError(
        ErrorCode::kUsage, concat(join(fixed, ", "), " cannot be combined with --resume"),
        "A run goes on with its own configuration; --steps, --data, --validation, --device, --threads, "
        "--record-every and --set of live options may change it");
  std::vector<std::pair<std::string, std::string>> changes;
  const auto change = [&](const char* key, const std::optional<std::string>& value) {
    if (value) changes.emplace_back(key, *value);
  };
  const auto changeNumber = [&](const char* key, const std::optional<std::int64_t>& value) {
    if (value) changes.emplace_back(key, std::to_string(*value));
  };
  change("run.data", data);
  change("run.validation", validation);
  change("train.device", device);
  changeNumber("train.threads", threads);
  change("train.steps", steps);
  change("train.record_every", recordEvery);
  for (const std::string& setting : settings) {
    auto parts = splitSetting(setting);
    if (!parts) return std::move(parts).error();
    changes.push_back(*std::move(parts));
  }
  return changes;
}

std::vector<std::string> RunOptions::settingsWithoutEffect(const RunConfig& config) const {
  std::vector<std::string> lines;
  for (const std::string& setting : settings) {
    const auto parts = splitSetting(setting);
    const auto full = parts ? fullKey(config, parts->first) : Result<std::string>(parts.error());
    if (!full) continue;  // building has told of it
    const std::size_t dot = full->find('.');
    const ParamSet& params = paramsOf(config, full->substr(0, dot));
    const ParamSpec* spec = params.find(full->substr(dot + 1));
    if (params.applies(spec->name)) continue;
    // An option may matter only with one that itself matters only with another: that which is set otherwise.
    while (!params.applies(spec->whenOption))
      spec = params.find(spec->whenOption);
    lines.push_back(concat(*full, " changes nothing here: only with ", spec->whenOption, "=",
                           join(spec->whenValues, " or ")));
  }
  return lines;
}

Result<RunConfig> RunOptions::build() const {
  auto config = baseConfig(*this);
  if (!config) return config;
  if (method && *method != config->method) ANCHORSCOPE_TRY(selectMethod(*config, *method));
  if (model && *model != config->model) ANCHORSCOPE_TRY(selectModel(*config, *model));
  const auto take = [](const std::optional<std::string>& from, std::string& to) {
    if (from) to = *from;
  };
  if (data && *data != config->data) config->validation.clear();
  take(data, config->data);
  take(validation, config->validation);
  take(weights, config->weights);
  take(out, config->out);
  if (!probes.empty()) config->probes = probes;
  const std::pair<const char*, const std::optional<std::int64_t>*> numbers[] = {
      {"size", &size}, {"batch", &batch}, {"seed", &seed}, {"threads", &threads}};
  for (const auto& [name, value] : numbers)
    if (*value) ANCHORSCOPE_TRY(config->train.setValue(name, ParamValue(**value)));
  const std::pair<const char*, const std::optional<std::string>*> texts[] = {
      {"steps", &steps}, {"record_every", &recordEvery}, {"device", &device}};
  for (const auto& [name, value] : texts)
    if (*value) ANCHORSCOPE_TRY(config->train.set(name, **value));
  for (const std::string& setting : settings) {
    auto parts = splitSetting(setting);
    if (!parts) return std::move(parts).error();
    ANCHORSCOPE_TRY(applySetting(*config, parts->first, parts->second));
  }
  return config;
}

}  // namespace anchorscope::cli
