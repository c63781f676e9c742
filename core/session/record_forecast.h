#pragma once
// View header. What recording a run's evidence will take, estimated before anything is opened or built.

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// Bytes on disk, compressed. The numbers of values are exact; how far they compress is what BCCD and the
/// demo take with every method: what is recorded stays within a factor of 2, and is less where a method
/// considers fewer pairs of an object than evidence_pairs.
struct RecordForecast {
  std::int64_t probes = 0;
  double frameBytes = 0;  ///< Of one image at one moment, without pairs.
  /// The pairs of one of its objects; nothing when all are kept (evidence_pairs 0), as many as there are.
  std::optional<double> objectBytes;
};

/// Errors: options that cannot be read.
Result<RecordForecast> forecastRecording(const RunConfig& config);

/// For people: "4 probes × 21 steps ≈ 8.2 MB, and 0.3 MB more for every object in an image (its pairs)". How
/// many objects there are is known once the data is opened: the run's journal tells it again, measured.
/// Empty when nothing can be said.
std::string recordForecastText(const RunConfig& config);

}  // namespace anchorscope
