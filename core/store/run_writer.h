#pragma once
// View header. Records a run on its own thread behind a bounded queue; the trainer never waits for the disk.

#include <cstdint>
#include <memory>
#include <optional>
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
  std::int64_t stepsWritten = 0, framesWritten = 0;  ///< Committed by this writer.
  std::int64_t framesDropped = 0;                    ///< The queue was full, or writing had failed.
  std::int64_t bytesOnDisk = 0;
  std::int64_t evidenceSteps = 0,
               evidenceBytes = 0;  ///< Of the whole trace: steps with frames, their compressed arrays.
  std::string folder;              ///< Where the run's folder is now: it may be renamed meanwhile.
  std::string failure;  ///< Non-empty once writing failed (disk full ...); nothing is written after that.
};

/// Limits of the queue between trainer and disk, and how often the store thread commits.
struct RecordingOptions {
  std::size_t queuedFrames = 64;  ///< Frames waiting at most; a step's frames come in whole or not at all.
  std::int64_t queuedBytes = std::int64_t{256}
                             << 20;  ///< Their memory at most (an empty queue takes any frame).
  int commitMs = 100;                ///< What was recorded is committed at the latest so long after.
};

/// What a frame keeps alive in memory, without what it shares with others.
std::int64_t memoryOf(const ProbeFrame& frame);

/// The trainer thread calls the record functions; none of them waits.
class RunWriter {
 public:
  virtual ~RunWriter() = default;  ///< Writes what is queued and closes.
  /// Where the run's folder is now. One that was renamed is followed; in place of one that was removed its
  /// former path is given.
  virtual std::string folder() const = 0;
  /// Scalars are never dropped; when the queue is full the frames of this step are, counted and recorded as
  /// "thinned".
  virtual void record(StepRecord record) = 0;
  virtual void recordEvent(RunEvent event) = 0;
  /// Into the journal. What people read of it is an event of its own.
  virtual void recordChange(ParameterChange change) = 0;
  virtual RecordingState state() const = 0;
  /// Waits until everything queued so far is committed. Not for the trainer thread.
  virtual Status flush() = 0;
};

/// Creates the folder of a run, which gets an id and begins with the header's configuration (kExists when it
/// holds a run and overwrite is kNo). Overwriting removes the old run's trace and checkpoints; other files in
/// the folder stay. kIo when another program is recording into it.
Result<std::unique_ptr<RunWriter>> createRun(const std::string& folder, const RunHeader& header,
                                             Overwrite overwrite, const RecordingOptions& options = {});

/// What changes about a run that goes on.
struct ContinueChanges {
  /// Takes the place of the run's, whose start, id, parent and first configuration stay.
  std::optional<RunHeader> header;
  std::vector<std::string> putAside;  ///< Damaged checkpoints: kept as PATH.damaged.
  /// What goes on is a copy of that run (its id need not be given): a run of its own from now on.
  std::optional<RunParent> parent = {};
};

/// Continues a run after `step`: everything recorded later (scalars, frames, events, checkpoints) is removed
/// first, of the journal as well; the best checkpoint stays.
Result<std::unique_ptr<RunWriter>> continueRun(const std::string& folder, std::int64_t step,
                                               const RecordingOptions& options = {},
                                               const ContinueChanges& changes = {});

/// kExists when the folder holds a run and overwrite is kNo, as createRun would say: for what takes long
/// before.
Status checkRunFolder(const std::string& folder, Overwrite overwrite);

/// Makes the folder of a new run: kExists when it holds one and overwrite is kNo, else that one's trace,
/// configuration and checkpoints are removed and other files stay.
Status clearRunFolder(const std::string& folder, Overwrite overwrite);

}  // namespace anchorscope
