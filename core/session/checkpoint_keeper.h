#pragma once
// Internal header (ATen). The checkpoints of a recorded run: written beside training, the newest few, the
// newest few of those before a change of an option, and the best kept.

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/store/run_writer.h"
#include "core/trainer/checkpoint.h"

namespace anchorscope {

/// Used on the trainer thread; what is written goes on a thread of its own, one file at a time.
class CheckpointKeeper {
 public:
  /// Tells what was written ("checkpoint") or could not be ("error").
  using Note = std::function<void(const std::string& kind, const std::string& text)>;

  /// `writer`: of the run whose folder the checkpoints belong to. A best checkpoint that is there already
  /// stays the one to beat.
  CheckpointKeeper(std::shared_ptr<RunWriter> writer, Note note);
  /// Waits for what is being written.
  ~CheckpointKeeper();
  CheckpointKeeper(const CheckpointKeeper&) = delete;
  CheckpointKeeper& operator=(const CheckpointKeeper&) = delete;

  /// Writes the state under its step; waits only when another is still being written. Older ones beyond
  /// `keep` besides the newest are then removed (keep 0: none).
  void start(Checkpoint state, std::int64_t keep);
  /// One to go back to before an option was changed at this step. As many of them as of the others are kept,
  /// so that neither drives the others out.
  void keepBeforeChange(std::int64_t step) { beforeChange_.insert(step); }
  /// The same at once and without a copy of the state: `save` writes it to the path it is given. For the end
  /// of a run, when memory may be short.
  void saveNow(std::int64_t step, std::int64_t keep,
               const std::function<Status(const std::string& path)>& save);
  /// The state of an evaluation: written as the best one if its facts' `ap` is higher than any before.
  void startIfBest(const std::function<Checkpoint()>& copyState, double ap);
  /// Notes what has been written; `wait`: after waiting for it.
  void collect(bool wait);

  /// Step of the newest checkpoint written or being written by this object; -1: none.
  std::int64_t newestStep() const { return newest_; }
  /// The run goes on from this step's checkpoint.
  void setNewestStep(std::int64_t step) { newest_ = step; }

 private:
  void write(Checkpoint state, bool best);
  void removeOld();
  static void removeAllBut(std::int64_t newest, const std::vector<std::string>& paths);

  std::shared_ptr<RunWriter> writer_;  ///< Shared with the thread that writes.
  Note note_;
  std::future<Status> written_;  ///< Valid while one is being written.
  bool best_ = false;            ///< What is being written is the best one.
  std::int64_t newest_ = -1, keep_ = 0;
  std::set<std::int64_t> beforeChange_;  ///< Steps.
  std::optional<double> bestAp_;
};

}  // namespace anchorscope
