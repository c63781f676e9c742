#pragma once
// A recorded run's scalars, read bit by bit, so that whoever reads them can do something else in between.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_reader.h"
#include "widgets/source/evidence_source.h"

namespace anchorscope {

/// One thread at a time. What was recorded up to the reader's last step when it was made is read, scalars
/// whose name begins with `first` before others.
class RecordedScalars {
 public:
  /// The reader must outlive it.
  RecordedScalars(const RunReader& reader, const std::string& first);

  /// Reads so many values at most into `parts`; false when all have been read. A scalar that cannot be read
  /// is left at what was read of it and told in `errors`.
  bool read(std::size_t values, ScalarParts& parts, std::vector<Error>& errors);

  std::int64_t lastStep() const { return lastStep_; }

 private:
  const RunReader& reader_;
  std::vector<std::string> names_;
  std::int64_t lastStep_;
  std::size_t at_ = 0;     ///< Into names_.
  std::int64_t step_ = 0;  ///< From which on it is read next.
};

}  // namespace anchorscope
