#pragma once
// Reads a recorded run on a thread of its own: what is looked at first, then what has been recorded since,
// then all the rest in small parts.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_reader.h"
#include "widgets/source/evidence_source.h"

namespace anchorscope {

struct ReaderOptions {
  std::int64_t cacheBytes = std::int64_t{256} << 20;  ///< Memory for frames that were read.
  std::string firstScalars = "eval.";                 ///< Those whose name begins so before others.
  std::size_t valuesAtOnce = 20'000;                  ///< Some milliseconds of work.
  int neighbours = 2;                                 ///< Recorded steps to either side, read when idle.
};

/// What a run holds, as of the last look.
struct RunOutline {
  RunHeader header;
  std::int64_t lastStep = -1, frames = 0;
  RecordedSteps steps;
  std::vector<std::int64_t> checkpoints;  ///< Steps that have one.
};

/// What the thread has to tell; called on it.
struct ReaderReports {
  std::function<void(RunOutline)> opened;
  std::function<void(Error)> cannotOpen;
  std::function<void(RunOutline)> refreshed;  ///< Only when something has changed; without the header.
  std::function<void(Moment)> moment;
  std::function<void(int view, std::int64_t step)> missing;
  std::function<void(ScalarParts, bool complete)> scalars;
  std::function<void(std::vector<RunEvent>)> events;
  std::function<void(AskedAnswer)> asked;
  std::function<void(std::int64_t step, std::optional<Error> why)> held;
  std::function<void(std::vector<std::string>)> problems;
  std::function<void(Error)> failed;
  std::function<void(TrackNews)> track;
  /// Nothing is left to be read of so many things that were asked for.
  std::function<void(std::int64_t asked)> rested;
};

/// Its members do not wait, nor does its end: what is being read then is read to its end and not told. One
/// thread at a time.
class ReaderThread {
 public:
  ReaderThread(std::string folder, ReaderOptions options, ReaderReports reports);
  ~ReaderThread();
  ReaderThread(const ReaderThread&) = delete;
  ReaderThread& operator=(const ReaderThread&) = delete;

  void request(const MomentQuery& query);
  void refresh();
  /// Moments have these variants from now on.
  void ask(const QString& variants);
  /// Has the weights of a step, for what is asked.
  void hold(std::int64_t step);
  /// What was recorded of events and scalars is told from now on.
  void tellSeries();
  void follow(const std::optional<TrackQuery>& query);
  std::int64_t asked() const { return asked_; }  ///< Calls of the six.

 private:
  class Work;
  std::int64_t asked_ = 0;
  std::shared_ptr<Work> work_;
};

}  // namespace anchorscope
