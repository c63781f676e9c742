#pragma once
// View header. Records a run on its own thread behind a bounded queue; the trainer never waits for the disk.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// One recorded step.
struct StepRecord {
  std::int64_t step = 0;
  std::vector<ScalarValue> scalars;
  std::vector<std::shared_ptr<const ProbeFrame>> frames;  ///< Empty on most steps.
};

/// How recording is going.
struct RecordingState {
  std::int64_t stepsWritten = 0, framesWritten = 0, framesDropped = 0;
  std::int64_t bytesOnDisk = 0;
  std::string failure;  ///< Non-empty once writing failed (disk full ...); nothing is written after that.
};

/// The trainer thread calls the record functions; none of them waits.
class RunWriter {
 public:
  virtual ~RunWriter() = default;  ///< Writes what is queued and closes.
  virtual const std::string& folder() const = 0;
  /// Scalars are never dropped; when the queue is full the frames of this step are, counted and recorded as "thinned".
  virtual void record(StepRecord record) = 0;
  virtual void recordEvent(RunEvent event) = 0;
  virtual RecordingState state() const = 0;
  /// Waits until everything queued so far is committed. Not for the trainer thread.
  virtual Status flush() = 0;
};

/// Creates the folder (kExists when it holds a run and overwrite is kNo).
Result<std::unique_ptr<RunWriter>> createRun(const std::string& folder, const RunHeader& header, Overwrite overwrite);

/// Continues a run after `step`: everything recorded later is removed first.
Result<std::unique_ptr<RunWriter>> continueRun(const std::string& folder, std::int64_t step);

}  // namespace anchorscope
