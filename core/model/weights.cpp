#include "core/model/weights.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "core/base/check.h"
#include "core/model/safetensors.h"
#include "core/model/torch_file.h"

namespace anchorscope {
namespace {

constexpr std::string_view kBackbonePrefix = "backbone.body.";
constexpr std::string_view kParallelPrefix = "module.";

bool startsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool endsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}
bool isBatchCounter(std::string_view name) {
  return endsWith(name, ".num_batches_tracked");
}

std::string shapeText(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

std::string firstNames(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min<std::size_t>(tensors.size(), 3); ++i)
    names.push_back(tensors[i].name);
  return join(names, ", ");
}

/// The name a tensor of the file has in the detector.
class NameMap {
 public:
  explicit NameMap(const std::vector<NamedTensor>& tensors) {
    parallel_ = !tensors.empty() && std::all_of(tensors.begin(), tensors.end(), [](const NamedTensor& named) {
      return startsWith(named.name, kParallelPrefix);
    });
    for (const NamedTensor& named : tensors) {
      const std::string_view name = plain(named.name);
      backboneOnly_ = backboneOnly_ || name == "conv1.weight" || startsWith(name, "layer1.");
    }
  }
  std::string operator()(const std::string& name) const {
    const std::string_view rest = plain(name);
    return backboneOnly_ ? concat(kBackbonePrefix, rest) : std::string(rest);
  }

 private:
  std::string_view plain(std::string_view name) const {
    if (parallel_) name.remove_prefix(kParallelPrefix.size());
    return name;
  }
  bool parallel_ = false, backboneOnly_ = false;
};

}  // namespace

std::string WeightsReport::summary() const {
  return concat(file, ": ", loaded.size(), " tensors loaded, ", missing.size(), " missing, ",
                unexpected.size(), " unexpected, ", wrongShape.size(), " of the wrong shape");
}

Result<std::vector<NamedTensor>> readWeights(const std::string& path) {
  // A .safetensors file starts with its header's length and the header's '{'.
  std::array<char, 9> start{};
  if (std::FILE* const file = std::fopen(path.c_str(), "rb"); file != nullptr) {
    const std::size_t count = std::fread(start.data(), 1, start.size(), file);
    std::fclose(file);
    if (endsWith(path, ".safetensors") || (count == start.size() && start[8] == '{'))
      return readSafetensors(path);
  }
  return readTorchFile(path);
}

Result<WeightsReport> loadWeights(Detector& detector, const std::string& path) {
  const Result<std::vector<NamedTensor>> tensors = readWeights(path);
  if (!tensors) return tensors.error();
  return loadWeights(detector, *tensors, path);
}

Result<WeightsReport> loadWeights(Detector& detector, const std::vector<NamedTensor>& tensors,
                                  const std::string& source) {
  const at::NoGradGuard noGrad;
  const std::vector<NamedTensor> state = detector.stateDict();
  std::unordered_map<std::string, at::Tensor> open;
  for (const NamedTensor& named : state)
    open.emplace(named.name, named.tensor);

  WeightsReport report;
  report.file = source;
  const NameMap nameInDetector(tensors);
  for (const NamedTensor& named : tensors) {
    const std::string name = nameInDetector(named.name);
    const auto found = open.find(name);
    if (found == open.end()) {
      (isBatchCounter(name) ? report.ignored : report.unexpected).push_back(named.name);
      continue;
    }
    if (found->second.sizes() == named.tensor.sizes()) {
      found->second.copy_(named.tensor);
      report.loaded.push_back(name);
    } else {
      report.wrongShape.push_back(
          concat(name, ": file ", shapeText(named.tensor), ", detector ", shapeText(found->second)));
    }
    open.erase(found);
  }
  for (const NamedTensor& named : state) {
    if (open.count(named.name) == 0) continue;
    (isBatchCounter(named.name) ? report.ignored : report.missing).push_back(named.name);
  }
  if (report.loaded.empty()) {
    return makeError(ErrorCode::kBadData,
                     concat("No tensor of ", source, " fits the detector ", detector.info().name,
                            ". The file has ", tensors.size(), " (", firstNames(tensors), "), the detector ",
                            state.size(), " (", firstNames(state), ")"),
                     "Choose the model that the weights were made for");
  }
  return report;
}

Status saveWeights(const Detector& detector, const std::string& path,
                   const std::map<std::string, std::string>& metadata, Overwrite overwrite) {
  return writeSafetensors(path, detector.stateDict(), metadata, overwrite);
}

}  // namespace anchorscope
