#pragma once
// View header. Whether a run goes on from a checkpoint exactly as if it had never been interrupted: a proof
// by doing it, that writes nothing into the run.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/session/course.h"

namespace anchorscope {

struct VerifyResumeOptions {
  std::string folder;
  std::int64_t from = -1;    ///< Step of the checkpoint; -1: the newest that the run went on from far enough.
  std::int64_t steps = 100;  ///< How far to go on, at least 1.
  /// Gets what is being done and a fraction in [0,1]; false cancels (kCancelled). May be empty.
  std::function<bool(const std::string& what, double fraction)> progress;
};

struct ResumeVerification {
  std::string checkpoint;  ///< Path.
  std::int64_t step = 0;   ///< Its step.
  std::string device;
  int threads = 1;
  /// How many steps were compared with what the run recorded; 0: none, and what is identical is what was
  /// trained twice from its checkpoint.
  std::int64_t recordedSteps = 0;
  std::vector<CourseComparison> comparisons;
  std::vector<std::string> notes;  ///< What could not be compared, and why.
  bool identical() const;
};

/// Goes on from the checkpoint, with the changes of the run's journal, and compares with what the run
/// recorded: its scalars, and its state where a later checkpoint of those steps is there. Then the same steps
/// once more after one more interruption, and the whole state at their end.
/// kNotFound without a checkpoint, kBadData for a damaged one. Trains: it owns this thread and LibTorch's
/// generators meanwhile.
Result<ResumeVerification> verifyResume(const VerifyResumeOptions& options);

}  // namespace anchorscope
