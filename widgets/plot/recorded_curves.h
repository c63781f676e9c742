#pragma once
// Reads a recorded run's scalars into a history bit by bit, so that a window stays usable while a long run's
// come. A run that goes on meanwhile hands over what it measures.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_reader.h"
#include "widgets/plot/curve_history.h"

namespace anchorscope {

/// GUI thread only. What was recorded up to the reader's last step when it was made is read, scalars whose
/// name begins with `first` before others; then come the steps that were appended.
class RecordedCurves {
 public:
  using Steps = std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>>;

  /// The history must outlive it, and get these scalars from nowhere else meanwhile.
  RecordedCurves(std::shared_ptr<const RunReader> reader, CurveHistory& history, const std::string& first);

  /// Reads so many values at most; false when all have been read, and what was appended is in the history. A
  /// scalar that cannot be read is left at what was read of it and told in `errors`.
  bool read(std::size_t values, std::vector<Error>& errors);

  /// Held back until all that was recorded is in the history. Steps after the recorded ones, which do not
  /// fall.
  void append(Steps steps);

  const std::shared_ptr<const RunReader>& reader() const { return reader_; }

 private:
  std::shared_ptr<const RunReader> reader_;
  CurveHistory& history_;
  std::vector<std::string> names_;
  std::int64_t lastStep_;  ///< What is recorded later is appended.
  std::size_t at_ = 0;     ///< Into names_.
  std::int64_t step_ = 0;  ///< From which on it is read next.
  Steps appended_;
};

}  // namespace anchorscope
