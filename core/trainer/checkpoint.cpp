#include "core/trainer/checkpoint.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/model/safetensors.h"

namespace anchorscope {
namespace {

constexpr const char* kMetadataKey = "anchorscope";
constexpr int kVersion = 1;
// A header beyond this is damage, not a model: 100,000 tensors take about 15 MB.
constexpr std::uint64_t kLargestHeaderBytes = 256U << 20U;

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
                      {"objects", facts.objectCount}};
  if (facts.ap) json["ap"] = *facts.ap;
  // Whatever a name may hold, it must not cost the weights.
  return json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

Error notACheckpoint(const std::string& path, const std::string& why) {
  return makeError(
      ErrorCode::kBadData, concat("'", path, "' is not a checkpoint: ", why),
      "Name a whole checkpoint; of a run, remove or rename this one to go on from the one before it");
}

}  // namespace

Status writeCheckpoint(const std::string& path, const CheckpointFacts& facts,
                       const std::vector<NamedTensor>& tensors, Overwrite overwrite) {
  return writeSafetensors(path, tensors, {{kMetadataKey, factsText(facts)}}, overwrite);
}

Result<CheckpointFacts> readCheckpointFacts(const std::string& path) {
  ANCHORSCOPE_TRY(checkRegularFile(path));
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return makeError(ErrorCode::kNotFound, concat("Cannot open the checkpoint '", path, "'"),
                     "Check the path");
  std::uint64_t length = 0;
  if (!in.read(reinterpret_cast<char*>(&length), sizeof length) || length > kLargestHeaderBytes)
    return notACheckpoint(path, "it does not start as a safetensors file");
  std::string text(length, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(length)))
    return notACheckpoint(path, "it ends within its header");
  const auto header = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object() || !header.contains("__metadata__") ||
      !header["__metadata__"].contains(kMetadataKey) || !header["__metadata__"][kMetadataKey].is_string())
    return notACheckpoint(path, "it holds weights but no training state");
  const auto json = nlohmann::json::parse(header["__metadata__"][kMetadataKey].get<std::string>(), nullptr,
                                          /*allow_exceptions=*/false);
  try {
    if (json.at("version").get<int>() != kVersion)
      return notACheckpoint(
          path, concat("its version is ", json.at("version").dump(), ", this program reads ", kVersion));
    CheckpointFacts facts;
    facts.step = json.at("step").get<std::int64_t>();
    facts.loaderPosition = json.at("loader_position").get<std::int64_t>();
    facts.configToml = json.at("config").get<std::string>();
    facts.classNames = json.at("classes").get<std::vector<std::string>>();
    facts.device = json.at("device").get<std::string>();
    facts.threads = json.at("threads").get<int>();
    facts.skippedSteps = json.value("skipped_steps", std::int64_t{0});
    facts.imageCount = json.value("images", std::int64_t{0});
    facts.objectCount = json.value("objects", std::int64_t{0});
    if (json.contains("ap")) facts.ap = json["ap"].get<double>();
    return facts;
  } catch (const nlohmann::json::exception&) {
    return notACheckpoint(path, "its training state is damaged");
  }
}

Result<Checkpoint> readCheckpoint(const std::string& path) {
  auto facts = readCheckpointFacts(path);
  if (!facts) return std::move(facts).error();
  auto tensors = readSafetensors(path);
  if (!tensors) return std::move(tensors).error();
  return Checkpoint{*std::move(facts), *std::move(tensors)};
}

}  // namespace anchorscope
