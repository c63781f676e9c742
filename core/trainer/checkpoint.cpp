#include "core/trainer/checkpoint.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/base/json_limits.h"
#include "core/model/safetensors.h"
#include "core/trainer/json_file.h"

namespace anchorscope {
namespace {

constexpr const char* kMetadataKey = "anchorscope";
constexpr int kVersion = 1;

std::string factsText(const CheckpointFacts& facts) {
  nlohmann::json json{{"version", kVersion},
                      {"step", facts.step},
                      {"loader_position", facts.loaderPosition},
                      {"config", facts.configToml},
                      {"classes", facts.classNames},
                      {"device", facts.device},
                      {"threads", facts.threads},
                      {"skipped_steps", facts.skippedSteps},
                      {"images", facts.imageCount},
                      {"objects", facts.objectCount},
                      {"steps_per_epoch", facts.stepsPerEpoch}};
  if (facts.ap) json["ap"] = *facts.ap;
  // Whatever a name may hold, it must not cost the weights.
  return json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

Error notACheckpoint(const std::string& path, const std::string& why) {
  return makeError(ErrorCode::kBadData, concat("'", path, "' is not a checkpoint: ", why),
                   "Copy it again from where it came, or name another checkpoint");
}

Error ofAnotherVersion(const std::string& path, std::int64_t version) {
  return makeError(
      ErrorCode::kBadData,
      concat("'", path, "' is a checkpoint of version ", version, "; this program reads version ", kVersion),
      version > kVersion ? "Use the newer version of the program that wrote it"
                         : "Copy it again from where it came, or name another checkpoint");
}

bool possible(const CheckpointFacts& facts, std::int64_t threads) {
  return facts.step >= 0 && facts.loaderPosition >= 0 && threads >= 1 &&
         threads <= std::numeric_limits<int>::max() && facts.skippedSteps >= 0 && facts.imageCount >= 0 &&
         facts.objectCount >= 0 && std::isfinite(facts.stepsPerEpoch) && facts.stepsPerEpoch >= 0 &&
         !facts.classNames.empty();
}

}  // namespace

Status writeCheckpoint(const std::string& path, const CheckpointFacts& facts,
                       const std::vector<NamedTensor>& tensors, Overwrite overwrite) {
  return writeSafetensors(path, tensors, {{kMetadataKey, factsText(facts)}}, overwrite);
}

Result<CheckpointFacts> readCheckpointFacts(const std::string& path) {
  const auto metadata = readSafetensorsMetadata(path);
  if (!metadata && metadata.error().code == ErrorCode::kBadData)
    return notACheckpoint(path, concat("it is no whole safetensors file: ", metadata.error().message));
  if (!metadata) return metadata.error();
  const auto found = metadata->find(kMetadataKey);
  if (found == metadata->end()) return notACheckpoint(path, "it holds weights but no training state");
  ANCHORSCOPE_TRY(checkJsonLimits(found->second, concat("The training state of '", path, "'")));
  const auto json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  try {
    const std::int64_t version = integerOf(json.at("version"));
    if (version != kVersion) return ofAnotherVersion(path, version);
    CheckpointFacts facts;
    facts.step = integerOf(json.at("step"));
    facts.loaderPosition = integerOf(json.at("loader_position"));
    facts.configToml = json.at("config").get<std::string>();
    facts.classNames = json.at("classes").get<std::vector<std::string>>();
    facts.device = json.at("device").get<std::string>();
    const std::int64_t threads = integerOf(json.at("threads"));
    const auto since = [&](const char* entry) {  // entries that older checkpoints do not have
      return json.contains(entry) ? integerOf(json[entry]) : 0;
    };
    facts.skippedSteps = since("skipped_steps");
    facts.imageCount = since("images");
    facts.objectCount = since("objects");
    if (json.contains("steps_per_epoch")) facts.stepsPerEpoch = json["steps_per_epoch"].get<double>();
    if (json.contains("ap")) facts.ap = json["ap"].get<double>();
    if (!possible(facts, threads))
      return notACheckpoint(path, "its training state is damaged: impossible numbers");
    facts.threads = static_cast<int>(threads);
    return facts;
  } catch (const nlohmann::json::exception& problem) {
    return notACheckpoint(path, concat("its training state is damaged: ", entryProblem(problem)));
  }
}

Result<RunConfig> configOf(const CheckpointFacts& facts, const std::string& fileName) {
  auto config = fromToml(facts.configToml, fileName);
  if (config && facts.stepsPerEpoch > 0) config->train.setStepsPerEpoch(facts.stepsPerEpoch);
  return config;
}

Result<std::optional<CheckpointFacts>> findCheckpointFacts(const std::string& weightsFile) {
  const auto metadata = readSafetensorsMetadata(weightsFile);
  if (!metadata || metadata->find(kMetadataKey) == metadata->end()) return std::optional<CheckpointFacts>();
  auto facts = readCheckpointFacts(weightsFile);
  if (!facts) return std::move(facts).error();
  return std::optional(*std::move(facts));
}

Result<Checkpoint> readCheckpoint(const std::string& path) {
  auto facts = readCheckpointFacts(path);
  if (!facts) return std::move(facts).error();
  auto tensors = readSafetensors(path);
  if (!tensors) return std::move(tensors).error();
  return Checkpoint{*std::move(facts), *std::move(tensors)};
}

}  // namespace anchorscope
