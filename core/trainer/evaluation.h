#pragma once
// View header. A trained detector's COCO average precision, from a checkpoint or a weights file.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/result.h"
#include "core/store/run_types.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

struct Evaluation {
  std::vector<ScalarValue>
      metrics;  ///< The 12 COCO numbers by their names ("ap", "ap50" ...), -1 where undefined.
  std::vector<ScalarValue> perClassAp;  ///< Class name -> AP
  std::vector<ScalarValue> perClassAp50;
  std::int64_t images = 0, objects = 0, detections = 0;
  std::int64_t withoutClass =
      0;  ///< Detections of classes the data set does not have: not in a file of detections.
  bool averagedWeights = false;  ///< Of a run with train.ema_decay.
  Diagnostics diagnostics;       ///< Images that could not be read; they count as without detections.
};

/// The configuration a checkpoint was written with; kBadData when the file is none.
Result<RunConfig> configOfCheckpoint(const std::string& path);

/// The same of a file of weights, which may be a checkpoint; none where it brings no configuration.
Result<std::optional<RunConfig>> configOfWeights(const std::string& path);

/// Evaluates the weights in `weightsFile` on `dataSpec`. `config` gives the model and its options, input
/// size, device, precision and thresholds; config.data gives the classes of plain weights, a checkpoint
/// brings its own. `progress` (may be empty) gets a fraction and returns false to cancel. Uses the calling
/// thread. `detections` (may be null) becomes the detections as COCO results JSON (see cocoResultsJson).
Result<Evaluation> evaluateFile(const RunConfig& config, const std::string& weightsFile,
                                const std::string& dataSpec, const std::function<bool(double)>& progress = {},
                                std::string* detections = nullptr);

}  // namespace anchorscope
