#include "core/model/weights.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "core/base/check.h"
#include "core/model/safetensors.h"
#include "core/model/weight_names.h"

namespace anchorscope {
namespace {

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

std::vector<std::string> namesOf(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& named : tensors)
    names.push_back(named.name);
  return names;
}

/// "conv1.weight, bn1.weight, bn1.bias ..."
std::string firstNames(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 3, kLongest = 100;
  std::vector<std::string> first;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    first.push_back(names[i].substr(0, kLongest));
  return join(first, ", ") + (names.size() > kMost ? " ..." : "");
}

/// Leaves of weights and averages those that are wanted, under the weights' names; false where there are no
/// averages.
bool chooseWeights(std::vector<NamedTensor>& tensors, WeightsChoice choice) {
  const std::string prefix = kAveragePrefix;
  std::unordered_map<std::string, at::Tensor> averages;
  for (const NamedTensor& named : tensors)
    if (named.name.starts_with(prefix)) averages.emplace(named.name.substr(prefix.size()), named.tensor);
  std::size_t found = 0;
  for (NamedTensor& named : tensors) {
    const auto average = averages.find(named.name);
    if (average == averages.end()) continue;
    ++found;
    if (choice == WeightsChoice::kAveraged) named.tensor = average->second;
  }
  // Where every name has the prefix it is that of another program.
  if (found == 0) return false;
  std::erase_if(tensors, [&](const NamedTensor& named) {
    return named.name.starts_with(prefix) && averages.contains(named.name.substr(prefix.size()));
  });
  return true;
}

}  // namespace

std::string WeightsReport::summary() const {
  const auto count = [](const std::vector<std::string>& names, const char* what) {
    return concat(", ", names.size(), " ", what, names.empty() ? "" : concat(" (", firstNames(names), ")"));
  };
  return concat(file, ": ", loaded.size(), loaded.size() == 1 ? " tensor" : " tensors", " loaded",
                count(missing, "missing"), count(unexpected, "unexpected"),
                count(wrongShape, "of the wrong shape"), origin.empty() ? "" : concat("; ", origin));
}

Result<TorchFile> readWeights(const std::string& path) {
  // A .safetensors file starts with its header's length and the header's '{'.
  constexpr std::size_t kStart = 9;
  const Result<std::string> start = readBeginning(path, kStart);
  if (!start) return start.error();
  if (!endsWith(path, ".safetensors") && !(start->size() == kStart && start->back() == '{'))
    return readTorchFile(path);
  Result<std::vector<NamedTensor>> tensors = readSafetensors(path);
  if (!tensors) return std::move(tensors).error();
  return TorchFile{*std::move(tensors), {}};
}

Result<WeightsReport> loadWeights(Detector& detector, const std::string& path, WeightsChoice choice) {
  Result<TorchFile> file = readWeights(path);
  if (!file) return file.error();
  const bool hasAverages = chooseWeights(file->tensors, choice);
  Result<WeightsReport> report = loadWeights(detector, file->tensors, path);
  if (report && hasAverages) {
    report->averaged = choice == WeightsChoice::kAveraged;
    file->choice = report->averaged ? "the averaged weights (EMA)" : "the trained weights, not their average";
  }
  if (report && !file->choice.empty())
    report->origin = concat("from ", file->choice, report->origin.empty() ? "" : ", ", report->origin);
  return report;
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
  const WeightNames names(namesOf(tensors), namesOf(state));
  report.origin = names.description();
  for (const NamedTensor& named : tensors) {
    const std::string name = names.inDetector(named.name);
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
                            ". The file has ", tensors.size(), " (", firstNames(namesOf(tensors)),
                            "), the detector ", state.size(), " (", firstNames(namesOf(state)), ")"),
                     "Choose the model that the weights were made for");
  }
  return report;
}

}  // namespace anchorscope
