#pragma once
// Internal header (ATen). A training run's whole state in one .safetensors file: the detector's tensors under
// their own names (so the file is a weights file as well), the optimizer's and the generators' beside them,
// the rest as JSON in the header's metadata.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/model/detector.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

struct CheckpointFacts {
  std::int64_t step = 0;            ///< Optimizer steps done.
  std::int64_t loaderPosition = 0;  ///< Position of the next batch.
  std::string configToml;
  std::vector<std::string> classNames;
  std::string device;
  int threads = 1;
  std::int64_t skippedSteps = 0;  ///< Steps so far that were not finite and changed nothing.
  /// The training set as it was: a resumed run is told when it differs. 0: not known (an older checkpoint).
  std::int64_t imageCount = 0, objectCount = 0;
  double stepsPerEpoch = 0;  ///< What options in epochs were counted with; 0: not known.
  std::optional<double>
      ap;  ///< COCO AP of these weights on the validation set, where it was measured (the best checkpoint).
};

struct Checkpoint {
  CheckpointFacts facts;
  std::vector<NamedTensor> tensors;  ///< On the CPU.
};

/// Writes atomically. Tensors may be on any device and in any memory format.
Status writeCheckpoint(const std::string& path, const CheckpointFacts& facts,
                       const std::vector<NamedTensor>& tensors, Overwrite overwrite);

/// The JSON part alone; kBadData when the file is not a checkpoint of this program.
Result<CheckpointFacts> readCheckpointFacts(const std::string& path);

/// The same of a file of weights, which may be a checkpoint: none where it holds no training state (also of
/// what is no safetensors file); an error where it holds one that cannot be read.
Result<std::optional<CheckpointFacts>> findCheckpointFacts(const std::string& weightsFile);

/// The configuration in a checkpoint's facts; errors name `fileName`.
Result<RunConfig> configOf(const CheckpointFacts& facts, const std::string& fileName);

Result<Checkpoint> readCheckpoint(const std::string& path);

}  // namespace anchorscope
