#pragma once
// Reads a recorded run's scalars into a history bit by bit, so that a window stays usable while a long run's
// come.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_reader.h"
#include "widgets/plot/curve_history.h"

namespace anchorscope {

/// GUI thread only. What was recorded when it was made is read, scalars whose name begins with `first` before
/// others.
class RecordedCurves {
 public:
  /// The history must outlive it, and get these scalars from nowhere else meanwhile.
  RecordedCurves(std::shared_ptr<const RunReader> reader, CurveHistory& history, const std::string& first);

  /// Reads so many values at most; false when all have been read. A scalar that cannot be read is left at
  /// what was read of it and told in `errors`.
  bool read(std::size_t values, std::vector<Error>& errors);

  const std::shared_ptr<const RunReader>& reader() const { return reader_; }

 private:
  std::shared_ptr<const RunReader> reader_;
  CurveHistory& history_;
  std::vector<std::string> names_;
  std::size_t at_ = 0;     ///< Into names_.
  std::int64_t step_ = 0;  ///< From which on it is read next.
};

}  // namespace anchorscope
