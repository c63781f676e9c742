#pragma once
// Internal header (ATen). Loads weights by name from torchvision's .pth and from .safetensors, and saves
// .safetensors.

#include <map>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/model/detector.h"
#include "core/model/torch_file.h"

namespace anchorscope {

/// A training state keeps averages of its weights under their names behind this.
inline constexpr const char* kAveragePrefix = "ema.";

/// Of a file that holds both.
enum class WeightsChoice { kAveraged, kTrained };

/// What became of every tensor of a weights file.
struct WeightsReport {
  std::string file;
  std::string
      origin;  ///< How the file's names were understood, where they are not the detector's; else empty.
  bool averaged = false;  ///< The file's averages were loaded.
  std::vector<std::string> loaded;
  std::vector<std::string> missing;     ///< In the detector, not in the file.
  std::vector<std::string> unexpected;  ///< In the file, not in the detector.
  std::vector<std::string> wrongShape;  ///< "name: file [..], detector [..]"
  std::vector<std::string> ignored;     ///< Batch counters (num_batches_tracked) that only one side has.
  std::string summary() const;          ///< One line of counts, with the first names of what did not fit.
};

/// Reads every tensor of a state_dict (.pth of torch.save, also nested in a checkpoint: see readTorchFile) or
/// .safetensors file; the content decides, not the name. No code is executed; every bound is checked; a
/// damaged file is kBadData with the place.
Result<TorchFile> readWeights(const std::string& path);

/// Copies matching tensors into the detector, converting dtype and device. Names are understood as
/// WeightNames does: behind any prefix, a backbone alone, mmdetection's. Nothing loaded at all is kBadData
/// with the first names of both sides. Of a file with weights and their averages the averages are taken,
/// unless the trained ones are asked for.
Result<WeightsReport> loadWeights(Detector& detector, const std::string& path,
                                  WeightsChoice choice = WeightsChoice::kAveraged);

/// The same from tensors in memory; `source` names them in the report and in errors.
Result<WeightsReport> loadWeights(Detector& detector, const std::vector<NamedTensor>& tensors,
                                  const std::string& source);

}  // namespace anchorscope
