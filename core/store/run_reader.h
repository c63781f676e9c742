#pragma once
// View header. Reads a recorded run: configuration, scalars, events and the probes' evidence at every
// recorded step.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// A run folder opened for reading; may still be growing. All members may be called from any thread.
///
/// A damaged record is left out, never believed, and told by takeProblems(); the rest of the run is there.
/// None of it is quick enough for a thread that draws: a frame takes milliseconds, a million values a second.
class RunReader {
 public:
  virtual ~RunReader() = default;
  /// As far as it could be read.
  virtual const RunHeader& header() const = 0;
  virtual const std::string& folder() const = 0;
  /// Steps with recorded scalars: [0, lastStep]; -1 when nothing is recorded yet. Re-read with refresh().
  virtual std::int64_t lastStep() const = 0;
  virtual std::vector<std::string> probeNames() const = 0;
  virtual std::vector<std::int64_t> recordedSteps(const std::string& probe) const = 0;
  /// Of all probes together; the same list until refresh() finds another step.
  virtual RecordedSteps recordedSteps() const = 0;
  /// Those with evidence at a step.
  virtual std::vector<std::string> probesAt(std::int64_t step) const = 0;
  virtual std::int64_t frameCount() const = 0;  ///< Of all probes and steps.
  /// Every recorded value of a scalar in step order; empty for an unknown name.
  virtual Result<ScalarSeries> scalar(const std::string& name) const = 0;
  /// The first `atMost` of them at or after a step: a long run read bit by bit.
  virtual Result<ScalarSeries> scalarFrom(const std::string& name, std::int64_t step,
                                          std::size_t atMost) const = 0;
  /// The newest of them alone; empty when there is none.
  virtual Result<ScalarSeries> newest(const std::string& name) const = 0;
  virtual std::vector<std::string> scalarNames() const = 0;
  virtual Result<std::vector<RunEvent>> events() const = 0;
  /// The journal, in the order in which it came about.
  virtual Result<std::vector<ParameterChange>> changes() const = 0;
  /// The run's own frame, or what the variant of this name says of the same outputs. kNotFound names the
  /// nearest recorded step, or the variants that there are.
  virtual Result<std::shared_ptr<const ProbeFrame>> frame(const std::string& probe, std::int64_t step,
                                                          const std::string& variant = {}) const = 0;
  /// The variants recorded beside a frame, in the order they came; none where there is no frame.
  virtual Result<std::vector<Variant>> variants(const std::string& probe, std::int64_t step) const = 0;
  /// Of a frame its image, objects and object columns alone: what a thumbnail tells. Costs next to nothing;
  /// damage elsewhere in the frame is not met.
  virtual Result<std::shared_ptr<const ProbeFrame>> summary(const std::string& probe,
                                                            std::int64_t step) const = 0;
  virtual std::vector<std::string> checkpoints() const = 0;  ///< Paths, oldest first.
  /// Reads what has been recorded since. Its cost is that of the new rows, however long the run is.
  virtual Status refresh() = 0;
  /// Looks through the structure of one more table: checksums show rows that were changed, but not those that
  /// a damaged page has lost. False when no table is left. Tables of a long run take a good part of a second.
  virtual bool lookForLostRows() = 0;
  /// What was found damaged and left out since the last call: a sentence each, which names the record.
  virtual std::vector<std::string> takeProblems() = 0;
};

enum class LostRows { kLookNow, kLookLater };  ///< kLookLater: lookForLostRows() is left to the caller.

/// Opens a run folder, also one that is being recorded or whose recording was killed. kNotFound when there is
/// no run, kBadData when its trace is damaged, no trace, or of another version.
Result<std::shared_ptr<RunReader>> openRun(const std::string& folder, LostRows look = LostRows::kLookNow);

/// Of ascending steps the one nearest to `step` (the earlier of two equally near); -1 when there are none.
std::int64_t nearestRecordedStep(const std::vector<std::int64_t>& steps, std::int64_t step);

}  // namespace anchorscope
