#pragma once
// View header. A candidate or object of a recorded run, followed through every recorded step
// (core/evidence/track.h).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/track.h"
#include "core/store/run_reader.h"

namespace anchorscope {

/// Whom to follow, in which image's frames.
struct TrackQuery {
  std::string probe;
  std::string variant = {};  ///< Empty: the run's own evidence.
  TrackSubject subject;
  bool operator==(const TrackQuery&) const = default;
};

/// Reads moment by moment, so that whoever does it can do something else in between: a frame takes
/// milliseconds, a long run has thousands. One thread at a time.
class TrackReader {
 public:
  /// What is recorded of the probe by now is read; the reader must outlive it.
  TrackReader(const RunReader& reader, TrackQuery query);

  /// Reads one more moment; false when none is left. A damaged moment, or one without the variant, is left
  /// out and told in problems(). Errors as of Tracker::add, which no later moment mends; kNotFound where
  /// nothing of the probe is recorded.
  Result<bool> readNext();
  /// Takes what has been recorded since the last look as well; begins anew where what was read is not there
  /// any more. After the reader's refresh().
  void lookAgain();
  /// What was read so far.
  Track track() const { return tracker_.track(); }
  std::size_t done() const { return at_; }
  std::size_t moments() const { return steps_.size(); }
  /// A sentence for each moment that was left out.
  const std::vector<std::string>& problems() const { return problems_; }
  const TrackQuery& query() const { return query_; }

 private:
  const RunReader& reader_;
  TrackQuery query_;
  std::vector<std::int64_t> steps_;
  std::size_t at_ = 0;  ///< Into steps_.
  Tracker tracker_;
  std::vector<std::string> problems_;
};

/// RFC 4180: a header line "step,NAME,...", then a line per moment; a field is empty where there is no value.
std::string trackCsv(const Track& track);

}  // namespace anchorscope
