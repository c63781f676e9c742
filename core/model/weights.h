#pragma once
// Internal header (ATen). Loads weights by name from torchvision's .pth and from .safetensors, and saves
// .safetensors.

#include <map>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/model/detector.h"

namespace anchorscope {

/// What became of every tensor of a weights file.
struct WeightsReport {
  std::string file;
  std::vector<std::string> loaded;
  std::vector<std::string> missing;     ///< In the detector, not in the file.
  std::vector<std::string> unexpected;  ///< In the file, not in the detector.
  std::vector<std::string> wrongShape;  ///< "name: file [..], detector [..]"
  std::vector<std::string> ignored;     ///< Batch counters (num_batches_tracked) that only one side has.
  std::string summary() const;          ///< One line of counts.
};

/// Reads every tensor of a state_dict (.pth of torch.save, also nested under "model" or "state_dict") or
/// .safetensors file; the content decides, not the name. No code is executed; every bound is checked; a
/// damaged file is kBadData with the place.
Result<std::vector<NamedTensor>> readWeights(const std::string& path);

/// Copies matching tensors into the detector, converting dtype and device. A "module." that all names of the
/// file share is dropped. Backbone-only files (torchvision ResNets: "layer1.0.conv1.weight") go to the
/// detector's backbone. Nothing loaded at all is kBadData with the first names of both sides.
Result<WeightsReport> loadWeights(Detector& detector, const std::string& path);

/// The same from tensors in memory; `source` names them in the report and in errors.
Result<WeightsReport> loadWeights(Detector& detector, const std::vector<NamedTensor>& tensors,
                                  const std::string& source);

/// Writes the detector's state_dict as .safetensors, atomically.
Status saveWeights(const Detector& detector, const std::string& path,
                   const std::map<std::string, std::string>& metadata, Overwrite overwrite);

}  // namespace anchorscope
